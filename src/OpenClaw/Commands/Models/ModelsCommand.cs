using System.CommandLine;
using System.Text.Json;
using OpenClaw.Client;
using OpenClaw.Config;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Commands.Models;

/// <summary><c>openclaw models</c>: bare it is <c>models status</c>.</summary>
internal static class ModelsCommand
{
    public static void Fill(Command command)
    {
        ModelsStatus.Fill(command);
        command.Add(ModelsList.Build());
        var status = new Command("status", "The default chain, aliases, allowlist and keys");
        ModelsStatus.Fill(status);
        command.Add(status);
        command.Add(BuildSet());
        command.Add(ModelsFallbacks.Build());
        command.Add(ModelsAliases.Build());
        command.Add(ModelsScan.Build());
    }

    private static Command BuildSet()
    {
        var reference = new Argument<string>("ref") { Description = "provider/model, or an alias" };
        var config = CommonOptions.Config();
        var json = CommonOptions.Json();
        var command = new Command("set", "Make a model the default") { reference, config, json };
        command.SetAction(parsed => SetDefault(parsed.GetValue(config), parsed.GetValue(json), parsed.GetValue(reference)!));
        return command;
    }

    public static int SetDefault(string? config, bool json, string reference)
    {
        if (Unknown(config, json, reference) is { } code) return code;
        var result = ConfigFileEdit.Apply(config, json, bytes => ConfigEditor.SetDefault(bytes, reference), $"Default model: {reference}");
        if (result == ExitCode.Ok) SayMissingKeys(config);
        return result;
    }

    /// <summary>Refuses a name that is neither a reference nor an alias, with the nearest; null when it may go on.</summary>
    public static int? Unknown(string? config, bool json, string reference)
    {
        if (ModelRef.TryParse(reference, out _)) return null;
        if (LocalConfig.Load(config).Config is not { } known || known.Models.Aliases.ContainsKey(reference.Trim())) return null;
        var names = known.Models.Aliases.Keys
            .Concat(known.Models.Chain.Select(static r => r.ToString()))
            .Concat((known.Models.Allowlist ?? []).Where(static r => !r.IsWildcard).Select(static r => r.ToString()))
            .Concat(known.Providers.SelectMany(static p => p.Models.Select(m => $"{p.Id}/{m.Id}")))
            .Distinct();
        var near = NearestReferences.Of(reference, [.. names], 3);
        var code = Terminal.Fail(
            json,
            $"\"{reference}\" is neither provider/model nor an alias",
            near.Count > 0 ? $"nearest: {string.Join(", ", near)}" : Guess(reference));
        Terminal.Line("Config was not changed.");
        return code;
    }

    // The reader knows whose model a name looks like; it is asked about a file with nothing else in it.
    private static string Guess(string reference)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("defaultModel"u8, reference);
            json.WriteEndObject();
        }
        return ConfigReader.Read(buffer.ToArray(), ConfigEnvironment.Empty).Problems.Select(static p => p.Instead).FirstOrDefault("write the provider, a slash and the model");
    }

    public static void SayMissingKeys(string? config)
    {
        if (LocalConfig.Load(config) is not { Config: { } known } local) return;
        var used = known.Models.Chain.Select(static r => r.Provider).ToHashSet(StringComparer.Ordinal);
        var view = LocalModels.Read(local, ConfigEnvironment.Process, TimeProvider.System);
        foreach (var provider in view.Providers.Where(p => used.Contains(p.Id) && p.LacksKey)) Terminal.Line("note: " + provider.Missing);
    }
}
