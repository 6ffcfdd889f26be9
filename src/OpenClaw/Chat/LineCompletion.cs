namespace OpenClaw.Chat;

/// <summary>What the Tab key knows: the slash commands, the aliases that are commands too, and the models and aliases behind <c>/model</c>, <c>/models</c>, <c>/new</c> and <c>/reset</c>.</summary>
internal sealed class LineCompletion(IReadOnlyList<string> models)
{
    private static readonly string[] s_commands = ["/model", "/models", "/status", "/usage", "/budget", "/new", "/reset", "/help", "/exit"];

    /// <summary>The ends that fit the text before the cursor, each as the whole word it makes; and where that word begins.</summary>
    public (int Start, IReadOnlyList<string> Words) Find(string before)
    {
        if (!before.StartsWith('/')) return (before.Length, []);
        var space = before.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0) return (0, Fitting([.. s_commands, .. models.Where(static m => !m.Contains('/')).Select(static m => "/" + m)], before));
        var start = before.LastIndexOf(' ') + 1;
        var word = before[start..];
        // The first word behind the command is a name, and behind a model's stands how it is meant.
        if (start != space + 1) return (start, before[..space] == "/model" && before.IndexOf(' ', space + 1) == start - 1 ? Fitting(["strict"], word) : []);
        return (start, before[..space] switch
        {
            "/model" => Fitting([.. models, "default", "status"], word),
            "/new" or "/reset" => Fitting(models, word),
            "/models" => Fitting([.. models.Where(static m => m.Contains('/')).Select(static m => m[..m.IndexOf('/')]).Distinct()], word),
            "/usage" => Fitting(["off", "tokens", "full", "cost"], word),
            "/budget" => Fitting(["resume"], word),
            _ => [],
        });
    }

    /// <summary>What all words begin with.</summary>
    public static string Common(IReadOnlyList<string> words)
    {
        if (words.Count == 0) return "";
        var common = words[0];
        foreach (var word in words.Skip(1))
        {
            var length = 0;
            while (length < common.Length && length < word.Length && common[length] == word[length]) length++;
            common = common[..length];
        }
        return common;
    }

    private static IReadOnlyList<string> Fitting(IReadOnlyList<string> words, string start) => [.. words.Where(w => w.StartsWith(start, StringComparison.Ordinal))];
}
