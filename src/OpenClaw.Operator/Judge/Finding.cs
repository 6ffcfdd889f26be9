namespace OpenClaw.Operator.Judge;

/// <summary>In the order in which they are shown.</summary>
internal enum FindingSeverity
{
    /// <summary>The instance is not drawn, or its pod would not start.</summary>
    Refused,

    /// <summary>It is drawn, and probably not what was meant.</summary>
    Warning,

    /// <summary>How something came to be: a rule of the network policy, a source of a value.</summary>
    Told,
}

/// <summary>What was found about an instance; it becomes a condition or an event word for word.</summary>
/// <param name="Reason">One CamelCase word, stable.</param>
/// <param name="Path">The field, as <c>spec.config.raw</c>; "" for the whole.</param>
/// <param name="Sentence">What is so, without a full stop.</param>
/// <param name="Write">What to write instead; "" when nothing is to be done.</param>
internal sealed record Finding(FindingSeverity Severity, string Reason, string Path, string Sentence, string Write = "")
{
    public static Finding Refuse(string reason, string path, string sentence, string write) => new(FindingSeverity.Refused, reason, path, sentence, write);

    public static Finding Warn(string reason, string path, string sentence, string write) => new(FindingSeverity.Warning, reason, path, sentence, write);

    public static Finding Tell(string reason, string path, string sentence) => new(FindingSeverity.Told, reason, path, sentence);

    /// <summary><c>refused: spec.suspended: … ; write …</c>.</summary>
    public override string ToString()
    {
        var word = Severity switch { FindingSeverity.Refused => "refused", FindingSeverity.Warning => "warning", _ => "note" };
        return $"{word}: {(Path.Length == 0 ? "" : Path + ": ")}{Sentence}{(Write.Length == 0 ? "" : "; " + Write)}";
    }
}
