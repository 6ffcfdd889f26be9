using System.Diagnostics;
using OpenClaw.Kube;
using OpenClaw.Kube.Control;

namespace OpenClaw.Operator.Running;

/// <summary>
/// Term after term, until it is stopped. A lost lease is no reason to end: the work of that term has stopped, its controller is
/// gone, and this process waits for the next term as it did for the first. Only work that goes on after its lease ends the
/// process, since nothing else can stop it.
/// </summary>
/// <param name="election">Null: there is no lease, and the work begins at once.</param>
internal sealed class Leadership(LeaderElection? election, LeaderWork work, KubeLog log)
{
    private long _terms;
    private long _lost;

    /// <summary>Terms that this process has led.</summary>
    public long Terms => Interlocked.Read(ref _terms);

    /// <summary>Terms that ended because the lease could not be kept.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    public bool IsLeading => election is null || election.Term is not null;

    public OperatorRole Role => election is null ? OperatorRole.Alone : IsLeading ? OperatorRole.Leader : OperatorRole.Standby;

    /// <summary>Who leads, as far as is known; empty when nobody.</summary>
    public string Holder => election?.Holder ?? "";

    /// <summary>Why the lease cannot be had or kept at the moment; null when it can.</summary>
    public KubeProblem? Problem => election?.Problem;

    /// <returns>Why this process must end; null: it was asked to stop, and what was held is given back.</returns>
    public async Task<OperatorRefusal?> RunAsync(CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                if (await TermAsync(stop).ConfigureAwait(false) is { } broken) return broken;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped while it waited.
        }
#pragma warning disable CA1031 // A bug in the work: told, and the process ends in order. Another one starts over.
        catch (Exception e)
#pragma warning restore CA1031
        {
            log(KubeLogLevel.Error, $"the operator's work failed: {e}");
            return new OperatorRefusal(OperatorRefusalKind.Broken, $"the operator's work failed: {e.GetType().Name}", "this is a bug; the log has the place");
        }
        return null;
    }

    private async Task<OperatorRefusal?> TermAsync(CancellationToken stop)
    {
        if (election is null)
        {
            Interlocked.Increment(ref _terms);
            await work.RunAsync(static () => true, stop).ConfigureAwait(false);
            return stop.IsCancellationRequested ? null : Ended();
        }
        var outcome = await election.RunAsync(LeadAsync, stop).ConfigureAwait(false);
        switch (outcome)
        {
            case LeaderOutcome.NeverLed:
                return null;
            case LeaderOutcome.Finished:
                return stop.IsCancellationRequested ? null : Ended();
            case LeaderOutcome.Lost:
                Interlocked.Increment(ref _lost);
                log(KubeLogLevel.Warning, "the lease was lost and the work has stopped; waiting for the lease again");
                return null;
            case LeaderOutcome.Overran:
                return new OperatorRefusal(OperatorRefusalKind.Broken, "the work went on after the lease was lost", "the process ends so that there is one writer");
            default:
                throw new UnreachableException();
        }
    }

    private Task LeadAsync(LeaderTerm term)
    {
        Interlocked.Increment(ref _terms);
        return work.RunAsync(() => term.IsHeld, term.Token);
    }

    private static OperatorRefusal Ended() => new(OperatorRefusalKind.Broken, "the operator's work ended by itself", "this is a bug; the log has the place");
}

/// <summary>What this process is among its like.</summary>
internal enum OperatorRole
{
    Leader,
    Standby,

    /// <summary>Without leader election.</summary>
    Alone,
}
