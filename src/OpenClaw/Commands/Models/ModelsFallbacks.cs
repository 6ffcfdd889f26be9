using System.CommandLine;
using OpenClaw.Client;
using OpenClaw.Config;

namespace OpenClaw.Commands.Models;

/// <summary><c>openclaw models fallbacks</c>: what is asked, in order, after the default model. Reads and writes the file.</summary>
internal static class ModelsFallbacks
{
    /// <summary>Bare, it lists.</summary>
    public static Command Build()
    {
        var command = new Command("fallbacks", "What is asked, in order, after the default model");
        FillList(command);
        var list = new Command("list", "The fallbacks in order");
        FillList(list);
        command.Add(list);
        command.Add(BuildEdit("add", "Add one at the end", static (bytes, reference) => ConfigEditor.AddFallback(bytes, reference), "Fallback added: "));
        command.Add(BuildEdit("remove", "Take one out", static (bytes, reference) => ConfigEditor.RemoveFallback(bytes, reference), "Fallback removed: "));
        command.Add(BuildClear());
        return command;
    }

    private static void FillList(Command command)
    {
        var config = CommonOptions.Config();
        var json = CommonOptions.Json();
        var plain = new Option<bool>("--plain") { Description = "References only, one a line" };
        foreach (var option in new Option[] { config, json, plain }) command.Add(option);
        command.SetAction(parsed =>
        {
            var asJson = parsed.GetValue(json);
            var local = LocalConfig.Load(parsed.GetValue(config));
            if (local.Report(asJson) is not ExitCode.Ok and var code) return code;
            var fallbacks = local.Config!.Models.Chain.Skip(1).Select(static r => r.ToString()).ToList();
            if (asJson)
            {
                Terminal.Json(writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteStartArray("fallbacks"u8);
                    foreach (var fallback in fallbacks) writer.WriteStringValue(fallback);
                    writer.WriteEndArray();
                    writer.WriteEndObject();
                });
                return ExitCode.Ok;
            }
            if (!parsed.GetValue(plain)) Terminal.Out($"Fallbacks ({fallbacks.Count}):");
            foreach (var fallback in fallbacks) Terminal.Out(parsed.GetValue(plain) ? fallback : "- " + fallback);
            if (fallbacks.Count == 0 && !parsed.GetValue(plain)) Terminal.Out("- none");
            return ExitCode.Ok;
        });
    }

    private static Command BuildEdit(string name, string description, Func<byte[], string, EditResult> edit, string done)
    {
        var reference = new Argument<string>("ref") { Description = "provider/model, or an alias" };
        var config = CommonOptions.Config();
        var json = CommonOptions.Json();
        var command = new Command(name, description) { reference, config, json };
        command.SetAction(parsed =>
        {
            var (file, asJson, what) = (parsed.GetValue(config), parsed.GetValue(json), parsed.GetValue(reference)!);
            if (ModelsCommand.Unknown(file, asJson, what) is { } refused) return refused;
            var code = ConfigFileEdit.Apply(file, asJson, bytes => edit(bytes, what), done + what);
            if (code == ExitCode.Ok) ModelsCommand.SayMissingKeys(file);
            return code;
        });
        return command;
    }

    private static Command BuildClear()
    {
        var config = CommonOptions.Config();
        var json = CommonOptions.Json();
        var command = new Command("clear", "Leave only the default model") { config, json };
        command.SetAction(parsed => ConfigFileEdit.Apply(parsed.GetValue(config), parsed.GetValue(json), static bytes => ConfigEditor.ClearFallbacks(bytes), "Fallbacks cleared."));
        return command;
    }
}
