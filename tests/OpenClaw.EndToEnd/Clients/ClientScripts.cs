using System.Text;
using System.Text.Json.Nodes;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Clients;

/// <summary>What the provider says where a fault's name cannot say it.</summary>
internal static class ClientScripts
{
    public const string City = """{"city":"Paris","population":2100000}""";

    public static void AddTo(ScriptedServer server)
    {
        server.On("tool-empty*", NoArgumentsAsync);
        server.On("tool-loop*", LoopAsync);
        server.On(ClientAsks.SchemaModel, SchemaAsync);
    }

    // OpenAI and Anthropic stream a call without arguments as a call without a single piece of them.
    private static Task NoArgumentsAsync(ScriptedExchange x)
    {
        var silent = x.Request.Stream && (x.Wire == ScriptedWire.OpenAi || x.Wire == ScriptedWire.Anthropic);
        return PlayAsync(x, t => t with { Tools = [new ScriptedToolCall("call_scripted_3", "ping", silent ? "" : "{}")] });
    }

    // Two calls, and once both results are there under the ids that the calls had, the answer. Gemini and Ollama go by name and order.
    private static Task LoopAsync(ScriptedExchange x)
    {
        var body = Encoding.UTF8.GetString(x.Request.Body);
        var results = body.Split("18 degrees in ").Length - 1;
        if (results == 0) return PlayAsync(x, t => t with { Tools = ScriptedAnswer.TwoTools });
        return results == 2 && (x.Wire == ScriptedWire.Gemini || x.Wire == ScriptedWire.Ollama || Belong(JsonNode.Parse(body)!))
            ? PlayAsync(x, t => t with { Text = ScriptedAnswer.Text })
            : x.ErrorAsync(ScriptedError.BadRequest);
    }

    private static Task SchemaAsync(ScriptedExchange x) => Encoding.UTF8.GetString(x.Request.Body).Contains("\"population\"", StringComparison.Ordinal)
        ? PlayAsync(x, t => t with { Text = City })
        : x.ErrorAsync(ScriptedError.BadRequest);

    private static bool Belong(JsonNode body)
    {
        var (calls, results) = (new List<string>(), new List<string>());
        Collect(body, calls, results);
        return calls.SequenceEqual(results);
    }

    // OpenAI's tool_calls[].id and tool_call_id, Anthropic's tool_use.id and tool_use_id.
    private static void Collect(JsonNode? node, List<string> calls, List<string> results)
    {
        if (node is JsonArray array)
        {
            foreach (var item in array) Collect(item, calls, results);
        }
        if (node is not JsonObject map) return;
        if (map["type"] is JsonValue type && type.TryGetValue<string>(out var kind) && (kind == "tool_use" || (kind == "function" && map["id"] is not null))) calls.Add(map["id"]!.GetValue<string>());
        if ((map["tool_call_id"] ?? map["tool_use_id"]) is { } id) results.Add(id.GetValue<string>());
        foreach (var (_, value) in map) Collect(value, calls, results);
    }

    private static async Task PlayAsync(ScriptedExchange x, Func<ScriptedTurn, ScriptedTurn> change)
    {
        var turn = change(new ScriptedTurn($"scripted{x.Call.Attempt:D4}", x.Request.Model, x.Options.Time.GetUtcNow().ToUnixTimeSeconds(), x.Request.PromptWords, x.Request.IncludeUsage));
        if (!x.Request.Stream)
        {
            await x.WholeAsync(200, "application/json", x.Wire.Whole(turn));
            return;
        }
        await x.HeadAsync(200, x.Wire.StreamType, null);
        foreach (var frame in x.Wire.Stream(turn)) await x.Connection.ChunkAsync(frame.Bytes);
        await x.Connection.EndChunksAsync();
        x.KeepOpen = x.Request.KeepAlive;
    }
}
