using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Kube.Watching;
using OpenClaw.Operator.Build;

namespace OpenClaw.Operator.Reconcile;

/// <summary>
/// What is seen of one namespace, or of all: instances whole, their objects and pods by label, Secrets and ConfigMaps that may
/// be referred to by their metadata alone, Services by what they lead to.
/// </summary>
internal sealed class NamespaceView
{
    private static readonly string s_ours = $"{Marks.ManagedByLabel}={Draw.ManagedBy}";

    private readonly KubeClient _client;
    private readonly string? _namespace;
    private readonly IViewListener _listener;
    private readonly ConcurrentDictionary<ResourceKind, Informer<ChildSeen>> _children = [];
    private readonly ConcurrentBag<Task> _running = [];
    private readonly Informer<InstanceSeen> _instances;
    private readonly Informer<PodSeen> _pods;
    private readonly Informer<SourceSeen> _secrets;
    private readonly Informer<SourceSeen> _maps;
    private readonly Informer<ServiceSeen> _services;

    public NamespaceView(KubeClient client, string? ns, IViewListener listener)
    {
        (_client, _namespace, _listener) = (client, ns, listener);
        var all = new ListQuery { Namespace = ns };
        var meta = all with { MetadataOnly = true };
        _instances = new Informer<InstanceSeen>(client, WatchedKinds.Instance, all, InstanceSeen.Read, listener.Instance);
        _pods = new Informer<PodSeen>(client, Kinds.Pod, all with { Labels = s_ours + ",app.kubernetes.io/name=openclaw" }, PodSeen.Read, listener.Pod);
        _secrets = new Informer<SourceSeen>(client, Kinds.Secret, meta, SourceSeen.Read, c => listener.Source("Secret", c));
        _maps = new Informer<SourceSeen>(client, Kinds.ConfigMap, meta, SourceSeen.Read, c => listener.Source("ConfigMap", c));
        _services = new Informer<ServiceSeen>(client, Kinds.Service, all, ServiceSeen.Read, listener.Service);
        foreach (var kind in WatchedKinds.Children) _children[kind] = ChildrenOf(kind);
    }

    public bool HasSynced => _instances.HasSynced && _pods.HasSynced && _secrets.HasSynced && _maps.HasSynced && _services.HasSynced && _children.Values.All(static i => i.HasSynced);

    /// <summary>The first thing that is wrong with what is watched; null while all is well.</summary>
    public KubeProblem? Problem => _instances.Problem ?? _pods.Problem ?? _secrets.Problem ?? _maps.Problem ?? _services.Problem
        ?? _children.Values.Select(static i => i.Problem).FirstOrDefault(static p => p is not null);

    public InstanceSeen? Instance(ObjectKey key) => _instances.TryGet(key, out var found) ? found : null;

    public ImmutableArray<InstanceSeen> Instances() => _instances.All();

    public ChildSeen? Child(ResourceKind kind, ObjectKey key) => _children.TryGetValue(kind, out var informer) && informer.TryGet(key, out var found) ? found : null;

    /// <summary>Everything that names this instance as its owner, but for Secrets.</summary>
    public IEnumerable<ChildSeen> OwnedBy(string uid) => _children.Values.SelectMany(i => i.OwnedBy(uid));

    public ImmutableArray<PodSeen> PodsOf(string setUid) => _pods.OwnedBy(setUid);

    public ImmutableArray<ChildSeen> Sets() => _children[Kinds.StatefulSet].All();

    /// <summary>Starts what is not running: everything, or the kinds that are served only now.</summary>
    public void Start(ServedKinds served, CancellationToken cancel)
    {
        if (_running.IsEmpty)
        {
            foreach (var run in (Func<CancellationToken, Task>[])[_instances.RunAsync, _pods.RunAsync, _secrets.RunAsync, _maps.RunAsync, _services.RunAsync]) _running.Add(Task.Run(() => run(cancel), CancellationToken.None));
            foreach (var informer in _children.Values) _running.Add(Task.Run(() => informer.RunAsync(cancel), CancellationToken.None));
        }
        foreach (var kind in WatchedKinds.Optional.Where(k => served.Serves(k)))
        {
            var informer = ChildrenOf(kind);
            if (_children.TryAdd(kind, informer)) _running.Add(Task.Run(() => informer.RunAsync(cancel), CancellationToken.None));
        }
    }

    /// <summary>Waits until everything that was started has ended.</summary>
    public Task StoppedAsync() => Task.WhenAll(_running);

    private Informer<ChildSeen> ChildrenOf(ResourceKind kind) =>
        new(_client, kind, new ListQuery { Namespace = _namespace, Labels = s_ours }, (JsonElement json) => ChildSeen.Read(kind, json), _listener.Child);
}

/// <summary>Who is told what changes.</summary>
internal interface IViewListener
{
    void Instance(InformerChange<InstanceSeen> change);

    void Child(InformerChange<ChildSeen> change);

    void Pod(InformerChange<PodSeen> change);

    void Service(InformerChange<ServiceSeen> change);

    void Source(string kind, InformerChange<SourceSeen> change);
}
