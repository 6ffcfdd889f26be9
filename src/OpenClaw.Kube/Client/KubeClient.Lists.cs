using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace OpenClaw.Kube.Client;

public sealed partial class KubeClient
{
    /// <summary>A smaller page is not tried.</summary>
    private const int SmallestPage = 10;

    /// <summary>
    /// All objects, read in pages at one version of the world. Only what <paramref name="read"/> makes of each is kept. A page
    /// that comes too late (410) starts the list anew, once; one that is too large is asked for in smaller ones.
    /// </summary>
    /// <param name="read">Must copy what it keeps: the JSON is gone after the call.</param>
    public async Task<KubeResult<KubeList<T>>> ListAsync<T>(ResourceKind kind, ListQuery query, Func<JsonElement, T> read, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(read);
        var size = Options.PageSize;
        var restarted = false;
        while (true)
        {
            var result = await PagesAsync(kind, query, read, size, cancel).ConfigureAwait(false);
            if (result.Is(KubeProblemKind.Gone) && !restarted)
            {
                restarted = true;
                continue;
            }
            if (!result.Is(KubeProblemKind.TooLarge) || size <= SmallestPage) return result;
            size = Math.Max(SmallestPage, size / 5);
        }
    }

    /// <summary>All objects whole.</summary>
    public Task<KubeResult<KubeList<KubeObject>>> ListAsync(ResourceKind kind, ListQuery query, CancellationToken cancel) =>
        ListAsync(kind, query, KubeObject.Read, cancel);

    private async Task<KubeResult<KubeList<T>>> PagesAsync<T>(ResourceKind kind, ListQuery query, Func<JsonElement, T> read, int size, CancellationToken cancel)
    {
        var items = ImmutableArray.CreateBuilder<T>();
        var token = "";
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (true)
        {
            var request = PageRequest(kind, query, size, token);
            var result = await SendAsync(request, cancel).ConfigureAwait(false);
            if (!result.TryGet(out var response, out var problem)) return problem;
            using var json = KubeJson.TryOpen(response.Body);
            if (json is null || json.RootElement.Field("metadata").ValueKind != JsonValueKind.Object)
            {
                return new KubeProblem(KubeProblemKind.Malformed, "the answer is not a list") { Request = request.Text, Status = response.Status };
            }
            foreach (var item in json.RootElement.Items("items")) items.Add(read(item));
            var meta = json.RootElement.Field("metadata");
            token = meta.Text("continue");
            if (token.Length == 0) return KubeResult.Of(new KubeList<T>(items.DrainToImmutable(), meta.Text("resourceVersion")));
            // A server that hands out the same token twice would be asked for ever.
            if (!seen.Add(token)) return new KubeProblem(KubeProblemKind.Malformed, "the list does not come to its end") { Request = request.Text };
        }
    }

    private static KubeRequest PageRequest(ResourceKind kind, ListQuery query, int size, string token)
    {
        List<(string, string)> parameters = [.. query.Parameters(), ("limit", size.ToString(CultureInfo.InvariantCulture))];
        if (token.Length > 0) parameters.Add(("continue", token));
        return Request(HttpMethod.Get, kind, kind.Path(query.Namespace)) with
        {
            Query = Query([.. parameters]),
            Accept = query.MetadataOnly ? MetaOnlyList : "application/json",
        };
    }
}
