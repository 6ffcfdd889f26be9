using System.Globalization;
using System.Text;
using System.Text.Json;
using OpenClaw.Config;
using OpenClaw.Gateway;
using OpenClaw.Gateway.Metering.Alerts;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;
using OpenClaw.Tests.Docs;
using OpenClaw.Tests.Gateway.Admission;
using OpenClaw.Tests.Gateway.Metering.Budgets;

namespace OpenClaw.Tests.Gateway.Metering.Alerts;

/// <summary>What a webhook is told by a gateway that runs: a stopped session, a target that is gone and comes back, a budget's fractions.</summary>
public sealed class AlertsOnTheWireTests
{
    private readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_that_the_guard_stops_is_told_once_with_what_was_seen()
    {
        await using var hook = new TinyHttp((_, _) => (200, "{}"));
        await using (var gateway = await RunningGateway.StartAsync($$"""
            { "defaultModel": "scripted/ok", "models": { "providers": { "scripted": {} } }, "guard": { "toolLoop": 4 }, "alerts": [{ "url": "{{hook.Url}}/hook" }] }
            """))
        {
            var talk = new Conversation().User("a secret that no alert repeats");
            for (var i = 0; i < 4; i++) talk.Tool("look", "{}", "nothing");
            var loop = Encoding.UTF8.GetString(talk.Body()).Replace("\"m\"", "\"scripted/ok\"", StringComparison.Ordinal);
            for (var i = 0; i < 2; i++) Assert.Equal(429, (int)(await gateway.PostAsync("/v1/chat/completions", loop, ("x-openclaw-session", "main"))).Answer.StatusCode);
            Assert.Equal(200, (int)(await gateway.PostAsync("/v1/chat/completions", Hello, ("x-openclaw-session", "another"))).Answer.StatusCode);
            await ArrivedAsync(hook, 1);
        }
        var told = Assert.Single(Told(hook));
        Assert.Equal("session.stopped", told.GetProperty("event").GetString());
        var stop = told.GetProperty("stop");
        Assert.Equal(("owner", "main", "tool_loop"), (stop.GetProperty("caller").GetString(), stop.GetProperty("session").GetString(), stop.GetProperty("kind").GetString()));
        Assert.Equal($"the runaway guard stopped session \"main\" of owner: {stop.GetProperty("saw").GetString()}", told.GetProperty("text").GetString());
        Assert.True(stop.GetProperty("until").GetDateTimeOffset() > stop.GetProperty("since").GetDateTimeOffset());
        Assert.DoesNotContain("secret", string.Concat(hook.Asked), StringComparison.Ordinal);
        Assert.Contains("x-openclaw-event: session.stopped", Assert.Single(hook.Heads), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Each_fraction_of_a_budget_and_its_end_are_told_once_in_their_order()
    {
        await using var hook = new TinyHttp((_, _) => (200, "{}"));
        await using var provider = new CountingProvider();
        await using (var gateway = await RunningGateway.StartAsync($$"""
            {
              "models": { "providers": { {{provider.Config("talk-100")}} } },
              "guard": { "enabled": false },
              "budgets": [{ "name": "small", "scope": "gateway", "limit": 505, "unit": "tokens", "action": "warn", "warnAt": [0.4, 0.8] }],
              "alerts": [{ "url": "{{hook.Url}}/hook" }]
            }
            """))
        {
            // A hundred words said, and one heard: 101 tokens each.
            for (var i = 1; i <= 7; i++) Assert.Equal(200, (int)(await gateway.PostAsync("/v1/chat/completions", Hello.Replace("default", "count/talk-100", StringComparison.Ordinal))).Answer.StatusCode);
            await ArrivedAsync(hook, 3);
        }
        Assert.Equal(
            ["budget.threshold 0.4 202", "budget.threshold 0.8 404", "budget.exhausted 1 505"],
            Told(hook).Select(static t => $"{t.GetProperty("event").GetString()} {Number(t, "fraction")} {Number(t, "spent")}"));
        Assert.Equal(3, Told(hook).Select(static t => t.GetProperty("id").GetString()).Distinct().Count());
    }

    [Fact]
    public async Task A_target_that_is_down_at_two_looks_is_told_and_told_again_when_it_answers()
    {
        await using var hook = new TinyHttp((_, _) => (200, "{}"));
        var time = new ManualTime();
        await using var stage = BudgetStage.Of("", time: time);
        var (inForce, target) = (true, stage.Target().Health);
        await using (var alerts = new AlertState(() => [new AlertConfig { Url = hook.Url + "/hook" }], static _ => null, new NoMemory(), TimeProvider.System, static _ => { }))
        await using (var watch = new OutageWatch(() => inForce ? [stage.Target()] : [], alerts, time))
        {
            // It stumbles once and is well before the second look: nobody is told.
            Fail(target, time);
            time.Advance(TimeSpan.FromSeconds(5));
            Succeed(target, time);
            time.Advance(TimeSpan.FromSeconds(10));
            Assert.Empty(hook.Asked);

            Fail(target, time);
            time.Advance(TimeSpan.FromSeconds(20));
            await ArrivedAsync(hook, 1);
            Succeed(target, time);
            time.Advance(TimeSpan.FromSeconds(20));
            await ArrivedAsync(hook, 2);

            // One that is out of the configuration is not told of, and begins anew when it is back.
            Fail(target, time);
            time.Advance(TimeSpan.FromSeconds(5));
            inForce = false;
            time.Advance(TimeSpan.FromSeconds(20));
            Assert.Equal(2, hook.Asked.Count);
        }
        var told = Told(hook);
        Assert.Equal(["target.down p/m", "target.up p/m"], told.Select(static t => $"{t.GetProperty("event").GetString()} {t.GetProperty("target").GetString()}"));
        Assert.StartsWith("p/m does not answer: ", told[0].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal("p/m answers again", told[1].GetProperty("text").GetString());
    }

    [Fact]
    public async Task A_running_gateway_tells_of_a_provider_that_is_gone_and_of_its_return()
    {
        var isUp = false;
        await using var hook = new TinyHttp((_, _) => (200, "{}"));
        await using var provider = new TinyHttp((door, _) => Volatile.Read(ref isUp) && door.StartsWith("POST ", StringComparison.Ordinal)
            ? (200, """{ "id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{ "index": 0, "message": { "role": "assistant", "content": "well" }, "finish_reason": "stop" }], "usage": { "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2 } }""")
            : (503, """{ "error": { "message": "down", "type": "server_error" } }"""));
        var time = new ManualTime();
        var folder = Directory.CreateTempSubdirectory("openclaw-alerts-");
        try
        {
            var file = Path.Combine(folder.FullName, "openclaw.json");
            await File.WriteAllTextAsync(file, $$"""
                {
                  "defaultModel": "p/m",
                  "models": { "providers": { "p": { "baseUrl": "{{provider.Url}}/v1", "api": "openai-completions", "apiKey": "sk-never-show", "models": [{ "id": "m", "name": "m" }] } } },
                  "routing": { "retries": 0 },
                  "alerts": [{ "url": "{{hook.Url}}/hook" }]
                }
                """, _cancel);
            // Its clock stands still until the test moves it.
            var (host, refusal) = await GatewayHost.StartAsync(new GatewayOptions { ConfigPath = file, Port = 0, Environment = ConfigEnvironment.Empty, Time = time }, _cancel);
            Assert.True(host is not null, refusal?.Message);
            await using (host)
            {
                using var client = new HttpClient();
                var chat = new Uri(host.Address, "/v1/chat/completions");
                async Task<int> AskAsync()
                {
                    using var content = new StringContent(Hello, Encoding.UTF8, "application/json");
                    using var answer = await client.PostAsync(chat, content, _cancel);
                    return (int)answer.StatusCode;
                }
                Assert.InRange(await AskAsync(), 500, 599);
                time.Advance(TimeSpan.FromSeconds(11));
                await ArrivedAsync(hook, 1);
                Volatile.Write(ref isUp, true);
                // Resting or not, a target to which there is no other is asked.
                Assert.Equal(200, await AskAsync());
                time.Advance(TimeSpan.FromSeconds(11));
                await ArrivedAsync(hook, 2);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        Assert.Equal(["target.down p/m", "target.up p/m"], Told(hook).Select(static t => $"{t.GetProperty("event").GetString()} {t.GetProperty("target").GetString()}"));
        Assert.DoesNotContain("sk-never-show", string.Concat(hook.Asked), StringComparison.Ordinal);
    }

    private const string Hello = """{"model":"default","messages":[{"role":"user","content":"hello"}]}""";

    private static List<JsonElement> Told(TinyHttp hook) => [.. hook.Asked.Select(static a =>
    {
        using var json = JsonDocument.Parse(a[a.IndexOf('{', StringComparison.Ordinal)..]);
        return json.RootElement.Clone();
    })];

    private static string Number(JsonElement told, string name) => told.GetProperty("budget").GetProperty(name).GetDecimal().ToString("0.##", CultureInfo.InvariantCulture);

    private static void Fail(TargetState target, ManualTime time)
    {
        Assert.True(target.TryEnter(time.GetUtcNow(), out var permit));
        permit.Failure(new UpstreamFailure(FailureReason.ServerError, "it answered 500", 500), time.GetUtcNow());
    }

    private static void Succeed(TargetState target, ManualTime time)
    {
        // Whoever has no other target asks one that rests.
        if (!target.TryEnter(time.GetUtcNow(), out var permit)) permit = target.EnterAnyway();
        permit.Success();
    }

    // So many were told; whether more are is seen when everything has ended.
    private static async Task ArrivedAsync(TinyHttp hook, int count)
    {
        for (var i = 0; i < 2000 && hook.Asked.Count < count; i++) await Task.Delay(5);
        Assert.Equal(count, hook.Asked.Count);
    }
}
