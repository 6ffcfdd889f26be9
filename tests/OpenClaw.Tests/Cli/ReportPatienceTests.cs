using OpenClaw.Client;
using OpenClaw.Commands;
using OpenClaw.Gateway.Control;

namespace OpenClaw.Tests.Cli;

/// <summary>How long the command line waits for a gateway that has not answered yet.</summary>
public sealed class ReportPatienceTests : IAsyncDisposable
{
    private readonly ManualTime _time = new();
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _released = new();
    private readonly TinyHttp _gateway;
    private readonly GatewayClient _client;

    public ReportPatienceTests()
    {
        _gateway = new TinyHttp((_, _) =>
        {
            _asked.TrySetResult();
            _released.Wait(TimeSpan.FromSeconds(30));
            return (200, """{ "rows": [] }""");
        });
        Assert.True(GatewayAddress.TryFind(new GatewayAsk(_gateway.Url, null, null), LocalView.Environment(), null, out var address, out _));
        _client = new GatewayClient(address, _time);
    }

    [Fact]
    public async Task A_report_is_waited_for_as_long_as_the_gateway_may_take()
    {
        var asking = _client.GetReportAsync("/openclaw/v1/usage", TestContext.Current.CancellationToken);
        await _asked.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        _time.Advance(UsageApi.Longest);
        _released.Set();
        Assert.Equal(ReachKind.Answered, (await asking).Kind);
        Assert.True(UsageApi.Longest > TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Everything_else_is_given_up_after_five_seconds()
    {
        var asking = _client.GetAsync("/openclaw/v1/status", TestContext.Current.CancellationToken);
        await _asked.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(ReachKind.Unreachable, (await asking).Kind);
    }

    public async ValueTask DisposeAsync()
    {
        _released.Set();
        _client.Dispose();
        await _gateway.DisposeAsync();
        _released.Dispose();
    }
}
