using System.CommandLine;
using System.Text.Json.Nodes;
using OpenClaw.Config;
using OpenClaw.Operator.Build;

namespace OpenClaw.Commands;

/// <summary><c>openclaw operator merge</c>: what the init container of an instance with mergeMode merge does. All or nothing.</summary>
internal static class OperatorMerge
{
    public static Command Build()
    {
        var own = new Argument<string>("own") { Description = "The gateway's own file; it is replaced" };
        var over = new Argument<string>("over") { Description = "The instance's file" };
        var force = new Option<string[]>("--force") { Description = "A path with dots that is taken out of the own file first", HelpName = "PATH" };
        var command = new Command("merge", "Put an instance's configuration over the gateway's own file") { own, over, force };
        command.SetAction(parsed => Run(parsed.GetValue(own)!, parsed.GetValue(over)!, parsed.GetValue(force) ?? []));
        return command;
    }

    private static int Run(string own, string over, string[] force)
    {
        if (!File.Exists(over)) return Terminal.Fail(false, $"there is no file {over}", "");
        var incoming = Read(over, mayBeEmpty: false, out var problem);
        if (incoming is null) return Terminal.Fail(false, problem, "");
        var known = File.Exists(own) ? Read(own, mayBeEmpty: true, out problem) : [];
        if (known is null) return Terminal.Fail(false, problem, "Mend the file on the volume, or take it away.");
        // Beside it and renamed: a reader sees the old file or the new one.
        File.WriteAllText(own + ".new", PrettyJson.Write(ConfigMerge.Of(known, incoming, force)));
        File.Move(own + ".new", own, overwrite: true);
        return ExitCode.Ok;
    }

    private static JsonObject? Read(string path, bool mayBeEmpty, out string problem)
    {
        var (json, problems) = PlainJson.Read(File.ReadAllBytes(path), mayBeEmpty);
        problem = json is null ? $"{path}: {problems[0]}" : "";
        return json is null ? null : JsonNode.Parse(json) as JsonObject;
    }
}
