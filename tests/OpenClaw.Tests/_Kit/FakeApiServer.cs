using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Kube.Config;

namespace OpenClaw.Tests;

/// <summary>One request as it came.</summary>
internal sealed record FakeRequest(string Method, string Path, string Query, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public bool IsWatch => Query.Contains("watch=true", StringComparison.Ordinal);

    public bool IsList => Method == "GET" && !IsWatch;

    public override string ToString() => $"{Method} {Path}{Query}";
}

/// <summary>What goes wrong with a request.</summary>
internal sealed record FakeFault
{
    /// <summary>The answer's status; 0: no answer, the connection is cut.</summary>
    public int Status { get; init; }

    public string Body { get; init; } = "";

    public (string Name, string Value)? Header { get; init; }

    /// <summary>The answer waits for this; the request is not carried out when there is also a status.</summary>
    public Task? Gate { get; init; }

    /// <summary>After the gate the request is carried out as if nothing had been.</summary>
    public bool ThenServe { get; init; }

    /// <summary>It is carried out, and the answer is lost.</summary>
    public bool LoseAnswer { get; init; }

    public static FakeFault Cut { get; } = new();

    public static FakeFault Answer(int status, string body = "") => new() { Status = status, Body = body };

    public static FakeFault RetryAfter(int status, int seconds) =>
        new() { Status = status, Header = ("Retry-After", seconds.ToString(CultureInfo.InvariantCulture)) };

    public static FakeFault Hang { get; } = new() { Gate = Task.Delay(Timeout.Infinite) };
}

/// <summary>
/// An API server over real sockets, in this process, on a <see cref="FakeCluster"/>. It serves the kinds of <see cref="Kinds"/> and
/// those added, and does to a request what <see cref="Fault"/> says.
/// </summary>
internal sealed class FakeApiServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly FakeWatches _watches;
    private int _gated;

    private FakeApiServer(WebApplication app)
    {
        _app = app;
        _watches = new FakeWatches(Cluster);
    }

    public FakeCluster Cluster { get; } = new();

    public Uri Url { get; private set; } = null!;

    /// <summary>What is served; remove one to have a cluster without it.</summary>
    public ConcurrentDictionary<string, ResourceKind> Served { get; } = new(typeof(Kinds).GetProperties()
        .Select(static p => (ResourceKind)p.GetValue(null)!).ToDictionary(static k => $"{k.ApiVersion}/{k.Plural}"));

    /// <summary>A list's items have no version and no kind, as a real server's of its own kinds.</summary>
    public bool ListsAreBare { get; set; }

    /// <summary>Asked for every request; null: it is served.</summary>
    public Func<FakeRequest, FakeFault?> Fault { get; set; } = static _ => null;

    /// <summary>What may be done: by verb, plural and namespace. Asked by access reviews and before every request.</summary>
    public Func<string, string, string, bool> Allowed { get; set; } = static (_, _, _) => true;

    /// <summary>Tokens and their users; others get 401 when there are any.</summary>
    public ConcurrentDictionary<string, string> Tokens { get; } = [];

    public ConcurrentQueue<FakeRequest> Requests { get; } = [];

    public FakeWatches Watches => _watches;

    /// <summary>Requests that wait at a gate.</summary>
    public int Gated => Volatile.Read(ref _gated);

    public static async Task<FakeApiServer> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddLogging();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(static k => k.AddServerHeader = false);
        var app = builder.Build();
        var server = new FakeApiServer(app);
        app.Run(server.HandleAsync);
        await app.StartAsync();
        server.Url = new Uri(app.Urls.First());
        return server;
    }

    public KubeClient Client(KubeClientOptions? options = null, Credential? credential = null) => new(
        new ClusterAccess { Server = Url, Source = "the test", Credential = credential ?? new CertificateCredential(null) },
        options ?? new KubeClientOptions { Timeout = TimeSpan.FromSeconds(10) });

    public async ValueTask DisposeAsync()
    {
        _watches.Cut();
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
        var request = new FakeRequest(http.Request.Method, http.Request.Path, Uri.UnescapeDataString(http.Request.QueryString.Value ?? ""),
            await reader.ReadToEndAsync(http.RequestAborted), http.Request.Headers.ToDictionary(static h => h.Key, static h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase));
        Requests.Enqueue(request);
        try
        {
            if (Fault(request) is not { } fault) await ServeAsync(http, request);
            else await FailAsync(http, request, fault);
        }
        catch (FakeRefusal refusal)
        {
            await WriteAsync(http, refusal.Code, refusal.Status.ToJsonString());
        }
        catch (OperationCanceledException)
        {
            http.Abort();
        }
    }

    private async Task FailAsync(HttpContext http, FakeRequest request, FakeFault fault)
    {
        if (fault.Gate is { } gate)
        {
            Interlocked.Increment(ref _gated);
            try
            {
                await gate.WaitAsync(http.RequestAborted);
            }
            finally
            {
                Interlocked.Decrement(ref _gated);
            }
        }
        if (fault.LoseAnswer) Answer(request);
        if (fault.ThenServe)
        {
            await ServeAsync(http, request);
            return;
        }
        if (fault.Status == 0)
        {
            http.Abort();
            return;
        }
        if (fault.Header is { } header) http.Response.Headers[header.Name] = header.Value;
        await WriteAsync(http, fault.Status, fault.Body);
    }

    private async Task ServeAsync(HttpContext http, FakeRequest request)
    {
        Authenticate(request);
        if (!request.IsWatch)
        {
            await WriteAsync(http, request.Method == "POST" ? 201 : 200, Answer(request).ToJsonString());
            return;
        }
        var route = Route(request);
        await _watches.ServeAsync(http, route.Kind, route.Namespace, new FakeSelection(request), MetaOnly(request));
    }

    private void Authenticate(FakeRequest request)
    {
        if (Tokens.IsEmpty) return;
        var token = request.Headers.GetValueOrDefault("Authorization", "").Replace("Bearer ", "", StringComparison.Ordinal);
        if (!Tokens.ContainsKey(token)) throw new FakeRefusal(401, "Unauthorized", "Unauthorized");
    }

    private JsonObject Answer(FakeRequest request)
    {
        if (FakeDiscovery.Answer(request.Path, Served.Values) is { } discovery) return discovery;
        var route = Route(request);
        if (FakeReviews.Answer(route.Kind, request, Allowed, Tokens) is { } review) return review;
        Allow(request, route);
        var body = request.Body.Length == 0 ? null : JsonNode.Parse(request.Body) as JsonObject;
        var answer = request.Method switch
        {
            "GET" when route.Name is null => List(request, route),
            "GET" => Cluster.Get(route.Kind, route.Key),
            "POST" => Cluster.Create(route.Kind, route.Namespace, body!),
            "PUT" => Cluster.Replace(route.Kind, route.Key, body!, route.Subresource),
            "PATCH" => Patch(request, route, body!),
            "DELETE" => Cluster.Delete(route.Kind, route.Key, body) ?? new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Success" },
            _ => throw new FakeRefusal(405, "MethodNotAllowed", "method not allowed"),
        };
        return MetaOnly(request) && route.Name is not null ? FakeWatches.OnlyMeta(answer) : answer;
    }

    private JsonObject Patch(FakeRequest request, FakeRoute route, JsonObject body)
    {
        var selection = new FakeSelection(request);
        return request.Headers.GetValueOrDefault("Content-Type", "") switch
        {
            "application/apply-patch+yaml" => Cluster.Apply(route.Kind, route.Key, body, selection.Parameter("fieldManager")!, selection.Parameter("force") == "true", route.Subresource),
            "application/merge-patch+json" => Cluster.MergePatch(route.Kind, route.Key, body, route.Subresource),
            var type => throw new FakeRefusal(415, "UnsupportedMediaType", type),
        };
    }

    private JsonObject List(FakeRequest request, FakeRoute route)
    {
        var selection = new FakeSelection(request);
        var (items, version) = Cluster.List(route.Kind, route.Namespace);
        var chosen = items.Where(selection.Matches).ToList();
        var meta = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) };
        // The token is the version of the list and where it goes on; a list is consistent only as long as nothing changes.
        var (at, from) = selection.Parameter("continue")?.Split(':') is [var v, var skip] ? (long.Parse(v, CultureInfo.InvariantCulture), int.Parse(skip, CultureInfo.InvariantCulture)) : (version, 0);
        if (!Cluster.Remembers(at)) throw new FakeRefusal(410, "Expired", "The provided continue parameter is too old");
        var limit = int.Parse(selection.Parameter("limit") ?? "0", CultureInfo.InvariantCulture);
        var page = limit == 0 ? chosen : [.. chosen.Skip(from).Take(limit)];
        if (limit > 0 && from + limit < chosen.Count) meta["continue"] = $"{at}:{from + limit}";
        var only = MetaOnly(request);
        if (ListsAreBare)
        {
            foreach (var item in page.Where(_ => !route.Kind.Group.Contains("openclaw", StringComparison.Ordinal)))
            {
                item.Remove("apiVersion");
                item.Remove("kind");
            }
        }
        return new JsonObject
        {
            ["kind"] = only ? "PartialObjectMetadataList" : route.Kind.Kind + "List", ["apiVersion"] = only ? "meta.k8s.io/v1" : route.Kind.ApiVersion, ["metadata"] = meta,
            ["items"] = new JsonArray([.. page.Select(o => (JsonNode)(only ? FakeWatches.OnlyMeta(o) : o))]),
        };
    }

    private void Allow(FakeRequest request, FakeRoute route)
    {
        var verb = request.Method switch { "GET" => route.Name is null ? "list" : "get", "POST" => "create", "PUT" => "update", "PATCH" => "patch", var m => m.ToLowerInvariant() };
        if (Allowed(verb, route.Kind.Plural, route.Namespace ?? "")) return;
        throw new FakeRefusal(403, "Forbidden", $"{route.Kind.Plural} is forbidden: User \"test\" cannot {verb} resource \"{route.Kind.Plural}\"", new JsonObject { ["kind"] = route.Kind.Plural });
    }

    private FakeRoute Route(FakeRequest request) =>
        FakeRoute.Read(request.Path, Served) ?? throw new FakeRefusal(404, "NotFound", "the server could not find the requested resource");

    private static bool MetaOnly(FakeRequest request) => request.Headers.GetValueOrDefault("Accept", "").Contains("PartialObjectMetadata", StringComparison.Ordinal);

    private static async Task WriteAsync(HttpContext http, int status, string body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(body, http.RequestAborted);
    }
}

/// <summary>A path, taken apart.</summary>
internal sealed record FakeRoute(ResourceKind Kind, string? Namespace, string? Name, string? Subresource)
{
    public ObjectKey Key => new(Namespace ?? "", Name!);

    public static FakeRoute? Read(string path, ConcurrentDictionary<string, ResourceKind> served)
    {
        var parts = path.Trim('/').Split('/').Select(Uri.UnescapeDataString).ToArray();
        if (parts.Length < 3) return null;
        var version = parts[0] == "api" ? parts[1] : $"{parts[1]}/{parts[2]}";
        var rest = parts[(parts[0] == "api" ? 2 : 3)..];
        string? ns = null;
        if (rest.Length > 2 && rest[0] == "namespaces" && served.ContainsKey($"{version}/{rest[2]}")) (ns, rest) = (rest[1], rest[2..]);
        if (rest.Length == 0 || !served.TryGetValue($"{version}/{rest[0]}", out var kind)) return null;
        return new FakeRoute(kind, ns, rest.Length > 1 ? rest[1] : null, rest.Length > 2 ? rest[2] : null);
    }
}
