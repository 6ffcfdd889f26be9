namespace OpenClaw.Kube.Control;

/// <summary>The clocks of an election; the defaults are client-go's. Immutable.</summary>
public sealed record LeaderElectionOptions
{
    public required ObjectKey Lease { get; init; }

    /// <summary>Must be of this process alone: see <see cref="UniqueIdentity"/>.</summary>
    public required string Identity { get; init; }

    /// <summary>Others may take the lease when nobody has renewed it for so long.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The leader stops when it could not renew for so long. The rest of the lease is the time it has for stopping.</summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Gives the lease back after an orderly stop, so that the next one need not wait.</summary>
    public bool ReleaseOnStop { get; init; } = true;

    /// <summary>A name that tells where the process runs, and something that no second process has: Pod names come again.</summary>
    public static string UniqueIdentity(string host, Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return $"{host}_{random.NextInt64():x16}";
    }

    internal void Check()
    {
        if (Identity.Length == 0) throw new ArgumentException("the identity is empty");
        if (LeaseDuration < TimeSpan.FromSeconds(1)) throw new ArgumentException("a lease is at least a second long");
        if (RenewDeadline >= LeaseDuration) throw new ArgumentException("the renew deadline must be shorter than the lease, or there is no time to stop in");
        if (RetryPeriod * 1.2 >= RenewDeadline) throw new ArgumentException("the retry period must be shorter than the renew deadline");
        if (RetryPeriod <= TimeSpan.Zero) throw new ArgumentException("the retry period is not positive");
    }
}

/// <summary>How a term ended.</summary>
public enum LeaderOutcome
{
    /// <summary>Stopped before it ever led.</summary>
    NeverLed,

    /// <summary>The work ended, by itself or because it was asked to; the lease was given back.</summary>
    Finished,

    /// <summary>The lease could not be kept; the work had stopped before anybody else could have it.</summary>
    Lost,

    /// <summary>The lease could not be kept and the work did not stop in time: this process must end now.</summary>
    Overran,
}
