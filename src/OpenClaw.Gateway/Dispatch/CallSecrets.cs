using System.Collections.Frozen;
using OpenClaw.Gateway.Providers;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>What a call took along and no error may repeat: the key, and the values of the headers that are configured for the provider.</summary>
internal readonly record struct CallSecrets(ProviderEntry? Provider, Secret? Key)
{
    // Everybody may see what these say.
    private static readonly FrozenSet<string> s_open = FrozenSet.ToFrozenSet(
        ["accept", "accept-language", "anthropic-beta", "anthropic-version", "content-type", "http-referer", "openai-beta", "referer", "user-agent", "x-openrouter-title", "x-title"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Each as it was sent, and as it stands in an address; of <c>Bearer TOKEN</c> the token, too.</summary>
    public IEnumerable<string> All()
    {
        foreach (var secret in Sent())
        {
            yield return secret;
            if (Uri.EscapeDataString(secret) is var escaped && escaped != secret) yield return escaped;
        }
    }

    private IEnumerable<string> Sent()
    {
        if (Key is not null) yield return Key.Reveal();
        if (Provider is null) yield break;
        foreach (var (name, value) in Provider.HeaderValues())
        {
            if (s_open.Contains(name)) continue;
            yield return value;
            if (value.LastIndexOf(' ') is > 0 and var space) yield return value[(space + 1)..];
        }
    }
}
