using System.CommandLine;
using System.Text.Json;
using OpenClaw.Client;
using OpenClaw.Config;

namespace OpenClaw.Commands.Models;

/// <summary><c>openclaw models aliases</c>: short names for a model or for a chain of them. Reads and writes the file.</summary>
internal static class ModelsAliases
{
    /// <summary>Bare, it lists.</summary>
    public static Command Build()
    {
        var command = new Command("aliases", "Short names for a model, or for a chain of them");
        FillList(command);
        var list = new Command("list", "The names and what they stand for");
        FillList(list);
        command.Add(list);
        command.Add(BuildAdd());
        command.Add(BuildRemove());
        return command;
    }

    /// <summary>The member <c>aliases</c>: one reference as text, several as a list.</summary>
    public static void WriteAliases(Utf8JsonWriter json, IEnumerable<AliasRow> aliases)
    {
        json.WriteStartObject("aliases"u8);
        foreach (var alias in aliases)
        {
            if (alias.References.Length == 1)
            {
                json.WriteString(alias.Name, alias.References[0]);
                continue;
            }
            json.WriteStartArray(alias.Name);
            foreach (var reference in alias.References) json.WriteStringValue(reference);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void FillList(Command command)
    {
        var config = CommonOptions.Config();
        var json = CommonOptions.Json();
        foreach (var option in new Option[] { config, json }) command.Add(option);
        command.SetAction(parsed =>
        {
            var asJson = parsed.GetValue(json);
            var local = LocalConfig.Load(parsed.GetValue(config));
            if (local.Report(asJson) is not ExitCode.Ok and var code) return code;
            var aliases = local.Config!.Models.Aliases.Select(static a => new AliasRow(a.Key, [.. a.Value.Select(static r => r.ToString())])).ToList();
            if (asJson)
            {
                Terminal.Json(writer =>
                {
                    writer.WriteStartObject();
                    WriteAliases(writer, aliases);
                    writer.WriteEndObject();
                });
                return ExitCode.Ok;
            }
            Terminal.Out($"Aliases ({aliases.Count}):");
            foreach (var alias in aliases) Terminal.Out($"- {alias.Name} -> {alias.Target}");
            if (aliases.Count == 0) Terminal.Out("- none");
            return ExitCode.Ok;
        });
    }

    private static Command BuildAdd()
    {
        var name = new Argument<string>("name") { Description = "A short word without a slash" };
        var references = new Argument<string[]>("ref") { Description = "provider/model; several are a chain", Arity = ArgumentArity.OneOrMore };
        var config = CommonOptions.Config();
        var json = CommonOptions.Json();
        var command = new Command("add", "Give a name, or change what it stands for") { name, references, config, json };
        command.SetAction(parsed =>
        {
            var (file, asJson, alias, targets) = (parsed.GetValue(config), parsed.GetValue(json), parsed.GetValue(name)!, parsed.GetValue(references)!);
            foreach (var target in targets)
            {
                if (ModelsCommand.Unknown(file, asJson, target) is { } refused) return refused;
            }
            return ConfigFileEdit.Apply(file, asJson, bytes => ConfigEditor.AddAlias(bytes, alias, targets), $"Alias {alias} -> {string.Join(", ", targets)}");
        });
        return command;
    }

    private static Command BuildRemove()
    {
        var name = new Argument<string>("name");
        var config = CommonOptions.Config();
        var json = CommonOptions.Json();
        var command = new Command("remove", "Take a name away") { name, config, json };
        command.SetAction(parsed =>
        {
            var alias = parsed.GetValue(name)!;
            return ConfigFileEdit.Apply(parsed.GetValue(config), parsed.GetValue(json), bytes => ConfigEditor.RemoveAlias(bytes, alias), $"Alias removed: {alias}");
        });
        return command;
    }
}
