namespace OpenClaw.Gateway.Admission;

/// <summary>One request that the guard let through, until it is known what it cost.</summary>
/// <param name="Expected">Dollars that it was thought to cost.</param>
/// <param name="Tokens">Of its prompt, estimated.</param>
internal sealed record GuardVisit(GuardSession Session, RequestSign Sign, decimal Expected, int Tokens);

/// <summary>What became of a request, as far as the guard cares.</summary>
/// <param name="Cost">Dollars, all calls together.</param>
/// <param name="Wasted">Dollars that calls without an answer may have cost all the same.</param>
internal readonly record struct GuardOutcome(decimal Cost, decimal Wasted, long OutputTokens, GuardEnd End)
{
    public bool Failed => End == GuardEnd.Failed;
}

internal enum GuardEnd
{
    /// <summary>Refused on the way, or left in the middle of an answer: says nothing.</summary>
    Neither,

    Answered,

    /// <summary>No answer, or half of one.</summary>
    Failed,
}
