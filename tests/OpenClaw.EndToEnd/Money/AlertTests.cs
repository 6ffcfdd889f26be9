using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OpenClaw.EndToEnd.Running;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Money;

/// <summary>What the webhooks of a budget are told by the built gateway: signed, again after a failure, and across a kill neither lost nor repeated.</summary>
public sealed class AlertTests
{
    private const string Key = "alert-key-never-show-0123456789";
    private const string Door = "/services/place-never-show";

    private static readonly Dictionary<string, string> s_environment = new() { ["ALERT_SECRET"] = Key };

    [Fact]
    public async Task A_webhook_that_fails_hangs_up_or_is_not_there_yet_is_told_the_same_again_signed_each_time()
    {
        var asked = 0;
        await using var shaky = new TinyHttp((_, _) => (Interlocked.Increment(ref asked) switch { 1 => 500, 2 => 0, _ => 200 }, "{}"));
        await using var provider = new CountingProvider();
        // Nobody listens there, and nobody else is given the port.
        var absent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        absent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)absent.LocalEndPoint!).Port;
        await using var gateway = await GatewayProcess.StartAsync(Config(provider, shaky.Url, $"http://127.0.0.1:{port}"), s_environment);

        for (var i = 0; i < 2; i++) await AskAsync(gateway);
        await ToldAsync(shaky, 2);
        absent.Dispose();
        await using var late = new TinyHttp((_, _) => (200, "{}"), port);
        await ToldAsync(shaky, 3);
        await ToldAsync(late, 1);
        await Until.TrueAsync("both are delivered", () => gateway.GetAsync("/metrics"), m => m.Body.Contains("openclaw_alerts_total{result=\"delivered\"} 2\n", StringComparison.Ordinal));

        var told = Told(shaky).Concat(Told(late)).ToList();
        Assert.Equal(4, told.Count);
        Assert.All(told, t => Assert.Equal(told[0].Body, t.Body));
        var body = told[0].Json;
        var id = body.GetProperty("id").GetString()!;
        Assert.Matches("^alert_[0-9a-f]{24}$", id);
        Assert.Equal("budget.threshold", body.GetProperty("event").GetString());
        Assert.Equal("budget \"small\" is at 40%: 202 tokens of 505 tokens per month", body.GetProperty("text").GetString());
        var budget = body.GetProperty("budget");
        Assert.Equal(
            ("small", "gateway", "month", "tokens", "warn", 0.4m, 505m, 202m),
            (Text(budget, "name"), Text(budget, "scope"), Text(budget, "period"), Text(budget, "unit"), Text(budget, "action"), Number(budget, "fraction"), Number(budget, "limit"), Number(budget, "spent")));
        Assert.True(budget.GetProperty("windowStarts").GetDateTimeOffset() <= body.GetProperty("time").GetDateTimeOffset());
        Assert.True(budget.GetProperty("windowEnds").GetDateTimeOffset() > body.GetProperty("time").GetDateTimeOffset());
        foreach (var head in shaky.Heads.Concat(late.Heads))
        {
            Assert.StartsWith($"POST {Door} ", head, StringComparison.Ordinal);
            Assert.Equal((id, "budget.threshold", "application/json"), (Header(head, "x-openclaw-alert"), Header(head, "x-openclaw-event"), Header(head, "content-type")));
            AssertSigned(head, told[0].Body);
        }

        foreach (var page in (string[])["/metrics", "/openclaw/v1/status", "/openclaw/v1/config", "/openclaw/v1/budgets"])
        {
            Assert.DoesNotContain(Key, (await gateway.GetAsync(page)).Body, StringComparison.Ordinal);
        }
        Assert.DoesNotContain(Key, gateway.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_webhook_that_says_no_is_not_asked_twice_and_the_log_names_neither_its_place_nor_the_key()
    {
        await using var hook = new TinyHttp((_, _) => (410, "{}"));
        await using var provider = new CountingProvider();
        await using var gateway = await GatewayProcess.StartAsync(Config(provider, hook.Url), s_environment);
        for (var i = 0; i < 4; i++) await AskAsync(gateway);
        var metrics = await Until.TrueAsync("both are given up", () => gateway.GetAsync("/metrics"), m => m.Body.Contains("openclaw_alerts_total{result=\"failed\"} 2\n", StringComparison.Ordinal));
        Assert.Contains("openclaw_alerts_total{result=\"delivered\"} 0\n", metrics.Body, StringComparison.Ordinal);
        Assert.Equal(["0.4", "0.8"], Told(hook).Select(static t => Fraction(t.Json)));
        await Until.TrueAsync("it is in the log", () => Task.FromResult(gateway.Log), log => log.Contains($"the alert budget.threshold could not be delivered to {hook.Url}: it answered 410", StringComparison.Ordinal));
        Assert.DoesNotContain("never-show", gateway.Log + metrics.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(0)]
    public async Task A_killed_gateway_s_successor_tells_what_was_not_delivered_and_nothing_that_was(int failing)
    {
        var folder = Directory.CreateTempSubdirectory("openclaw-alerts-").FullName;
        try
        {
            var status = 200;
            await using var hook = new TinyHttp((_, _) => (Volatile.Read(ref status), "{}"));
            await using var provider = new CountingProvider();
            var config = Config(provider, hook.Url);
            await using (var first = await GatewayProcess.StartAsync(config, s_environment, keep: folder))
            {
                for (var i = 0; i < 2; i++) await AskAsync(first);
                await Until.TrueAsync("the first is delivered", () => first.GetAsync("/metrics"), m => m.Body.Contains("openclaw_alerts_total{result=\"delivered\"} 1\n", StringComparison.Ordinal));
                await first.KillAsync();
            }
            Volatile.Write(ref status, failing);
            await using (var second = await GatewayProcess.StartAsync(config, s_environment, keep: folder))
            {
                for (var i = 0; i < 2; i++) await AskAsync(second);
                // It has begun to tell, and did not come through.
                await ToldAsync(hook, 2);
                await second.KillAsync();
            }
            Volatile.Write(ref status, 200);
            await using (var third = await GatewayProcess.StartAsync(config, s_environment, keep: folder))
            {
                // Of itself: nobody spends anything.
                await Until.TrueAsync("the second is delivered", () => third.GetAsync("/metrics"), m => m.Body.Contains("openclaw_alerts_total{result=\"delivered\"} 1\n", StringComparison.Ordinal));
                await AskAsync(third);
                await Until.TrueAsync("both are delivered", () => third.GetAsync("/metrics"), m => m.Body.Contains("openclaw_alerts_total{result=\"delivered\"} 2\n", StringComparison.Ordinal));
                await third.TerminateAsync();
                Assert.Equal(0, await third.WaitForExitAsync(TimeSpan.FromSeconds(20)));
            }
            await using (var last = await GatewayProcess.StartAsync(config, s_environment, keep: folder))
            {
                await Until.TrueAsync("the ledger is read", () => MoneyStage.LedgerAsync(last), l => l["open"]!.GetValue<bool>() && l["waiting"]!.GetValue<long>() == 0);
                await last.TerminateAsync();
                Assert.Equal(0, await last.WaitForExitAsync(TimeSpan.FromSeconds(20)));
            }
            var told = Told(hook);
            Assert.InRange(told.Count, 4, 20);
            Assert.Equal(["0.4", .. Enumerable.Repeat("0.8", told.Count - 2), "1"], told.Select(static t => Fraction(t.Json)));
            // Whoever tells it and however often, it is the same, so that a receiver can drop what it has.
            Assert.Single(told[1..^1].Select(static t => t.Body).Distinct());
            Assert.Equal(3, told.Select(static t => Text(t.Json, "id")).Distinct().Count());
            foreach (var (head, alert) in hook.Heads.Zip(told)) AssertSigned(head, alert.Body);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // A hundred words said, and one heard: 101 tokens each.
    private static string Config(CountingProvider provider, params string[] hooks) => $$"""
        {
          "models": { "providers": { {{provider.Config("talk-100")}} } },
          "guard": { "enabled": false },
          "budgets": [{ "name": "small", "scope": "gateway", "period": "month", "limit": 505, "unit": "tokens", "action": "warn", "warnAt": [0.4, 0.8] }],
          "alerts": [{{string.Join(", ", hooks.Select(static h => $$"""{ "url": "{{h}}{{Door}}", "secretEnv": "ALERT_SECRET" }"""))}}]
        }
        """;

    private static async Task AskAsync(GatewayProcess gateway)
    {
        var answer = await gateway.CallAsync("POST", "/v1/chat/completions", """{"model":"count/talk-100","max_tokens":100,"messages":[{"role":"user","content":"hello"}]}""");
        Assert.True(answer.Status == 200, answer.Body);
    }

    private static Task<int> ToldAsync(TinyHttp hook, int count) => Until.TrueAsync($"{count} alerts have come", () => Task.FromResult(hook.Heads.Count), n => n >= count);

    private static List<(string Body, JsonElement Json)> Told(TinyHttp hook) => [.. hook.Asked.Select(static asked =>
    {
        var body = asked[asked.IndexOf('{', StringComparison.Ordinal)..];
        using var json = JsonDocument.Parse(body);
        return (body, json.RootElement.Clone());
    })];

    // As docs/budgets.md tells a receiver to check it: HMAC-SHA256 over the seconds, a dot and the body.
    private static void AssertSigned(string head, string body)
    {
        var parts = Header(head, "x-openclaw-signature")!.Split(',');
        Assert.Equal(2, parts.Length);
        var seconds = parts[0].Split("t=")[1];
        var signed = Encoding.ASCII.GetBytes(seconds + ".").Concat(Encoding.Latin1.GetBytes(body)).ToArray();
        Assert.Equal("v1=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Key), signed)), parts[1]);
    }

    private static string? Header(string head, string name) =>
        head.Split('\n').Where(l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)).Select(l => l[(name.Length + 1)..].Trim()).SingleOrDefault();

    private static string Fraction(JsonElement alert) => Number(alert.GetProperty("budget"), "fraction").ToString("0.##", CultureInfo.InvariantCulture);

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private static decimal Number(JsonElement json, string name) => json.GetProperty(name).GetDecimal();
}
