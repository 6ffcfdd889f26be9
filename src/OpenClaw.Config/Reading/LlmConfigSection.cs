using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>A reference and where it is written.</summary>
internal readonly record struct PlacedRef(ModelRef Ref, ConfigNode At);

/// <summary>What <c>llmConfig</c> comes to: a chain, and the providers that had to be split for it.</summary>
internal sealed record LlmConfigList(IReadOnlyList<PlacedRef> Chain, IReadOnlyDictionary<ModelRef, ModelRef> SplitOf);

/// <summary>
/// Reads <c>llmConfig</c>, the briefs' list of provider, model and address whose order is the order of the tries. Where all
/// entries of a provider agree on an address it becomes the provider's; else it stays with the model; the same model at two
/// addresses, or an address with a key of its own, becomes a provider of its own (<c>openai-2</c>).
/// </summary>
internal static class LlmConfigSection
{
    private sealed record Entry(ConfigNode Node, string Provider, string Model, string? BaseUrl, ApiKind? Api, SecretConfig? Key);

    public static LlmConfigList Read(ReadContext context, ProviderDrafts drafts)
    {
        var entries = new List<Entry>();
        foreach (var item in ReadContext.Items(context.Root["llmConfig"]))
        {
            if (item.IsObject && ReadEntry(context, drafts, item) is { } entry) entries.Add(entry);
        }
        var addressOwners = entries.GroupBy(static e => e.Provider).ToDictionary(static g => g.Key, g => Address(drafts, g.Key, [.. g]));
        var chain = new List<PlacedRef>();
        var splitOf = new Dictionary<ModelRef, ModelRef>();
        foreach (var entry in entries) Place(context, drafts, entry, addressOwners[entry.Provider], chain, splitOf);
        return new LlmConfigList(chain, splitOf);
    }

    private static Entry? ReadEntry(ReadContext context, ProviderDrafts drafts, ConfigNode item)
    {
        var provider = context.Text(item["provider"]);
        var model = context.Text(item["model"]);
        var baseUrl = AddressText.Read(context, item["baseUrl"]);
        if (provider is null && item["provider"] is null && !HasRefused(item, "provider"))
        {
            var isReference = ModelRef.TryParse(model, out var reference);
            context.Problems.Error(item, "the entry has no provider", isReference ? $"Write \"provider\": \"{Shown.Text(reference.Provider)}\", \"model\": \"{Shown.Text(reference.Model)}\"." : "Write \"provider\": \"openai\", or another provider's id.");
        }
        if (model is null && item["model"] is null && !HasRefused(item, "model")) context.Problems.Error(item, "the entry has no model", "Write \"model\": the model's name at the provider.");
        if (provider is null || model is null) return null;
        var id = ProviderCatalog.CanonicalId(provider);
        if (!drafts.IsKnown(id) && (baseUrl is null || !ProvidersSection.IsId(id)))
        {
            var nearest = Nearest.Of(id, drafts.KnownIds);
            context.Problems.Error(item["provider"], $"{Shown.Value(item["provider"]!)} is not a known provider", (nearest.Count > 0 ? $"Did you mean {Shown.Choice(nearest)}? " : "") + "For a provider of your own add \"baseURL\".");
            return null;
        }
        var api = ProvidersSection.Api(context, item["api"]);
        ProvidersSection.WarnOfMissingPath(context, item["baseUrl"], baseUrl, api ?? ProviderCatalog.Find(id)?.Api);
        return new Entry(item, id, model, baseUrl, api, SecretReading.Read(context, item["apiKey"]));
    }

    private static bool HasRefused(ConfigNode item, string key) => item.Members.Any(m => m.Key == key && (m.Value.IsRefused || m.Value.IsUnset || m.Value.Kind == NodeKind.Null || m.Value.Text.Length == 0));

    /// <summary>The provider's own address, decided over all its entries; null means the preset's or the environment's.</summary>
    private static string? Address(ProviderDrafts drafts, string id, IReadOnlyList<Entry> entries)
    {
        var draft = drafts.Touch(id);
        draft.Node ??= entries[0].Node;
        if (draft.BaseUrl is not null) return draft.BaseUrl;
        var isOwn = draft.Preset?.Id != id;
        var first = entries.FirstOrDefault(static e => e.BaseUrl is not null);
        if (first is null || (!isOwn && entries.Any(e => e.BaseUrl != first.BaseUrl))) return null;
        draft.BaseUrl = first.BaseUrl;
        draft.BaseUrlFromList = first.Node["baseUrl"];
        draft.Api ??= entries.All(e => e.Api == entries[0].Api) ? entries[0].Api : null;
        return draft.BaseUrl;
    }

    private static void Place(ReadContext context, ProviderDrafts drafts, Entry entry, string? address, List<PlacedRef> chain, Dictionary<ModelRef, ModelRef> splitOf)
    {
        var draft = drafts.Touch(entry.Provider);
        var reference = new ModelRef(entry.Provider, entry.Model);
        var own = entry.BaseUrl == address ? null : entry.BaseUrl;
        var isListed = chain.Any(c => c.Ref == reference);
        var listedAt = isListed ? draft.FindModel(entry.Model)?.BaseUrl : null;
        if (isListed && listedAt == own && entry.Key is null)
        {
            context.Problems.Warn(entry.Node, $"{reference} is already in the list", "Remove this entry.");
            return;
        }
        if (isListed || (own is not null && entry.Key is not null))
        {
            PlaceSplit(context, drafts, entry, draft, chain, splitOf);
            return;
        }
        if (entry.Key is { } key && !draft.Keys.Contains(key)) draft.Keys.Add(key);
        var api = entry.Api == draft.Api ? null : entry.Api;
        if (api is null && own is not null && draft.Preset?.Api == ApiKind.Ollama && own.EndsWith("/v1", StringComparison.Ordinal)) api = ApiKind.OpenAiChat;
        if (own is not null || api is not null) draft.Change(entry.Model, m => m with { BaseUrl = own ?? m.BaseUrl, Api = api ?? m.Api });
        chain.Add(new PlacedRef(reference, entry.Node));
    }

    private static void PlaceSplit(ReadContext context, ProviderDrafts drafts, Entry entry, ProviderDraft from, List<PlacedRef> chain, Dictionary<ModelRef, ModelRef> splitOf)
    {
        var split = drafts.Split(from);
        split.Node = entry.Node;
        split.BaseUrl = entry.BaseUrl ?? from.BaseUrl ?? from.Preset?.BaseUrl;
        split.Api = entry.Api ?? from.Api;
        if (entry.Key is { } key) split.Keys.Add(key);
        var facts = from.FindModel(entry.Model) is { } known ? known with { BaseUrl = null, Api = null } : null;
        if (facts is not null && facts != new ModelConfig { Id = facts.Id }) split.Change(entry.Model, _ => facts);
        var reference = new ModelRef(split.Id, entry.Model);
        splitOf[reference] = new ModelRef(from.Id, entry.Model);
        chain.Add(new PlacedRef(reference, entry.Node));
        context.Problems.Warn(entry.Node, $"{from.Id} has another address or key here, so this entry is called {reference}", $"Nothing to change, or give it an id of its own under models.providers and use that as \"provider\".");
    }
}
