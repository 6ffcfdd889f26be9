using OpenClaw.Gateway.Control;

namespace OpenClaw.Gateway.Admission;

/// <summary>What the guard saw. Written in snake case in metrics, alerts and the control API.</summary>
internal enum GuardKind
{
    None,

    /// <summary>Money a minute or an hour.</summary>
    SpendRate,

    /// <summary>The same request again and again.</summary>
    IdenticalRequests,

    /// <summary>The same large request failing again and again.</summary>
    ErrorLoop,

    /// <summary>Prompts that a clock sends and nobody answers.</summary>
    Heartbeat,

    /// <summary>The same tool calls with the same results.</summary>
    ToolLoop,
}

/// <summary>A session that was stopped, and why.</summary>
/// <param name="Caller">Whose session it is.</param>
/// <param name="Session">Its key; <c>~</c> and eight digits for a conversation that names none.</param>
/// <param name="Saw">What was seen, in words: counts, dollars, since when.</param>
/// <param name="Until">When it may go on by itself.</param>
internal sealed record GuardStop(string Caller, string Session, GuardKind Kind, string Saw, DateTimeOffset Since, DateTimeOffset Until)
{
    public string KindText => EnumText.Snake(Kind);
}
