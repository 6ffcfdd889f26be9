using OpenClaw.Kube.Client;

namespace OpenClaw.Kube.Control;

/// <summary>The waits of a queue. Immutable; the figures are client-go's.</summary>
public sealed record WorkQueueOptions
{
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(5);

    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromSeconds(1000);

    /// <summary>Retries of all keys together, a second.</summary>
    public double RetriesPerSecond { get; init; } = 10;

    public int RetryBurst { get; init; } = 100;

    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>
/// Names of what must be looked at. A name waits only once however often it is added; one that is added while it is worked on
/// comes once more afterwards, and never to two workers at the same time. So its memory is bounded by the number of names. Thread-safe.
/// </summary>
public sealed class WorkQueue<TKey> : IDisposable
    where TKey : notnull
{
    private readonly WorkQueueOptions _options;
    private readonly RequestBucket _retries;
    private readonly Lock _lock = new();
    private readonly Queue<TKey> _ready = new();
    private readonly HashSet<TKey> _dirty = [];
    private readonly HashSet<TKey> _working = [];
    private readonly Dictionary<TKey, int> _failures = [];
    private readonly DelayedKeys<TKey> _delayed;
    private readonly SemaphoreSlim _signal = new(0);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _closed;

    public WorkQueue(WorkQueueOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _retries = new RequestBucket(options.RetriesPerSecond, options.RetryBurst, options.Time);
        _delayed = new DelayedKeys<TKey>(options.Time, Add);
    }

    /// <summary>Names that wait for a worker.</summary>
    public int Depth
    {
        get
        {
            lock (_lock) return _ready.Count;
        }
    }

    /// <summary>Names that wait for their time.</summary>
    public int Delayed => _delayed.Count;

    public int Working
    {
        get
        {
            lock (_lock) return _working.Count;
        }
    }

    public void Add(TKey key)
    {
        lock (_lock)
        {
            if (_closed || !_dirty.Add(key) || _working.Contains(key)) return;
            _ready.Enqueue(key);
        }
        _signal.Release();
    }

    /// <summary>Adds it after a while. Of several whiles the one that ends first counts.</summary>
    public void AddAfter(TKey key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero) Add(key);
        else if (!IsClosed) _delayed.Add(key, delay);
    }

    /// <summary>Adds it after a wait that doubles with every call until <see cref="Forget"/>.</summary>
    /// <returns>The wait.</returns>
    public TimeSpan AddRateLimited(TKey key)
    {
        TimeSpan own;
        lock (_lock)
        {
            var failures = _failures.GetValueOrDefault(key);
            _failures[key] = failures + 1;
            own = Backoff.Exponential(_options.FirstBackoff, _options.LongestBackoff, failures);
        }
        var all = _retries.Take();
        var wait = own > all ? own : all;
        AddAfter(key, wait);
        return wait;
    }

    /// <summary>It went well: the next failure counts as the first.</summary>
    public void Forget(TKey key)
    {
        lock (_lock) _failures.Remove(key);
    }

    /// <summary>How often it was added with a wait since the last <see cref="Forget"/>.</summary>
    public int Failures(TKey key)
    {
        lock (_lock) return _failures.GetValueOrDefault(key);
    }

    /// <summary>The next name; whoever takes it says <see cref="Done"/> in the end.</summary>
    /// <returns>False when the queue is closed.</returns>
    public async Task<(bool Taken, TKey Key)> TakeAsync(CancellationToken cancel)
    {
        await _signal.WaitAsync(cancel).ConfigureAwait(false);
        lock (_lock)
        {
            if (_closed)
            {
                _signal.Release();
                return (false, default!);
            }
            var key = _ready.Dequeue();
            _working.Add(key);
            _dirty.Remove(key);
            return (true, key);
        }
    }

    public void Done(TKey key)
    {
        lock (_lock)
        {
            if (!_working.Remove(key)) return;
            if (_closed)
            {
                if (_working.Count == 0) _drained.TrySetResult();
                return;
            }
            if (!_dirty.Contains(key)) return;
            _ready.Enqueue(key);
        }
        _signal.Release();
    }

    /// <summary>Hands out no more. What waits is dropped: whoever comes next looks at everything anyway.</summary>
    public void Close()
    {
        lock (_lock)
        {
            if (_closed) return;
            _closed = true;
            _ready.Clear();
            _dirty.Clear();
            if (_working.Count == 0) _drained.TrySetResult();
        }
        _delayed.Dispose();
        _signal.Release();
    }

    /// <summary>Waits until what was taken is done, after <see cref="Close"/>.</summary>
    public Task DrainAsync(CancellationToken cancel) => _drained.Task.WaitAsync(cancel);

    public void Dispose()
    {
        Close();
        _delayed.Dispose();
    }

    private bool IsClosed
    {
        get
        {
            lock (_lock) return _closed;
        }
    }
}
