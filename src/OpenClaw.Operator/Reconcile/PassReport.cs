using OpenClaw.Kube;
using OpenClaw.Operator.Judge;

namespace OpenClaw.Operator.Reconcile;

/// <summary>What came of the writes of one pass.</summary>
internal sealed class PassReport
{
    private readonly List<string> _failures = [];
    private readonly List<string> _waits = [];

    /// <summary>What there is to say beside what the drawing says.</summary>
    public List<Finding> Findings { get; } = [];

    /// <summary>Something that the pod needs is not in place, so the pod is left as it is.</summary>
    public bool IsBlocked { get; private set; }

    /// <summary>Objects that were sent.</summary>
    public int Written { get; private set; }

    /// <summary>The StatefulSet was written in this pass, so what was seen of its pods is of before.</summary>
    public bool SetWritten { get; set; }

    /// <summary>Trying again does not help until something changes.</summary>
    public bool IsLasting { get; private set; }

    /// <summary>This process may not write any more.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The namespace is being deleted, and takes nothing new.</summary>
    public bool IsEnding { get; private set; }

    /// <summary>To be looked at again after this, whatever happens.</summary>
    public TimeSpan? Again { get; private set; }

    public string? Failure => _failures.Count == 0 ? null : string.Join(". ", _failures);

    public string? Waiting => _waits.Count == 0 ? null : string.Join(". ", _waits);

    /// <param name="what">The object, as <c>Service it</c>.</param>
    /// <param name="isNeeded">The pod needs it.</param>
    public void Add(Applied done, string what, bool isNeeded)
    {
        if (done.Again is { } again) LookAgain(again);
        if (done.IsContested) Findings.Add(Finding.Warn("ObjectContested", what, "somebody changes or deletes it again and again, so it is put right once a minute at most", "see in its metadata.managedFields who that is, and let only one of the two write it"));
        switch (done.Outcome)
        {
            case ApplyOutcome.InPlace:
                return;
            case ApplyOutcome.Applied:
                Written++;
                return;
            case ApplyOutcome.Waits:
                _waits.Add(done.Why);
                // What ends is seen to end; this is for what is not watched.
                if (done.Again is null) LookAgain(TimeSpan.FromMinutes(1));
                break;
            case ApplyOutcome.NotOurs:
                Findings.Add(isNeeded ? Finding.Refuse("ObjectNotOurs", what, done.Why, done.Advice) : Finding.Warn("ObjectNotOurs", what, done.Why, done.Advice));
                LookAgain(TimeSpan.FromMinutes(1));
                break;
            default:
                Fail(done.Problem!, done.Why);
                break;
        }
        IsBlocked |= isNeeded;
    }

    public void Fail(KubeProblem problem, string sentence)
    {
        IsOver |= problem.Kind == KubeProblemKind.NotLeader;
        IsEnding |= problem.Kind == KubeProblemKind.Forbidden && problem.Message.Contains("because it is being terminated", StringComparison.Ordinal);
        IsLasting |= !problem.IsTransient;
        _failures.Add(sentence);
    }

    /// <summary>Something that could not be read: nothing is concluded from it, and nothing written.</summary>
    public void Unread(IEnumerable<string> sentences)
    {
        _failures.AddRange(sentences);
        IsBlocked = true;
    }

    public void LookAgain(TimeSpan after)
    {
        if (Again is null || after < Again) Again = after;
    }
}
