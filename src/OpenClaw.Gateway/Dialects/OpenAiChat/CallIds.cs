using System.Buffers;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>
/// Ids of calls that another provider made, in the form that a target takes: the same id always becomes the same, so that
/// call and result agree.
/// </summary>
internal static class CallIds
{
    /// <summary>The most characters that OpenAI takes. vLLM's ids have more.</summary>
    private const int Longest = 40;

    private static readonly SearchValues<byte> s_letters = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);
    private static readonly SearchValues<char> s_characters = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    public static string Of(string id, TargetQuirks quirks)
    {
        if ((quirks & TargetQuirks.ShortCallIds) != 0) return id.Length == ToolCallId.ShortLength && !id.AsSpan().ContainsAnyExcept(s_characters) ? id : ToolCallId.CreateShort(id);
        return id.Length > Longest && (quirks & TargetQuirks.MaxCompletionTokens) != 0 ? ToolCallId.Create(id, 0) : id;
    }

    /// <summary>Whether a result in these messages may be one of a call whose id the target refuses. A quick look, without understanding them.</summary>
    /// <param name="messages">Valid JSON.</param>
    public static bool MayRefuse(ReadOnlySpan<byte> messages, TargetQuirks quirks)
    {
        if ((quirks & (TargetQuirks.ShortCallIds | TargetQuirks.MaxCompletionTokens)) == 0) return false;
        // Within a text its quotation marks would be escaped.
        var name = "\"tool_call_id\""u8;
        while (true)
        {
            var at = messages.IndexOf(name);
            if (at < 0) return false;
            messages = messages[(at + name.Length)..].TrimStart(" \t\r\n:"u8);
            if (messages.IsEmpty || messages[0] != (byte)'"') continue;
            var id = messages[1..];
            id = id[..Math.Max(0, id.IndexOf((byte)'"'))];
            var isTaken = (quirks & TargetQuirks.ShortCallIds) != 0 ? id.Length == ToolCallId.ShortLength && !id.ContainsAnyExcept(s_letters) : id.Length <= Longest;
            if (!isTaken) return true;
        }
    }
}
