using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Faults;

/// <summary>Every stream cut at every place, with a fallback that says the same in whole; run once for the class.</summary>
public sealed class CutRun : IAsyncLifetime
{
    private readonly ConcurrentDictionary<(int Stream, int At), ChatReply> _replies = new();

    internal static IReadOnlyList<RecordedStream> Streams => RecordedStream.All;

    /// <summary>The reply to a stream cut at a byte; -1 = not cut.</summary>
    internal ChatReply this[int stream, int at] => _replies[(stream, at)];

    public async ValueTask InitializeAsync()
    {
        await using var server = ScriptedServer.Start(new ScriptedOptions { LogCapacity = 10 });
        for (var i = 0; i < Streams.Count; i++)
        {
            var stream = Streams[i];
            server.On($"cut{i}/*", x => ScriptedServer.ReplayAsync(x, stream.ContentType, stream.Bytes, int.Parse(x.Request.Model.Split('/')[1], CultureInfo.InvariantCulture)));
            server.Replay($"whole{i}", stream.ContentType, stream.Bytes);
        }
        var asks = Enumerable.Range(0, Streams.Count).SelectMany(i => Streams[i].Cuts.Prepend(-1).Select(at => (Stream: i, At: at)));
        // Every cut is a model of its own, so that none meets another's cooldown; a configuration holds so many names.
        foreach (var part in asks.Chunk(4000)) await AskAsync(server, part);
    }

    private async Task AskAsync(ScriptedServer server, (int Stream, int At)[] asks)
    {
        var aliases = new JsonObject();
        foreach (var (i, at) in asks)
        {
            var whole = $"f{Streams[i].Wire}/whole{i}".ToLowerInvariant();
            aliases[Alias(i, at)] = at < 0 ? new JsonArray(whole) : new JsonArray($"p{Streams[i].Wire}/cut{i}/{at}".ToLowerInvariant(), whole);
        }
        var config = new JsonObject
        {
            ["models"] = new JsonObject { ["providers"] = WallConfig.EveryWire(server), ["aliases"] = aliases },
            ["routing"] = JsonNode.Parse(FaultTimings.Fast.RoutingJson),
        };
        await using var gateway = await GatewayProcess.StartAsync(config.ToJsonString());
        using var client = new ChatClient(gateway.Url);
        await Parallel.ForEachAsync(asks, new ParallelOptions { MaxDegreeOfParallelism = 48 }, async (ask, cancel) =>
            _replies[ask] = await client.AskAsync(new ChatAsk(Alias(ask.Stream, ask.At), Streams[ask.Stream].Protocol, Stream: true) { WithTool = true }, cancel));
    }

    private static string Alias(int stream, int at) => at < 0 ? $"s{stream}w" : $"s{stream}c{at}";

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

public sealed class CutEverywhereTests(CutRun run) : IClassFixture<CutRun>
{
    public static TheoryData<int, string> Streams
    {
        get
        {
            var rows = new TheoryData<int, string>();
            for (var i = 0; i < CutRun.Streams.Count; i++) rows.Add(i, CutRun.Streams[i].Name);
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void A_stream_cut_anywhere_is_healed_or_ends_with_an_error(int stream, string name)
    {
        var whole = run[stream, -1];
        // Some recordings are of providers that went wrong: whoever gets them must be told so.
        Assert.True((whole.LooksWhole || whole.IsClearError) && whole.Violations.Count == 0, $"{name}, uncut: {whole}");
        var wrong = CutRun.Streams[stream].Cuts.Select(at => (At: at, Problem: CutJudge.Problem(run[stream, at], whole))).Where(c => c.Problem is not null).ToList();
        Assert.True(wrong.Count == 0, $"{name}: {wrong.Count} of {CutRun.Streams[stream].Cuts.Count()} cuts\n" + string.Join("\n", wrong.Take(5).Select(c => $"at byte {c.At}: {c.Problem}")));
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void Text_cut_anywhere_is_always_healed(int stream, string name)
    {
        var whole = run[stream, -1];
        if (!CutRun.Streams[stream].IsText) return;
        var wrong = CutRun.Streams[stream].Cuts.Where(at => !CutJudge.IsSame(run[stream, at], whole)).ToList();
        Assert.True(wrong.Count == 0, $"{name}: not healed at {string.Join(", ", wrong.Take(20))}: {(wrong.Count > 0 ? run[stream, wrong[0]] : null)}");
    }
}
