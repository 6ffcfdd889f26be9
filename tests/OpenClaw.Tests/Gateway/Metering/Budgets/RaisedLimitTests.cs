using System.Collections.Concurrent;
using System.Text.Json;
using OpenClaw.Config;
using OpenClaw.Gateway.Metering.Alerts;

namespace OpenClaw.Tests.Gateway.Metering.Budgets;

public sealed class RaisedLimitTests
{
    [Fact]
    public async Task Once_a_limit_is_raised_its_alerts_begin_anew()
    {
        var bodies = new ConcurrentQueue<string>();
        await using var hook = new TinyHttp((_, body) => { bodies.Enqueue(body); return (200, "{}"); });
        var alerts = new AlertState(() => [new AlertConfig { Url = hook.Url }], static _ => null, new NoMemory(), TimeProvider.System, static _ => { });
        await using (var stage = BudgetStage.Of("""{ "name": "one", "scope": "gateway", "limit": 1, "warnAt": [0.5] }""", alerts: alerts))
        {
            Assert.Null(await stage.RunAsync(950_000, 0));
            Assert.NotNull(await stage.RunAsync(200_000, 0));
            stage.Reload("""{ "name": "one", "scope": "gateway", "limit": 10, "warnAt": [0.5] }""");
            Assert.Null(await stage.RunAsync(5_000_000, 0));
            Assert.NotNull(await stage.RunAsync(9_000_000, 0));
        }
        Assert.Equal(["budget.threshold 1", "budget.exhausted 1", "budget.threshold 10", "budget.refused 10"], bodies.Select(static b =>
        {
            using var json = JsonDocument.Parse(b);
            return $"{json.RootElement.GetProperty("event").GetString()} {json.RootElement.GetProperty("budget").GetProperty("limit").GetDecimal()}";
        }));
    }
}
