using OpenClaw.Config;
using OpenClaw.Gateway.State;

namespace OpenClaw.Client;

/// <summary>Where models may be found: one's own configured servers, the ports that local servers usually take, OpenRouter.</summary>
internal static class DiscoveryPlaces
{
    /// <summary>Ollama, vLLM, LM Studio, llama.cpp. The preset is the provider that needs no configuration there.</summary>
    private static readonly (int Port, string? Preset)[] s_usual = [(11434, "ollama"), (8000, "vllm"), (1234, null), (8080, null)];

    public static List<DiscoveryPlace> Of(OpenClawConfig? config, ConfigEnvironment environment)
    {
        var secrets = new SecretStore(environment);
        var places = new List<DiscoveryPlace>();
        foreach (var provider in config?.Providers ?? [])
        {
            if (provider.Api == ApiKind.Scripted || (!provider.IsLocal && provider.Id != "openrouter" && provider.Preset != "openrouter")) continue;
            var key = provider.Keys.Select(k => secrets.Read(k).Value?.Reveal()).FirstOrDefault(static k => k is not null);
            foreach (var url in provider.Models.Select(static m => m.BaseUrl).Append(provider.BaseUrl).OfType<string>().Distinct())
            {
                Add(places, new DiscoveryPlace(new Uri(url), provider.Id, key, IsNamed: true));
            }
        }
        foreach (var (port, preset) in s_usual) Add(places, new DiscoveryPlace(new Uri($"http://127.0.0.1:{port}"), IsFree(config, preset) ? preset : null, null, IsNamed: false));
        return places;
    }

    /// <summary>The same server for a person: <c>localhost</c> and <c>127.0.0.1</c> are one.</summary>
    public static bool IsSameServer(Uri a, Uri b) =>
        a.Port == b.Port && ((a.IsLoopback && b.IsLoopback) || string.Equals(a.Host, b.Host, StringComparison.OrdinalIgnoreCase));

    // The preset's id is taken when the configuration points it elsewhere.
    private static bool IsFree(OpenClawConfig? config, string? preset) => preset is not null && config?.FindProvider(preset) is null;

    private static void Add(List<DiscoveryPlace> places, DiscoveryPlace place)
    {
        if (!places.Any(p => IsSameServer(p.Url, place.Url))) places.Add(place);
    }
}
