namespace OpenClaw.Kube.Client;

/// <summary>Whether a failed call is tried again, and when. Pure but for its randomness.</summary>
internal static class RetryRules
{
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(200);

    /// <param name="attempt">The attempt that failed, counted from 0.</param>
    /// <param name="wasSent">The server may have done it.</param>
    /// <returns>How long to wait; null: it is the caller's.</returns>
    public static TimeSpan? After(KubeProblem problem, KubeRequest request, int attempt, bool wasSent, KubeClientOptions options)
    {
        if (attempt + 1 >= options.Attempts) return null;
        var again = problem.Kind switch
        {
            // A server that asks to come back has done nothing: flow control, or it is starting.
            KubeProblemKind.TooManyRequests => true,
            KubeProblemKind.Unavailable => request.IsIdempotent || problem.RetryAfter is not null,
            KubeProblemKind.Unreachable => request.IsIdempotent || !wasSent,
            _ => false,
        };
        if (!again) return null;
        var backoff = s_first * Math.Pow(2, attempt) * (0.5 + options.Random.NextDouble());
        var wait = problem.RetryAfter is { } asked && asked > backoff ? asked : backoff;
        return wait <= options.LongestWait ? wait : null;
    }
}
