using System.CommandLine;
using System.Text.Json;
using OpenClaw.Client;
using OpenClaw.Config;

namespace OpenClaw.Commands;

/// <summary><c>openclaw config</c>: check, print and convert <c>openclaw.json</c>.</summary>
internal static class ConfigCommand
{
    public static void Fill(Command command)
    {
        command.Add(BuildValidate());
        command.Add(BuildPrint());
        command.Add(BuildSchema());
        command.Add(ConfigConvert.Build());
    }

    private static Command BuildValidate()
    {
        var json = CommonOptions.Json();
        var command = new Command("validate", "Every problem, with its line and what to write instead") { json };
        var file = new ConfigFileChoice(command);
        command.SetAction(parsed =>
        {
            var local = file.Open(parsed);
            local = local with { Result = HalfPrices.WithWarnings(SecretFiles.WithWarnings(local.Result, ConfigEnvironment.Process)) };
            if (parsed.GetValue(json)) Terminal.Json(writer => Write(writer, local));
            if (local.Unreadable is not null)
            {
                Terminal.Error($"{local.Name} cannot be read: {local.Unreadable}", "");
                return ExitCode.NotSo;
            }
            foreach (var problem in local.Result.Problems) Terminal.Line(problem.ToString());
            if (!parsed.GetValue(json)) Terminal.Out($"{local.Name}: {Summary(local.Result)}");
            return local.Result.IsValid ? ExitCode.Ok : ExitCode.NotSo;
        });
        return command;
    }

    private static Command BuildPrint()
    {
        var json = CommonOptions.Json();
        json.Description = "The same: what is printed is JSON";
        var command = new Command("print", "What is in force, defaults and environment included; secrets as where they are from") { json };
        var file = new ConfigFileChoice(command);
        command.SetAction(parsed =>
        {
            var local = file.Open(parsed);
            if (local.Report(parsed.GetValue(json)) is not ExitCode.Ok and var code) return code;
            Terminal.Write(ConfigPrinter.Print(local.Config!));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command BuildSchema()
    {
        var command = new Command("schema", "The JSON Schema of openclaw.json");
        command.SetAction(static _ => Terminal.Write(ConfigSchema.Write()));
        return command;
    }

    /// <summary><c>valid</c>, <c>not valid, 2 errors and 1 warning</c>.</summary>
    public static string Summary(ConfigResult result)
    {
        var errors = result.Problems.Count(static p => p.Severity == ProblemSeverity.Error);
        var warnings = result.Problems.Length - errors;
        var counts = (errors, warnings) switch
        {
            (0, 0) => "",
            (0, _) => ", " + Count(warnings, "warning"),
            (_, 0) => ", " + Count(errors, "error"),
            _ => $", {Count(errors, "error")} and {Count(warnings, "warning")}",
        };
        return (result.IsValid ? "valid" : "not valid") + counts;
    }

    public static void Write(Utf8JsonWriter json, LocalConfig local)
    {
        json.WriteStartObject();
        json.WriteBoolean("ok"u8, local.Config is not null);
        json.WriteBoolean("valid"u8, local.Config is not null);
        json.WriteString("path"u8, local.Path);
        json.WriteStartArray("issues"u8);
        if (local.Unreadable is not null) WriteIssue(json, new ConfigProblem(ProblemSeverity.Error, 0, "", "the file cannot be read: " + local.Unreadable, "Name another file."));
        foreach (var problem in local.Result.Problems) WriteIssue(json, problem);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void WriteIssue(Utf8JsonWriter json, ConfigProblem problem)
    {
        json.WriteStartObject();
        json.WriteString("severity"u8, problem.Severity == ProblemSeverity.Error ? "error"u8 : "warning"u8);
        json.WriteNumber("line"u8, problem.Line);
        json.WriteString("path"u8, problem.Pointer);
        json.WriteString("message"u8, problem.Message);
        json.WriteString("instead"u8, problem.Instead);
        json.WriteEndObject();
    }

    private static string Count(int count, string word) => $"{count} {word}{(count == 1 ? "" : "s")}";
}
