using System.Collections.Immutable;

namespace OpenClaw.Kube;

/// <summary>What went wrong, as far as a caller acts on it.</summary>
public enum KubeProblemKind
{
    /// <summary>The kind is served, the object is not there.</summary>
    NotFound,

    /// <summary>The cluster does not know this kind (or not in this version): a missing CRD, an old server.</summary>
    KindNotServed,

    /// <summary>Somebody else changed the object, a precondition does not hold, or another field manager owns a field.</summary>
    Conflict,

    AlreadyExists,

    /// <summary>The object is wrong; <see cref="KubeProblem.Causes"/> name the fields.</summary>
    Invalid,

    Forbidden,

    Unauthorized,

    /// <summary>The resource version or the continue token is too old: list anew.</summary>
    Gone,

    TooManyRequests,

    /// <summary>The server is there and cannot answer now (5xx).</summary>
    Unavailable,

    /// <summary>No answer: refused, cut, timed out, or a certificate that is not trusted.</summary>
    Unreachable,

    /// <summary>An answer larger than allowed.</summary>
    TooLarge,

    /// <summary>An answer that is not what the API promises.</summary>
    Malformed,

    /// <summary>The credentials could not be had: a missing token file, a plugin that fails.</summary>
    Credentials,

    /// <summary>The write was held back on this side: this process is not, or no longer, the one that may write.</summary>
    NotLeader,

    /// <summary>Any other refusal.</summary>
    Rejected,
}

/// <summary>One cause of an <see cref="KubeProblemKind.Invalid"/> or <see cref="KubeProblemKind.Conflict"/>.</summary>
/// <param name="Field">The field's path, as the server writes it.</param>
/// <param name="Reason">For example <c>FieldValueRequired</c> or <c>FieldManagerConflict</c>.</param>
public readonly record struct KubeCause(string Field, string Reason, string Message);

/// <summary>A field that another manager owns.</summary>
/// <param name="Manager">The name of the other manager, when the server said it.</param>
public readonly record struct FieldConflict(string Manager, string Field);

/// <summary>An expected failure of a call. Immutable; its text is safe to log: no credentials, no request body.</summary>
public sealed record KubeProblem(KubeProblemKind Kind, string Message)
{
    /// <summary>0 when there was no answer.</summary>
    public int Status { get; init; }

    /// <summary>The server's own word, for example <c>NotFound</c>.</summary>
    public string Reason { get; init; } = "";

    public ImmutableArray<KubeCause> Causes { get; init; } = [];

    /// <summary>How long the server asks to wait.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>A token with which an expired list may go on, inconsistently; null when there is none.</summary>
    public string? Continue { get; init; }

    /// <summary>What was asked: method and path.</summary>
    public string Request { get; init; } = "";

    /// <summary>Another try later may succeed without anybody changing anything.</summary>
    public bool IsTransient => Kind is KubeProblemKind.TooManyRequests or KubeProblemKind.Unavailable or KubeProblemKind.Unreachable
        or KubeProblemKind.Conflict or KubeProblemKind.Gone or KubeProblemKind.Malformed;

    /// <summary>The fields that other managers own, of a server-side apply that was not forced.</summary>
    public IEnumerable<FieldConflict> FieldConflicts => Causes.Where(static c => c.Reason == "FieldManagerConflict")
        .Select(static c => new FieldConflict(ManagerIn(c.Message), c.Field));

    public override string ToString()
    {
        var causes = Causes.IsDefaultOrEmpty ? "" : " (" + string.Join("; ", Causes.Take(5).Select(static c => $"{c.Field}: {c.Message}")) + ")";
        return $"{Kind}{(Status == 0 ? "" : $" {Status}")}: {Message}{causes}{(Request.Length == 0 ? "" : $" [{Request}]")}";
    }

    // The server's sentence is: conflict with "name" using apps/v1 [with subresource "status"] [at time].
    private static string ManagerIn(string message)
    {
        var from = message.IndexOf('"', StringComparison.Ordinal);
        var to = from < 0 ? -1 : message.IndexOf('"', from + 1);
        return to < 0 ? "" : message[(from + 1)..to];
    }
}
