using System.Globalization;
using System.Text;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>
/// What we put where Anthropic's clients expect a signature and there is none. A client sends thinking blocks back as it got
/// them, and only their issuer accepts a signature, so a block that another provider produced carries a mark of ours: our
/// request reader takes it off, and it never reaches Anthropic.
/// </summary>
internal static class ReasoningMark
{
    /// <summary>The signature of a thinking block that has none of its own.</summary>
    public const string Unsigned = "openclaw.unsigned";

    /// <summary>
    /// Begins the data of a redacted block that carries a tool call's own signature (Gemini's <c>thoughtSignature</c>) through
    /// a client of this dialect: <c>openclaw.call.ID.SIGNATURE</c>.
    /// </summary>
    public const string CallPrefix = "openclaw.call.";

    /// <summary>Begins everything above.</summary>
    public static ReadOnlySpan<byte> Prefix => "openclaw."u8;

    public static bool IsOurs(string? signature) => signature is not null && signature.StartsWith("openclaw.", StringComparison.Ordinal);

    /// <summary>The call and the signature in a redacted block of ours.</summary>
    public static bool TryReadCall(string data, out string callId, out string signature)
    {
        callId = signature = "";
        if (!data.StartsWith(CallPrefix, StringComparison.Ordinal)) return false;
        var dot = data.IndexOf('.', CallPrefix.Length);
        if (dot < 0) return false;
        callId = data[CallPrefix.Length..dot];
        signature = data[(dot + 1)..];
        return true;
    }

    /// <summary>
    /// Whether a signature may be Anthropic's own, so that replaying it can succeed. A guess by elimination: not ours, not
    /// OpenAI's encrypted content (a Fernet token), not Gemini's (base64 of a protobuf whose payload begins 01 D1 ED).
    /// </summary>
    public static bool MayBeAnthropics(string? signature)
    {
        if (string.IsNullOrEmpty(signature) || IsOurs(signature)) return false;
        if (signature.StartsWith("gAAAA", StringComparison.Ordinal)) return false;
        Span<byte> head = stackalloc byte[24];
        var take = Math.Min(signature.Length, 32) / 4 * 4;
        if (!Convert.TryFromBase64Chars(signature.AsSpan(0, take), head, out var length)) return true;
        return head[..length].IndexOf([(byte)0x01, (byte)0xD1, (byte)0xED]) is < 0 or > 10;
    }

    /// <summary>An id in the characters that Anthropic accepts (<c>^[a-zA-Z0-9_-]+$</c>); the same id always gives the same result.</summary>
    public static string CleanId(string id)
    {
        var dirty = false;
        foreach (var c in id) dirty |= !IsIdCharacter(c);
        if (!dirty) return id;
        var clean = new StringBuilder(id.Length + 9);
        var hash = 2166136261u;
        foreach (var c in id)
        {
            clean.Append(IsIdCharacter(c) ? c : '_');
            hash = (hash ^ c) * 16777619u;
        }
        // "a.b" and "a:b" must stay two ids.
        return clean.Append('_').Append(hash.ToString("x8", CultureInfo.InvariantCulture)).ToString();
    }

    /// <summary>The id of call number <paramref name="number"/> of an answer whose provider gives none.</summary>
    public static string MadeUpId(string messageId, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"toolu_{CleanId(messageId)}_{number}");

    private static bool IsIdCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-';
}
