namespace OpenClaw.Kube.Client;

/// <summary>A token bucket that hands out places in time: who comes is told how long to wait, first come first served. Thread-safe.</summary>
internal sealed class RequestBucket(double perSecond, int burst, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly long _start = time.GetTimestamp();
    private double _freeAt = double.NegativeInfinity;

    /// <summary>Takes one token and says how long it is until it is there.</summary>
    public TimeSpan Take()
    {
        if (perSecond <= 0) return TimeSpan.Zero;
        lock (_lock)
        {
            var now = time.GetElapsedTime(_start).TotalSeconds;
            // The bucket is full when its next token was free a whole burst ago.
            _freeAt = Math.Max(_freeAt, now - (burst - 1) / perSecond);
            var wait = _freeAt - now;
            _freeAt += 1 / perSecond;
            return wait <= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(wait);
        }
    }

    /// <summary>Takes a token if one is there now.</summary>
    public bool TryTake()
    {
        lock (_lock)
        {
            var now = time.GetElapsedTime(_start).TotalSeconds;
            var free = Math.Max(_freeAt, now - (burst - 1) / perSecond);
            if (free > now) return false;
            _freeAt = free + (1 / perSecond);
            return true;
        }
    }

    public ValueTask WaitAsync(CancellationToken cancel)
    {
        var wait = Take();
        return wait == TimeSpan.Zero ? ValueTask.CompletedTask : new ValueTask(Task.Delay(wait, time, cancel));
    }
}
