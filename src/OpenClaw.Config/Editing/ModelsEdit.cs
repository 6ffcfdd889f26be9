using OpenClaw.Config.Text;

namespace OpenClaw.Config.Editing;

/// <summary>The places of the default model, the fallbacks and the aliases in a file of any dialect. A null problem means done.</summary>
internal sealed class ModelsEdit(JsonTextEdit text)
{
    private ConfigNode? List => text.At("llmConfig") is { Kind: NodeKind.Array, Items.Count: > 0 } list ? list : null;

    /// <summary>A file that speaks upstream's dialect gets upstream's keys.</summary>
    private bool IsUpstream => text.At("defaultModel") is null && List is null && text.At("models", "fallbacks") is null && text.At("models", "aliases") is null
        && (text.At("agents", "defaults") is not null || text.At("gateway", "mode") is not null);

    public bool IsAlias(string name) =>
        JsonTextEdit.Member(text.At("models", "aliases"), name) is not null || UpstreamAlias(name) is not null;

    public ConfigProblem? SetDefault(string reference)
    {
        var json = JsonTextEdit.JsonString(reference);
        var upstream = text.At("agents", "defaults", "model");
        if (text.At("defaultModel") is null && upstream is { Kind: NodeKind.Object }) return Set(json, "agents", "defaults", "model", "primary");
        if (text.At("defaultModel") is null && (upstream is not null || IsUpstream)) return Set(json, "agents", "defaults", "model");
        if (text.At("defaultModel") is { } written) text.Replace(written, json);
        else text.InsertFirst("defaultModel", json);
        return null;
    }

    public ConfigProblem? AddFallback(string reference)
    {
        if (Fallbacks().Any(f => IsSame(f.Text, reference)) || IsSame(Primary(), reference)) return Problem($"{Shown.Text(reference)} is already in the chain", "Remove it first to move it to the end.");
        var json = JsonTextEdit.JsonString(reference);
        if (List is { } list) return AppendToList(list, reference);
        if (text.At("models", "fallbacks") is { Kind: NodeKind.Array } native) return Append(native, json);
        var upstream = text.At("agents", "defaults", "model");
        if (upstream is { Kind: NodeKind.String })
        {
            text.Replace(upstream, $"{{ \"primary\": {JsonTextEdit.JsonString(upstream.Text)}, \"fallbacks\": [{json}] }}");
            return null;
        }
        if (text.At("agents", "defaults", "model", "fallbacks") is { Kind: NodeKind.Array } theirs) return Append(theirs, json);
        return upstream is not null || IsUpstream ? Set($"[{json}]", "agents", "defaults", "model", "fallbacks") : Set($"[{json}]", "models", "fallbacks");
    }

    public ConfigProblem? RemoveFallback(string reference)
    {
        var found = Fallbacks().FirstOrDefault(f => IsSame(f.Text, reference));
        if (found.Node is not null) return Remove(found.Node);
        if (IsSame(Primary(), reference)) return Problem($"{Shown.Text(reference)} is the default model, not a fallback", "Set another default model.");
        var nearest = Nearest.Of(reference, Fallbacks().Select(static f => f.Text));
        return Problem($"{Shown.Text(reference)} is not among the fallbacks", nearest.Count > 0 ? $"Did you mean {Shown.Choice(nearest)}?" : "List them with: openclaw models fallbacks");
    }

    public ConfigProblem? ClearFallbacks()
    {
        // Each removal parses the file anew, so the list is asked again every time.
        while (Fallbacks() is [var first, ..])
        {
            if (Remove(first.Node) is { } problem) return problem;
        }
        return null;
    }

    // The address of an entry may be its provider's: other mentions of the provider must not go to another server, perhaps to one
    // of the vendor's, because the entry is gone.
    private ConfigProblem? Remove(ConfigNode node)
    {
        var provider = JsonTextEdit.Member(node, "provider")?.Value.Text;
        var address = provider is not null && EntriesOf(provider).Count() == 1 && text.At("models", "providers", provider) is null ? SharedAddress(provider) : null;
        text.Remove(node);
        return address is not null && Mentions(text.Root, provider + "/") ? Set($"{{ {Members(address)} }}", "models", "providers", provider!) : null;
    }

    private IEnumerable<ConfigNode> EntriesOf(string provider) => List?.Items.Where(i => JsonTextEdit.Member(i, "provider")?.Value.Text == provider) ?? [];

    /// <summary>The entry whose address holds for all of its provider: each entry of it has the same.</summary>
    private ConfigNode? SharedAddress(string provider)
    {
        var entries = EntriesOf(provider).ToList();
        return entries.Count > 0 && Address(entries[0]) is { } first && entries.TrueForAll(e => Address(e)?.Value.Text == first.Value.Text) ? entries[0] : null;
    }

    private static ConfigMember? Address(ConfigNode entry) => entry.Members.Find(static m => !m.IsDuplicate && m.Value.Kind == NodeKind.String && m.Name.Replace("_", "", StringComparison.Ordinal).Equals("baseUrl", StringComparison.OrdinalIgnoreCase));

    // An address, with the protocol that is spoken there.
    private static string Members(ConfigNode entry)
    {
        var address = Address(entry)!;
        var api = JsonTextEdit.Member(entry, "api") is { Value.Kind: NodeKind.String } named ? $", \"api\": {JsonTextEdit.JsonString(named.Value.Text)}" : "";
        return $"{JsonTextEdit.JsonString(address.Name)}: {JsonTextEdit.JsonString(address.Value.Text)}{api}";
    }

    private static bool Mentions(ConfigNode node, string beginning) => node.Kind switch
    {
        NodeKind.String => node.Text.StartsWith(beginning, StringComparison.Ordinal),
        NodeKind.Array => node.Items.Exists(i => Mentions(i, beginning)),
        NodeKind.Object => node.Members.Exists(m => m.Name.StartsWith(beginning, StringComparison.Ordinal) || Mentions(m.Value, beginning)),
        _ => false,
    };

    public ConfigProblem? AddAlias(string name, string[] references)
    {
        var isName = name.Length is > 0 and <= 64 && !name.Any(static c => c is '/' or '*' || char.IsWhiteSpace(c) || char.IsControl(c));
        if (!isName || name is "default" or "auto" or "openclaw") return Problem($"\"{Shown.Text(name)}\" cannot be an alias", "Use a short word without a slash, such as \"fast\".");
        if (references.FirstOrDefault(r => !IsAlias(r) && !ModelRef.TryParse(r, out _)) is { } wrong) return Problem($"\"{Shown.Text(wrong)}\" is neither provider/model nor an alias of this file", "Write the provider, a slash and the model.");
        var isNative = JsonTextEdit.Member(text.At("models", "aliases"), name) is not null;
        if (!isNative && IsUpstream && references.Length == 1 && ModelRef.TryParse(references[0], out _)) return AddUpstreamAlias(name, references[0]);
        if (UpstreamAlias(name) is { } old) text.Remove(old);
        var json = references.Length == 1 ? JsonTextEdit.JsonString(references[0]) : "[" + string.Join(", ", references.Select(JsonTextEdit.JsonString)) + "]";
        return Set(json, "models", "aliases", name);
    }

    public ConfigProblem? RemoveAlias(string name)
    {
        var member = JsonTextEdit.Member(text.At("models", "aliases"), name) ?? UpstreamAlias(name);
        if (member is not null)
        {
            text.Remove(member);
            return null;
        }
        var names = text.At("models", "aliases")?.Members.Select(static m => m.Name) ?? [];
        var nearest = Nearest.Of(name, names.Concat(UpstreamAliases().Select(static m => m.Value.Text)));
        return Problem($"there is no alias \"{Shown.Text(name)}\"", nearest.Count > 0 ? $"Did you mean {Shown.Choice(nearest)}?" : "List them with: openclaw models aliases");
    }

    private ConfigProblem? AddUpstreamAlias(string name, string reference)
    {
        var models = text.At("agents", "defaults", "models");
        var isMigrated = text.At("meta", "migrations", "modelPolicyAllowlist") is { Kind: NodeKind.True } || text.At("agents", "defaults", "modelPolicy") is not null;
        var key = models?.Members.Find(m => IsSame(m.Name, reference))?.Name ?? reference;
        if (!isMigrated && models is { Members.Count: > 0 } && key == reference && JsonTextEdit.Member(models, key) is null)
        {
            return Problem("agents.defaults.models is also this file's allowlist, and a new entry would widen it", "Move the allowlist to agents.defaults.modelPolicy.allow first, or set meta.migrations.modelPolicyAllowlist.");
        }
        if (UpstreamAlias(name) is { } old) text.Remove(old);
        // Without the mark the new map would become an allowlist.
        if (!isMigrated && models is not { Members.Count: > 0 } && Set("true", "meta", "migrations", "modelPolicyAllowlist") is { } problem) return problem;
        return Set(JsonTextEdit.JsonString(name), "agents", "defaults", "models", key, "alias");
    }

    private IEnumerable<ConfigMember> UpstreamAliases() =>
        text.At("agents", "defaults", "models")?.Members.Select(static m => JsonTextEdit.Member(m.Value, "alias")).OfType<ConfigMember>().Where(static m => m.Value.Kind == NodeKind.String) ?? [];

    private ConfigMember? UpstreamAlias(string name) => UpstreamAliases().FirstOrDefault(m => m.Value.Text == name);

    private string? Primary()
    {
        if (text.At("defaultModel") is { Kind: NodeKind.String } native) return native.Text;
        var upstream = text.At("agents", "defaults", "model");
        if ((upstream is { Kind: NodeKind.String } ? upstream : JsonTextEdit.Member(upstream, "primary")?.Value) is { Kind: NodeKind.String } theirs) return theirs.Text;
        return List?.Items[0] is { } first ? EntryText(first) : null;
    }

    /// <summary>Every fallback with the node that holds it. An llmConfig entry that repeats the default model holds its address and is none.</summary>
    private List<(ConfigNode Node, string Text)> Fallbacks()
    {
        var found = new List<(ConfigNode, string)>();
        foreach (var list in new[] { text.At("models", "fallbacks"), text.At("agents", "defaults", "model", "fallbacks") })
        {
            found.AddRange(list?.Items.Select(static i => (i, i.Text)) ?? []);
        }
        var primary = Primary();
        found.AddRange(List?.Items.Select(static i => (i, EntryText(i) ?? "")).Where(e => !IsSame(e.Item2, primary)) ?? []);
        return found;
    }

    private static string? EntryText(ConfigNode entry) =>
        JsonTextEdit.Member(entry, "provider")?.Value.Text is { } provider && JsonTextEdit.Member(entry, "model")?.Value.Text is { } model ? provider + "/" + model : null;

    private static bool IsSame(string? a, string? b) =>
        ModelRef.TryParse(a, out var first) && ModelRef.TryParse(b, out var second) ? first == second : string.Equals(a, b, StringComparison.Ordinal);

    private ConfigProblem? AppendToList(ConfigNode list, string reference)
    {
        if (!ModelRef.TryParse(reference, out var model)) return Problem("llmConfig takes no alias", "Write provider/model.");
        // Where the list's address holds for the whole provider, this entry is asked there too: without it none of them would be.
        var address = SharedAddress(model.Provider) is { } shared ? ", " + Members(shared) : "";
        return Append(list, $"{{ \"provider\": {JsonTextEdit.JsonString(model.Provider)}, \"model\": {JsonTextEdit.JsonString(model.Model)}{address} }}");
    }

    private ConfigProblem? Append(ConfigNode list, string json)
    {
        text.Append(list, json);
        return null;
    }

    private ConfigProblem? Set(string json, params ReadOnlySpan<string> path) =>
        text.Set(json, path) ? null : Problem($"{string.Join('.', path.ToArray())} cannot be set: something else stands on the way to it", "Correct the file by hand; openclaw config validate shows where.");

    private static ConfigProblem Problem(string message, string instead) => new(ProblemSeverity.Error, 0, "", message, instead);
}
