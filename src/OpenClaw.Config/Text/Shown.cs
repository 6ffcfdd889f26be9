using System.Text;

namespace OpenClaw.Config.Text;

/// <summary>What of a file's text may stand in a problem: short, one line, and nothing that looks like a secret.</summary>
internal static class Shown
{
    private const int Longest = 80;
    private static readonly string[] SecretStarts = ["sk-", "sk_", "AIza", "xox", "ghp_", "gsk_", "xai-", "eyJ", "Bearer ", "AKIA", "hf_"];

    /// <summary>A value in quotation marks, as the file has it: <c>${VAR}</c> stays <c>${VAR}</c>.</summary>
    public static string Value(ConfigNode node) => node.Kind switch
    {
        NodeKind.String => $"\"{Text(node.Written)}\"",
        NodeKind.Number => Text(node.Written),
        NodeKind.True => "true",
        NodeKind.False => "false",
        NodeKind.Null => "null",
        NodeKind.Array => "a list",
        _ => "an object",
    };

    public static string Text(string text)
    {
        foreach (var start in SecretStarts)
        {
            if (text.Contains(start, StringComparison.Ordinal) && text.Length >= 12) return "(hidden)";
        }
        // user:password@host
        if (text.Contains("://", StringComparison.Ordinal) && text.Contains('@', StringComparison.Ordinal)) return "(hidden)";
        var shown = new StringBuilder(Math.Min(text.Length, Longest) + 1);
        foreach (var character in text.AsSpan(0, Math.Min(text.Length, Longest)))
        {
            shown.Append(char.IsControl(character) || char.IsSurrogate(character) ? '?' : character);
        }
        if (text.Length > Longest) shown.Append('…');
        return shown.ToString();
    }

    public static string Kind(NodeKind kind) => kind switch
    {
        NodeKind.Object => "an object",
        NodeKind.Array => "a list",
        NodeKind.String => "a string",
        NodeKind.Number => "a number",
        NodeKind.True or NodeKind.False => "true or false",
        _ => "null",
    };

    /// <summary><c>"a", "b" or "c"</c>.</summary>
    public static string Choice(IEnumerable<string> words)
    {
        var quoted = words.Select(static w => $"\"{Text(w)}\"").ToList();
        return quoted.Count switch
        {
            0 => "",
            1 => quoted[0],
            _ => string.Join(", ", quoted[..^1]) + " or " + quoted[^1],
        };
    }
}
