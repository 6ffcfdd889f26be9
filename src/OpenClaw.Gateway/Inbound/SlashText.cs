using System.Text;

namespace OpenClaw.Gateway.Inbound;

/// <summary>Text that begins with a slash and one word, as it stands in JSON: between the quotes, escapes not resolved.</summary>
internal static class SlashText
{
    private const int MaxWord = 64;

    /// <summary>True for <c>/word</c>, alone or before white space. A path (<c>/usr/bin</c>) is none. No allocation: asked of every string of a body.</summary>
    public static bool IsCommand(ReadOnlySpan<byte> json) => json.Length > 1 && json[0] is (byte)'/' or (byte)'\\' or (byte)' ' && Word(json).Length > 0;

    /// <summary>The word, lower case.</summary>
    public static string? WordOf(ReadOnlySpan<byte> json) => Word(json) is { IsEmpty: false } word ? Encoding.ASCII.GetString(word).ToLowerInvariant() : null;

    private static ReadOnlySpan<byte> Word(ReadOnlySpan<byte> json)
    {
        var rest = json;
        while (true)
        {
            if (rest is [(byte)' ', ..]) rest = rest[1..];
            else if (rest is [(byte)'\\', (byte)'n' or (byte)'r' or (byte)'t', ..]) rest = rest[2..];
            else break;
        }
        // Some encoders write the slash as \/ (RFC 8259, section 7).
        if (rest is [(byte)'\\', (byte)'/', ..]) rest = rest[1..];
        if (rest is not [(byte)'/', ..]) return default;
        rest = rest[1..];
        var length = 0;
        while (length < rest.Length && length <= MaxWord && IsWordByte(rest[length])) length++;
        if (length is 0 or > MaxWord || !char.IsAsciiLetterOrDigit((char)rest[0])) return default;
        return length == rest.Length || rest[length] is (byte)' ' or (byte)'\\' ? rest[..length] : default;
    }

    private static bool IsWordByte(byte b) => char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_' or (byte)'.' or (byte)':';
}
