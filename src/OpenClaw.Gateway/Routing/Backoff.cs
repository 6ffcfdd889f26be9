namespace OpenClaw.Gateway.Routing;

/// <summary>Waits between tries: half a second, doubling, at most 8 s, each times 0.5 to 1.5. Thread-safe.</summary>
internal sealed class Backoff(Random random)
{
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(8);
    private readonly Lock _lock = new();

    /// <summary>The wait before try <paramref name="retry"/> (1 is the first retry), never shorter than <paramref name="floor"/>.</summary>
    public TimeSpan Delay(int retry, TimeSpan? floor = null)
    {
        var delay = Spread(Doubled(s_first, retry - 1, s_longest));
        if (delay > s_longest) delay = s_longest;
        return floor > delay ? floor.Value : delay;
    }

    /// <summary>A duration times 0.5 to 1.5, so that many waiters do not come back at one moment.</summary>
    public TimeSpan Spread(TimeSpan duration)
    {
        double factor;
        lock (_lock) factor = 0.5 + random.NextDouble();
        return duration * factor;
    }

    /// <summary><paramref name="start"/> doubled <paramref name="times"/> times, at most <paramref name="max"/>.</summary>
    public static TimeSpan Doubled(TimeSpan start, int times, TimeSpan max)
    {
        var ticks = start.Ticks * Math.Pow(2, Math.Clamp(times, 0, 60));
        return ticks < max.Ticks ? TimeSpan.FromTicks((long)ticks) : max;
    }
}
