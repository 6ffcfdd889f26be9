using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using OpenClaw.Kube;

namespace OpenClaw.Tests;

/// <summary>What a query selects.</summary>
internal sealed class FakeSelection
{
    private readonly Dictionary<string, string> _parameters;

    public FakeSelection(FakeRequest request) => _parameters = request.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(static p => p.Split('=', 2)).ToDictionary(static p => p[0], static p => p.Length > 1 ? p[1] : "");

    public string? Parameter(string name) => _parameters.GetValueOrDefault(name);

    public bool Matches(JsonObject json)
    {
        var labels = json["metadata"]?["labels"] as JsonObject;
        foreach (var term in (Parameter("labelSelector") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var pair = term.Split('=', 2);
            if (labels?[pair[0]]?.GetValue<string>() is not { } value || (pair.Length > 1 && value != pair[1].TrimStart('='))) return false;
        }
        foreach (var term in (Parameter("fieldSelector") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var pair = term.Split('=', 2);
            if (FakeCluster.Text(json, pair[0].Replace("metadata.", "", StringComparison.Ordinal)) != pair[1]) return false;
        }
        return true;
    }
}

/// <summary>The open watches of a <see cref="FakeApiServer"/>; a test can do to them what networks do.</summary>
internal sealed class FakeWatches(FakeCluster cluster)
{
    private readonly ConcurrentDictionary<int, Open> _open = [];
    private int _next;

    public int Count => _open.Count;

    /// <summary>Every watch gets this as a line, as it is.</summary>
    public void Send(string line) => Each(o => o.Lines.Writer.TryWrite(line + "\n"));

    /// <summary>Every watch gets this, without an end of line.</summary>
    public void SendRaw(string text) => Each(o => o.Lines.Writer.TryWrite(text));

    public void Bookmark() => Each(o => o.Lines.Writer.TryWrite(Line("BOOKMARK", new JsonObject
    {
        ["kind"] = o.Kind.Kind, ["apiVersion"] = o.Kind.ApiVersion,
        ["metadata"] = new JsonObject { ["resourceVersion"] = cluster.Version.ToString(CultureInfo.InvariantCulture) },
    })));

    /// <summary>The server ends them in order.</summary>
    public void End() => Each(static o => o.Lines.Writer.TryComplete());

    /// <summary>The connections break; those of watches that have just ended by themselves belong to nobody any more.</summary>
    public void Cut() => Each(o =>
    {
        lock (o.Lines)
        {
            if (_open.Values.Contains(o)) o.Http.Abort();
        }
    });

    /// <summary>What each line of a kind's watches waits for.</summary>
    public Func<ResourceKind, Task> Before { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Nothing comes any more, and nobody notices.</summary>
    public bool Mute { get; set; }

    public static string Line(string type, JsonObject json) => new JsonObject { ["type"] = type, ["object"] = json.DeepClone() }.ToJsonString() + "\n";

    public static JsonObject OnlyMeta(JsonObject json) => new()
    {
        ["kind"] = "PartialObjectMetadata", ["apiVersion"] = "meta.k8s.io/v1", ["metadata"] = json["metadata"]!.DeepClone(),
    };

    public async Task ServeAsync(HttpContext http, ResourceKind kind, string? ns, FakeSelection selection, bool metaOnly)
    {
        var open = new Open(http, kind, Channel.CreateUnbounded<string>());
        void Listen(FakeChange change)
        {
            if (Mute || change.Kind != kind || (ns is not null && FakeCluster.Text(change.Object, "namespace") != ns) || !selection.Matches(change.Object)) return;
            open.Lines.Writer.TryWrite(Line(change.Type, metaOnly ? OnlyMeta(change.Object) : change.Object));
        }

        var from = long.Parse(selection.Parameter("resourceVersion") ?? "0", CultureInfo.InvariantCulture);
        http.Response.ContentType = "application/json";
        var id = Interlocked.Increment(ref _next);
        if (cluster.Since(from, Listen) is not { } missed)
        {
            var status = new FakeRefusal(410, "Expired", "too old resource version").Status;
            await http.Response.WriteAsync(Line("ERROR", status), http.RequestAborted);
            return;
        }
        try
        {
            // What came in between is in the channel already, after what was missed, and is not told twice.
            await http.Response.StartAsync(http.RequestAborted);
            foreach (var change in missed.Where(c => c.Kind == kind && (ns is null || FakeCluster.Text(c.Object, "namespace") == ns) && selection.Matches(c.Object)))
            {
                await http.Response.WriteAsync(Line(change.Type, metaOnly ? OnlyMeta(change.Object) : change.Object), http.RequestAborted);
            }
            await http.Response.Body.FlushAsync(http.RequestAborted);
            _open[id] = open;
            await foreach (var line in open.Lines.Reader.ReadAllAsync(http.RequestAborted))
            {
                await Before(kind).WaitAsync(http.RequestAborted);
                await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(line), http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
            }
        }
        finally
        {
            lock (open.Lines) _open.TryRemove(id, out _);
            cluster.Unsubscribe(Listen);
        }
    }

    private void Each(Action<Open> act)
    {
        foreach (var open in _open.Values) act(open);
    }

    private sealed record Open(HttpContext Http, ResourceKind Kind, Channel<string> Lines);
}
