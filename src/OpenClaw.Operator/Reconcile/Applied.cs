using OpenClaw.Kube;

namespace OpenClaw.Operator.Reconcile;

/// <summary>What became of one drawn object.</summary>
internal enum ApplyOutcome
{
    /// <summary>It was as it is drawn; nothing was sent.</summary>
    InPlace,

    /// <summary>It was sent, and is now.</summary>
    Applied,

    /// <summary>Something must end first: a deletion that is under way, others that restart.</summary>
    Waits,

    /// <summary>There is one of this name that is another's.</summary>
    NotOurs,

    /// <summary>The server did not take it, or did not answer.</summary>
    Failed,
}

/// <param name="Why">A sentence, for all but the first two.</param>
/// <param name="Advice">What to do; may be empty.</param>
internal sealed record Applied(ApplyOutcome Outcome, string Why = "", string Advice = "")
{
    public static Applied InPlace { get; } = new(ApplyOutcome.InPlace);

    public static Applied Failed(KubeProblem problem, string what) => new(ApplyOutcome.Failed, $"{what}: {problem.Message}{Causes(problem)}") { Problem = problem };

    public KubeProblem? Problem { get; init; }

    /// <summary>It waits for others to restart: what is there goes on working.</summary>
    public bool IsByGate { get; init; }

    /// <summary>Somebody changes it again and again.</summary>
    public bool IsContested { get; init; }

    /// <summary>The object as the server answered it; null when nothing was sent.</summary>
    public ChildSeen? Made { get; init; }

    /// <summary>It is to be looked at again after this, though nothing may happen until then.</summary>
    public TimeSpan? Again { get; init; }

    private static string Causes(KubeProblem problem) =>
        problem.Causes.IsDefaultOrEmpty || problem.Message.Contains(problem.Causes[0].Message, StringComparison.Ordinal)
            ? "" : " (" + string.Join("; ", problem.Causes.Take(3).Select(static c => $"{c.Field}: {c.Message}")) + ")";
}
