using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using OpenClaw.Config.Reading;
using OpenClaw.Config.Text;
using OpenClaw.Config.Writing;

namespace OpenClaw.Config;

/// <summary>A converted file, or none when the original is invalid, and what to know of it.</summary>
/// <param name="Json">Plain JSON with a line end; null when the original has errors, which are then the notes.</param>
/// <param name="Notes">Error severity: something of the original that the target cannot say and that is therefore missing.</param>
public sealed record ConversionResult(string? Json, ImmutableArray<ConfigProblem> Notes)
{
    /// <summary>True when nothing of the original is missing.</summary>
    public bool IsComplete => Json is not null && Notes.All(static n => n.Severity != ProblemSeverity.Error);
}

/// <summary>
/// Converts a file between the dialects. The environment is not asked: <c>${VAR}</c> and SecretRefs stay references and no
/// secret's value is ever put in. What the target cannot say is an error-severity note, never a silent loss; at the end the
/// result is read again and its chain, allowlist and addresses are held against the original's.
/// </summary>
public static class ConfigWriter
{
    public static ConversionResult Convert(ReadOnlySpan<byte> original, ConfigDialect target)
    {
        var problems = new ProblemList();
        if (JsonTextParser.Parse(original, problems) is not { } root) return new ConversionResult(null, problems.ToImmutable());
        var context = new ReadContext(root, ConfigEnvironment.Empty, problems, keepsVariables: true);
        var config = ConfigReader.Assemble(context);
        if (problems.HasErrors) return new ConversionResult(null, problems.ToImmutable());
        foreach (var node in context.LeftOut)
        {
            problems.Error(node, $"{Shown.Value(node)} is only known with the environment, so it is left out", "Write the value itself and convert again.");
        }
        if (target != ConfigDialect.Upstream) AgentsSection.NoteMissing(context);
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, NodeJson.Indented)) Write(json, target, context, config);
        ConversionCheck.Compare(config, buffer.WrittenSpan, target, problems);
        return new ConversionResult(Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n", problems.ToImmutable());
    }

    private static void Write(Utf8JsonWriter json, ConfigDialect target, ReadContext context, OpenClawConfig config)
    {
        switch (target)
        {
            case ConfigDialect.Brief:
                new BriefWriter(json, context, config).Write();
                break;
            case ConfigDialect.Upstream:
                new UpstreamWriter(json, context, config).Write();
                break;
            default:
                json.WriteStartObject();
                new NativeWriter(json, SecretText.WriteReference) { IsComplete = false }.WriteMembers(config);
                CarriedOver.Write(json, context);
                json.WriteEndObject();
                break;
        }
    }
}
