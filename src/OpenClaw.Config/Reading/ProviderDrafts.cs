using System.Collections.Immutable;
using System.Globalization;
using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>The providers that the file and the environment bring up, in the order in which they come up.</summary>
internal sealed class ProviderDrafts(ReadContext context)
{
    private readonly List<ProviderDraft> _drafts = [];

    public IReadOnlyList<ProviderDraft> All => _drafts;

    public ProviderDraft? Find(string id) => _drafts.Find(d => d.Id == id);

    public bool IsKnown(string id) => Find(id) is not null || ProviderCatalog.Find(id) is not null;

    /// <summary>Every id that a reference may begin with.</summary>
    public IEnumerable<string> KnownIds => _drafts.Select(static d => d.Id).Concat(ProviderCatalog.Presets.Select(static p => p.Id));

    /// <summary>The draft with this id; new ones stand for the preset of that name, if there is one.</summary>
    public ProviderDraft Touch(string id)
    {
        if (Find(id) is { } known) return known;
        var draft = new ProviderDraft(id, ProviderCatalog.Find(id) ?? NumberedPreset(id));
        _drafts.Add(draft);
        return draft;
    }

    /// <summary>A second address for a provider: <c>openai-2</c>, <c>openai-3</c>.</summary>
    public ProviderDraft Split(ProviderDraft from)
    {
        var number = 2;
        string id;
        do id = from.Id + "-" + (number++).ToString(CultureInfo.InvariantCulture);
        while (Find(id) is not null);
        var draft = new ProviderDraft(id, from.Preset) { SplitFrom = from, Api = from.Api };
        _drafts.Add(draft);
        return draft;
    }

    /// <summary><c>openai-2</c> is another address of OpenAI's kind; only facts are shared, never a key.</summary>
    private static ProviderPreset? NumberedPreset(string id)
    {
        var dash = id.LastIndexOf('-');
        return dash > 0 && dash < id.Length - 1 && id.AsSpan(dash + 1).IndexOfAnyExceptInRange('0', '9') < 0 ? ProviderCatalog.Find(id[..dash]) : null;
    }

    /// <summary>Ends reading: adds the presets that the environment enables, then keys and addresses from it.</summary>
    public ImmutableArray<ProviderConfig> Build()
    {
        var variables = new ProviderVariables(context);
        foreach (var preset in ProviderCatalog.Presets)
        {
            if (preset.Api != ApiKind.Scripted && variables.Enable(preset)) Touch(preset.Id);
        }
        var providers = ImmutableArray.CreateBuilder<ProviderConfig>();
        foreach (var draft in _drafts)
        {
            if (Build(draft, variables) is { } provider) providers.Add(provider);
        }
        return providers.ToImmutable();
    }

    private ProviderConfig? Build(ProviderDraft draft, ProviderVariables variables)
    {
        var api = draft.Api ?? draft.Preset?.Api ?? ApiKind.OpenAiChat;
        var isPresetItself = draft.Preset?.Id == draft.Id;
        var baseUrl = draft.BaseUrl ?? variables.BaseUrl(draft) ?? (isPresetItself || api == ApiKind.Scripted ? draft.Preset?.BaseUrl : null);
        if (baseUrl is null && api == ApiKind.Scripted) baseUrl = ProviderCatalog.Find("scripted")!.BaseUrl;
        if (context.KeepsVariables && draft.Node?["baseUrl"] is null) baseUrl ??= "${" + ProviderVariables.Prefix(draft.Id) + "_BASE_URL}";
        if (baseUrl is null)
        {
            if (draft.Node?.Members.Any(static m => m.Key == "baseUrl" && m.Value.IsRefused) != true)
            {
                context.Problems.Error(draft.Node, $"the provider \"{draft.Id}\" has no address", "Add \"baseUrl\": \"http://host:port/v1\".");
            }
            return null;
        }
        // Ollama answers in OpenAI's protocol under /v1, and whoever writes that address means it.
        if (draft.Api is null && api == ApiKind.Ollama && baseUrl.TrimEnd('/').EndsWith("/v1", StringComparison.Ordinal)) api = ApiKind.OpenAiChat;
        return new ProviderConfig
        {
            Id = draft.Id,
            Preset = draft.Preset?.Id,
            Api = api,
            BaseUrl = AddressText.Normal(baseUrl, api),
            Keys = Keys(draft, variables),
            Headers = draft.Headers,
            AuthHeader = draft.AuthHeader,
            Models = [.. draft.Models.Select(m => m.BaseUrl is null ? m : m with { BaseUrl = AddressText.Normal(m.BaseUrl, m.Api ?? api) })],
            ModelsAreClosed = draft.ModelsAreClosed,
            Prefill = draft.Prefill,
            IsLocal = api != ApiKind.Scripted && (draft.Preset?.IsLocal == true || ProviderAddress.IsLocal(baseUrl)),
            RoutingPreferencesJson = draft.RoutingPreferencesJson,
            ExtraBodyJson = draft.ExtraBodyJson,
            ScriptJson = draft.ScriptJson,
            Timeout = draft.Timeout,
        };
    }

    private ImmutableArray<SecretConfig> Keys(ProviderDraft draft, ProviderVariables variables)
    {
        var keys = new List<SecretConfig>(draft.Keys);
        keys.AddRange(variables.Keys(draft));
        if (keys.Count == 0 && draft.SplitFrom is { } from)
        {
            keys.AddRange(from.Keys);
            keys.AddRange(variables.Keys(from));
            // While converting the environment is not asked; the split provider shares what the other one would find there.
            if (keys.Count == 0 && context.KeepsVariables) keys.Add(new SecretConfig { Source = SecretSource.Env, Value = ProviderVariables.KeyName(from.Id, from.Preset) });
        }
        return variables.Distinct(keys);
    }
}
