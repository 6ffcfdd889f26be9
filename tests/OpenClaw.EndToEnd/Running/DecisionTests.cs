using System.Text;
using System.Text.Json.Nodes;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Running;

/// <summary>Every request leaves one decision; no output anywhere holds a prompt, an answer or a key.</summary>
public sealed class DecisionTests
{
    private const string PromptMark = "marker-prompt-7f3a9c";
    private static readonly string[] s_hidden = [PromptMark, "sk-wall-never-show", RunningConfig.Token, "tok-wrong-5512", "The lobster that keeps", "hdr-secret-8841"];

    [Fact]
    public async Task Each_request_leaves_one_by_its_id_and_nothing_secret_leaves_at_all()
    {
        await using var server = ScriptedServer.Start();
        await using var gateway = await GatewayProcess.StartAsync(RunningConfig.WithToken(server, c =>
        {
            c["models"]!["fallbacks"] = new JsonArray("a/ok");
            c["models"]!["providers"]!["p"]!["headers"] = new JsonObject { ["x-secret"] = "hdr-secret-8841" };
            c["routing"] = new JsonObject { ["retries"] = 0 };
        }));
        using var client = new ChatClient(gateway.Url);
        string[] models = ["p/ok", "p/down", "p/bad-key", "p/cut-after-20", "p/error-mid-stream", "p/html", "p/policy", "p/context-too-long", "p/tool", "p/thinking", "q/unknown", "p/money-out", "p/garbage-end"];
        var ids = new HashSet<string>();
        var other = new StringBuilder();
        var asked = 0;
        foreach (var model in models)
        foreach (var protocol in Enum.GetValues<ClientProtocol>())
        foreach (var stream in (bool[])[true, false])
        {
            var reply = await client.AskAsync(new ChatAsk(model, protocol, stream, PromptMark + " say it") { Headers = RunningConfig.Bearer() }, TestContext.Current.CancellationToken);
            asked++;
            Assert.True(ids.Add(reply.Header("x-openclaw-decision")!), "the id of another request");
            if (reply.Error is not null) other.Append(reply.Error);
        }
        foreach (var headers in (IReadOnlyDictionary<string, string>[])[RunningConfig.Bearer("tok-wrong-5512"), RunningConfig.Bearer()])
        {
            var broken = await gateway.CallAsync("POST", "/v1/chat/completions?key=tok-wrong-5512", $$"""{"model":"p/ok","messages":"{{PromptMark}}" """, headers);
            asked++;
            other.Append(broken.Body);
            Assert.True(ids.Add(broken.Headers["x-openclaw-decision"]));
        }

        foreach (var id in ids) Assert.Equal(id, (await gateway.DecisionAsync(id, RunningConfig.Bearer()))["id"]!.GetValue<string>());
        var all = (await gateway.GetAsync("/openclaw/v1/decisions?limit=1000", RunningConfig.Bearer())).Body;
        Assert.Equal(asked, JsonNode.Parse(all)!["decisions"]!.AsArray().Count);
        Assert.Equal(404, (await gateway.GetAsync("/openclaw/v1/decisions/dec_none", RunningConfig.Bearer())).Status);

        await Until.TrueAsync("every line on standard output", () => Task.FromResult(gateway.Log), log => ids.All(id => log.Contains(id, StringComparison.Ordinal)));
        var outputs = new Dictionary<string, string>
        {
            ["log"] = gateway.Log,
            ["decisions"] = all,
            ["metrics"] = (await gateway.GetAsync("/metrics")).Body,
            ["status"] = (await gateway.StatusAsync(RunningConfig.Bearer())).ToJsonString(),
            ["models"] = (await gateway.GetAsync("/openclaw/v1/models", RunningConfig.Bearer())).Body,
            ["errors"] = other.ToString(),
        };
        foreach (var (name, text) in outputs)
        foreach (var hidden in s_hidden)
        {
            Assert.False(text.Contains(hidden, StringComparison.Ordinal), $"{name} holds {hidden}");
        }
    }

    [Fact]
    public async Task It_tells_the_plan_the_attempts_and_who_answered()
    {
        await using var server = ScriptedServer.Start();
        await using var gateway = await GatewayProcess.StartAsync(RunningConfig.Of(server, c =>
        {
            c["models"]!["fallbacks"] = new JsonArray("a/ok");
            c["routing"] = new JsonObject { ["retries"] = 0 };
        }));
        var answer = await gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat.Replace("p/ok", "p/down", StringComparison.Ordinal));
        var decision = await gateway.DecisionAsync(answer.Headers["x-openclaw-decision"]);
        Assert.Equal(("p/down", "a/ok", "answered", 200), (decision["requested"]!.GetValue<string>(), decision["answered"]!.GetValue<string>(), decision["outcome"]!.GetValue<string>(), decision["status"]!.GetValue<int>()));
        Assert.Equal(["p/down", "a/ok"], decision["plan"]!.AsArray().Take(2).Select(p => p!.GetValue<string>()));
        Assert.Equal(["p/down", "a/ok"], decision["attempts"]!.AsArray().Select(p => p!["target"]!.GetValue<string>()));
        Assert.Equal(("a/ok", "ok"), (answer.Headers["x-openclaw-model"], answer.Json["model"]!.GetValue<string>()));
        Assert.Contains("openclaw_fallbacks_total{from=\"p/down\",to=\"a/ok\"} 1", (await gateway.GetAsync("/metrics")).Body, StringComparison.Ordinal);
        // Now it rests and is not asked: another answers all the same.
        await gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat.Replace("p/ok", "p/down", StringComparison.Ordinal));
        Assert.Contains("openclaw_fallbacks_total{from=\"p/down\",to=\"a/ok\"} 2", (await gateway.GetAsync("/metrics")).Body, StringComparison.Ordinal);
    }
}
