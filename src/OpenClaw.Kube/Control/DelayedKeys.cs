namespace OpenClaw.Kube.Control;

/// <summary>Keys that come back at their time, with one timer for all. Thread-safe.</summary>
internal sealed class DelayedKeys<TKey> : IDisposable
    where TKey : notnull
{
    private readonly TimeProvider _time;
    private readonly Action<TKey> _due;
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, long> _times = [];
    private readonly PriorityQueue<TKey, long> _order = new();
    private readonly ITimer _timer;
    private readonly long _start;
    private bool _closed;

    public DelayedKeys(TimeProvider time, Action<TKey> due)
    {
        _time = time;
        _due = due;
        _start = time.GetTimestamp();
        _timer = time.CreateTimer(static k => ((DelayedKeys<TKey>)k!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Count
    {
        get
        {
            lock (_lock) return _times.Count;
        }
    }

    public void Add(TKey key, TimeSpan delay)
    {
        lock (_lock)
        {
            if (_closed) return;
            var at = Now + delay.Ticks;
            if (_times.TryGetValue(key, out var other) && other <= at) return;
            _times[key] = at;
            // An entry of the same key with a later time is passed over when it comes up; too many of them are swept out.
            if (_order.Count > (2 * _times.Count) + 64)
            {
                _order.Clear();
                foreach (var (each, time) in _times) _order.Enqueue(each, time);
            }
            else
            {
                _order.Enqueue(key, at);
            }
            ArmNeedsLock();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            _times.Clear();
            _order.Clear();
        }
        _timer.Dispose();
    }

    private long Now => _time.GetElapsedTime(_start).Ticks;

    private void Fire()
    {
        List<TKey> due = [];
        lock (_lock)
        {
            if (_closed) return;
            var now = Now;
            while (_order.TryPeek(out var key, out var at) && at <= now)
            {
                _order.Dequeue();
                if (!_times.TryGetValue(key, out var time) || time != at) continue;
                _times.Remove(key);
                due.Add(key);
            }
            ArmNeedsLock();
        }
        foreach (var key in due) _due(key);
    }

    private void ArmNeedsLock()
    {
        if (!_order.TryPeek(out _, out var at)) return;
        // Rounded up to the timer's grain, else it fires a moment too early and spins.
        var wait = TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, at - Now) / (double)TimeSpan.TicksPerMillisecond));
        _timer.Change(wait < MaxWait ? wait : MaxWait, Timeout.InfiniteTimeSpan);
    }

    private static TimeSpan MaxWait => TimeSpan.FromDays(1);
}
