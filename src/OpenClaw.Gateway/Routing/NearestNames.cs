namespace OpenClaw.Gateway.Routing;

/// <summary>Suggestions for a mistyped name: by edit distance, a shared last part counting as near.</summary>
internal static class NearestNames
{
    public static List<string> Of(string asked, IEnumerable<string> known, int count) => [.. known
        .Select(k => (Name: k, Distance: Distance(asked, k)))
        .OrderBy(k => k.Distance)
        .ThenBy(k => k.Name, StringComparer.Ordinal)
        .Take(count)
        .Select(k => k.Name)];

    private static int Distance(string a, string b)
    {
        if (a.Length > 200 || b.Length > 200) return int.MaxValue;
        var tail = b.EndsWith("/" + a, StringComparison.OrdinalIgnoreCase) || b.EndsWith("/" + a[(a.LastIndexOf('/') + 1)..], StringComparison.OrdinalIgnoreCase);
        return tail ? 0 : Edits(a.ToLowerInvariant(), b.ToLowerInvariant());
    }

    private static int Edits(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++) row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = row[j];
                row[j] = cost;
            }
        }
        return row[b.Length];
    }
}
