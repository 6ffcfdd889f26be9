namespace OpenClaw.Config;

public enum ProblemSeverity
{
    /// <summary>Read, but probably not what was meant.</summary>
    Warning,

    /// <summary>The configuration is refused.</summary>
    Error,
}

/// <summary>One thing wrong with a configuration, for a person: where, what, and what to write instead.</summary>
/// <param name="Line">1-based; 0 when the place is not in the file (environment).</param>
/// <param name="Pointer">RFC 6901 JSON pointer; "" is the whole document.</param>
/// <param name="Instead">What to write instead, a full sentence or a literal; never empty for an error.</param>
public sealed record ConfigProblem(ProblemSeverity Severity, int Line, string Pointer, string Message, string Instead)
{
    /// <summary><c>error: line 4 /models/allowlist/2: "gpt4o" names no provider; write "openai/gpt4o"</c>.</summary>
    public override string ToString()
    {
        var place = Line > 0 ? $"line {Line} " : "";
        var instead = Instead.Length == 0 ? "" : "; " + Instead;
        return $"{(Severity == ProblemSeverity.Error ? "error" : "warning")}: {place}{(Pointer.Length == 0 ? "(document)" : Pointer)}: {Message}{instead}";
    }
}
