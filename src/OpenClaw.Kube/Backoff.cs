namespace OpenClaw.Kube;

/// <summary>How long to wait before another try. Pure but for its randomness.</summary>
public static class Backoff
{
    /// <summary>Doubles with every failure up to a longest wait.</summary>
    /// <param name="failures">How many there were before; 0 gives the first wait.</param>
    public static TimeSpan Exponential(TimeSpan first, TimeSpan longest, int failures)
    {
        var ticks = first.Ticks * Math.Pow(2, Math.Clamp(failures, 0, 62));
        return ticks >= longest.Ticks ? longest : TimeSpan.FromTicks((long)ticks);
    }

    /// <summary>As <see cref="Exponential"/>, times something between 0.5 and 1.5, so that many do not come at once.</summary>
    public static TimeSpan Jittered(TimeSpan first, TimeSpan longest, int failures, Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return Exponential(first, longest, failures) * (0.5 + random.NextDouble());
    }
}
