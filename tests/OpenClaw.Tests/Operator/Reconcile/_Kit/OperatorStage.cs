using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Kube.Control;
using OpenClaw.Kube.Yaml;
using OpenClaw.Operator.Reconcile;

namespace OpenClaw.Tests.Operator.Reconcile;

/// <summary>
/// A cluster in this process with the loop in it. What a controller manager does is done here: StatefulSets become ready, claims
/// get their volumes, and each template that a set gets is counted.
/// </summary>
internal sealed class OperatorStage : IAsyncDisposable
{
    public const string Space = "ns";

    private readonly ConcurrentDictionary<string, List<string>> _templates = [];
    private readonly Channel<(ResourceKind Kind, ObjectKey Key)> _sets = Channel.CreateUnbounded<(ResourceKind, ObjectKey)>();
    private readonly Task _rolling;
    private InstanceController? _controller;
    private EventRecorder? _events;
    private KubeClient? _client;
    private CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    private OperatorStage(FakeApiServer server)
    {
        Server = server;
        foreach (var kind in (ResourceKind[])[WatchedKinds.Instance, WatchedKinds.ClusterDefaults]) server.Served[$"{kind.ApiVersion}/{kind.Plural}"] = kind;
        server.ListsAreBare = true;
        server.Cluster.Changed += Look;
        _rolling = Task.Run(RollAsync);
    }

    public FakeApiServer Server { get; }

    public FakeCluster Cluster => Server.Cluster;

    public InstanceController Controller => _controller!;

    /// <summary>What is asked before each write.</summary>
    public Func<bool> MayWrite { get; set; } = static () => true;

    /// <summary>Which sets become ready by themselves.</summary>
    public Func<string, bool> ComesUp { get; set; } = static _ => true;

    public int Workers { get; set; } = 4;

    public int RolloutBound { get; set; } = 5;

    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>The namespaces that are watched; none: all.</summary>
    public string[] Namespaces { get; set; } = [];

    /// <summary>Requests that change something, but for events.</summary>
    public int Writes => Server.Requests.Count(static r => r.Method != "GET" && !r.Path.EndsWith("/events", StringComparison.Ordinal) && !r.Path.Contains("/events/", StringComparison.Ordinal));

    public static async Task<OperatorStage> OpenAsync() => new(await FakeApiServer.StartAsync());

    public static async Task<OperatorStage> StartAsync(Action<OperatorStage>? prepare = null)
    {
        var stage = await OpenAsync();
        prepare?.Invoke(stage);
        await stage.StartLoopAsync();
        return stage;
    }

    public async Task StartLoopAsync(string version = "1.0.0")
    {
        _stop = new CancellationTokenSource();
        _client = Server.Client(new KubeClientOptions { FieldManager = "openclaw-operator", RequestsPerSecond = 0, Timeout = TimeSpan.FromMinutes(10), Time = Time });
        _events = new EventRecorder(_client, new EventOptions { Component = "openclaw-operator", Instance = "test", BurstPerObject = 1000 });
        _controller = new InstanceController(_client, new InstanceControllerOptions
        {
            OperatorVersion = version, MayWrite = () => MayWrite(), Events = _events, Workers = Workers, RolloutBound = RolloutBound, Time = Time, Namespaces = [.. Namespaces], Grace = TimeSpan.Zero,
        });
        _running = Task.WhenAll(_controller.RunAsync(_stop.Token), _events.RunAsync(_stop.Token));
        await Kube.Objects.UntilAsync(() => _controller.HasSynced, "the first list");
        await QuietAsync();
    }

    public async Task StopLoopAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _controller?.Dispose();
        _client?.Dispose();
        _stop.Dispose();
    }

    public async Task RestartLoopAsync(string version = "1.0.0")
    {
        await StopLoopAsync();
        await StartLoopAsync(version);
    }

    /// <summary>Waits until nothing has moved for a while: no request, no pass, no change.</summary>
    public async Task QuietAsync()
    {
        var (before, still) = (-1L, 0);
        await Kube.Objects.UntilAsync(() =>
        {
            Thread.Sleep(5);
            var now = Server.Requests.Count + Controller.Counters.Passes + Cluster.Version;
            still = now == before && Controller.QueueDepth == 0 && Controller.Working == 0 ? still + 1 : 0;
            before = now;
            return still >= 12;
        }, "quiet");
    }

    /// <summary>How many writes an act and all that follows from it takes.</summary>
    public async Task<int> WritesOfAsync(Action act)
    {
        var before = Writes;
        act();
        await QuietAsync();
        return Writes - before;
    }

    public JsonObject Put(string yaml)
    {
        JsonObject? last = null;
        foreach (var document in YamlReader.Read(yaml).Documents) last = Put((JsonObject)document.Content!);
        return last!;
    }

    public JsonObject Put(JsonObject json)
    {
        var kind = Server.Served.Values.Single(k => k.ApiVersion == (string?)json["apiVersion"] && k.Kind == (string?)json["kind"]);
        var ns = kind.IsNamespaced ? (string?)json["metadata"]!["namespace"] ?? Space : "";
        var key = new ObjectKey(ns, (string)json["metadata"]!["name"]!);
        return Cluster.TryGet(kind, key) is null ? Cluster.Create(kind, kind.IsNamespaced ? ns : null, json) : Cluster.MergePatch(kind, key, json, null);
    }

    /// <summary>An instance with this spec, in flow YAML.</summary>
    public JsonObject PutInstance(string name, string spec, string ns = Space) =>
        Put($"apiVersion: openclaw.rocks/v1alpha1\nkind: OpenClawInstance\nmetadata: {{name: {name}, namespace: {ns}}}\nspec: {spec}\n");

    public JsonObject? Find(ResourceKind kind, string name, string ns = Space) => Cluster.TryGet(kind, new ObjectKey(kind.IsNamespaced ? ns : "", name));

    public JsonObject Get(ResourceKind kind, string name, string ns = Space) => Cluster.Get(kind, new ObjectKey(ns, name));

    public JsonObject Instance(string name) => Get(WatchedKinds.Instance, name);

    public (string? Status, string? Reason, string? Message) Condition(string name, string type)
    {
        var condition = (Instance(name)["status"]?["conditions"] as JsonArray ?? []).FirstOrDefault(c => (string?)c!["type"] == type);
        return ((string?)condition?["status"], (string?)condition?["reason"], (string?)condition?["message"]);
    }

    public string? Phase(string name) => (string?)Instance(name)["status"]?["phase"];

    /// <summary>The events told about an instance, as <c>Reason</c>.</summary>
    public string[] Events(string name) => [.. Cluster.List(Kinds.Event, null).Items.Where(e => (string?)e["involvedObject"]!["name"] == name).Select(static e => (string)e["reason"]!)];

    /// <summary>Templates that the set has had, one after the other; one is what it was made with.</summary>
    public IReadOnlyList<string> Templates(string name) => _templates.TryGetValue(name, out var list) ? [.. list] : [];

    /// <summary>Takes away what an instance owns, as the garbage collector does.</summary>
    public void Collect(string uid)
    {
        foreach (var kind in Server.Served.Values.Where(static k => k.IsNamespaced))
        {
            foreach (var item in Cluster.List(kind, null).Items.Where(o => (o["metadata"]!["ownerReferences"] as JsonArray ?? []).Any(r => (string?)r!["uid"] == uid))) Cluster.Delete(kind, FakeCluster.KeyOf(item));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _controller?.Dispose();
        _client?.Dispose();
        _sets.Writer.TryComplete();
        await _rolling;
        await Server.DisposeAsync();
        _stop.Dispose();
    }

    /// <summary>The set is as its controller would leave it.</summary>
    public void RollOut(string name, string ns = Space)
    {
        var set = Cluster.TryGet(Kinds.StatefulSet, new ObjectKey(ns, name));
        if (set is null) return;
        var count = (int?)set["spec"]!["replicas"] ?? 1;
        var generation = set["metadata"]!["generation"]!.DeepClone();
        Cluster.MergePatch(Kinds.StatefulSet, new ObjectKey(ns, name), new JsonObject
        {
            ["status"] = new JsonObject { ["observedGeneration"] = generation, ["replicas"] = count, ["readyReplicas"] = count, ["updatedReplicas"] = count, ["currentRevision"] = "r", ["updateRevision"] = "r" },
        }, "status");
    }

    private void Look(FakeChange change)
    {
        var key = FakeCluster.KeyOf(change.Object);
        if (change.Kind == Kinds.PersistentVolumeClaim && change.Type == "ADDED") _sets.Writer.TryWrite((change.Kind, key));
        if (change.Kind != Kinds.StatefulSet) return;
        if (change.Type == "DELETED") return;
        var template = change.Object["spec"]!["template"]!.ToJsonString();
        _templates.AddOrUpdate(key.Name, _ => [template], (_, list) => list[^1] == template ? list : [.. list, template]);
        if ((long?)change.Object["status"]?["observedGeneration"] != (long?)change.Object["metadata"]!["generation"]) _sets.Writer.TryWrite((change.Kind, key));
    }

    private async Task RollAsync()
    {
        await foreach (var (kind, key) in _sets.Reader.ReadAllAsync())
        {
            if (kind == Kinds.PersistentVolumeClaim)
            {
                if (Cluster.TryGet(kind, key) is not null) Cluster.MergePatch(kind, key, new JsonObject { ["status"] = new JsonObject { ["phase"] = "Bound" } }, "status");
            }
            else if (ComesUp(key.Name)) RollOut(key.Name, key.Namespace);
        }
    }
}
