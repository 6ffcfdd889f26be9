using System.Text.Json;
using System.Text.Json.Nodes;
using OpenClaw.EndToEnd.Running;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.ModelServer;

/// <summary>
/// The built gateway as both briefs have it: an own model server first, behind the name <c>openai</c> and a base URL, and a
/// cloud after it (a scripted Anthropic).
/// </summary>
internal sealed class LlamaStage : IAsyncDisposable
{
    public const string Local = "openai/" + LlamaServer.Model;

    public const string Cloud = "anthropic/ok";

    private readonly GatewayProcess _gateway;

    private LlamaStage(ScriptedServer cloud, GatewayProcess gateway)
    {
        (CloudServer, _gateway) = (cloud, gateway);
        Client = new ChatClient(gateway.Url);
    }

    public ScriptedServer CloudServer { get; }

    /// <summary>What the cloud was asked to answer; the gateway also asks servers what they serve.</summary>
    public IEnumerable<ScriptedCall> CloudChats => CloudServer.Calls.Where(c => c.Method == "POST");

    public ChatClient Client { get; }

    public string GatewayLog => _gateway.Log;

    /// <param name="localPort">Of the model server, running or not.</param>
    /// <param name="routing">The <c>routing</c> section.</param>
    public static async Task<LlamaStage> StartAsync(int localPort, string routing = "{}")
    {
        var cloud = ScriptedServer.Start();
        var local = $"http://127.0.0.1:{localPort}";
        var origin = cloud.Origin.ToString().TrimEnd('/');
        var config = new JsonObject
        {
            ["llmConfig"] = new JsonArray(
                new JsonObject { ["provider"] = "openai", ["model"] = LlamaServer.Model, ["baseURL"] = local + "/v1" },
                new JsonObject { ["provider"] = "anthropic", ["model"] = "ok", ["baseURL"] = origin }),
            ["models"] = new JsonObject
            {
                ["providers"] = new JsonObject
                {
                    // The same server by its own /v1/messages.
                    ["messages"] = new JsonObject { ["api"] = "anthropic-messages", ["baseUrl"] = local, ["apiKey"] = "not-needed" },
                    // More than the server has (1024): it is asked, and it is the server that says what does not fit.
                    ["small"] = Sized(local + "/v1", LlamaServer.Model, 4096),
                    ["same"] = Sized(origin + "/v1", "ok", 4096),
                    ["large"] = Sized(origin + "/v1", "ok", 200_000),
                    ["scripted-local"] = new JsonObject { ["api"] = "openai-completions", ["baseUrl"] = origin + "/v1", ["apiKey"] = "not-needed" },
                },
                ["aliases"] = new JsonObject
                {
                    ["grows"] = new JsonArray("small/" + LlamaServer.Model, "same/ok", "large/ok"),
                    ["stays-small"] = new JsonArray("small/" + LlamaServer.Model, "same/ok"),
                    ["router"] = new JsonArray("scripted-local/router", Cloud),
                    ["loading"] = new JsonArray("scripted-local/loading", Cloud),
                },
            },
            ["routing"] = JsonNode.Parse(routing),
        };
        try
        {
            var gateway = await GatewayProcess.StartAsync(
                config.ToJsonString(), new Dictionary<string, string> { ["OPENAI_API_KEY"] = "not-needed", ["ANTHROPIC_API_KEY"] = "cloud-key" });
            return new LlamaStage(cloud, gateway);
        }
        catch
        {
            await cloud.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the gateway noted about a reply.</summary>
    public async Task<JsonElement> DecisionAsync(ChatReply reply)
    {
        using var http = new HttpClient();
        JsonElement? found = null;
        // Noted when the request is over on the gateway's side: a moment after its last byte.
        Assert.True(await Eventually.IsTrueAsync(async () =>
        {
            using var response = await http.GetAsync(new Uri(_gateway.Url, "/openclaw/v1/decisions/" + reply.Header("x-openclaw-decision")));
            if (!response.IsSuccessStatusCode) return false;
            using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
            found = document.RootElement.Clone();
            return true;
        }), "the gateway keeps no decision for " + reply);
        return found!.Value;
    }

    /// <summary>What the gateway has billed in all, once so many requests are in its ledger.</summary>
    public async Task<JsonNode> UsageAsync(int requests)
    {
        var answer = await Until.TrueAsync($"{requests} requests in the ledger", () => _gateway.GetAsync("/openclaw/v1/usage?by=model"), a => a.Json["total"]!["requests"]!.GetValue<long>() == requests);
        return answer.Json["total"]!;
    }

    /// <summary>The newest decision.</summary>
    public async Task<JsonNode> LastDecisionAsync(int decisions)
    {
        var answer = await Until.TrueAsync("the decision", () => _gateway.GetAsync("/openclaw/v1/decisions?limit=100"), a => a.Json["decisions"]!.AsArray().Count == decisions);
        return answer.Json["decisions"]![0]!;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _gateway.DisposeAsync();
        await CloudServer.DisposeAsync();
    }

    private static JsonObject Sized(string baseUrl, string model, int window) => new()
    {
        ["api"] = "openai-completions", ["baseUrl"] = baseUrl, ["apiKey"] = "not-needed",
        ["models"] = new JsonArray(new JsonObject { ["id"] = model, ["contextWindow"] = window }),
    };
}
