namespace OpenClaw.Gateway.Sessions;

/// <summary>One session in memory. Thread-safe: who reads takes <see cref="Data"/> once, who writes goes through <see cref="SessionState.Change"/>.</summary>
internal sealed class Session(SessionData data, bool isKept, bool isStored)
{
    private readonly Lock _lock = new();
    private volatile SessionData _data = data;
    private volatile bool _isDeleted;
    private volatile bool _isStored = isStored;
    private long _lastUsed;
    private int _turns;

    public SessionData Data => _data;

    public SessionKey Key => _data.Key;

    /// <summary>False: the store could not be asked, so this one must neither be found again nor written over what is there.</summary>
    public bool IsKept { get; } = isKept;

    /// <summary>Something of it was written.</summary>
    public bool IsStored
    {
        get => _isStored;
        set => _isStored = value;
    }

    public bool IsDeleted
    {
        get => _isDeleted;
        set => _isDeleted = value;
    }

    /// <summary>Later than all that were asked for before.</summary>
    public long LastUsed
    {
        get => Interlocked.Read(ref _lastUsed);
        set => Interlocked.Exchange(ref _lastUsed, value);
    }

    /// <summary>Changes and saves, one change after the other.</summary>
    public SessionData Change(Func<SessionData, SessionData> change, Action<SessionData> save)
    {
        lock (_lock)
        {
            _data = change(_data);
            save(_data);
            return _data;
        }
    }

    /// <summary>False: another message is being answered in this conversation.</summary>
    public bool TryBeginTurn() => Interlocked.CompareExchange(ref _turns, 1, 0) == 0;

    public void EndTurn() => Volatile.Write(ref _turns, 0);
}
