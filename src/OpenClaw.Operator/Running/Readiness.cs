namespace OpenClaw.Operator.Running;

/// <summary>
/// Whether this process does, or could take over, its work. A standby is ready when it knows who leads: it takes over when that
/// one goes. Thread-safe.
/// </summary>
internal sealed class Readiness(Leadership leadership, LeaderWork work, DefinitionWatch definitions, ApiCallCounts calls)
{
    /// <summary>The lease is asked for every two seconds: so much silence is no accident.</summary>
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(30);

    private volatile bool _isDraining;

    public bool IsDraining => _isDraining;

    public void Drain() => _isDraining = true;

    /// <summary>What keeps it from being ready, as sentences; empty: it is.</summary>
    public IReadOnlyList<string> Failing()
    {
        if (_isDraining) return ["draining: the process was asked to stop"];
        var failing = new List<string>();
        if (definitions.Missing is { } missing) failing.Add(missing);
        switch (leadership.Role)
        {
            case OperatorRole.Standby:
                if (leadership.Problem is { } problem) failing.Add($"the lease: {problem}");
                else if (leadership.Holder.Length == 0) failing.Add("nobody holds the lease yet");
                break;
            default:
                if (definitions.Missing is null && work.Controller is not { HasSynced: true }) failing.Add("not everything that is watched was listed yet");
                if (definitions.Missing is null && work.Controller?.Problem is { } trouble) failing.Add($"what is watched: {trouble}");
                break;
        }
        // Without a lease a quiet cluster may have nothing to say for long.
        if (leadership.Role != OperatorRole.Alone && calls.SinceAnswer is { } silence && silence > s_silence) failing.Add($"the API server has not answered for {silence.TotalSeconds:F0} s");
        return failing;
    }
}
