using OpenClaw.Kube.Client;
using OpenClaw.Kube.Control;
using OpenClaw.Operator.Packaging;
using OpenClaw.Operator.Reconcile;

namespace OpenClaw.Operator.Running;

/// <summary>What a leader does in one term: waits for the definitions, then runs a controller made for this term. Thread-safe to read.</summary>
internal sealed class LeaderWork(KubeClient client, DefinitionWatch definitions, OperatorOptions options)
{
    /// <summary>Of a lease of fifteen seconds five are left when it could not be renewed: what is under way must end before.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(4);

    private readonly Lock _lock = new();
    private InstanceController? _controller;
    private ControllerFigures _past = ControllerFigures.None;
    private (long Sent, long Dropped) _pastEvents;
    private EventRecorder? _events;

    /// <summary>The controller that works; null outside a term.</summary>
    public InstanceController? Controller
    {
        get
        {
            lock (_lock) return _controller;
        }
    }

    /// <summary>Of all terms of this process together.</summary>
    public ControllerFigures Figures
    {
        get
        {
            lock (_lock) return _controller is null ? _past : _past.Plus(ControllerFigures.Of(_controller));
        }
    }

    /// <summary>Events that were sent, and those that nobody will see, of all terms together.</summary>
    public (long Sent, long Dropped) Events
    {
        get
        {
            lock (_lock) return (_pastEvents.Sent + (_events?.Sent ?? 0), _pastEvents.Dropped + (_events?.Dropped ?? 0));
        }
    }

    /// <summary>One term.</summary>
    /// <param name="mayWrite">Asked before every write.</param>
    /// <param name="stop">The work ends in order: what is under way is finished within the controller's grace.</param>
    /// <exception cref="OperationCanceledException">Stopped before the definitions came.</exception>
    public async Task RunAsync(Func<bool> mayWrite, CancellationToken stop)
    {
        await definitions.WaitAsync(stop).ConfigureAwait(false);
        var events = new EventRecorder(client.WithWrites(mayWrite), new EventOptions
        {
            Component = PackageNames.Operator, Instance = options.Host,
        });
        using var controller = new InstanceController(client, new InstanceControllerOptions
        {
            Namespaces = options.WatchNamespaces,
            MayWrite = mayWrite,
            Events = events,
            OperatorVersion = options.Version,
            Time = options.Environment.Time,
            Log = options.Log,
            Workers = options.Workers,
            Grace = s_grace,
        });
        lock (_lock) (_controller, _events) = (controller, events);
        using var ending = new CancellationTokenSource();
        var telling = events.RunAsync(ending.Token);
        try
        {
            await controller.RunAsync(stop).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _past = _past.Plus(ControllerFigures.Of(controller));
                _pastEvents = (_pastEvents.Sent + events.Sent, _pastEvents.Dropped + events.Dropped);
                (_controller, _events) = (null, null);
            }
            await ending.CancelAsync().ConfigureAwait(false);
            await telling.ConfigureAwait(false);
        }
    }
}
