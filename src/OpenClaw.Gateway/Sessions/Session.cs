namespace OpenClaw.Gateway.Sessions;

/// <summary>One session in memory. Thread-safe: who reads takes <see cref="Data"/> once, who writes goes through <see cref="SessionState.Change"/>.</summary>
internal sealed class Session(SessionData data, bool isKept, bool isStored)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private volatile SessionData _data = data;
    private volatile bool _isDeleted;
    private volatile bool _isStored = isStored;
    private long _lastUsed;
    private long _lookAgain;
    private int _sets;
    private int _holders;
    private TaskCompletionSource? _turn;

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

    /// <summary>It was forgotten: nothing changes it any more.</summary>
    public bool IsDeleted => _isDeleted;

    /// <summary>A message is being answered in it.</summary>
    public bool HasTurn => Volatile.Read(ref _turn) is not null;

    /// <summary>A request that will be counted in it is under way.</summary>
    public bool IsHeld => Volatile.Read(ref _holders) > 0;

    public void Hold() => Interlocked.Increment(ref _holders);

    public void Release() => Interlocked.Decrement(ref _holders);

    /// <summary>Later than all that were asked for before.</summary>
    public long LastUsed
    {
        get => Interlocked.Read(ref _lastUsed);
        set => Interlocked.Exchange(ref _lastUsed, value);
    }

    /// <summary>How often something was set here. What was read from the store before the last time is older.</summary>
    public int Sets => Volatile.Read(ref _sets);

    /// <summary>True for one caller in <paramref name="every"/>: the store may know more by now.</summary>
    public bool TryLookAgain(long now, long every)
    {
        var at = Interlocked.Read(ref _lookAgain);
        return now >= at && Interlocked.CompareExchange(ref _lookAgain, now + every, at) == at;
    }

    /// <summary>Changes and saves, one change after the other. One that was forgotten stays as it was, and is not written again.</summary>
    /// <param name="save">Is told what was before, and what is now.</param>
    public SessionData Change(Func<SessionData, SessionData> change, Action<SessionData, SessionData> save)
    {
        lock (_lock)
        {
            if (_isDeleted) return _data;
            var before = _data;
            _data = change(before);
            if (SessionSettings.Of(before) != SessionSettings.Of(_data)) _sets++;
            save(before, _data);
            return _data;
        }
    }

    /// <summary>Ends it for good, after every change that has begun.</summary>
    /// <param name="isMeant">Whether it is to be forgotten as it is now; null: yes.</param>
    /// <param name="forget">Removes what was written of it.</param>
    public bool Delete(Func<SessionData, bool>? isMeant, Action<SessionData> forget)
    {
        lock (_lock)
        {
            // Deleted before: what is written under its name by now is another's.
            if (_isDeleted || isMeant?.Invoke(_data) == false) return false;
            _isDeleted = true;
            forget(_data);
            return true;
        }
    }

    /// <summary>Takes over what another gateway wrote, unless something was set here meanwhile.</summary>
    /// <param name="sets"><see cref="Sets"/> before the store was asked.</param>
    public void TakeOver(Func<SessionData, SessionData> change, int sets)
    {
        lock (_lock)
        {
            if (_sets == sets) _data = change(_data);
        }
    }

    /// <summary>False: another message is still being answered in this conversation. One that was just stopped needs a moment to end.</summary>
    public async Task<bool> BeginTurnAsync(CancellationToken cancel)
    {
        var own = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        while (Interlocked.CompareExchange(ref _turn, own, null) is { } running)
        {
            try
            {
                await running.Task.WaitAsync(s_patience, cancel).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                return false;
            }
        }
        return true;
    }

    public void EndTurn() => Interlocked.Exchange(ref _turn, null)?.TrySetResult();
}
