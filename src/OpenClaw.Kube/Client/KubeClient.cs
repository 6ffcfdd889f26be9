using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OpenClaw.Kube.Config;

namespace OpenClaw.Kube.Client;

/// <summary>
/// Reads and writes objects of one cluster. Expected failures are values; only cancellation and bugs throw. Thread-safe and
/// meant to be shared; two processes' worth of work that must not wait for each other (leader election) get a client each.
/// </summary>
public sealed partial class KubeClient : IDisposable
{
    private const string MetaOnly = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    private const string MetaOnlyList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

    private readonly KubeTransport _transport;
    private readonly Func<bool>? _mayWrite;
    private readonly bool _owns;

    public KubeClient(ClusterAccess access, KubeClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(access);
        ArgumentNullException.ThrowIfNull(options);
        _transport = new KubeTransport(access, options);
        _owns = true;
        Namespace = access.Namespace;
        Discovery = new Discovery(this);
    }

    private KubeClient(KubeClient other, Func<bool> mayWrite)
    {
        _transport = other._transport;
        _mayWrite = mayWrite;
        Namespace = other.Namespace;
        Discovery = other.Discovery;
    }

    /// <summary>The namespace that the kubeconfig or the Pod names.</summary>
    public string Namespace { get; }

    public KubeClientOptions Options => _transport.Options;

    public ClientCounters Counters => _transport.Counters;

    /// <summary>What this cluster serves.</summary>
    public Discovery Discovery { get; }

    /// <summary>The same connections, but a write is sent only while this is true: for what only a leader may do.</summary>
    public KubeClient WithWrites(Func<bool> allowed) => new(this, allowed);

    /// <summary>Calls from now on go over new connections. Done by itself when a call gets no answer in time.</summary>
    public void Reconnect() => _transport.Reconnect();

    public void Dispose()
    {
        if (_owns) _transport.Dispose();
    }

    public Task<KubeResult<KubeObject>> GetAsync(ResourceKind kind, ObjectKey key, CancellationToken cancel) =>
        ReadObjectAsync(kind, Request(HttpMethod.Get, kind, kind.PathOf(key)), cancel);

    /// <summary>Only the metadata; the content is not sent.</summary>
    public Task<KubeResult<KubeObject>> GetMetaAsync(ResourceKind kind, ObjectKey key, CancellationToken cancel) =>
        ReadObjectAsync(kind, Request(HttpMethod.Get, kind, kind.PathOf(key)) with { Accept = MetaOnly }, cancel);

    /// <param name="ns">Null for a cluster-wide kind.</param>
    public Task<KubeResult<KubeObject>> CreateAsync(ResourceKind kind, string? ns, JsonObject json, CancellationToken cancel) =>
        ReadObjectAsync(kind, Write(HttpMethod.Post, kind, kind.Path(ns), json) with { IsIdempotent = false, Query = Query(("fieldManager", Options.FieldManager)) }, cancel);

    /// <summary>Replaces an object; it must carry the resource version it was read in.</summary>
    public Task<KubeResult<KubeObject>> UpdateAsync(ResourceKind kind, JsonObject json, CancellationToken cancel)
    {
        if (json["metadata"]?["resourceVersion"] is null) throw new ArgumentException("a replacement needs metadata.resourceVersion", nameof(json));
        return ReadObjectAsync(kind, Write(HttpMethod.Put, kind, kind.PathOf(KeyOf(kind, json)), json) with { Query = Query(("fieldManager", Options.FieldManager)) }, cancel);
    }

    /// <summary>
    /// Server-side apply: the fields given are ours, those we gave before and do not give now go. A field that another manager
    /// owns is a Conflict with <see cref="KubeProblem.FieldConflicts"/>, unless it is taken.
    /// </summary>
    public Task<KubeResult<KubeObject>> ApplyAsync(ResourceKind kind, JsonObject json, FieldOwnership ownership, CancellationToken cancel) =>
        ApplyAsync(kind, json, null, ownership, cancel);

    /// <summary>As <see cref="ApplyAsync(ResourceKind, JsonObject, FieldOwnership, CancellationToken)"/>, of the status only.</summary>
    public Task<KubeResult<KubeObject>> ApplyStatusAsync(ResourceKind kind, JsonObject json, FieldOwnership ownership, CancellationToken cancel) =>
        ApplyAsync(kind, json, "status", ownership, cancel);

    /// <summary>Merges a few fields; null removes one. With <c>metadata.resourceVersion</c> in it, only when nobody has changed the object since.</summary>
    public Task<KubeResult<KubeObject>> MergePatchAsync(ResourceKind kind, ObjectKey key, JsonObject patch, string? subresource, CancellationToken cancel) =>
        ReadObjectAsync(kind, Write(HttpMethod.Patch, kind, kind.PathOf(key, subresource), patch) with
        {
            ContentType = "application/merge-patch+json",
            Query = Query(("fieldManager", Options.FieldManager)),
        }, cancel);

    /// <summary>Deletes one object. That it was not there is a success; that it is not the one meant is a Conflict.</summary>
    public async Task<KubeResult<DeleteOutcome>> DeleteAsync(ResourceKind kind, ObjectKey key, DeleteQuery query, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(query);
        var options = new JsonObject { ["kind"] = "DeleteOptions", ["apiVersion"] = "v1", ["propagationPolicy"] = query.Propagation.ToString() };
        if (query.GracePeriodSeconds is { } seconds) options["gracePeriodSeconds"] = seconds;
        if (query.Uid is not null || query.ResourceVersion is not null)
        {
            var preconditions = new JsonObject();
            if (query.Uid is { } uid) preconditions["uid"] = uid;
            if (query.ResourceVersion is { } version) preconditions["resourceVersion"] = version;
            options["preconditions"] = preconditions;
        }
        var result = await SendAsync(Write(HttpMethod.Delete, kind, kind.PathOf(key), options), cancel).ConfigureAwait(false);
        if (result.Is(KubeProblemKind.NotFound)) return KubeResult.Of(DeleteOutcome.Absent);
        if (!result.TryGet(out var response, out var problem)) return problem;
        // The answer is a Status when it is gone, and the object itself when something keeps it.
        using var json = KubeJson.TryOpen(response.Body);
        return KubeResult.Of(json?.RootElement.Text("kind") == "Status" || json?.RootElement.Field("metadata").Has("deletionTimestamp") != true
            ? DeleteOutcome.Deleted : DeleteOutcome.Deleting);
    }

    internal async Task<KubeResult<KubeResponse>> SendAsync(KubeRequest request, CancellationToken cancel)
    {
        var result = await _transport.SendAsync(request, _mayWrite, cancel).ConfigureAwait(false);
        if (result.Is(KubeProblemKind.KindNotServed) && request.ApiVersion is { } version) Discovery.Forget(version);
        return result;
    }

    internal static KubeRequest Request(HttpMethod method, ResourceKind kind, string path) =>
        new(method, path) { ApiVersion = kind.ApiVersion, IsSensitive = kind.Plural is "secrets" or "tokenreviews" };

    internal static string Query(params ReadOnlySpan<(string Name, string Value)> parameters)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in parameters) text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        return text.ToString();
    }

    private static KubeRequest Write(HttpMethod method, ResourceKind kind, string path, JsonObject json) =>
        Request(method, kind, path) with { Body = KubeJson.WriteBytes(json), IsWrite = true };

    private Task<KubeResult<KubeObject>> ApplyAsync(ResourceKind kind, JsonObject json, string? subresource, FieldOwnership ownership, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(json);
        return ReadObjectAsync(kind, Write(HttpMethod.Patch, kind, kind.PathOf(KeyOf(kind, json), subresource), json) with
        {
            // JSON is YAML; the plain JSON type is refused by servers before 1.35.
            ContentType = "application/apply-patch+yaml",
            Query = ownership == FieldOwnership.Take ? Query(("fieldManager", Options.FieldManager), ("force", "true")) : Query(("fieldManager", Options.FieldManager)),
        }, cancel);
    }

    private async Task<KubeResult<KubeObject>> ReadObjectAsync(ResourceKind kind, KubeRequest request, CancellationToken cancel)
    {
        var result = await SendAsync(request, cancel).ConfigureAwait(false);
        if (!result.TryGet(out var response, out var problem)) return problem;
        return KubeJson.TryParse(response.Body, out var json) && json.ValueKind == JsonValueKind.Object
            ? KubeResult.Of(new KubeObject(json))
            : new KubeProblem(KubeProblemKind.Malformed, $"the answer is not a {kind.Kind}") { Request = request.Text, Status = response.Status };
    }

    private static ObjectKey KeyOf(ResourceKind kind, JsonObject json)
    {
        var meta = json["metadata"];
        return new ObjectKey(kind.IsNamespaced ? meta?["namespace"]?.GetValue<string>() ?? "" : "", meta?["name"]?.GetValue<string>() ?? "");
    }
}

/// <summary>What an apply does with fields that another manager owns.</summary>
public enum FieldOwnership
{
    /// <summary>It is refused and names them.</summary>
    Respect,

    /// <summary>They are ours from now on. What controllers are advised to do with their own objects.</summary>
    Take,
}
