using System.Text.Json.Nodes;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Faults;

/// <summary>One gateway for the tests of this class; each names its own models.</summary>
public sealed class CallerRun : IAsyncLifetime
{
    private static readonly string[] s_faults = ["slow-headers-30s", "slow-first-token-30s", "stall-after-20-30s", "rate-limited-1s", "down", "cut-after-40"];
    private GatewayProcess _gateway = null!;

    internal ScriptedServer Server { get; } = ScriptedServer.Start();

    internal ChatClient Client { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var aliases = new JsonObject();
        foreach (var fault in s_faults)
        {
            foreach (var test in CallerTests.Variants) aliases[$"{test}-{fault}"] = new JsonArray($"popenai/{test}/{fault}", $"fopenai/{test}-{fault}/ok");
        }
        _gateway = await GatewayProcess.StartAsync(new JsonObject
        {
            ["models"] = new JsonObject { ["providers"] = WallConfig.EveryWire(Server), ["aliases"] = aliases },
        }.ToJsonString());
        Client = new ChatClient(_gateway.Url);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _gateway.DisposeAsync();
        await Server.DisposeAsync();
    }
}

/// <summary>What a caller decides: to leave, or that nobody else may answer.</summary>
public sealed class CallerTests(CallerRun run) : IClassFixture<CallerRun>
{
    private readonly ScriptedServer _server = run.Server;
    private readonly ChatClient _client = run.Client;

    internal static IEnumerable<string> Variants =>
        from protocol in Enum.GetValues<ClientProtocol>() from stream in (bool[])[true, false] select Variant(protocol, stream);

    [Theory]
    [InlineData("slow-headers-30s", ClientProtocol.Chat, true)]
    [InlineData("slow-headers-30s", ClientProtocol.Chat, false)]
    [InlineData("slow-headers-30s", ClientProtocol.Messages, true)]
    [InlineData("slow-headers-30s", ClientProtocol.Messages, false)]
    [InlineData("slow-first-token-30s", ClientProtocol.Chat, true)]
    [InlineData("slow-first-token-30s", ClientProtocol.Messages, true)]
    [InlineData("stall-after-20-30s", ClientProtocol.Chat, true)]
    [InlineData("stall-after-20-30s", ClientProtocol.Chat, false)]
    [InlineData("stall-after-20-30s", ClientProtocol.Messages, true)]
    internal async Task A_caller_who_leaves_ends_the_provider_s_work_at_once(string fault, ClientProtocol protocol, bool stream)
    {
        using var leave = new CancellationTokenSource();
        var variant = Variant(protocol, stream);
        var model = $"{variant}/{fault}";
        var asking = _client.AskAsync(new ChatAsk($"{variant}-{fault}", protocol, stream), leave.Token);
        await UntilAsync(() => _server.CountOf(model) == 1);
        await leave.CancelAsync();
        Assert.Equal("cancelled", (await asking).Broken);
        var call = _server.CallsOf(model).Single();
        await UntilAsync(() => call.EndedAt is not null);
        Assert.NotNull(call.PeerClosedAt);
        await NothingMoreAsync(variant, fault);
    }

    [Fact]
    public async Task A_caller_who_leaves_during_a_wait_is_not_retried_for()
    {
        using var leave = new CancellationTokenSource();
        var variant = Variant(ClientProtocol.Chat, true);
        var asking = _client.AskAsync(new ChatAsk(variant + "-rate-limited-1s", ClientProtocol.Chat, Stream: true), leave.Token);
        await UntilAsync(() => _server.CallsOf(variant + "/rate-limited-1s").Any(c => c.EndedAt is not null));
        await leave.CancelAsync();
        await asking;
        await NothingMoreAsync(variant, "rate-limited-1s", TimeSpan.FromSeconds(1.5));
    }

    [Theory]
    [InlineData(ClientProtocol.Chat, true)]
    [InlineData(ClientProtocol.Chat, false)]
    [InlineData(ClientProtocol.Messages, true)]
    [InlineData(ClientProtocol.Messages, false)]
    internal async Task A_caller_who_wants_no_fallback_gets_the_error(ClientProtocol protocol, bool stream)
    {
        foreach (var fault in (string[])["down", "cut-after-40"])
        {
            var reply = await _client.AskAsync(new ChatAsk($"{Variant(protocol, stream)}-{fault}", protocol, stream) { Headers = new Dictionary<string, string> { ["x-openclaw-fallback"] = "off" } }, TestContext.Current.CancellationToken);
            Assert.True(reply.IsClearError && !reply.LooksWhole && reply.Violations.Count == 0, reply.ToString());
            Assert.Equal(0, _server.CountOf($"{Variant(protocol, stream)}-{fault}/ok"));
        }
    }

    [Fact]
    public async Task Many_callers_who_leave_leave_nothing_behind()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 100), new ParallelOptions { MaxDegreeOfParallelism = 50 }, async (i, _) =>
        {
            using var leave = new CancellationTokenSource(50 + i);
            await _client.AskAsync(new ChatAsk("popenai/many/slow-first-token-30s", ClientProtocol.Chat, Stream: true), leave.Token);
        });
        var calls = _server.CallsOf("many/slow-first-token-30s");
        Assert.NotEmpty(calls);
        await UntilAsync(() => calls.All(c => c.EndedAt is not null));
        Assert.All(calls, c => Assert.NotNull(c.PeerClosedAt));
    }

    // Long enough for a retry that should not be: a backoff is well below it.
    private async Task NothingMoreAsync(string variant, string fault, TimeSpan? time = null)
    {
        await Task.Delay(time ?? TimeSpan.FromMilliseconds(500));
        Assert.Equal(1, _server.CountOf($"{variant}/{fault}"));
        Assert.Equal(0, _server.CountOf($"{variant}-{fault}/ok"));
    }

    private static string Variant(ClientProtocol protocol, bool stream) => $"{protocol}{(stream ? "s" : "w")}".ToLowerInvariant();

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        while (!condition()) await Task.Delay(5, limit.Token);
    }
}
