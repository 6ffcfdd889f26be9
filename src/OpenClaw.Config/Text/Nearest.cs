namespace OpenClaw.Config.Text;

/// <summary>The candidates that a person most likely meant.</summary>
public static class Nearest
{
    private const int LongestWord = 160;
    private const int MostCandidates = 300;

    /// <summary>Up to <paramref name="count"/> candidates, nearest first; none that differs in more than about a third.</summary>
    public static List<string> Of(string word, IEnumerable<string> candidates, int count = 3)
    {
        if (word.Length is 0 or > LongestWord) return [];
        var folded = Fold(word);
        return candidates
            .Where(c => c.Length is > 0 and <= LongestWord && Math.Abs(c.Length - word.Length) <= Bound(word, c) + 3)
            .Distinct(StringComparer.Ordinal)
            .Take(MostCandidates)
            .Select(c => (Text: c, Distance: IsBeginning(folded, Fold(c)) ? 1 : Distance(folded, Fold(c))))
            .Where(c => c.Distance <= Bound(word, c.Text))
            .OrderBy(static c => c.Distance)
            .ThenBy(static c => c.Text, StringComparer.Ordinal)
            .Take(count)
            .Select(static c => c.Text)
            .ToList();
    }

    /// <summary>True when the two differ in no more than a typing error or two.</summary>
    public static bool IsSlip(string a, string b) => a.Length <= LongestWord && b.Length <= LongestWord && Distance(Fold(a), Fold(b)) <= 2;

    public static string? One(string word, IEnumerable<string> candidates) => Of(word, candidates, 1).FirstOrDefault();

    /// <summary><c>monthly</c> is meant for <c>month</c>, however many letters follow.</summary>
    private static bool IsBeginning(string a, string b) =>
        Math.Min(a.Length, b.Length) >= 4 && a != b && Math.Abs(a.Length - b.Length) <= 4
        && (a.StartsWith(b, StringComparison.Ordinal) || b.StartsWith(a, StringComparison.Ordinal));

    private static int Bound(string word, string candidate) => Math.Max(1, Math.Min(word.Length, candidate.Length) / 3);

    /// <summary>Case and separators are what people get wrong first; they cost nothing.</summary>
    private static string Fold(string word)
    {
        Span<char> folded = stackalloc char[LongestWord];
        var length = 0;
        foreach (var character in word)
        {
            if (character is not ('-' or '_' or '.' or ' ')) folded[length++] = char.ToLowerInvariant(character);
        }
        return new string(folded[..length]);
    }

    /// <summary>Optimal string alignment: a swap of neighbours counts once.</summary>
    private static int Distance(string a, string b)
    {
        var before = new int[b.Length + 1];
        var above = new int[b.Length + 1];
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++) above[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                row[j] = Math.Min(Math.Min(row[j - 1], above[j]) + 1, above[j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = Math.Min(row[j], before[j - 2] + 1);
            }
            (before, above, row) = (above, row, before);
        }
        return above[b.Length];
    }
}
