using System.Text.Json.Nodes;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Clients;

/// <summary>
/// Everything that is asked, and the configuration it is asked of: for each provider protocol the providers <c>p…</c> and
/// <c>f…</c> (fallback), each ask with a model of its own, so that no ask sees another's cooldowns or counts.
/// </summary>
internal static class ClientAsks
{
    public const string Token = "gateway-token-of-the-client-tests";

    /// <summary>A name that only a Claude of these days has: older ones are not sent a schema.</summary>
    public const string SchemaModel = "claude-sonnet-4-6-json";

    public static IReadOnlyList<ClientAsk> All { get; } =
        [.. Enum.GetValues<Wire>().SelectMany(Of), new("models", "") { Act = ClientAct.ListModels }, new("model", "healed-openai") { Act = ClientAct.ShowModel },
            new("model-unknown", "healed-opena") { Act = ClientAct.ShowModel }, new("unknown-model", "healed-opena"),
            new("unknown-model-stream", "healed-opena") { Stream = true }, new("wrong-token", "popenai/wrong-token/ok") { Token = "not-the-token" }];

    public static string Name(string ask, Wire wire) => ask + "-" + Lower(wire);

    public static JsonObject Config(ScriptedServer server)
    {
        var aliases = new JsonObject();
        foreach (var wire in Enum.GetValues<Wire>())
        {
            // The fallback speaks another protocol than the primary.
            var (first, next) = ("p" + Lower(wire), "f" + Lower((Wire)(((int)wire + 1) % 4)));
            aliases[Name("healed", wire)] = new JsonArray($"{first}/{Name("healed", wire)}/cut-after-40", $"{next}/{Name("healed", wire)}/ok");
            aliases[Name("healed-helper", wire)] = new JsonArray($"{first}/{Name("healed-helper", wire)}/cut-after-40", $"{next}/{Name("healed-helper", wire)}/ok");
            aliases[Name("healed-tool", wire)] = new JsonArray($"{first}/{Name("healed-tool", wire)}/tool-cut-12", $"{next}/{Name("healed-tool", wire)}/tool");
            aliases[Name("all-failed", wire)] = new JsonArray($"{first}/{Name("all-failed", wire)}/error-500", $"{next}/{Name("all-failed", wire)}/error-500");
        }
        return new JsonObject
        {
            ["gateway"] = new JsonObject { ["auth"] = true },
            ["models"] = new JsonObject { ["providers"] = WallConfig.EveryWire(server), ["aliases"] = aliases },
            // The gateway's own retries are tested elsewhere; here what it says must reach the client at once.
            ["routing"] = new JsonObject { ["retries"] = 0 },
        };
    }

    private static IEnumerable<ClientAsk> Of(Wire wire)
    {
        var p = "p" + Lower(wire);
        ClientAsk Ask(string name, string model) => new(Name(name, wire), model);
        ClientAsk Own(string name, string fault) => Ask(name, $"{p}/{Name(name, wire)}/{fault}");
        yield return Own("chat", "ok");
        yield return Own("stream", "ok") with { Stream = true };
        yield return Own("stream-helper", "ok") with { Stream = true, Helper = true };
        yield return Own("tool", "tool") with { Tools = true };
        yield return Own("tool-stream", "tool") with { Tools = true, Stream = true };
        yield return Own("tools", "tool-parallel") with { Tools = true };
        yield return Own("tools-stream", "tool-parallel") with { Tools = true, Stream = true };
        yield return Own("tools-stream-helper", "tool-parallel") with { Tools = true, Stream = true, Helper = true };
        yield return Own("tool-empty", "none") with { Tools = true };
        yield return Own("tool-empty-stream", "none") with { Tools = true, Stream = true, Helper = true };
        yield return Own("tool-loop", "loop") with { Act = ClientAct.ToolLoop, Tools = true };
        yield return Own("tool-loop-stream", "loop") with { Act = ClientAct.ToolLoop, Tools = true, Stream = true };
        yield return Ask("schema", $"{p}/{SchemaModel}") with { Schema = true };
        yield return Own("context", "context-too-long");
        yield return Own("context-stream", "context-too-long") with { Stream = true };
        yield return Own("rate-limited", "rate-limited-1s");
        yield return Own("rate-limited-once", "rate-limited-once-1s");
        yield return Ask("all-failed", Name("all-failed", wire));
        yield return Own("leave", "stall-after-20-60s") with { Stream = true, LeaveAfter = 3 };
        yield return Ask("healed", Name("healed", wire)) with { Stream = true };
        yield return Ask("healed-helper", Name("healed-helper", wire)) with { Stream = true, Helper = true };
        yield return Ask("healed-tool", Name("healed-tool", wire)) with { Stream = true, Tools = true };
        yield return Own("interrupted", "cut-after-40") with { Stream = true };
        yield return Own("interrupted-helper", "cut-after-40") with { Stream = true, Helper = true };
        yield return Own("interrupted-tool", "tool-cut-12") with { Stream = true, Tools = true };
    }

    private static string Lower(Wire wire) => wire.ToString().ToLowerInvariant();
}
