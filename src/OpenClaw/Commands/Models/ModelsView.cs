using System.Collections.Immutable;
using System.Text.Json;
using OpenClaw.Client;
using OpenClaw.Config;

namespace OpenClaw.Commands.Models;

/// <summary>What can be asked for and whether it would work, from a running gateway or from the configuration.</summary>
internal sealed record ModelsView
{
    /// <summary>The gateway's address; null when the configuration alone speaks.</summary>
    public string? Gateway { get; init; }

    /// <summary>The file; null when there is none or a remote gateway has it.</summary>
    public string? ConfigPath { get; init; }

    public string? Default { get; init; }

    public ImmutableArray<string> Fallbacks { get; init; } = [];

    public ImmutableArray<AliasRow> Aliases { get; init; } = [];

    /// <summary>Null: everything that is configured.</summary>
    public ImmutableArray<string>? Allowed { get; init; }

    public ImmutableArray<ProviderRow> Providers { get; init; } = [];

    public ImmutableArray<ModelRow> Models { get; init; } = [];

    /// <summary>What the allowlist says of a model that is not in <see cref="Models"/>.</summary>
    public bool IsAllowed(ModelRef reference)
    {
        if (Allowed is not { } rules) return true;
        foreach (var rule in rules)
        {
            if (ModelRef.TryParse(rule, out var pattern) && new AllowRule(pattern.Provider, pattern.Model).Matches(reference)) return true;
        }
        return false;
    }

    /// <summary>Models of the chain that no configured provider serves, with the reason.</summary>
    public IEnumerable<ModelRow> BrokenChain => Models.Where(m => m.Problem is not null && (m.Key == Default || Fallbacks.Contains(m.Key)));
}

internal sealed record AliasRow(string Name, ImmutableArray<string> References)
{
    public string Target => string.Join(", ", References);
}

/// <summary>A provider and its keys; a key is shown by its origin only.</summary>
/// <param name="Missing">Why it cannot be called now, or null.</param>
internal sealed record ProviderRow(string Id, string Api, string BaseUrl, bool IsLocal, ImmutableArray<KeyRow> Keys, string? Missing)
{
    /// <summary>For people: the embedded provider has none.</summary>
    public string Address => Api == nameof(ApiKind.Scripted) ? "(embedded)" : BaseUrl;

    /// <summary>The first key that is well.</summary>
    public KeyRow? Effective => Keys.FirstOrDefault(static k => k.IsOk);

    /// <summary>OpenAI's reasoning models refuse <c>max_tokens</c>; many other servers know nothing else.</summary>
    public bool WantsNewLimitName => BaseUrl.Contains("api.openai.com", StringComparison.Ordinal);

    /// <summary>No key will come back by itself.</summary>
    public bool LacksKey => Missing is not null && !Keys.Any(static k => k.Parks.Any(static p => p.Until is not null));
}

/// <param name="Alias"><c>openai#1 (env:OPENAI_API_KEY)</c>.</param>
/// <param name="Problem">Why it has no value, or null.</param>
internal sealed record KeyRow(string Alias, string? Problem, ImmutableArray<ParkRow> Parks)
{
    public bool IsOk => Problem is null && !Parks.Any(static p => p.Model is null);

    /// <summary><c>env:OPENAI_API_KEY</c>, <c>file:/run/key</c>, <c>config</c>, <c>none</c>.</summary>
    public string Origin => Alias.IndexOf(" (", StringComparison.Ordinal) is > 0 and var at && Alias.EndsWith(')') && Alias[(at + 2)..^1] is var inner
        ? inner == "no key" ? "none" : inner
        : "none";
}

/// <param name="Model">Only this model; null = every one.</param>
/// <param name="Reason">As decisions name it: <c>rateLimited</c>, <c>credential</c>.</param>
/// <param name="Until">Null: until it is changed.</param>
internal sealed record ParkRow(string? Model, string Reason, DateTimeOffset? Until)
{
    public bool IsOutOfMoney => Reason is "quotaExhausted";
}

/// <param name="Problem">Why no provider serves it, or null.</param>
internal sealed record ModelRow(
    string Key, string Name, ImmutableArray<string> Input, long? ContextWindow, bool IsLocal, bool IsAllowed, bool IsAvailable, ImmutableArray<string> Tags, string? Problem)
{
    public string Provider => Key[..Key.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>The control API's <c>price</c> object; undefined when nothing is known of it.</summary>
    public JsonElement Price { get; init; }

    public bool IsUnpriced => Price.Text("source") == "unpriced";
}
