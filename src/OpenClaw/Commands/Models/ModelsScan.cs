using System.CommandLine;
using System.Text;
using System.Text.Json;
using OpenClaw.Client;
using OpenClaw.Config;

namespace OpenClaw.Commands.Models;

/// <summary><c>openclaw models scan</c>: what one's own servers serve, and what OpenRouter gives for nothing.</summary>
internal static class ModelsScan
{
    public static Command Build()
    {
        var command = new Command("scan", "Ask local servers what they serve, and OpenRouter what is free");
        var config = CommonOptions.Config();
        var json = CommonOptions.Json();
        var set = new Option<bool>("--set-default") { Description = "Make the best of them the default model (a loaded local one first, then the largest context)" };
        var yes = new Option<bool>("--yes") { Description = "Do not ask before the file is changed" };
        var timeout = new Option<int>("--timeout") { Description = "Milliseconds a server may take", DefaultValueFactory = static _ => 5000, HelpName = "MS" };
        var plain = new Option<bool>("--plain") { Description = "Only the references, one a line" };
        var provider = new Option<string?>("--provider") { Description = "Only of this provider, or of this maker at OpenRouter", HelpName = "ID" };
        var least = new Option<double?>("--min-params") { Description = "Only models whose name says that they have so many billions of parameters", HelpName = "N" };
        var noProbe = new Option<bool>("--no-probe") { Description = "As always here: no model is called" };
        foreach (var option in new Option[] { config, json, plain, set, yes, timeout, provider, least, noProbe }) command.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var asJson = parsed.GetValue(json);
            if (parsed.GetValue(timeout) < 1) return Terminal.Fail(asJson, "--timeout is a positive number of milliseconds", "", ExitCode.Usage);
            var local = LocalConfig.Load(parsed.GetValue(config));
            if (local.Report(asJson) is not ExitCode.Ok and var code) return code;
            var discovery = new Discovery(TimeSpan.FromMilliseconds(parsed.GetValue(timeout)));
            var found = await Task.WhenAll(DiscoveryPlaces.Of(local.Config, ConfigEnvironment.Process).Select(p => discovery.AskAsync(p, cancel))).ConfigureAwait(false);
            var servers = new ScanFilter(parsed.GetValue(provider), parsed.GetValue(least)).Of(found.Where(static s => s.Problem is null || s.Place.IsNamed));
            if (!parsed.GetValue(set))
            {
                if (asJson) Terminal.Json(writer => Write(writer, servers));
                else Terminal.Write(parsed.GetValue(plain) ? Plain(servers) : Text(servers));
                return ExitCode.Ok;
            }
            if (!asJson && !parsed.GetValue(plain)) Terminal.Write(Text(servers));
            return SetDefault(servers, local.Config!, parsed.GetValue(config), asJson, parsed.GetValue(yes));
        });
        return command;
    }

    /// <summary>The reference under which a found model can be asked for; null when the configuration does not name its server.</summary>
    public static string? Reference(FoundServer server, FoundModel model) => server.Place.Provider is { } provider ? $"{provider}/{model.Id}" : null;

    /// <summary>A loaded local model first, then local before free, then the largest context; null when none can be asked for.</summary>
    public static string? Best(IEnumerable<FoundServer> servers, OpenClawConfig config) => servers
        .SelectMany(static s => s.Models.Select(m => (Server: s, Model: m, Reference: Reference(s, m))))
        .Where(m => m.Reference is not null && ModelRef.TryParse(m.Reference, out var reference) && config.Models.IsAllowed(reference))
        .Where(static m => !m.Model.Id.Contains("embed", StringComparison.OrdinalIgnoreCase))
        .OrderBy(static m => m.Server.Kind == "openrouter")
        .ThenByDescending(static m => m.Model.IsLoaded)
        .ThenByDescending(static m => m.Model.ContextWindow ?? 0)
        .ThenBy(static m => m.Reference, StringComparer.Ordinal)
        .Select(static m => m.Reference)
        .FirstOrDefault();

    /// <summary>What can be asked for, and nothing of what could be if its server were configured.</summary>
    public static string Plain(IEnumerable<FoundServer> servers) =>
        string.Concat(servers.SelectMany(static s => s.Models.Select(m => Reference(s, m))).OfType<string>().Select(static r => r + "\n"));

    public static string Text(IReadOnlyCollection<FoundServer> servers)
    {
        var text = new StringBuilder();
        var table = new TextTable("Model", "Ctx", "Server", "Kind", "Loaded");
        foreach (var server in servers)
        {
            foreach (var model in server.Models)
            {
                table.Add(Reference(server, model) ?? model.Id, Readable.Tokens(model.ContextWindow), Address(server), server.Kind, model.IsLoaded ? "yes" : "-");
            }
        }
        if (!table.IsEmpty) text.Append(table);
        foreach (var server in servers.Where(static s => s.Problem is not null)) text.Append($"{Address(server)} ({server.Place.Provider}): {server.Problem}\n");
        foreach (var server in servers.Where(static s => s.Place.Provider is null && s.Models.Length > 0))
        {
            text.Append($"To ask for the models of {Address(server)}, add: \"models\": {{ \"providers\": {{ \"{Name(server)}\": {{ \"baseUrl\": \"{Address(server)}/v1\" }} }} }}\n");
        }
        if (text.Length == 0) text.Append("No model was found on the usual local ports (11434, 8000, 1234, 8080) or at a configured address.\n");
        return text.ToString();
    }

    public static void Write(Utf8JsonWriter json, IReadOnlyCollection<FoundServer> servers)
    {
        json.WriteStartObject();
        json.WriteNumber("count"u8, servers.Sum(static s => s.Models.Length));
        json.WriteStartArray("servers"u8);
        foreach (var server in servers)
        {
            json.WriteStartObject();
            json.WriteString("url"u8, Address(server));
            json.WriteString("kind"u8, server.Kind);
            json.WriteString("provider"u8, server.Place.Provider);
            if (server.Problem is not null) json.WriteString("problem"u8, server.Problem);
            json.WriteStartArray("models"u8);
            foreach (var model in server.Models)
            {
                json.WriteStartObject();
                json.WriteString("id"u8, model.Id);
                json.WriteString("key"u8, Reference(server, model));
                if (model.ContextWindow is { } window) json.WriteNumber("contextWindow"u8, window);
                else json.WriteNull("contextWindow"u8);
                json.WriteBoolean("loaded"u8, model.IsLoaded);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static int SetDefault(List<FoundServer> servers, OpenClawConfig config, string? file, bool json, bool yes)
    {
        if (Best(servers, config) is not { } best) return Terminal.Fail(json, "no model was found that this configuration can ask for", "start a server, or name one under models.providers");
        if (!yes)
        {
            if (json || Console.IsInputRedirected) return Terminal.Fail(json, $"{best} would become the default model", "confirm with --yes", ExitCode.Usage);
            Console.Error.Write($"Make {best} the default model? [y/N] ");
            if (Console.ReadLine()?.Trim() is not ("y" or "Y" or "yes")) return ExitCode.Ok;
        }
        return ModelsCommand.SetDefault(file, json, best);
    }

    private static string Name(FoundServer server) => server.Kind is "lmstudio" or "vllm" ? server.Kind : server.Kind == "llama.cpp" ? "llamacpp" : "local";

    private static string Address(FoundServer server) => server.Place.Url.GetLeftPart(UriPartial.Authority);
}
