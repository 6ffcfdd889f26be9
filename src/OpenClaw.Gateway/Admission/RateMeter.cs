namespace OpenClaw.Gateway.Admission;

/// <summary>
/// One allowance a minute of one subject: refilled all the time, full after a minute of rest, below nothing when more was used
/// than had been thought. Exact to the clock's tick. Thread-safe.
/// </summary>
internal sealed class RateMeter(int perMinute, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly double _perTick = perMinute / (60.0 * time.TimestampFrequency);
    private double _level = perMinute;
    private long _at = time.GetTimestamp();

    public int PerMinute => perMinute;

    /// <summary>Nobody used it for a while: it can be forgotten.</summary>
    public bool IsFull
    {
        get { lock (_lock) return Level() >= perMinute; }
    }

    public double Left
    {
        get { lock (_lock) return Math.Max(0, Math.Floor(Level() + 1e-9)); }
    }

    /// <summary>Until it is full again.</summary>
    public TimeSpan FullIn
    {
        get { lock (_lock) return In(perMinute - Level()); }
    }

    /// <summary>Takes, or says how long until there will be enough.</summary>
    public bool TryTake(double amount, out TimeSpan wait)
    {
        lock (_lock)
        {
            var level = Level();
            // Sums of doubles: a billionth of a request is no reason to wait.
            if (level + 1e-9 >= amount)
            {
                _level = level - amount;
                wait = TimeSpan.Zero;
                return true;
            }
            wait = In(amount - level);
            return false;
        }
    }

    /// <summary>Gives back what was taken too much; a negative amount takes what was used beyond it.</summary>
    public void Correct(double amount)
    {
        lock (_lock) _level = Math.Min(perMinute, Level() + amount);
    }

    private TimeSpan In(double amount) => amount <= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Ceiling((amount / _perTick) - 0.01) / time.TimestampFrequency);

    private double Level()
    {
        var now = time.GetTimestamp();
        _level = Math.Min(perMinute, _level + ((now - _at) * _perTick));
        _at = now;
        return _level;
    }
}
