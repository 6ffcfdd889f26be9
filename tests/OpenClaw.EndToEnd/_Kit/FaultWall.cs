using System.Diagnostics;
using System.Text.Json.Nodes;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd;

/// <summary>
/// Cells run through one gateway process against one scripted server. Every cell is an alias of two references, each at a
/// provider of its own.
/// </summary>
internal sealed class FaultWall : IAsyncDisposable
{
    private readonly FaultTimings _timings;
    private readonly ScriptedServer _server;
    private readonly UntrustedTlsServer _tls;
    private readonly GatewayProcess _gateway;
    private readonly ChatClient _client;

    private FaultWall(FaultTimings timings, ScriptedServer server, UntrustedTlsServer tls, GatewayProcess gateway)
    {
        (_timings, _server, _tls, _gateway) = (timings, server, tls, gateway);
        _client = new ChatClient(gateway.Url);
    }

    /// <summary>True when a provider's key shows up in what the gateway printed.</summary>
    public bool LeaksKeys => _gateway.Log.Contains(WallConfig.KeyPrefix, StringComparison.Ordinal);

    /// <summary>What the gateway printed beside its decisions: exceptions, warnings.</summary>
    public string Trouble => string.Join('\n', _gateway.Log.Split('\n').Where(l => !l.StartsWith('{')).Take(200));

    public static async Task<FaultWall> StartAsync(IReadOnlyList<FaultCell> cells, FaultTimings timings)
    {
        var server = ScriptedServer.Start(timings.Server);
        var tls = new UntrustedTlsServer();
        try
        {
            var gateway = await GatewayProcess.StartAsync(Config(cells, timings, server, tls.Port));
            return new FaultWall(timings, server, tls, gateway);
        }
        catch
        {
            await server.DisposeAsync();
            await tls.DisposeAsync();
            throw;
        }
    }

    public OtherWork? WatchOthers() => OtherWork.Watch(_gateway);

    /// <summary>Runs every cell, so many at once; long ones first.</summary>
    public async Task<IReadOnlyDictionary<FaultCell, FaultResult>> RunAsync(IReadOnlyList<FaultCell> cells, int atOnce)
    {
        var results = new System.Collections.Concurrent.ConcurrentDictionary<FaultCell, FaultResult>();
        var order = cells.OrderByDescending(c => Weight(c.Scenario)).ThenBy(c => c.Number);
        await Parallel.ForEachAsync(order, new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (cell, _) => results[cell] = await RunAsync(cell));
        return results;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _gateway.DisposeAsync();
        await _server.DisposeAsync();
        await _tls.DisposeAsync();
    }

    private static int Weight(FaultScenario scenario) => scenario.IsSequence ? 3 : scenario.Id is "S06" or "S07" or "S09" or "S01" or "B16" or "B29" ? 2 : 0;

    private async Task<FaultResult> RunAsync(FaultCell cell)
    {
        if (cell.Scenario.IsSequence) return await RunSequenceAsync(cell);
        var reply = await AskAsync(cell, cell.Alias);
        var afterwards = cell.Scenario.AskAfterwards ? await AskAsync(cell, "alive/ok") : null;
        return Result(cell, reply) with { Afterwards = afterwards };
    }

    private async Task<FaultResult> RunSequenceAsync(FaultCell cell)
    {
        var watch = Stopwatch.StartNew();
        var running = new List<Task<(TimeSpan, ChatReply)>>();
        for (var i = 0; i < _timings.OutageRequests; i++)
        {
            var wait = i * _timings.OutageInterval - watch.Elapsed;
            if (wait > TimeSpan.Zero) await Task.Delay(wait);
            running.Add(AskAtAsync(cell, watch.Elapsed));
        }
        var sequence = await Task.WhenAll(running);
        var result = Result(cell, sequence[^1].Item2);
        // The outage runs from the primary's first request, and so do the times of the replies.
        var first = result.PrimaryCalls.Count > 0 ? result.PrimaryCalls[0].At : TimeSpan.Zero;
        return result with { Sequence = sequence, Began = first };
    }

    private async Task<(TimeSpan, ChatReply)> AskAtAsync(FaultCell cell, TimeSpan at) => (at, await AskAsync(cell, cell.Alias));

    private Task<ChatReply> AskAsync(FaultCell cell, string model) =>
        _client.AskAsync(new ChatAsk(model, cell.Protocol, cell.Stream) { WithTool = cell.Scenario.WithTool && model != "alive/ok", Limit = _timings.Hang });

    // A redirect that was followed keeps its model, so its call is among these.
    private FaultResult Result(FaultCell cell, ChatReply reply) =>
        new(cell, _timings, reply, _server.CallsOf(cell.PrimaryModel), _server.CallsOf(cell.FallbackModel));

    private static string Config(IReadOnlyList<FaultCell> cells, FaultTimings timings, ScriptedServer server, int tlsPort)
    {
        var providers = new JsonObject { ["alive"] = WallConfig.Provider(Wire.OpenAi, server.Origin, "alive") };
        var aliases = new JsonObject();
        var closed = new Uri($"http://127.0.0.1:{GatewayProcess.FreePort()}");
        foreach (var cell in cells)
        {
            var origin = cell.Scenario.Address switch
            {
                FaultAddress.ClosedPort => closed,
                FaultAddress.NoSuchHost => new Uri("http://no-such-host.invalid"),
                FaultAddress.UntrustedTls => new Uri($"https://127.0.0.1:{tlsPort}"),
                _ => server.Origin,
            };
            providers[cell.PrimaryProvider] = WallConfig.Provider(cell.Primary, origin, cell.PrimaryProvider);
            var fallback = WallConfig.Provider(cell.Fallback, server.Origin, cell.FallbackProvider);
            // Half of the fallbacks that continue an answer are told that they may be given its beginning.
            if (cell.Scenario.GrantsPrefill || (cell.Scenario.MidStream && cell.Number % 2 == 0)) fallback["prefill"] = true;
            providers[cell.FallbackProvider] = fallback;
            aliases[cell.Alias] = new JsonArray(cell.PrimaryRef, cell.FallbackRef);
        }
        return new JsonObject
        {
            ["models"] = new JsonObject { ["providers"] = providers, ["aliases"] = aliases },
            ["routing"] = JsonNode.Parse(timings.RoutingJson),
        }.ToJsonString();
    }
}
