using System.CommandLine;
using System.Text;
using System.Text.Json;
using OpenClaw.Client;
using OpenClaw.Config;

namespace OpenClaw.Commands;

/// <summary><c>openclaw config convert</c>: between the accepted dialects; what cannot be said is said, and refused without <c>--force</c>.</summary>
internal static class ConfigConvert
{
    public static Command Build()
    {
        var to = new Option<string>("--to") { Description = "native, brief or upstream", Required = true, HelpName = "DIALECT" };
        var output = new Option<string?>("--out") { Description = "Write there instead of to standard output", HelpName = "FILE" };
        var force = new Option<bool>("--force") { Description = "Go on although something is lost; overwrite FILE" };
        var json = CommonOptions.Json();
        var command = new Command("convert", "The same configuration in another dialect; ${VAR} and secret references stay references") { to, output, force, json };
        var file = new ConfigFileChoice(command);
        command.SetAction(parsed =>
        {
            var asJson = parsed.GetValue(json);
            if (!TryDialect(parsed.GetValue(to)!, out var dialect))
            {
                return Terminal.Fail(asJson, $"--to {parsed.GetValue(to)} is not a dialect", "write native, brief or upstream", ExitCode.Usage);
            }
            var local = file.Open(parsed);
            if (local.Unreadable is not null) return Terminal.Fail(asJson, $"{local.Name} cannot be read: {local.Unreadable}", "");
            if (local.Path is null) return Terminal.Fail(asJson, "there is no configuration file to convert", "name one: openclaw config convert --to native FILE");
            return Convert(local, dialect, parsed.GetValue(output), parsed.GetValue(force), asJson);
        });
        return command;
    }

    private static int Convert(LocalConfig local, ConfigDialect dialect, string? output, bool force, bool json)
    {
        var converted = ConfigWriter.Convert(local.Bytes, dialect);
        foreach (var note in converted.Notes) Terminal.Line(note.ToString());
        var code = Decide(local, converted, output, force);
        if (json) Terminal.Json(writer => Write(writer, converted, code == ExitCode.Ok, output));
        else if (code == ExitCode.Ok && output is null) Terminal.Write(converted.Json!);
        return code;
    }

    /// <summary>Writes the file if one was asked for.</summary>
    private static int Decide(LocalConfig local, ConversionResult converted, string? output, bool force)
    {
        if (converted.Json is null)
        {
            Terminal.Error($"{local.Name} is not valid, so there is nothing to convert", "openclaw config validate says what to write instead");
            return ExitCode.NotSo;
        }
        if (!converted.IsComplete && !force)
        {
            Terminal.Error("the target dialect cannot say all of it", "see the lines above; --force goes on without those parts");
            return ExitCode.NotSo;
        }
        if (output is null) return ExitCode.Ok;
        if (File.Exists(output) && !force)
        {
            Terminal.Error($"{output} is already there", "--force overwrites it");
            return ExitCode.NotSo;
        }
        if (ConfigFileEdit.Write(Path.GetFullPath(output), [], Encoding.UTF8.GetBytes(converted.Json), backup: null) is { } failure)
        {
            Terminal.Error(failure, "");
            return ExitCode.NotSo;
        }
        Terminal.Line($"Written: {output}");
        return ExitCode.Ok;
    }

    private static void Write(Utf8JsonWriter json, ConversionResult converted, bool ok, string? output)
    {
        json.WriteStartObject();
        json.WriteBoolean("ok"u8, ok);
        json.WriteBoolean("complete"u8, converted.IsComplete);
        if (output is not null) json.WriteString("out"u8, output);
        json.WriteStartArray("notes"u8);
        foreach (var note in converted.Notes) ConfigCommand.WriteIssue(json, note);
        json.WriteEndArray();
        if (ok && output is null)
        {
            json.WritePropertyName("config"u8);
            json.WriteRawValue(converted.Json!);
        }
        json.WriteEndObject();
    }

    private static bool TryDialect(string text, out ConfigDialect dialect)
    {
        dialect = text switch
        {
            "brief" => ConfigDialect.Brief,
            "upstream" => ConfigDialect.Upstream,
            _ => ConfigDialect.Native,
        };
        return text is "native" or "brief" or "upstream";
    }
}
