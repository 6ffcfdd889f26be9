using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;

namespace OpenClaw.Kube.Client;

/// <summary>
/// Which kinds and versions the cluster serves. What is there is remembered for minutes, what is missing for seconds, because a
/// CRD may be installed at any time; a call that finds its kind missing has it asked for again. Thread-safe.
/// </summary>
public sealed class Discovery
{
    public static readonly TimeSpan Present = TimeSpan.FromMinutes(10);
    public static readonly TimeSpan Missing = TimeSpan.FromSeconds(30);

    private readonly KubeClient _client;
    private readonly ConcurrentDictionary<string, Known> _versions = new(StringComparer.Ordinal);

    internal Discovery(KubeClient client) => _client = client;

    /// <summary>Whether this kind is served in this version.</summary>
    public async Task<KubeResult<bool>> ServesAsync(ResourceKind kind, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(kind);
        var result = await KindsAsync(kind.ApiVersion, cancel).ConfigureAwait(false);
        return result.Select(kinds => kinds.Any(k => k.Kind == kind.Kind && k.Plural == kind.Plural));
    }

    /// <summary>The first of several versions of a kind that is served; null when none is.</summary>
    public async Task<KubeResult<ResourceKind?>> FirstServedAsync(IEnumerable<ResourceKind> kinds, CancellationToken cancel)
    {
        foreach (var kind in kinds)
        {
            var served = await ServesAsync(kind, cancel).ConfigureAwait(false);
            if (!served.TryGet(out var yes, out var problem)) return problem;
            if (yes) return KubeResult.Of<ResourceKind?>(kind);
        }
        return KubeResult.Of<ResourceKind?>(null);
    }

    /// <summary>A kind by its version and name, as a reference in an object gives it; null when it is not served.</summary>
    public async Task<KubeResult<ResourceKind?>> FindAsync(string apiVersion, string kind, CancellationToken cancel)
    {
        var result = await KindsAsync(apiVersion, cancel).ConfigureAwait(false);
        return result.Select(kinds => kinds.FirstOrDefault(k => k.Kind == kind));
    }

    /// <summary>The groups and their versions, the preferred one first.</summary>
    public async Task<KubeResult<ImmutableDictionary<string, ImmutableArray<string>>>> GroupsAsync(CancellationToken cancel)
    {
        var request = new KubeRequest(HttpMethod.Get, "/apis");
        var result = await _client.SendAsync(request, cancel).ConfigureAwait(false);
        if (!result.TryGet(out var response, out var problem)) return problem;
        if (!KubeJson.TryParse(response.Body, out var json)) return new KubeProblem(KubeProblemKind.Malformed, "the answer is no list of groups") { Request = request.Text };
        return KubeResult.Of(json.Items("groups").GroupBy(static g => g.Text("name"), StringComparer.Ordinal).ToImmutableDictionary(static g => g.Key, static g => VersionsOf(g.First())));
    }

    /// <summary>What was learnt is asked for again.</summary>
    public void Forget() => _versions.Clear();

    internal void Forget(string apiVersion) => _versions.TryRemove(apiVersion, out _);

    private static ImmutableArray<string> VersionsOf(JsonElement group)
    {
        var preferred = group.Field("preferredVersion").Text("version");
        return [.. group.Items("versions").Select(static v => v.Text("version")).OrderByDescending(v => v == preferred)];
    }

    private async Task<KubeResult<ImmutableArray<ResourceKind>>> KindsAsync(string apiVersion, CancellationToken cancel)
    {
        if (_versions.TryGetValue(apiVersion, out var known) && _client.Options.Time.GetElapsedTime(known.At) < (known.Kinds.IsEmpty ? Missing : Present)) return KubeResult.Of(known.Kinds);
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        var (group, version) = slash < 0 ? ("", apiVersion) : (apiVersion[..slash], apiVersion[(slash + 1)..]);
        var path = slash < 0 ? $"/api/{Uri.EscapeDataString(version)}" : $"/apis/{Uri.EscapeDataString(group)}/{Uri.EscapeDataString(version)}";
        var request = new KubeRequest(HttpMethod.Get, path);
        var result = await _client.SendAsync(request, cancel).ConfigureAwait(false);
        if (result.Problem is { Kind: KubeProblemKind.KindNotServed or KubeProblemKind.NotFound }) return Remember(apiVersion, []);
        if (!result.TryGet(out var response, out var problem)) return problem;
        if (!KubeJson.TryParse(response.Body, out var json)) return new KubeProblem(KubeProblemKind.Malformed, "the answer is no list of resources") { Request = request.Text };
        // A name with a slash is a subresource.
        return Remember(apiVersion, [.. json.Items("resources").Where(static r => !r.Text("name").Contains('/', StringComparison.Ordinal))
            .Select(r => new ResourceKind(group, version, r.Text("kind"), r.Text("name"), r.Flag("namespaced")))]);
    }

    private KubeResult<ImmutableArray<ResourceKind>> Remember(string apiVersion, ImmutableArray<ResourceKind> kinds)
    {
        _versions[apiVersion] = new Known(kinds, _client.Options.Time.GetTimestamp());
        return KubeResult.Of(kinds);
    }

    private sealed record Known(ImmutableArray<ResourceKind> Kinds, long At);
}
