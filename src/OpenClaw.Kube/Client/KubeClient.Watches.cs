using System.Globalization;
using OpenClaw.Kube.Watching;

namespace OpenClaw.Kube.Client;

public sealed partial class KubeClient
{
    /// <summary>Opens one watch from a version on, with bookmarks. The caller disposes it, and resumes it when it ends: <see cref="Watching.Informer{T}"/> does.</summary>
    /// <param name="lifetime">After this the server ends it.</param>
    /// <param name="silence">A connection that says nothing for so long is taken for dead.</param>
    public async Task<KubeResult<WatchStream>> WatchAsync(
        ResourceKind kind, ListQuery query, string resourceVersion, TimeSpan lifetime, TimeSpan silence, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(query);
        List<(string, string)> parameters =
        [
            .. query.Parameters(), ("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", resourceVersion),
            ("timeoutSeconds", ((int)lifetime.TotalSeconds).ToString(CultureInfo.InvariantCulture)),
        ];
        var request = Request(HttpMethod.Get, kind, kind.Path(query.Namespace)) with
        {
            Query = Query([.. parameters]),
            Accept = query.MetadataOnly ? MetaOnly : "application/json",
        };
        var result = await _transport.OpenAsync(request, cancel).ConfigureAwait(false);
        if (result.Is(KubeProblemKind.KindNotServed)) Discovery.Forget(kind.ApiVersion);
        if (!result.TryGet(out var response, out var problem)) return problem;
        var body = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        return KubeResult.Of(new WatchStream(response, body, request, Options, silence));
    }
}
