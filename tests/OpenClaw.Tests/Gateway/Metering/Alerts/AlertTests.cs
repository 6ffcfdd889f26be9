using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OpenClaw.Config;
using OpenClaw.Gateway.Metering.Alerts;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Tests.Gateway.Metering.Budgets;

namespace OpenClaw.Tests.Gateway.Metering.Alerts;

public sealed class AlertTests
{
    private static readonly BudgetRule s_rule = new(new BudgetConfig { Name = "monthly", Scope = "gateway", Period = "month", Limit = 50, WarnAt = [0.5m, 0.8m] });
    private static readonly DateTimeOffset s_at = new(2026, 3, 5, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task An_alert_says_what_is_spent_and_is_signed_with_the_shared_key()
    {
        var bodies = new ConcurrentQueue<string>();
        await using var hook = new TinyHttp((_, body) => { bodies.Enqueue(body); return (200, "{}"); });
        var memory = new Memory();
        await using (var alerts = Alerts(hook.Url + "/hook", memory, TimeProvider.System)) alerts.Raise(Sample(0.5m, 25.5m));
        var body = Assert.Single(bodies);
        using var json = JsonDocument.Parse(body);
        Assert.Equal("budget.threshold", json.RootElement.GetProperty("event").GetString());
        Assert.Equal("budget \"monthly\" is at 50%: $25.50 of $50.00 per month", json.RootElement.GetProperty("text").GetString());
        Assert.Equal(25.5m, json.RootElement.GetProperty("budget").GetProperty("spent").GetDecimal());
        Assert.Equal("2026-04-01T00:00:00Z", json.RootElement.GetProperty("budget").GetProperty("windowEnds").GetString());
        var head = Assert.Single(hook.Heads);
        var signature = head.Split('\n').Single(static l => l.StartsWith("x-openclaw-signature:", StringComparison.OrdinalIgnoreCase)).Split(": ")[1];
        var seconds = long.Parse(signature.Split(',')[0][2..], CultureInfo.InvariantCulture);
        // As docs/budgets.md tells a receiver to check it.
        var expected = Convert.ToHexStringLower(HMACSHA256.HashData("k3y"u8, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{seconds}.{body}"))));
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"t={seconds},v1={expected}"), signature.TrimEnd('\r'));
        Assert.Single(memory.Told_);
    }

    [Fact]
    public async Task A_call_too_large_for_a_budget_with_much_left_is_told_as_that_and_leaves_the_fractions_to_be_told()
    {
        var bodies = new ConcurrentQueue<string>();
        await using var hook = new TinyHttp((_, body) => { bodies.Enqueue(body); return (200, "{}"); });
        await using (var stage = BudgetStage.Of("""{ "name": "one", "scope": "gateway", "limit": 1, "warnAt": [0.5] }""", alerts: Alerts(hook.Url, new Memory(), TimeProvider.System)))
        {
            Assert.NotNull(await stage.RunAsync(2_000_000, 10));
            Assert.NotNull(await stage.RunAsync(2_000_000, 10));
            Assert.Null(await stage.RunAsync(600_000, 0));
            Assert.Null(await stage.RunAsync(200_000, 0));
            Assert.Null(await stage.RunAsync(110_000, 0));
            Assert.NotNull(await stage.RunAsync(500_000, 10));
        }
        var told = bodies.Select(static b => JsonDocument.Parse(b).RootElement).Select(static j => j.GetProperty("event").GetString() + ": " + j.GetProperty("text").GetString()).ToList();
        Assert.Equal(3, told.Count);
        Assert.StartsWith("budget.refused: budget \"one\" had not enough left for a call of at least $2", told[0], StringComparison.Ordinal);
        Assert.Equal("budget.threshold: budget \"one\" is at 50%: $0.60 of $1.00 in all", told[1]);
        Assert.Equal("budget.exhausted: budget \"one\" is used up: $0.91 of $1.00 in all", told[2]);
    }

    [Fact]
    public async Task A_webhook_that_fails_is_tried_again_and_one_that_redirects_is_not_followed()
    {
        var asked = 0;
        await using var hook = new TinyHttp((door, _) => (door.EndsWith("/moved", StringComparison.Ordinal) ? 307 : Interlocked.Increment(ref asked) < 3 ? 503 : 200, "{}"));
        var time = new ManualTime();
        await using var alerts = new AlertState(() => [new AlertConfig { Url = hook.Url + "/hook" }, new AlertConfig { Url = hook.Url + "/moved" }], static _ => null, new Memory(), time, static _ => { });
        alerts.Raise(Sample(1, 50));
        await Eventually(() => alerts.Results.Failed == 1, time);
        await Eventually(() => alerts.Results.Delivered == 1, time);
        Assert.Equal(3, asked);
        Assert.Equal(1, hook.Asked.Count(static a => a.Contains("/moved", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_alert_that_is_refused_holds_up_none_after_it_and_a_webhook_that_is_gone_is_asked_no_more()
    {
        await using var hook = new TinyHttp((_, body) => (body.Contains("budget.exhausted", StringComparison.Ordinal) ? 500 : 200, "{}"));
        var time = new ManualTime();
        var webhooks = ImmutableArray.Create(new AlertConfig { Url = hook.Url + "/hook" });
        await using var alerts = new AlertState(() => webhooks, static _ => null, new Memory(), time, static _ => { });
        alerts.Raise(Sample(1, 50));
        alerts.Raise(Sample(0.5m, 25));
        while (alerts.Results.Delivered == 0) await Task.Delay(1, TestContext.Current.CancellationToken);
        await Eventually(() => hook.Asked.Count == 3, time);
        Assert.False(alerts.TakeNewAddress());
        webhooks = [new AlertConfig { Url = hook.Url + "/other" }];
        Assert.Equal([true, false], [alerts.TakeNewAddress(), alerts.TakeNewAddress()]);
        time.Advance(TimeSpan.FromMinutes(10));
        alerts.Raise(Sample(0.8m, 40));
        await Eventually(() => alerts.Results.Delivered == 2, time);
        Assert.Equal((4, 0), (hook.Asked.Count, alerts.Results.Failed));
    }

    [Fact]
    public async Task An_address_that_is_new_hears_what_was_told_to_others()
    {
        var bodies = new ConcurrentQueue<string>();
        await using var hook = new TinyHttp((_, body) => { bodies.Enqueue(body); return (200, "{}"); });
        var webhooks = ImmutableArray.Create(new AlertConfig { Url = hook.Url + "/wrong" });
        var alerts = new AlertState(() => webhooks, static _ => null, new Memory(), TimeProvider.System, static _ => { });
        await using (var stage = BudgetStage.Of("""{ "name": "one", "scope": "gateway", "limit": 1, "warnAt": [0.5] }""", alerts: alerts))
        {
            Assert.Null(await stage.RunAsync(600_000, 0));
            webhooks = [.. webhooks, new AlertConfig { Url = hook.Url + "/right" }];
            if (alerts.TakeNewAddress()) stage.Budgets.TellAnew();
            Assert.Null(await stage.RunAsync(10_000, 0));
        }
        Assert.Equal(2, bodies.Count);
        Assert.Single(hook.Asked, static a => a.Contains("/right", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_alert_that_fails_in_an_unforeseen_way_holds_up_none_after_it_and_not_the_end()
    {
        await using var hook = new TinyHttp((_, _) => (200, "{}"));
        var (time, log) = (new ManualTime(), new ConcurrentQueue<string>());
        await using (var alerts = new AlertState(() => [new AlertConfig { Url = hook.Url + "/hook" }], static _ => null, new Forgetful(), time, log.Enqueue))
        {
            alerts.Raise(Sample(0.5m, 25));
            alerts.Raise(Sample(1, 50));
            await Eventually(() => hook.Asked.Count == 2, time);
        }
        Assert.All(log, static line => Assert.Contains("no room for what was told", line, StringComparison.Ordinal));
        Assert.Equal(2, log.Count);
    }

    [Fact]
    public async Task What_was_told_before_the_restart_is_not_told_again()
    {
        await using var hook = new TinyHttp((_, _) => (200, "{}"));
        var memory = new Memory();
        for (var run = 0; run < 2; run++)
        {
            await using var alerts = Alerts(hook.Url, memory, TimeProvider.System);
            alerts.Raise(Sample(0.5m, 26 + run));
        }
        Assert.Single(hook.Asked);
    }

    [Fact]
    public async Task What_could_not_be_told_before_the_restart_is_told_by_the_next_process_without_another_spending()
    {
        var (time, isUp) = (new ManualTime(), false);
        await using var hook = new TinyHttp((_, _) => (Volatile.Read(ref isUp) ? 200 : 410, "{}"));
        await using var ledger = LedgerState.InMemory();
        await using (var alerts = Alerts(hook.Url, new LedgerAlerts(ledger), time))
        {
            alerts.Raise(Sample(0.5m, 26));
            alerts.Raise(new Alert("alert_1", "target.down", s_at, "{}"u8.ToArray()));
            await Eventually(() => alerts.Results.Failed == 2, time);
        }
        await ledger.FlushAsync();
        Volatile.Write(ref isUp, true);
        await using (var alerts = Alerts(hook.Url, new LedgerAlerts(ledger), time))
        {
            alerts.TakeUp();
            // What was true of a target then need not be now.
            await Eventually(() => alerts.Results.Delivered == 1, time);
        }
        Assert.Equal(3, hook.Asked.Count);
        await ledger.FlushAsync();
        Assert.Empty(await new LedgerAlerts(ledger).DueAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_was_due_of_a_window_that_is_over_or_a_webhook_that_is_gone_is_forgotten()
    {
        await using var hook = new TinyHttp((_, _) => (200, "{}"));
        await using var ledger = LedgerState.InMemory();
        var memory = new LedgerAlerts(ledger);
        var alert = Sample(0.5m, 26);
        memory.Due(alert.Id + "@" + AlertId.Of(hook.Url), alert.Body);
        memory.Due(alert.Id + "@" + AlertId.Of("https://elsewhere.example"), alert.Body);
        memory.Due("no", "no"u8.ToArray());
        await ledger.FlushAsync();
        var time = new ManualTime();
        time.Advance(TimeSpan.FromDays(100));
        await using var alerts = Alerts(hook.Url, memory, time);
        alerts.TakeUp();
        for (var tries = 0; tries < 200 && (await memory.DueAsync(TestContext.Current.CancellationToken)).Count > 0; tries++) await Task.Delay(5, TestContext.Current.CancellationToken);
        Assert.Empty(await memory.DueAsync(TestContext.Current.CancellationToken));
        Assert.Empty(hook.Asked);
    }

    [Fact]
    public async Task A_webhook_that_is_slow_loses_the_oldest_and_holds_up_nobody()
    {
        var time = new ManualTime();
        var alerts = new AlertState(() => [new AlertConfig { Url = "http://127.0.0.1:9/" }], static _ => null, new Never(), time, static _ => { });
        for (var i = 0; i < 400; i++) alerts.Raise(Sample(0.5m, i));
        Assert.InRange(alerts.Results.Dropped, 100, 400);
        var ending = alerts.DisposeAsync();
        while (!ending.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
        await ending;
    }

    private static AlertState Alerts(string url, IAlertMemory memory, TimeProvider time) =>
        new(() => [new AlertConfig { Url = url, SecretEnv = "ALERT_SECRET" }], static name => name == "ALERT_SECRET" ? "k3y" : null, memory, time, static _ => { });

    private static Alert Sample(decimal fraction, decimal spent) =>
        BudgetAlert.Of(s_rule, new CounterKey(s_rule.Id, "", "2026-03-01T00:00Z"), fraction, spent, 0, s_rule.WindowAt(s_at), s_at);

    private static async Task Eventually(Func<bool> isSo, ManualTime time)
    {
        for (var i = 0; i < 2000 && !isSo(); i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
        Assert.True(isSo());
    }

    private sealed class Memory : IAlertMemory
    {
        public ConcurrentDictionary<string, bool> Told_ { get; } = new();

        public Task<bool> WasToldAsync(string id, CancellationToken cancel) => Task.FromResult(Told_.ContainsKey(id));

        public void Told(string id, ReadOnlyMemory<byte> body) => Told_[id] = true;

        public void Due(string id, ReadOnlyMemory<byte> body)
        {
        }

        public void Drop(string id)
        {
        }

        public Task<IReadOnlyList<(string Id, ReadOnlyMemory<byte> Body)>> DueAsync(CancellationToken cancel) => Task.FromResult<IReadOnlyList<(string Id, ReadOnlyMemory<byte> Body)>>([]);
    }

    private sealed class Forgetful : IAlertMemory
    {
        public Task<bool> WasToldAsync(string id, CancellationToken cancel) => Task.FromResult(false);

        public void Told(string id, ReadOnlyMemory<byte> body) => throw new InvalidOperationException("no room for what was told");

        public void Due(string id, ReadOnlyMemory<byte> body)
        {
        }

        public void Drop(string id)
        {
        }

        public Task<IReadOnlyList<(string Id, ReadOnlyMemory<byte> Body)>> DueAsync(CancellationToken cancel) => Task.FromResult<IReadOnlyList<(string Id, ReadOnlyMemory<byte> Body)>>([]);
    }

    private sealed class Never : IAlertMemory
    {
        public async Task<bool> WasToldAsync(string id, CancellationToken cancel)
        {
            await Task.Delay(Timeout.Infinite, cancel);
            return false;
        }

        public void Told(string id, ReadOnlyMemory<byte> body)
        {
        }

        public void Due(string id, ReadOnlyMemory<byte> body)
        {
        }

        public void Drop(string id)
        {
        }

        public Task<IReadOnlyList<(string Id, ReadOnlyMemory<byte> Body)>> DueAsync(CancellationToken cancel) => Task.FromResult<IReadOnlyList<(string Id, ReadOnlyMemory<byte> Body)>>([]);
    }
}
