namespace OpenClaw.Kube.Control;

/// <summary>How a look at one name ended.</summary>
public enum ReconcileOutcome
{
    /// <summary>The world is as it should be.</summary>
    Done,

    /// <summary>It is looked at again after a chosen time.</summary>
    After,

    /// <summary>It failed; it is tried again after a wait that grows.</summary>
    Retry,

    /// <summary>It failed, and trying again does not help until something changes.</summary>
    Terminal,
}

/// <summary>What follows from a look at one name. Immutable.</summary>
public readonly record struct ReconcileResult(ReconcileOutcome Outcome, TimeSpan Delay, string Why)
{
    public static ReconcileResult Done { get; } = new(ReconcileOutcome.Done, TimeSpan.Zero, "");

    /// <summary>Everything in order so far; look again then.</summary>
    public static ReconcileResult After(TimeSpan delay) => new(ReconcileOutcome.After, delay, "");

    public static ReconcileResult Retry(string why) => new(ReconcileOutcome.Retry, TimeSpan.Zero, why);

    public static ReconcileResult Terminal(string why) => new(ReconcileOutcome.Terminal, TimeSpan.Zero, why);

    /// <summary>What follows from a failed call: what may pass is tried again, when the server said when, then.</summary>
    public static ReconcileResult Of(KubeProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem.RetryAfter is { } wait && problem.IsTransient) return new ReconcileResult(ReconcileOutcome.After, wait, problem.ToString());
        return problem.Kind == KubeProblemKind.Invalid ? Terminal(problem.ToString()) : Retry(problem.ToString());
    }
}
