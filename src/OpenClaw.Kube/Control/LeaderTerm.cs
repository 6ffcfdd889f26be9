namespace OpenClaw.Kube.Control;

/// <summary>One time of leading. Thread-safe.</summary>
public sealed class LeaderTerm : IDisposable
{
    private readonly TimeProvider _time;
    private readonly LeaderElectionOptions _options;
    private readonly KubeLog _log;
    private readonly CancellationTokenSource _source = new();
    private readonly ITimer _watchdog;
    private readonly Lock _lock = new();
    private long _renewedAt;
    private DateTimeOffset _renewedAtClock;
    private bool _over;

    internal LeaderTerm(int number, Moment renewed, LeaderElectionOptions options, TimeProvider time, KubeLog log)
    {
        Number = number;
        Token = _source.Token;
        _options = options;
        _time = time;
        _log = log;
        (_renewedAt, _renewedAtClock) = (renewed.Timestamp, renewed.Clock);
        // Its own timer, so that it goes off while a renewal hangs, or whatever else does.
        _watchdog = time.CreateTimer(static t => ((LeaderTerm)t!).Look(), this, Left(options.RenewDeadline), Timeout.InfiniteTimeSpan);
    }

    /// <summary>Grows with every change of the leader: a fencing number for what is written outside the cluster.</summary>
    public int Number { get; }

    /// <summary>Cancelled when the work must stop, before the lease can be lost.</summary>
    public CancellationToken Token { get; }

    /// <summary>
    /// Whether a write may be sent now. Asked by the clock and not by the token, so that a process that stood still (stopped, or
    /// swapped out) does not go on where it was. The wall clock is asked too: the monotonic one stands while a machine sleeps.
    /// </summary>
    public bool IsHeld
    {
        get
        {
            lock (_lock)
            {
                return !_over && _time.GetElapsedTime(_renewedAt) < _options.RenewDeadline && _time.GetUtcNow() - _renewedAtClock < _options.LeaseDuration;
            }
        }
    }

    public void Dispose()
    {
        _watchdog.Dispose();
        _source.Dispose();
    }

    /// <summary>Since the start of the request that renewed it; whoever looks at the lease counts from a later moment.</summary>
    internal TimeSpan SinceRenewal
    {
        get
        {
            lock (_lock) return _time.GetElapsedTime(_renewedAt);
        }
    }

    internal bool IsOver
    {
        get
        {
            lock (_lock) return _over;
        }
    }

    internal void Renewed(Moment at)
    {
        lock (_lock)
        {
            if (_over) return;
            (_renewedAt, _renewedAtClock) = (at.Timestamp, at.Clock);
            _watchdog.Change(LeftNeedsLock(_options.RenewDeadline), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>No writes any more, and the work is told to stop.</summary>
    internal void End()
    {
        lock (_lock)
        {
            if (_over) return;
            _over = true;
        }
        Cancel();
    }

    /// <summary>The work is told to stop; the lease is still held while it does.</summary>
    internal void Cancel()
    {
        try
        {
            _source.Cancel();
        }
        catch (AggregateException e)
        {
            _log(KubeLogLevel.Error, $"stopping the leader's work failed: {e.InnerException?.GetType().Name}");
        }
        catch (ObjectDisposedException)
        {
            // The term is over in every respect.
        }
    }

    private void Look()
    {
        lock (_lock)
        {
            if (_over) return;
            var left = LeftNeedsLock(_options.RenewDeadline);
            if (left > TimeSpan.Zero)
            {
                _watchdog.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }
        }
        _log(KubeLogLevel.Error, $"the lease {_options.Lease} was not renewed for {_options.RenewDeadline.TotalSeconds:F0} s: the work stops");
        End();
    }

    internal TimeSpan Left(TimeSpan of)
    {
        lock (_lock) return LeftNeedsLock(of);
    }

    private TimeSpan LeftNeedsLock(TimeSpan of)
    {
        var left = of - _time.GetElapsedTime(_renewedAt);
        return left > TimeSpan.Zero ? TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)) : TimeSpan.Zero;
    }
}

/// <summary>A moment on both clocks.</summary>
internal readonly record struct Moment(long Timestamp, DateTimeOffset Clock)
{
    public static Moment Now(TimeProvider time) => new(time.GetTimestamp(), time.GetUtcNow());
}
