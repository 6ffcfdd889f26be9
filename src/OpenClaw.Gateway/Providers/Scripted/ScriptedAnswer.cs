namespace OpenClaw.Gateway.Providers.Scripted;

/// <summary>What every scripted model says: sixty words, so that a lost, doubled or reordered one shows.</summary>
internal static class ScriptedAnswer
{
    public const string Text =
        "The lobster that keeps this gate is patient. When one road closes it takes the next, counts every token it spends, " +
        "and never forgets where a sentence stopped. You asked one question; here is its answer, all sixty words in order, " +
        "once, whoever speaks them. If you can read the last word, nothing was lost along the long way home.";

    public const string Thinking = "The user wants the sixty words. I say them in order and stop.";

    /// <summary>The answer as tokens: a word each, with the space before it.</summary>
    public static IReadOnlyList<string> Tokens { get; } = Split(Text);

    public static IReadOnlyList<ScriptedToolCall> OneTool { get; } =
        [new("call_scripted_1", "get_weather", """{"city":"Reykjavík","unit":"celsius","days":3}""")];

    public static IReadOnlyList<ScriptedToolCall> TwoTools { get; } =
        [OneTool[0], new("call_scripted_2", "get_weather", """{"city":"São Paulo","unit":"celsius","days":1}""")];

    /// <summary>Words with the white space before them; joining them gives <paramref name="text"/> again.</summary>
    public static IReadOnlyList<string> Split(string text)
    {
        var tokens = new List<string>();
        var start = 0;
        for (var i = 1; i < text.Length; i++)
        {
            if (!char.IsWhiteSpace(text[i]) || char.IsWhiteSpace(text[i - 1])) continue;
            tokens.Add(text[start..i]);
            start = i;
        }
        if (start < text.Length) tokens.Add(text[start..]);
        return tokens;
    }

    /// <summary>What is left to say after <paramref name="prefill"/>; the whole answer when it is not a beginning of it.</summary>
    public static string Remainder(string? prefill)
    {
        if (string.IsNullOrWhiteSpace(prefill)) return Text;
        if (Text.StartsWith(prefill, StringComparison.Ordinal)) return Text[prefill.Length..];
        var trimmed = prefill.Trim();
        return Text.StartsWith(trimmed, StringComparison.Ordinal) ? Text[trimmed.Length..].TrimStart() : Text;
    }

    public static int CountWords(string text)
    {
        var count = 0;
        var inside = false;
        foreach (var c in text)
        {
            var word = !char.IsWhiteSpace(c);
            if (word && !inside) count++;
            inside = word;
        }
        return count;
    }
}

/// <param name="Arguments">JSON text.</param>
internal sealed record ScriptedToolCall(string Id, string Name, string Arguments)
{
    /// <summary>The arguments as a provider streams them: a few characters a piece.</summary>
    public IEnumerable<string> Pieces()
    {
        for (var i = 0; i < Arguments.Length; i += 6) yield return Arguments[i..Math.Min(i + 6, Arguments.Length)];
    }
}
