using OpenClaw.Config;

namespace OpenClaw.Tests.Config;

/// <summary>Reads JSON and holds its problems against expectations.</summary>
internal static class Expect
{
    /// <summary>The error at this pointer whose message or advice holds all of <paramref name="parts"/>.</summary>
    public static ConfigProblem Error(string json, string pointer, params string[] parts) => Problem(ProblemSeverity.Error, json, pointer, parts);

    public static ConfigProblem Warning(string json, string pointer, params string[] parts)
    {
        Assert.True(SampleFiles.Read(json).IsValid, string.Join("\n", SampleFiles.Read(json).Problems));
        return Problem(ProblemSeverity.Warning, json, pointer, parts);
    }

    private static ConfigProblem Problem(ProblemSeverity severity, string json, string pointer, string[] parts)
    {
        var result = SampleFiles.Read(json);
        Assert.Equal(severity == ProblemSeverity.Error, !result.IsValid);
        var found = result.Problems.FirstOrDefault(p => p.Severity == severity && p.Pointer == pointer && parts.All(part => p.ToString().Contains(part, StringComparison.Ordinal)));
        Assert.True(found is not null, $"no {severity} at {pointer} with {string.Join(" | ", parts)} in:\n" + string.Join("\n", result.Problems));
        Assert.NotEmpty(found.Instead);
        return found;
    }

    public static OpenClawConfig Clean(string json, params (string Name, string Value)[] variables)
    {
        var result = SampleFiles.Read(json, variables);
        Assert.True(result.IsValid && result.Problems.IsEmpty, string.Join("\n", result.Problems));
        return result.Config!;
    }
}
