using OpenClaw.Kube.Client;

namespace OpenClaw.Kube.Control;

/// <summary>
/// One leader among several processes, by a Lease. The work's token is cancelled a renew deadline after the last renewal was
/// sent, however the server, the network or a request hangs; a lease is longer than that, so the work has stopped before
/// another process can lead. While the work stops in order, the lease is renewed further, and then given back.
/// </summary>
/// <remarks>Give it a <see cref="KubeClient"/> of its own: it must not wait behind other calls.</remarks>
public sealed class LeaderElection
{
    private readonly KubeClient _client;
    private readonly LeaderElectionOptions _options;
    private readonly LeaseRecord _record;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly KubeLog _log;
    private volatile LeaderTerm? _term;

    /// <exception cref="ArgumentException">The clocks do not fit each other.</exception>
    public LeaderElection(KubeClient client, LeaderElectionOptions options)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        _client = client;
        _options = options;
        (_time, _random, _log) = (client.Options.Time, client.Options.Random, client.Options.Log);
        _record = new LeaseRecord(client, options, _time);
    }

    /// <summary>The term that runs; null when another process leads or nobody.</summary>
    public LeaderTerm? Term => _term;

    /// <summary>Who leads, as far as is known; empty when nobody.</summary>
    public string Holder => _record.Seen?.Holder ?? "";

    /// <summary>Why the lease could not be read or written just now; null when it could.</summary>
    public KubeProblem? Problem => _record.Problem;

    /// <summary>Competes until it leads, does the work for one term, and says how that ended. To lead again, call it again.</summary>
    public async Task<LeaderOutcome> RunAsync(Func<LeaderTerm, Task> work, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (await AcquireAsync(stop).ConfigureAwait(false) is not { } moment) return LeaderOutcome.NeverLed;
        using var term = new LeaderTerm(_record.Seen!.Transitions, moment, _options, _time, _log);
        _term = term;
        _log(KubeLogLevel.Information, $"leading: {_options.Identity} holds {_options.Lease}, term {term.Number}");
        try
        {
            return await LeadAsync(term, work, stop).ConfigureAwait(false);
        }
        finally
        {
            term.End();
            _term = null;
        }
    }

    private async Task<Moment?> AcquireAsync(CancellationToken stop)
    {
        string? told = null;
        try
        {
            while (true)
            {
                stop.ThrowIfCancellationRequested();
                if (await TryTakeAsync(_options.RenewDeadline, stop).ConfigureAwait(false) is { } moment)
                {
                    // A write that took longer than the deadline is no ground to stand on.
                    if (_time.GetElapsedTime(moment.Timestamp) < _options.RenewDeadline) return moment;
                }
                if (_record.Problem is { } problem) _log(KubeLogLevel.Warning, $"the lease {_options.Lease}: {problem}");
                else if (Holder != told) _log(KubeLogLevel.Information, $"waiting: {told = Holder} holds {_options.Lease}");
                await Task.Delay(_options.RetryPeriod * (1 + (0.2 * _random.NextDouble())), _time, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<LeaderOutcome> LeadAsync(LeaderTerm term, Func<LeaderTerm, Task> work, CancellationToken stop)
    {
        await using var stopping = stop.Register(term.Cancel).ConfigureAwait(false);
        var working = Task.Run(() => work(term), CancellationToken.None);
        while (!await EndsWithinAsync(working, term, _options.RetryPeriod).ConfigureAwait(false) && !term.IsOver)
        {
            var limit = term.Left(_options.RenewDeadline);
            if (limit <= TimeSpan.Zero || await RenewAsync(term, limit).ConfigureAwait(false)) continue;
            if (_record.IsForeign)
            {
                _log(KubeLogLevel.Error, $"the lease {_options.Lease} was taken by {Holder}: the work stops");
                term.End();
            }
        }
        if (!term.IsOver || working.IsCompleted) return await FinishAsync(term, working).ConfigureAwait(false);
        return await WindDownAsync(term, working).ConfigureAwait(false);
    }

    private async Task<bool> RenewAsync(LeaderTerm term, TimeSpan limit)
    {
        // Half the time for one try: a request that hangs leaves time for a second one.
        var half = _options.RenewDeadline / 2;
        if (await TryTakeAsync(limit < half ? limit : half, CancellationToken.None).ConfigureAwait(false) is { } moment)
        {
            // The lease was lost and won again in between, as after somebody deleted it: that is another term.
            if (_record.Seen!.Transitions == term.Number) term.Renewed(moment);
            else term.End();
            return true;
        }
        if (_record.Problem is { } problem) _log(KubeLogLevel.Warning, $"the lease {_options.Lease} was not renewed: {problem}");
        return false;
    }

    /// <summary>The work has ended while the lease was held: it is given back.</summary>
    private async Task<LeaderOutcome> FinishAsync(LeaderTerm term, Task working)
    {
        var held = term.IsHeld;
        term.End();
        if (held && _options.ReleaseOnStop)
        {
            using var limit = new CancellationTokenSource(_options.RetryPeriod, _time);
            try
            {
                await _record.ReleaseAsync(limit.Token).ConfigureAwait(false);
                if (_record.Problem is { } problem) _log(KubeLogLevel.Warning, $"the lease {_options.Lease} was not given back: {problem}");
            }
            catch (OperationCanceledException)
            {
                _log(KubeLogLevel.Warning, $"the lease {_options.Lease} was not given back in time");
            }
        }
        await ObserveAsync(working).ConfigureAwait(false);
        return held ? LeaderOutcome.Finished : LeaderOutcome.Lost;
    }

    /// <summary>The lease is lost: the work has what is left of it to stop.</summary>
    private async Task<LeaderOutcome> WindDownAsync(LeaderTerm term, Task working)
    {
        var left = term.Left(_options.LeaseDuration);
        // Taken by another already, there is nothing left to use up; a moment is given all the same.
        if (left < _options.RetryPeriod) left = _options.RetryPeriod;
        if (await WaitAsync(working, left).ConfigureAwait(false))
        {
            await ObserveAsync(working).ConfigureAwait(false);
            return LeaderOutcome.Lost;
        }
        _log(KubeLogLevel.Error, $"the work of the leader goes on after the lease {_options.Lease} was lost: this process must end");
        return LeaderOutcome.Overran;
    }

    /// <summary>Waits for the work, for the next renewal or for the end of the term, whatever comes first.</summary>
    private async Task<bool> EndsWithinAsync(Task working, LeaderTerm term, TimeSpan period)
    {
        if (working.IsCompleted || term.IsOver) return working.IsCompleted;
        return await WaitAsync(working, period).ConfigureAwait(false);
    }

    private async Task<bool> WaitAsync(Task working, TimeSpan limit)
    {
        using var clock = new CancellationTokenSource();
        var waiting = Task.Delay(limit, _time, clock.Token);
        await Task.WhenAny(working, waiting).ConfigureAwait(false);
        await clock.CancelAsync().ConfigureAwait(false);
        return working.IsCompleted;
    }

    private async Task<Moment?> TryTakeAsync(TimeSpan limit, CancellationToken stop)
    {
        using var clock = new CancellationTokenSource(limit, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop, clock.Token);
        try
        {
            return await _record.TryTakeAsync(both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            _log(KubeLogLevel.Warning, $"the lease {_options.Lease}: no answer within {limit.TotalSeconds:F1} s");
            _client.Reconnect();
            return null;
        }
    }

    private async Task ObserveAsync(Task working)
    {
        try
        {
            await working.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The work stopped because it was told to.
        }
    }
}
