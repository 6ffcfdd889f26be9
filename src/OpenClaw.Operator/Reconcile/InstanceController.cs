using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Kube.Control;
using OpenClaw.Kube.Watching;
using OpenClaw.Operator.Build;

namespace OpenClaw.Operator.Reconcile;

/// <summary>
/// The loop: sees instances and all they depend on, and makes the cluster as they say. One object a term of leadership: made
/// when it begins, run until it ends.
/// </summary>
internal sealed class InstanceController : IViewListener, IDisposable
{
    private readonly InstanceControllerOptions _options;
    private readonly WorkQueue<ObjectKey> _queue;
    private readonly ControllerLoop<ObjectKey> _loop;
    private readonly SourceIndex _index = new();
    private readonly ClusterView _view;
    private readonly Applier _applier;
    private readonly StatusTeller _teller;
    private readonly RolloutGate _gate;
    private readonly Contests _contests;

    /// <param name="client">Its field manager must be the operator's: applied fields are owned under that name.</param>
    public InstanceController(KubeClient client, InstanceControllerOptions options)
    {
        if (client.Options.FieldManager != Draw.ManagedBy) throw new ArgumentException($"the client's field manager is not {Draw.ManagedBy}", nameof(client));
        _options = options;
        var guarded = client.WithWrites(options.MayWrite);
        // After a long outage of the API server nobody waits for a quarter of an hour.
        _queue = new WorkQueue<ObjectKey>(new WorkQueueOptions { Time = options.Time, LongestBackoff = TimeSpan.FromMinutes(2) });
        _view = new ClusterView(guarded, options, this, AddAll);
        _gate = new RolloutGate(options.RolloutBound, _queue.Add);
        _contests = new Contests(options.Time);
        _applier = new Applier(guarded, _view, Counters, _contests, options.Time);
        _teller = new StatusTeller(guarded, options.Events, Counters);
        var gatherer = new Gatherer(guarded, _view, _index, options.OperatorVersion);
        var writer = new PassWriter(
            _applier, new ClaimApplier(_applier, _view), new SetApplier(guarded, _applier, _view, _gate, Counters),
            new TokenMaker(guarded, Counters, _contests), new Pruner(guarded, _view, Counters), _gate, _contests, _teller);
        var pass = new InstancePass(_view, gatherer, writer, new InstanceRelease(guarded, _view, Counters), _teller, new WarningReader(guarded, options.Time), options.Time);
        _loop = new ControllerLoop<ObjectKey>("instance", _queue, (key, cancel) => TimedAsync(pass, key, cancel), new ControllerOptions
        {
            Workers = options.Workers, Grace = options.Grace, Time = options.Time, Log = options.Log,
        });
    }

    public InstanceCounters Counters { get; } = new();

    /// <summary>Everything that is watched was listed once; before, nothing is concluded from what is missing.</summary>
    public bool HasSynced => _view.HasSynced;

    /// <summary>What is wrong with what is watched; null while all is well.</summary>
    public KubeProblem? Problem => _view.Problem;

    /// <summary>Instances that wait for a worker.</summary>
    public int QueueDepth => _queue.Depth;

    /// <summary>Instances that wait for their time: after a failure, or to be looked at again.</summary>
    public int Delayed => _queue.Delayed;

    /// <summary>Instances that are looked at now.</summary>
    public int Working => _queue.Working;

    /// <summary>Instances that restart because of a new operator or new defaults, and those that wait for these.</summary>
    public (int Inside, int Waiting) Rollouts => (_gate.Inside, _gate.Waiting);

    /// <summary>Instances by the phase that they show; "" before the first.</summary>
    public IReadOnlyDictionary<string, int> Phases => _view.Instances().GroupBy(static i => i.Phase, StringComparer.Ordinal).ToDictionary(static g => g.Key, static g => g.Count(), StringComparer.Ordinal);

    /// <summary>How passes ended.</summary>
    public long Reconciles(ReconcileOutcome outcome) => _loop.Counters.Of(outcome);

    /// <summary>Works until it is cancelled; it does not throw then. Once.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        var viewing = Task.Run(() => _view.RunAsync(cancel), CancellationToken.None);
        await _view.WaitForSyncAsync(cancel).ConfigureAwait(false);
        if (!cancel.IsCancellationRequested) _options.Log(KubeLogLevel.Information, $"the loop begins: {_view.Instances().Count()} instances");
        await _loop.RunAsync(cancel).ConfigureAwait(false);
        await viewing.ConfigureAwait(false);
    }

    public void Dispose() => _queue.Dispose();

    void IViewListener.Instance(InformerChange<InstanceSeen> change)
    {
        // The status that was just written, and nothing else.
        if (change is { Old: { } old, New: { } now } && old.Wanted == now.Wanted && _teller.IsOwnEcho(now)) return;
        _queue.Add(change.Key);
    }

    void IViewListener.Child(InformerChange<ChildSeen> change)
    {
        var child = change.Latest;
        if (child.Set is { } set && change.New is not null) _gate.Look(child.Uid, set);
        if (change.New is null)
        {
            _applier.Forget(child);
            Vanished(new ObjectKey(child.Key.Namespace, child.Instance), new Contested(child.Kind, child.Key.Name));
            if (child.Set is not null) _gate.Leave(child.Uid);
        }
        else if (IsNoNews(change.Old, child))
        {
            // Compared before, or never to be compared: it was written here.
            if (change.Old is not { Content: not null } || _applier.IsOwnEcho(child)) child.Forget();
            return;
        }
        Add(child.Key.Namespace, child.Instance);
        if (change.Old is { } before && before.Instance != child.Instance) Add(child.Key.Namespace, before.Instance);
    }

    void IViewListener.Pod(InformerChange<PodSeen> change)
    {
        if (change.Old?.Print == change.New?.Print) return;
        Add(change.Key.Namespace, change.Latest.Instance);
    }

    void IViewListener.Service(InformerChange<ServiceSeen> change)
    {
        if (change.Old?.Print == change.New?.Print) return;
        foreach (var seeker in _index.SeekersOf(new SourceKey("Service", change.Key.Namespace, change.Key.Name))) _queue.Add(seeker);
    }

    void IViewListener.Source(string kind, InformerChange<SourceSeen> change)
    {
        foreach (var seeker in _index.SeekersOf(new SourceKey(kind, change.Key.Namespace, change.Key.Name)))
        {
            if (change.New is null && kind == "Secret" && change.Key.Name.StartsWith(seeker.Name + "-", StringComparison.Ordinal)) Vanished(seeker, new Contested(Kinds.Secret, change.Key.Name));
            _queue.Add(seeker);
        }
    }

    /// <summary>What goes with its instance is nobody's attack on it.</summary>
    private void Vanished(ObjectKey instance, Contested what)
    {
        if (_view.Instance(instance) is { IsBeingDeleted: false }) _contests.Vanished(instance, what);
    }

    /// <summary>Only what does not matter changed, or it is what was just written.</summary>
    private bool IsNoNews(ChildSeen? old, ChildSeen now)
    {
        if ((old?.StatusPrint ?? "") != now.StatusPrint) return false;
        return _applier.IsOwnEcho(now) || (old is not null && old.Print == now.Print && old.Uid == now.Uid);
    }

    private void Add(string ns, string instance)
    {
        if (instance.Length > 0) _queue.Add(new ObjectKey(ns, instance));
    }

    private void AddAll()
    {
        foreach (var instance in _view.Instances()) _queue.Add(instance.Key);
    }

    private async Task<ReconcileResult> TimedAsync(InstancePass pass, ObjectKey key, CancellationToken cancel)
    {
        var since = _options.Time.GetTimestamp();
        try
        {
            return await pass.LookAsync(key, cancel).ConfigureAwait(false);
        }
        finally
        {
            Counters.Took(_options.Time.GetElapsedTime(since));
        }
    }
}
