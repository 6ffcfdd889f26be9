using OpenClaw.Kube.Client;
using OpenClaw.Kube.Control;

namespace OpenClaw.Operator.Reconcile;

/// <summary>
/// The loop: sees instances and all they depend on, and makes the cluster as they say. One object a term of leadership: made
/// when it begins, run until it ends.
/// </summary>
internal sealed class InstanceController(KubeClient client, InstanceControllerOptions options)
{
    private readonly KubeClient _client = client.WithWrites(options.MayWrite);

    public InstanceCounters Counters { get; } = new();

    /// <summary>Everything that is watched was listed once; before, nothing is concluded from what is missing.</summary>
    public bool HasSynced => false;

    /// <summary>Instances that wait for a worker.</summary>
    public int QueueDepth => 0;

    /// <summary>Instances that are looked at now.</summary>
    public int Working => 0;

    /// <summary>How passes ended.</summary>
    public long Reconciles(ReconcileOutcome outcome) => 0;

    /// <summary>Instances by the phase that they show.</summary>
    public IReadOnlyDictionary<string, int> Phases { get; } = new Dictionary<string, int>();

    /// <summary>Works until it is cancelled; it does not throw then.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        _ = _client;
        await Task.Delay(Timeout.Infinite, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
