using System.Collections.Immutable;
using OpenClaw.Config.Text;

namespace OpenClaw.Config;

/// <summary>The same document as plain JSON: no comments, no trailing commas, no JSON5 spellings. Variables stay as written.</summary>
public static class PlainJson
{
    /// <param name="mayBeEmpty">A text without any value is an empty object, and no error.</param>
    /// <returns>The compact text, or null and the problems when it is no configuration file's text.</returns>
    public static (string? Json, ImmutableArray<ConfigProblem> Problems) Read(ReadOnlySpan<byte> text, bool mayBeEmpty = false)
    {
        var problems = new ProblemList();
        var root = JsonTextParser.Parse(text, problems, mayBeEmpty);
        return problems.HasErrors ? (null, problems.ToImmutable()) : (NodeJson.Text(root), problems.ToImmutable());
    }
}
