using OpenClaw.Config.Reading;
using OpenClaw.Config.Text;

namespace OpenClaw.Config.Writing;

/// <summary>
/// Reads a converted file again and holds its chain, allowlist and addresses against the original's, so that no mistake of a
/// writer can lose them in silence.
/// </summary>
internal static class ConversionCheck
{
    public static void Compare(OpenClawConfig original, ReadOnlySpan<byte> converted, ConfigDialect target, ProblemList notes)
    {
        var problems = new ProblemList();
        var root = JsonTextParser.Parse(converted, problems);
        var again = root is null ? null : ConfigReader.Assemble(new ReadContext(root, ConfigEnvironment.Empty, problems, keepsVariables: true));
        if (again is null || problems.HasErrors)
        {
            var first = problems.ToImmutable().First(static p => p.Severity == ProblemSeverity.Error);
            notes.Add(ProblemSeverity.Error, 0, first.Pointer, $"the {target.ToString().ToLowerInvariant()} file is not valid yet: {first.Message}", first.Instead);
            return;
        }
        if (!original.Models.Chain.SequenceEqual(again.Models.Chain))
        {
            notes.Add(ProblemSeverity.Error, 0, "", $"the default chain changed: it was {string.Join(", ", original.Models.Chain)} and is now {string.Join(", ", again.Models.Chain)}", "Correct the written file.");
        }
        if (!Rules(original).SetEquals(Rules(again)))
        {
            var isNarrower = again.Models.Allowlist is { } rules && rules.All(r => original.Models.IsAllowed(new ModelRef(r.Provider, r.Pattern)));
            notes.Add(ProblemSeverity.Error, 0, "", isNarrower ? "the allowlist is narrower than it was" : "the allowlist changed", isNarrower ? "Add the models that you use." : "Correct the written file before it is used.");
        }
        foreach (var reference in original.Models.Chain)
        {
            if (again.FindProvider(reference.Provider) is not null && Address(original, reference) != Address(again, reference))
            {
                notes.Add(ProblemSeverity.Error, 0, "", $"{reference} is now asked at another address or in another protocol", "Correct the written file.");
            }
        }
    }

    private static HashSet<string> Rules(OpenClawConfig config) => config.Models.Allowlist is { } rules ? rules.Select(static r => r.ToString()).ToHashSet() : ["(all)"];

    private static (string?, ApiKind?) Address(OpenClawConfig config, ModelRef reference)
    {
        var provider = config.FindProvider(reference.Provider);
        var model = provider?.FindModel(reference.Model);
        return (model?.BaseUrl ?? provider?.BaseUrl, model?.Api ?? provider?.Api);
    }
}
