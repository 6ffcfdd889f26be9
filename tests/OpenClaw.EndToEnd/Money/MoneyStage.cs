using System.Text.Json.Nodes;
using OpenClaw.EndToEnd.Running;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Money;

/// <summary>A state folder that outlives its gateways, a provider with prices, and what the ledger says afterwards.</summary>
internal sealed class MoneyStage : IAsyncDisposable
{
    private readonly ScriptedServer _server = ScriptedServer.Start();

    /// <param name="folder">Where the state lies; null = a folder of its own.</param>
    public MoneyStage(string? folder = null) => Folder = folder ?? Directory.CreateTempSubdirectory("openclaw-money-").FullName;

    public string Folder { get; }

    public string Database => Path.Combine(Folder, "openclaw.db");

    public Task<GatewayProcess> StartAsync(string? storage = null, bool untilReady = true, string? folder = null, bool isMute = false) => GatewayProcess.StartAsync(RunningConfig.Of(_server, config =>
    {
        config["models"]!["providers"]!["p"]!["models"] = new JsonArray(new JsonObject { ["id"] = "ok", ["cost"] = new JsonObject { ["input"] = 1.5, ["output"] = 6.25 } });
        config["budgets"] = new JsonArray(new JsonObject { ["name"] = "all", ["scope"] = "gateway", ["period"] = "total", ["limit"] = 1_000_000 });
        if (storage is not null) config["storage"] = new JsonObject { ["url"] = storage };
    }), keep: folder ?? Folder, untilReady: untilReady, isMute: isMute);

    /// <summary>Asks again and again on several connections until the gateway is gone, and notes the ids of whole answers.</summary>
    /// <param name="enough">Set when so many have come.</param>
    public static async Task<List<string>> AskUntilGoneAsync(GatewayProcess gateway, int connections, int count, TaskCompletionSource enough)
    {
        var answered = new List<string>();
        await Task.WhenAll(Enumerable.Range(0, connections).Select(async number =>
        {
            using var client = new ChatClient(gateway.Url);
            while (true)
            {
                var reply = await client.AskAsync(new ChatAsk("p/ok", ClientProtocol.Chat, Stream: number % 2 == 0) { Limit = TimeSpan.FromSeconds(10) });
                if (reply.Status != 200 || !reply.LooksWhole) return;
                lock (answered)
                {
                    answered.Add(reply.Headers["x-openclaw-decision"]);
                    if (answered.Count >= count) enough.TrySetResult();
                }
            }
        }));
        return answered;
    }

    public static async Task<List<string>> AskAsync(GatewayProcess gateway, int count)
    {
        List<string> answered = [];
        using var client = new ChatClient(gateway.Url);
        for (var i = 0; i < count; i++)
        {
            var reply = await client.AskAsync(new ChatAsk("p/ok", ClientProtocol.Chat, Stream: false));
            Assert.True(reply.LooksWhole, reply.ToString());
            answered.Add(reply.Headers["x-openclaw-decision"]);
        }
        return answered;
    }

    public static async Task<JsonNode> LedgerAsync(GatewayProcess gateway) => (await gateway.StatusAsync())["ledger"]!;

    public static async Task<long> WaitingAsync(GatewayProcess gateway) => (await LedgerAsync(gateway))["waiting"]!.GetValue<long>();

    public List<string> Texts(string sql) => SqliteFile.Texts(Database, sql);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
