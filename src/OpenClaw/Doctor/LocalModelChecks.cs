using OpenClaw.Client;
using OpenClaw.Config;
using OpenClaw.Gateway.Providers;

namespace OpenClaw.Doctor;

/// <summary>Whether one's own servers have the models that the default chain asks for.</summary>
internal static class LocalModelChecks
{
    public static async Task<IEnumerable<DoctorFinding>> OfAsync(OpenClawConfig config, ConfigEnvironment environment, TimeSpan patience, CancellationToken cancel)
    {
        var wanted = config.Models.Chain.Distinct().Where(r => config.FindProvider(r.Provider) is { IsLocal: true }).ToList();
        if (wanted.Count == 0) return [];
        var discovery = new Discovery(patience);
        var places = DiscoveryPlaces.Of(config, environment).Where(p => wanted.Exists(r => r.Provider == p.Provider));
        var servers = await Task.WhenAll(places.Select(p => discovery.AskAsync(p, cancel))).ConfigureAwait(false);
        return servers.Select(WantsKey).Concat(wanted.Select(r => Missing(r, [.. servers.Where(s => s.Place.Provider == r.Provider)]))).OfType<DoctorFinding>();
    }

    // No more than a warning: the key may have to be in a header that only the gateway's calls carry.
    private static DoctorFinding? WantsKey(FoundServer server) => server.Problem != FoundServer.WantsKey ? null : new DoctorFinding(
        DoctorSeverity.Warns, "local", $"{server.Place.Provider} refuses to list its models (401 or 403): it wants another key than it is given", "Set the provider's apiKey to one that the server knows.");

    // A server that lists nothing, or serves its one model under any name, says nothing of a missing one; one that is down is told of elsewhere.
    private static DoctorFinding? Missing(ModelRef wanted, IReadOnlyList<FoundServer> servers)
    {
        if (servers.Count == 0 || servers.Any(static s => s.Problem is not null || s.Kind == "llama.cpp" || (s.Models.IsEmpty && s.Kind != "ollama"))) return null;
        if (servers.Any(s => s.Models.Any(m => m.Id == wanted.Model || ServedModels.IsLatest(m.Id, wanted.Model)))) return null;
        var listed = string.Join(", ", servers.SelectMany(static s => s.Models).Select(static m => m.Id).Take(5));
        return new DoctorFinding(
            DoctorSeverity.Fails,
            "local",
            $"{wanted.Provider} has no model {wanted.Model}{(listed.Length > 0 ? "; it lists " + listed : "")}",
            servers[0].Kind == "ollama" ? $"Run: ollama pull {wanted.Model}" : "Start the server with it, or name one that it lists.");
    }
}
