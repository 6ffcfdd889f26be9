using System.Text;
using OpenClaw.Operator.Build;
using OpenClaw.Operator.Judge;

namespace OpenClaw.Commands;

/// <summary><c>openclaw doctor -f</c>: what would fail of an instance, without a cluster.</summary>
internal static class OperatorDoctor
{
    public static int Run(string[] files, bool json)
    {
        if (OperatorFiles.Draw(files, json, out var code) is not { } drawn) return code;
        if (json) OperatorFiles.WriteJson(drawn, code == ExitCode.Ok);
        else Terminal.Write(Text(drawn));
        return code;
    }

    /// <summary>What fails first, then what is doubtful, then what is well.</summary>
    public static string Text(IEnumerable<(string Name, InstanceDrawing Drawing)> drawn)
    {
        var text = new StringBuilder();
        foreach (var (name, drawing) in drawn)
        {
            if (text.Length > 0) text.Append('\n');
            text.Append($"Instance: {name}\n\n");
            foreach (var finding in drawing.Findings)
            {
                var word = finding.Severity switch { FindingSeverity.Refused => "FAIL", FindingSeverity.Warning => "warn", _ => "ok  " };
                text.Append($"{word}  {(finding.Path.Length == 0 || finding.Severity == FindingSeverity.Told ? "" : finding.Path + ": ")}{finding.Sentence}\n");
                if (finding.Write.Length > 0) text.Append($"      -> {finding.Write}\n");
            }
            var (fails, warns) = (drawing.Findings.Count(static f => f.Severity == FindingSeverity.Refused), drawing.Findings.Count(static f => f.Severity == FindingSeverity.Warning));
            text.Append(fails + warns == 0 ? "\nNothing to mend.\n" : $"\n{fails} would fail, {warns} to look at.\n");
        }
        return text.ToString();
    }
}
