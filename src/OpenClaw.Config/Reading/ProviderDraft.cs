using System.Collections.Immutable;
using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>A provider while the file is being read: sections add to it, <see cref="ProviderDrafts"/> ends it.</summary>
internal sealed class ProviderDraft(string id, ProviderPreset? preset)
{
    private readonly List<ModelConfig> _models = [];

    public string Id { get; } = id;

    public ProviderPreset? Preset { get; } = preset;

    /// <summary>Where the file configures it; null when it is only referred to.</summary>
    public ConfigNode? Node { get; set; }

    public ApiKind? Api { get; set; }

    /// <summary>From <c>models.providers</c>, or agreed on by all of <c>llmConfig</c>.</summary>
    public string? BaseUrl { get; set; }

    /// <summary>Where an address from <c>llmConfig</c> stands; null for any other.</summary>
    public ConfigNode? BaseUrlFromList { get; set; }

    public List<SecretConfig> Keys { get; } = [];

    /// <summary>For an entry split off <c>llmConfig</c>: the provider whose keys and settings it shares.</summary>
    public ProviderDraft? SplitFrom { get; init; }

    public ImmutableSortedDictionary<string, SecretConfig> Headers { get; set; } = ImmutableSortedDictionary<string, SecretConfig>.Empty;

    public bool? AuthHeader { get; set; }

    public bool? Prefill { get; set; }

    public string? RoutingPreferencesJson { get; set; }

    public string? ExtraBodyJson { get; set; }

    public string? ScriptJson { get; set; }

    public TimeSpan? Timeout { get; set; }

    public bool ModelsAreClosed { get; set; }

    public IReadOnlyList<ModelConfig> Models => _models;

    public ModelConfig? FindModel(string model) => _models.Find(m => m.Id == model);

    /// <summary>Changes what is known of a model, adding it if needed.</summary>
    public void Change(string model, Func<ModelConfig, ModelConfig> change)
    {
        var index = _models.FindIndex(m => m.Id == model);
        if (index < 0) _models.Add(change(new ModelConfig { Id = model }));
        else _models[index] = change(_models[index]);
    }
}
