using System.Collections.Immutable;
using OpenClaw.Config;
using OpenClaw.Gateway.State;

namespace OpenClaw.Client;

/// <summary>The files with secrets that a configuration names, looked at on this machine. What is in them is never shown.</summary>
internal static class SecretFiles
{
    /// <summary>A warning for each that is missing, empty or not understood: it may come later, so the configuration stays valid.</summary>
    public static IEnumerable<(SecretPlace Place, ConfigProblem Problem)> Find(ConfigResult result, ConfigEnvironment environment)
    {
        var store = new SecretStore(environment);
        foreach (var place in result.SecretFiles)
        {
            if (store.Read(place.Secret) is { Problem: { } problem } reading)
            {
                yield return (place, new ConfigProblem(ProblemSeverity.Warning, place.Line, place.Pointer, problem, reading.IsMalformed
                    ? "Write the secret there anew, in printable ASCII on one line; until then it is not used."
                    : "Put the secret there before it is needed, or correct the reference."));
            }
        }
    }

    /// <summary>The same reading with these warnings among its problems, in the order of the file.</summary>
    public static ConfigResult WithWarnings(ConfigResult result, ConfigEnvironment environment)
    {
        if (!result.IsValid) return result;
        ImmutableArray<ConfigProblem> problems = [.. result.Problems, .. Find(result, environment).Select(static f => f.Problem)];
        return result with { Problems = [.. problems.OrderBy(static p => p.Line == 0 ? int.MaxValue : p.Line)] };
    }
}
