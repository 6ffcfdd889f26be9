using System.Collections.Immutable;
using OpenClaw.Config.Text;

namespace OpenClaw.Config;

/// <summary>The same document as plain JSON: no comments, no trailing commas, no JSON5 spellings. Variables stay as written.</summary>
public static class PlainJson
{
    /// <returns>The compact text, or null and the problems when it is no configuration file's text.</returns>
    public static (string? Json, ImmutableArray<ConfigProblem> Problems) Read(ReadOnlySpan<byte> text)
    {
        var problems = new ProblemList();
        var root = JsonTextParser.Parse(text, problems);
        return problems.HasErrors ? (null, problems.ToImmutable()) : (NodeJson.Text(root), problems.ToImmutable());
    }
}
