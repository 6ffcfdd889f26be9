using OpenClaw.Config.Text;

namespace OpenClaw.Gateway.Routing;

/// <summary>Suggestions for a name that is not known or not allowed: near as a whole, near in the model's own name, else the first there are.</summary>
internal static class NearestReferences
{
    public static List<string> Of(string asked, IReadOnlyCollection<string> known, int count)
    {
        var tails = Nearest.Of(Tail(asked), known.Select(Tail), count);
        return [.. Nearest.Of(asked, known, count)
            .Concat(known.Where(k => tails.Contains(Tail(k))))
            .Concat(known.Take(count))
            .Distinct()
            .Take(count)];
    }

    private static string Tail(string name) => name[(name.LastIndexOf('/') + 1)..];
}
