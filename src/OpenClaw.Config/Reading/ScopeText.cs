using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>Reads the scope of a budget or a limit: a word, or a word with what it names.</summary>
internal sealed class ScopeText(ReadContext context, References references, AliasNames aliases)
{
    private static readonly string[] BudgetWords = ["gateway", "client", "client:NAME", "session", "request", "provider:ID", "model:REF", "alias:NAME", "tag:NAME"];
    private static readonly string[] LimitWords = ["gateway", "client", "client:NAME", "provider:ID", "model:REF"];

    /// <summary>The scope in its canonical form (<c>model:gemini/…</c>); null when absent or refused, which are problems.</summary>
    public string? Budget(ConfigNode entry) => Read(entry, BudgetWords);

    /// <inheritdoc cref="Budget"/>
    public string? Limit(ConfigNode entry) => Read(entry, LimitWords);

    private string? Read(ConfigNode entry, string[] words)
    {
        var node = entry["scope"];
        if (node is null)
        {
            if (entry.Members.All(static m => m.Key != "scope")) context.Problems.Error(entry, "the entry has no scope", "Add \"scope\": \"gateway\", or another of " + Shown.Choice(words) + ".");
            return null;
        }
        if (context.Text(node) is not { } text) return null;
        if (words.Contains(text) && !text.Contains(':', StringComparison.Ordinal)) return text;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var (kind, name) = colon < 0 ? (text, "") : (text[..colon], text[(colon + 1)..].Trim());
        var isKind = words.Any(w => w.StartsWith(kind + ":", StringComparison.Ordinal));
        if (!isKind || name.Length == 0)
        {
            var nearest = Nearest.One(kind, words.Select(static w => w.Split(':')[0]));
            context.Problems.Error(node, $"{Shown.Value(node)} is not a scope", nearest is null ? $"Write one of {Shown.Choice(words)}." : $"Write \"{words.First(w => w.Split(':')[0] == nearest)}\".");
            return null;
        }
        return Named(node, kind, name);
    }

    private string? Named(ConfigNode node, string kind, string name)
    {
        switch (kind)
        {
            case "provider":
                var id = ProviderCatalog.CanonicalId(name);
                return references.IsKnownProvider(node, id) ? "provider:" + id : null;
            case "model":
                return references.Exact(node, name) is { } reference ? "model:" + reference : null;
            case "alias" when !aliases.Contains(name):
                var nearest = Nearest.Of(name, aliases.Names);
                context.Problems.Error(node, $"there is no alias \"{Shown.Text(name)}\"", nearest.Count > 0 ? $"Did you mean {Shown.Choice(nearest)}?" : "Add it to models.aliases.");
                return null;
            case "tag" when name.Length > 64 || name.Contains(',', StringComparison.Ordinal):
                context.Problems.Error(node, $"{Shown.Value(node)} is no tag that a request can carry: it is longer than 64 characters or holds a comma", "Write \"tag:batch\".");
                return null;
            case "client":
                // A client may also be made while the gateway runs: only what looks like a slip is told.
                var clients = ReadContext.Items(context.Root["clients"]).Select(c => context.Text(c["name"])).OfType<string>().ToList();
                if (!clients.Contains(name) && Nearest.One(name, clients) is { } near) context.Problems.Warn(node, $"there is no client \"{Shown.Text(name)}\" in this file", $"Did you mean \"{Shown.Text(near)}\"?");
                return "client:" + name;
            default:
                return kind + ":" + name;
        }
    }
}
