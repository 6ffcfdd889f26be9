using System.CommandLine;
using System.Text.Json;
using OpenClaw.Operator.Build;
using OpenClaw.Operator.Judge;

namespace OpenClaw.Commands;

/// <summary>The files of <c>operator render</c> and <c>doctor -f</c>: read, drawn, reported.</summary>
internal static class OperatorFiles
{
    public static Option<string[]> Option() => new("--file", "-f")
    {
        Description = "An instance's file, and what it refers to: Secrets, ConfigMaps, Services; - is standard input", HelpName = "FILE",
    };

    /// <summary>Every instance with what it becomes; null when a file cannot be read, which was then said.</summary>
    public static List<(string Name, InstanceDrawing Drawing)>? Draw(string[] files, bool json, out int code)
    {
        var all = new InstanceFile();
        foreach (var file in files)
        {
            if (file == "-") all.Add("standard input", Console.In.ReadToEnd());
            else if (File.Exists(file)) all.Add(file, File.ReadAllText(file));
            else
            {
                code = Terminal.Fail(json, $"there is no file {file}", "");
                return null;
            }
        }
        if (all.Problems is [var first, ..])
        {
            code = Terminal.Fail(json, first.ToString(), "");
            return null;
        }
        var drawn = all.Instances.Select(i => ((string?)i["metadata"]?["name"] ?? "", InstanceDrawing.Of(all.FactsOf(i, VersionCommand.Version)))).ToList();
        code = drawn.Count == 0
            ? Terminal.Fail(json, "there is no OpenClawInstance in what was given", "openclaw operator render -f instance.yaml")
            : drawn.Any(static d => d.Item2.IsRefused || d.Item2.Objects.IsEmpty) ? ExitCode.NotSo : ExitCode.Ok;
        return drawn.Count == 0 ? null : drawn;
    }

    /// <summary>Every instance with what there is to say of it, behind what <paramref name="more"/> writes.</summary>
    public static void WriteJson(List<(string Name, InstanceDrawing Drawing)> drawn, bool ok, Action<Utf8JsonWriter, InstanceDrawing>? more = null) => Terminal.Json(writer =>
    {
        writer.WriteStartObject();
        writer.WriteBoolean("ok"u8, ok);
        writer.WriteStartArray("instances"u8);
        foreach (var (name, drawing) in drawn)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, name);
            more?.Invoke(writer, drawing);
            Write(writer, drawing.Findings);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    private static void Write(Utf8JsonWriter json, IEnumerable<Finding> findings)
    {
        json.WriteStartArray("findings"u8);
        foreach (var finding in findings)
        {
            json.WriteStartObject();
            json.WriteString("severity"u8, finding.Severity switch { FindingSeverity.Refused => "error"u8, FindingSeverity.Warning => "warning"u8, _ => "note"u8 });
            json.WriteString("reason"u8, finding.Reason);
            json.WriteString("path"u8, finding.Path);
            json.WriteString("message"u8, finding.Sentence);
            json.WriteString("instead"u8, finding.Write);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
