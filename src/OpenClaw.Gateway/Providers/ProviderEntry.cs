using OpenClaw.Config;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Providers;

/// <summary>A configured provider, made ready: where to call, with which keys and headers. Belongs to a snapshot.</summary>
internal sealed class ProviderEntry
{
    public required ProviderConfig Config { get; init; }

    public required KeyPool Keys { get; init; }

    /// <summary>Where the embedded provider really listens, for <see cref="ApiKind.Scripted"/>.</summary>
    public string? BaseUrlOverride { get; init; }

    public required SecretStore Secrets { get; init; }

    public string Id => Config.Id;

    /// <summary>The configured extra headers, secrets opened. A header whose secret is missing is left out.</summary>
    public IEnumerable<(string Name, string Value)> HeaderValues()
    {
        foreach (var (name, secret) in Config.Headers)
        {
            if (Secrets.Read(secret).Value is { } value) yield return (name, value.Reveal());
        }
    }

    /// <summary>The address for a call in this dialect: the paths below it start at the API's root.</summary>
    public static string RootFor(string baseUrl, DialectKind kind)
    {
        var url = baseUrl.TrimEnd('/');
        return kind switch
        {
            // Their paths carry the version themselves; people write the base with and without it.
            DialectKind.Anthropic => Without(url, "/v1"),
            DialectKind.Gemini => Without(Without(url, "/v1beta"), "/v1"),
            DialectKind.Ollama => Without(Without(url, "/v1"), "/api"),
            _ => url,
        };
    }

    private static string Without(string url, string suffix) =>
        url.EndsWith(suffix, StringComparison.OrdinalIgnoreCase) ? url[..^suffix.Length] : url;
}
