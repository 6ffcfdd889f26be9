using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Gateway.Metering.Budgets;

/// <summary>How strictly an amount is held.</summary>
internal enum HoldMode
{
    /// <summary>Only counted: the budget warns, or has already sent the request elsewhere.</summary>
    Count,

    /// <summary>Refused beyond the limit as far as this gateway knows: gateways that share a database may together be a call over it.</summary>
    Soft,

    /// <summary>Never beyond the limit, whatever other gateways do.</summary>
    Hard,
}

/// <summary>
/// One budget in one window for one subject: spent, reserved, and where the database is shared the part of the budget that is
/// leased to this gateway. Thread-safe; every step is one short lock.
/// </summary>
/// <remarks>
/// With a lease, three numbers keep the promise: what is reserved never exceeds the lease (so all gateways together stay under
/// the limit), what is reserved or settled but perhaps not yet written never exceeds the exposure that the database knows (so
/// that nothing is handed out twice when this gateway vanishes), and what is settled leaves the lease, here as in the database.
/// </remarks>
internal sealed class BudgetCounter(CounterKey key, bool inTokens, bool isShared)
{
    private readonly Lock _lock = new();

    // Rows that the database's counter lacks: a budget that was configured after the money was spent, or while it was.
    private decimal _base;
    private decimal _written;

    // What was settled here and may or may not be in what was written: with it more is counted than was spent, never less.
    private decimal _since;

    // What was spent beside the base, each amount once: between what is written and that.
    private decimal _known;
    private decimal _reserved;

    private decimal _lease;
    private decimal _unleased;
    private decimal _elsewhere;
    private decimal _exposed;
    private decimal _proposed;
    private decimal _unclosed;
    private decimal _settling;
    private decimal _settledBefore;
    private decimal _flushing;
    private decimal _beatSettled;
    private decimal _largest;
    private decimal _rate;
    private decimal _taken;
    private decimal _takenBefore;
    private long _grants;
    private long _changes;
    private long _beatChanges;
    private int _changing;
    private bool _isEmptyThere = true;
    private bool _isForgotten;
    private decimal _needed;

    public CounterKey Key { get; } = key;

    public bool InTokens { get; } = inTokens;

    /// <summary>True once the database was read.</summary>
    public bool IsLoaded { get; private set; }

    /// <summary>How often by then rows had come that may lack a charge to it (<see cref="BudgetStrays"/>), when its rows were last read.</summary>
    public StrayCount ReadAfter { get; set; }

    /// <summary>When its rows were last read, and how long that took: a month of them is not summed every other second.</summary>
    public (long At, TimeSpan Took) RowsRead { get; set; }

    /// <summary>How long its rows may take to be read, where they took longer than was given; null = as long as any.</summary>
    public TimeSpan? ReadLimit { get; set; }

    /// <summary>The highest fraction of the limit that was told to anyone; guarded by its user.</summary>
    public decimal ToldUpTo { get; set; }

    /// <summary>That it was too small for a call was told; guarded by its user.</summary>
    public bool ToldOfRefusal { get; set; }

    /// <summary>When it was last used, for forgetting.</summary>
    public DateTimeOffset UsedAt { get; private set; }

    /// <summary>The budget whose counter this is.</summary>
    public BudgetRule? Rule { get; set; }

    /// <summary>One asks the database for a lease at a time; the others find what it got.</summary>
    public SemaphoreSlim Gate { get; } = new(1);

    // These are timestamps (TimeProvider.GetTimestamp): a wall clock that is set back must not make them lie ahead.

    /// <summary>When the database last had nothing left: not worth asking again for a moment.</summary>
    public long? NothingSince { get; set; }

    /// <summary>When the database last granted something.</summary>
    public long? GrantedAt { get; set; }

    /// <summary>When the database was last asked what is spent.</summary>
    public long? ReadAt { get; set; }

    /// <summary>When it was last asked and had not answered in time.</summary>
    public long? TriedAt { get; set; }

    /// <summary>Spent so far, as far as this gateway knows, and reserved by it.</summary>
    public (decimal Spent, decimal Reserved) Now
    {
        get { lock (_lock) return (isShared && Rule is { Action: BudgetAction.Block } rule ? Math.Max(_base + _written, Math.Min(Known, rule.Limit)) : Known, _reserved); }
    }

    /// <summary>What other gateways held when the database was last asked for a part.</summary>
    public decimal Elsewhere
    {
        get { lock (_lock) return _elsewhere; }
    }

    /// <summary>Spent for sure. What <see cref="Now"/> counts beyond it may be in it already: for up to a beat it is not known here whether it is written.</summary>
    public decimal SpentAtLeast
    {
        get { lock (_lock) return _base + _written; }
    }

    /// <summary>False: it was forgotten, and another has taken its place or is to take it.</summary>
    public bool TryUse(DateTimeOffset now)
    {
        lock (_lock)
        {
            if (_isForgotten) return false;
            UsedAt = now;
            return true;
        }
    }

    /// <summary>True when nobody used it for <paramref name="rest"/> and nothing is lost with it: nobody may use it any more.</summary>
    /// <param name="isBehind">What was settled may not be in the database yet: read again from there, it would lack.</param>
    public bool TryForget(DateTimeOffset now, TimeSpan rest, bool isBehind)
    {
        lock (_lock)
        {
            // A clock that was set back says nothing of how long it rested.
            if (now - UsedAt < rest && UsedAt <= now) return false;
            if (Exposure != 0 || _lease > 0 || !_isEmptyThere || (isBehind && !isShared && _since != 0)) return false;
            return _isForgotten = true;
        }
    }

    private decimal Spent => _base + _written + _since;

    private decimal Known => _base + _known;

    private decimal Free => _lease - _reserved;

    /// <summary>
    /// The database's counter, and the sum over the rows of its window, of one instant. Read again, only what the rows have beyond the
    /// counter is news: charges are known here as they come, and rows without one are not.
    /// </summary>
    public void Load(CounterValue counter, CounterValue rows)
    {
        lock (_lock)
        {
            var uncharged = Math.Max(0, AmountOf(rows) - AmountOf(counter));
            if (IsLoaded)
            {
                // Rows that are too old are removed, and what they cost is spent all the same.
                if (uncharged <= _base) return;
                _unleased = Math.Max(0, _unleased - (uncharged - _base));
                _base = uncharged;
                return;
            }
            _written = AmountOf(counter);
            _base = uncharged;
            _known = _written + _since;
            IsLoaded = true;
        }
    }

    /// <summary>Read again, for budgets that are not leased: what other gateways spent.</summary>
    public void Refresh(CounterValue counter)
    {
        lock (_lock)
        {
            Read(AmountOf(counter));
        }
    }

    /// <summary>What could still be reserved, by what is known here; with a lease that includes what the database had left for all.</summary>
    public decimal Left(decimal limit)
    {
        lock (_lock)
        {
            if (isShared) return Free + (_grants == 0 ? Math.Max(0, limit - Spent) : _unleased);
            return limit - Known - _reserved;
        }
    }

    /// <summary>Reserves, or says no: beyond the limit, or (with a lease) beyond what may be taken without asking the database.</summary>
    /// <param name="least">A soft limit may be passed by what is beyond this; null = by nothing.</param>
    public bool TryTake(decimal amount, HoldMode mode, decimal limit, decimal? least = null)
    {
        lock (_lock)
        {
            if (amount > 0 && mode != HoldMode.Count)
            {
                if (mode == HoldMode.Hard && isShared)
                {
                    if (Free < amount || Exposure + amount > _exposed) return false;
                }
                else if (Known + _reserved + (least ?? amount) > limit) return false;
            }
            _reserved += amount;
            _taken += amount;
            if (amount > _largest) _largest = amount;
            return true;
        }
    }

    public void Release(decimal held)
    {
        lock (_lock) _reserved -= held;
    }

    /// <summary>Another budget of the same call had not enough: nothing was taken.</summary>
    public void Undo(decimal held)
    {
        lock (_lock) (_reserved, _taken) = (_reserved - held, Math.Max(0, _taken - held));
    }

    /// <summary>A call is over: what was held for it is free, what it used is spent.</summary>
    public void Settle(decimal held, decimal used)
    {
        lock (_lock)
        {
            _reserved -= held;
            _since += used;
            _known += used;
            if (!isShared) return;
            _lease -= used;
            _unclosed += used;
        }
    }

    /// <summary>The request that used it is in the journal: from here on it is on its way to the database.</summary>
    public void Closed(decimal used)
    {
        if (!isShared) return;
        lock (_lock)
        {
            _unclosed -= used;
            _settling += used;
        }
    }

    /// <summary>What to ask the database for, so that <paramref name="need"/> can be reserved; <paramref name="least"/> is what it must be at least. Null: the lease has it, only the exposure lacks.</summary>
    public LeaseWish? WishFor(decimal need, decimal least, decimal limit)
    {
        lock (_lock)
        {
            if (Free >= need) return null;
            // About two seconds of use, but never much of what is left for all.
            var ahead = Math.Max(Math.Max(_rate * 2, need * 3), Lately * 3);
            if (_grants > 0) ahead = Math.Min(ahead, _unleased / 8);
            else ahead = Math.Min(ahead, Math.Max(0, limit - Spent) / 16);
            var want = need - Free + Math.Max(0, ahead);
            return new LeaseWish(InTokens ? LeaseUnit.Tokens : LeaseUnit.Usd, limit - _base, Whole(want), Math.Max(Whole(least - Free), Tiny));
        }
    }

    /// <summary>The lease is being changed in the database; <see cref="EndChange"/> must follow, whatever comes of it.</summary>
    public void BeginChange()
    {
        lock (_lock)
        {
            _changing++;
            _changes++;
            _isEmptyThere = false;
        }
    }

    public void EndChange()
    {
        lock (_lock)
        {
            _changing--;
            _changes++;
        }
    }

    public void Granted(LeaseGrant grant, decimal limit)
    {
        lock (_lock)
        {
            _grants++;
            _lease += grant.Granted;
            // A new lease begins without an exposure: what an earlier one had is not known to hold for it.
            if (grant.Granted > 0) _exposed = Math.Min(_exposed, Exposure);
            _unleased = Math.Max(0, limit - _base - grant.Spent - grant.Leased);
            Read(grant.Spent);
            _elsewhere = Math.Max(0, grant.Leased - Math.Max(0, _lease + Unwritten));
        }
    }

    /// <summary>What is free is taken out of the lease, to be given back.</summary>
    public decimal TakeBack()
    {
        lock (_lock)
        {
            var amount = Math.Floor(Free / Tiny) * Tiny;
            if (amount <= 0) return 0;
            _lease -= amount;
            return amount;
        }
    }

    /// <summary>True when the database must hear of it: it has a lease, or something settled that it may not have written.</summary>
    public bool IsLeased
    {
        get { lock (_lock) return _lease > 0 || Exposure > 0 || _exposed > 0 || !_isEmptyThere; }
    }

    /// <summary>The part of the lease that is not in use.</summary>
    public decimal FreeLease
    {
        get { lock (_lock) return Free; }
    }

    /// <summary>The share of the budget that nobody has leased, when it was last known.</summary>
    public decimal Unleased
    {
        get { lock (_lock) return _unleased; }
    }

    /// <summary>Another gateway's spending was read: less is left than was known.</summary>
    public void Narrow(CounterValue counter, decimal limit)
    {
        lock (_lock)
        {
            var spent = AmountOf(counter);
            _unleased = Math.Max(0, Math.Min(_unleased, limit - _base - spent - Math.Max(0, _lease)));
            Read(spent);
        }
    }

    /// <summary>What the database is to know before it can be taken. Until it does, no more than both the old and the new is taken.</summary>
    public LeaseExposure BeginBeat()
    {
        lock (_lock)
        {
            var headroom = Math.Min(Math.Max(0, Free), Math.Max(Math.Max(_rate, Lately * 2), Math.Max(_largest * 8, _needed)));
            _needed = 0;
            _proposed = Exposure + headroom;
            _exposed = Math.Min(_exposed, _proposed);
            _beatSettled = _settling;
            _beatChanges = _changes;
            var shown = Whole(_proposed);
            return InTokens ? new LeaseExposure(Key, 0, (long)shown) : new LeaseExposure(Key, shown, 0);
        }
    }

    /// <summary>Someone waits until the database knows of this much more.</summary>
    public void Need(decimal amount)
    {
        lock (_lock) _needed += amount;
    }

    /// <summary>How much is taken a second, as of late.</summary>
    public decimal Tick(TimeSpan sinceLast)
    {
        lock (_lock)
        {
            _rate = (_rate * 0.7m) + (_taken / Math.Max(0.05m, (decimal)sinceLast.TotalSeconds) * 0.3m);
            if (_rate < Tiny) _rate = 0;
            (_taken, _takenBefore) = (0, _taken);
            _largest *= 0.9m;
            return _rate;
        }
    }

    /// <summary>What was settled before the last beat is about to be brought into the database; a flush begins after this.</summary>
    public void BeginFlush()
    {
        lock (_lock) (_flushing, _settledBefore) = (_flushing + _settledBefore, 0);
    }

    /// <summary>The database knows the exposure. <paramref name="left"/> is the lease as it has it; null = it has none.</summary>
    /// <param name="isWritten">The flush that began last was over before the database was asked. What was settled while it ran may still be on its way.</param>
    public void EndBeat(decimal? left, bool isWritten)
    {
        lock (_lock)
        {
            // In the middle of a grant or a return the database's amount does not say what the lease is: it may have been reclaimed
            // meanwhile, and then no more is taken than the database would presume of it.
            var isStill = _changing == 0 && _changes == _beatChanges;
            _exposed = isStill ? _proposed : Math.Min(_proposed, Math.Max(_exposed, left ?? 0));
            if (isWritten) _flushing = 0;
            _settledBefore += _beatSettled;
            _settling -= _beatSettled;
            if (!isStill) return;
            // The database has what is known here and what is not yet written, less when the lease was reclaimed or overrun, more
            // when a grant or a return was lost on the way.
            var known = left ?? 0;
            if (known < _lease) _lease = known;
            else if (known - Unwritten > _lease) _lease = known - Unwritten;
            _isEmptyThere = known == 0 && Exposure == 0;
        }
    }

    // What of one's own is in it already is known here only a beat later. What was known before, and what was settled here since, is
    // at least as near: what others spent comes in with what is written.
    private void Read(decimal written)
    {
        _written = written;
        _since = Unwritten;
        _known = Math.Clamp(_known, _written, _written + _since);
    }

    // A rush after a rest is in the rate only after a while: until then each step is a multiple of all that came before it.
    private decimal Lately => _taken + _takenBefore;

    private decimal Exposure => _reserved + Unwritten;

    private decimal Unwritten => _unclosed + _settling + _settledBefore + _flushing;

    private decimal Tiny => InTokens ? 1 : 0.000000001m;

    // Leases are made in whole tokens and whole nano-dollars: every database has those exactly.
    private decimal Whole(decimal amount) => InTokens ? Math.Ceiling(amount) : decimal.Round(amount, 9, MidpointRounding.AwayFromZero);

    private decimal AmountOf(CounterValue value) => InTokens ? value.Tokens : value.Usd;
}
