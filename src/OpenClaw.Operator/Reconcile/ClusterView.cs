using System.Collections.Immutable;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Kube.Watching;
using OpenClaw.Operator.Build;

namespace OpenClaw.Operator.Reconcile;

/// <summary>
/// All that is seen, of the namespaces that are watched and of the cluster. Who is waited for first, and what changes afterwards,
/// is told to a <see cref="IViewListener"/>. Thread-safe.
/// </summary>
internal sealed class ClusterView
{
    private readonly ImmutableArray<(string? Namespace, NamespaceView View)> _views;
    private readonly Informer<DefaultsSeen> _defaults;
    private readonly ServedKinds _served;
    private readonly TimeProvider _time;
    private ImmutableDictionary<string, ServiceFacts> _services = ImmutableDictionary<string, ServiceFacts>.Empty;
    private CancellationToken _running;

    /// <param name="all">Called when something changes that concerns every instance.</param>
    public ClusterView(KubeClient client, InstanceControllerOptions options, IViewListener listener, Action all)
    {
        _time = options.Time;
        var telling = new WithServices(this, listener);
        _views = options.Namespaces.IsDefaultOrEmpty
            ? [(null, new NamespaceView(client, null, telling))]
            : [.. options.Namespaces.Distinct(StringComparer.Ordinal).Select(n => ((string?)n, new NamespaceView(client, n, telling)))];
        _defaults = new Informer<DefaultsSeen>(client, WatchedKinds.ClusterDefaults, ListQuery.All, DefaultsSeen.Read, _ => all());
        _served = new ServedKinds(client, options.Time, options.Log, () =>
        {
            StartViews();
            all();
        });
    }

    public bool HasSynced => _served.Names is not null && (_defaults.HasSynced || HasNoDefaults) && _views.All(static v => v.View.HasSynced);

    /// <summary>The first thing that is wrong with what is watched; null while all is well.</summary>
    public KubeProblem? Problem => _views.Select(static v => v.View.Problem).FirstOrDefault(static p => p is not null) ?? (HasNoDefaults ? null : _defaults.Problem);

    /// <summary>Services by <c>namespace/name</c>, as <see cref="InstanceFacts"/> wants them.</summary>
    public ImmutableDictionary<string, ServiceFacts> Services => Volatile.Read(ref _services);

    public ImmutableHashSet<string> Served => _served.Names ?? [];

    /// <summary>The bytes of the spec of the defaults named cluster; null when there are none.</summary>
    public byte[]? ClusterDefaults => _defaults.TryGet(new ObjectKey("", "cluster"), out var found) ? found.Spec : null;

    public InstanceSeen? Instance(ObjectKey key) => Of(key.Namespace)?.Instance(key);

    public IEnumerable<InstanceSeen> Instances() => _views.SelectMany(static v => v.View.Instances());

    public ChildSeen? Child(ResourceKind kind, ObjectKey key) => Of(key.Namespace)?.Child(kind, key);

    public IEnumerable<ChildSeen> OwnedBy(InstanceSeen instance) =>
        (Of(instance.Key.Namespace)?.OwnedBy(instance.Uid) ?? []).Where(c => c.Key.Namespace == instance.Key.Namespace);

    public ImmutableArray<PodSeen> PodsOf(ChildSeen set) => Of(set.Key.Namespace)?.PodsOf(set.Uid) ?? [];

    public IEnumerable<ChildSeen> Sets() => _views.SelectMany(static v => v.View.Sets());

    /// <summary>Watches until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        _running = cancel;
        var defaults = Task.Run(() => _defaults.RunAsync(cancel), CancellationToken.None);
        StartViews();
        await _served.RunAsync(cancel).ConfigureAwait(false);
        await defaults.ConfigureAwait(false);
        foreach (var (_, view) in _views) await view.StoppedAsync().ConfigureAwait(false);
    }

    /// <summary>Waits until everything was listed once.</summary>
    public async Task WaitForSyncAsync(CancellationToken cancel)
    {
        while (!HasSynced && !cancel.IsCancellationRequested) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // Where only namespaces may be read, nobody can give defaults for the cluster.
    private bool HasNoDefaults => _defaults.Problem is { Kind: KubeProblemKind.Forbidden or KubeProblemKind.KindNotServed };

    private void StartViews()
    {
        foreach (var (_, view) in _views) view.Start(_served, _running);
    }

    private NamespaceView? Of(string ns) => _views[0].Namespace is null ? _views[0].View : _views.FirstOrDefault(v => v.Namespace == ns).View;

    /// <summary>Keeps the Services as a whole, so that a pass needs no copy of them, and hands everything on.</summary>
    private sealed class WithServices(ClusterView view, IViewListener next) : IViewListener
    {
        public void Instance(InformerChange<InstanceSeen> change) => next.Instance(change);

        public void Child(InformerChange<ChildSeen> change) => next.Child(change);

        public void Pod(InformerChange<PodSeen> change) => next.Pod(change);

        public void Source(string kind, InformerChange<SourceSeen> change) => next.Source(kind, change);

        public void Service(InformerChange<ServiceSeen> change)
        {
            ImmutableInterlocked.Update(ref view._services, static (all, c) => c.New is { } seen ? all.SetItem(c.Key.ToString(), seen.Facts) : all.Remove(c.Key.ToString()), change);
            next.Service(change);
        }
    }
}
