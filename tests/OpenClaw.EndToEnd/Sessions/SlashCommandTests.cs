using OpenClaw.EndToEnd.Running;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Sessions;

/// <summary>Slash commands over both protocols, as a client made of HTTP and JSON sees them.</summary>
public sealed class SlashCommandTests
{
    private const string Opus = "anthropic/claude-opus-4";

    // Servers are also asked for their lists of models.
    private static bool IsAsked(ScriptedCall call) => call.Method == "POST";

    public static TheoryData<string, bool> Ways => new()
    {
        { nameof(ClientProtocol.Chat), false },
        { nameof(ClientProtocol.Chat), true },
        { nameof(ClientProtocol.Messages), false },
        { nameof(ClientProtocol.Messages), true },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task The_guides_command_sets_the_model_and_costs_nothing(string protocolName, bool stream)
    {
        var protocol = Enum.Parse<ClientProtocol>(protocolName);
        await using var server = SessionConfig.Server();
        await using var gateway = await GatewayProcess.StartAsync(SessionConfig.Of(server));
        using var client = new ChatClient(gateway.Url);

        var set = await client.SayAsync("/model anthropic/claude-opus-4", "s", protocol, stream);
        Assert.True(set.LooksWhole && set.Violations.Count == 0, set.ToString());
        // A server of one's own that does not list the model is noted below it.
        Assert.StartsWith("Model set to anthropic/claude-opus-4 for this session only; configured default unchanged.", set.Text, StringComparison.Ordinal);
        Assert.Equal(("openclaw", "0", "openclaw"), (set.Model, set.Header("x-openclaw-cost"), set.Header("x-openclaw-model")));
        Assert.Equal((0, 0), (set.InputTokens ?? 0, set.OutputTokens ?? 0));
        Assert.DoesNotContain(server.Calls, IsAsked);
        var decision = await gateway.DecisionAsync(set.Header("x-openclaw-decision")!, RunningConfig.Bearer());
        Assert.Equal(("command", "s"), (decision["outcome"]!.GetValue<string>(), decision["session"]!.GetValue<string>()));

        // The body names another model, as clients do: what is set in the session wins, and the header over both.
        var asked = await client.SayAsync("hello", "s", protocol, stream, model: "gpt-4o");
        Assert.True(asked.LooksWhole, asked.ToString());
        Assert.Equal(Opus, asked.Header("x-openclaw-model"));
        Assert.Contains("the session is set to anthropic/claude-opus-4, the request names gpt-4o", (await gateway.DecisionAsync(asked.Header("x-openclaw-decision")!, RunningConfig.Bearer()))["notes"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("openai/gpt-4o", (await client.SayAsync("hello", "s", protocol, stream, more: ("x-openclaw-model", "openai/gpt-4o"))).Header("x-openclaw-model"));

        // Another session knows nothing of it.
        Assert.Equal("anthropic/claude-sonnet-4-20250514", (await client.SayAsync("hello", "other", protocol, stream, model: "default")).Header("x-openclaw-model"));

        var status = await client.SayAsync("/status", "s", protocol, stream);
        Assert.Contains("🧠 Model: anthropic/claude-opus-4 · pinned session; config primary anthropic/claude-sonnet-4-20250514 · clear /model default", status.Text, StringComparison.Ordinal);
        Assert.Contains("Σ Total: 2 requests", status.Text, StringComparison.Ordinal);
        Assert.Equal(3, server.Calls.Count(IsAsked));
        Assert.Equal("Session model reset to configured default (anthropic/claude-sonnet-4-20250514).", (await client.SayAsync("/model default", "s", protocol, stream)).Text);
        Assert.Equal("openai/gpt-4o", (await client.SayAsync("hello", "s", protocol, stream, model: "gpt-4o")).Header("x-openclaw-model"));
    }

    [Fact]
    public async Task A_miss_names_what_is_near_and_changes_nothing_and_what_is_not_allowed_is_refused()
    {
        await using var server = SessionConfig.Server();
        await using var gateway = await GatewayProcess.StartAsync(SessionConfig.Of(server));
        using var client = new ChatClient(gateway.Url);
        await client.SayAsync("/model openai/gpt-4o", "s");
        foreach (var (wrong, near) in ((string, string)[])[("anthropic/claude-opus-5", Opus), ("anthropic/Claude-Opus-4", Opus), ("openai/gpt-4o-mini", "openai/gpt-4o"), ("nosuch/thing", "Nearest:"), ("77", "there are")])
        {
            var miss = await client.SayAsync("/model " + wrong, "s");
            Assert.Contains(near, miss.Text, StringComparison.Ordinal);
            Assert.Contains("Nothing was changed: the model is still openai/gpt-4o.", miss.Text, StringComparison.Ordinal);
        }
        Assert.Equal("openai/gpt-4o", (await client.SayAsync("hello", "s")).Header("x-openclaw-model"));

        // A client's own list holds in its session too.
        var refused = await client.SayAsync("/model anthropic/claude-opus-4", "s", token: SessionConfig.ClientToken);
        Assert.Contains("is not allowed", refused.Text, StringComparison.Ordinal);
        Assert.Equal("openai/gpt-4o", (await client.SayAsync("hello", "s", model: "default", token: SessionConfig.ClientToken)).Header("x-openclaw-model"));
    }

    [Fact]
    public async Task An_alias_is_its_chain_strict_is_one_model_and_without_it_a_set_model_falls_back()
    {
        await using var server = SessionConfig.Server();
        await using var gateway = await GatewayProcess.StartAsync(SessionConfig.Of(server));
        using var client = new ChatClient(gateway.Url);
        await client.SayAsync("/deep", "s");
        Assert.Equal(Opus, (await client.SayAsync("hello", "s")).Header("x-openclaw-model"));

        await client.SayAsync("/model openai/down", "t");
        Assert.Equal("openai/gpt-4o", (await client.SayAsync("hello", "t")).Header("x-openclaw-model"));
        var status = (await client.SayAsync("/status", "t")).Text;
        Assert.Contains("↪️ Fallback: openai/gpt-4o (selected openai/down;", status, StringComparison.Ordinal);

        await client.SayAsync("/model openai/down strict", "t");
        var alone = await client.SayAsync("hello", "t");
        Assert.True(alone.IsClearError, alone.ToString());
        Assert.DoesNotContain("gpt-4o", alone.Error!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_behind_the_command_goes_to_the_model_and_the_command_does_not()
    {
        await using var server = SessionConfig.Server(new ScriptedOptions { KeepBodies = true });
        await using var gateway = await GatewayProcess.StartAsync(SessionConfig.Of(server));
        using var client = new ChatClient(gateway.Url);
        foreach (var protocol in Enum.GetValues<ClientProtocol>())
        {
            var reply = await client.SayAsync("/model anthropic/claude-opus-4 tell me \"all\"", "s", protocol);
            Assert.Equal(Opus, reply.Header("x-openclaw-model"));
            var body = System.Text.Encoding.UTF8.GetString(server.Calls.Last(static c => c.Method == "POST").Body.Span);
            Assert.Contains("tell me", body, StringComparison.Ordinal);
            Assert.DoesNotContain("/model", body, StringComparison.Ordinal);
        }
        // A word that is none goes as it is.
        await client.SayAsync("/modle anthropic/claude-opus-4", "s");
        Assert.Contains("/modle anthropic/claude-opus-4", System.Text.Encoding.UTF8.GetString(server.Calls.Last(static c => c.Method == "POST").Body.Span), StringComparison.Ordinal);
        await client.SayAsync("/status", "s", more: ("x-openclaw-commands", "off"));
        Assert.Contains("/status", System.Text.Encoding.UTF8.GetString(server.Calls.Last(static c => c.Method == "POST").Body.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sessions_are_named_by_the_protocols_own_fields_and_no_client_sees_anothers()
    {
        await using var server = SessionConfig.Server();
        await using var gateway = await GatewayProcess.StartAsync(SessionConfig.Of(server));
        async Task<string> TextAsync(string path, string body, string token)
        {
            var answer = await gateway.CallAsync("POST", path, body, RunningConfig.Bearer(token));
            Assert.Equal(200, answer.Status);
            return answer.Body;
        }
        const string Composite = "user_0123456789abcdef_account__session_4b1c9a5e-0000-4000-8000-000000000000";
        await TextAsync("/v1/messages", $$"""{"model":"x","max_tokens":9,"metadata":{"user_id":"{{Composite}}"},"messages":[{"role":"user","content":[{"type":"text","text":"<system-reminder>be nice</system-reminder>"},{"type":"text","text":"/model openai/gpt-4o"}]}]}""", RunningConfig.Token);
        await TextAsync("/v1/chat/completions", """{"model":"x","user":"u1","messages":[{"role":"user","content":"/model openai/gpt-4o"}]}""", RunningConfig.Token);
        await TextAsync("/v1/chat/completions", """{"model":"x","prompt_cache_key":"k1","messages":[{"role":"user","content":"/model openai/gpt-4o"}]}""", SessionConfig.ClientToken);

        var list = (await gateway.GetAsync("/openclaw/v1/sessions", RunningConfig.Bearer())).Json["sessions"]!.AsArray().Select(s => s!["key"]!.GetValue<string>()).ToHashSet();
        Assert.Equal([Composite, "ci:k1", "u1"], list.Order(StringComparer.Ordinal).OrderByDescending(k => k.Length));

        // The client asks in a session that is called like the owner's: it is another one.
        var seen = await TextAsync("/v1/chat/completions", """{"model":"openai/gpt-4o","user":"u1","messages":[{"role":"user","content":"/status"}]}""", SessionConfig.ClientToken);
        Assert.Contains("ci:u1", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("pinned", seen, StringComparison.Ordinal);
        foreach (var path in (string[])["/openclaw/v1/sessions", "/openclaw/v1/sessions/u1", "/openclaw/v1/sessions/ci:k1"])
        {
            Assert.Equal(403, (await gateway.GetAsync(path, RunningConfig.Bearer(SessionConfig.ClientToken))).Status);
            Assert.Equal(401, (await gateway.GetAsync(path)).Status);
        }

        // Who names no session leaves none behind.
        await TextAsync("/v1/chat/completions", """{"model":"openai/gpt-4o","messages":[{"role":"user","content":"hello"}]}""", RunningConfig.Token);
        Assert.Equal(3, (await gateway.GetAsync("/openclaw/v1/sessions", RunningConfig.Bearer())).Json["sessions"]!.AsArray().Count);
    }

    [Fact]
    public async Task What_was_set_survives_the_end_of_the_process_by_force()
    {
        await using var server = SessionConfig.Server();
        var folder = Directory.CreateTempSubdirectory("openclaw-e2e-sessions-").FullName;
        try
        {
            await using (var first = await GatewayProcess.StartAsync(SessionConfig.Of(server), keep: folder))
            {
                using var client = new ChatClient(first.Url);
                await client.SayAsync("hello", "s", model: "openai/gpt-4o");
                await client.SayAsync("/model anthropic/claude-opus-4", "s");
                await client.SayAsync("/usage full", "s");
                await first.KillAsync();
            }
            await using var second = await GatewayProcess.StartAsync(SessionConfig.Of(server), keep: folder);
            using var again = new ChatClient(second.Url);
            Assert.Equal(Opus, (await again.SayAsync("hello", "s", model: "openai/gpt-4o")).Header("x-openclaw-model"));
            var session = (await Until.TrueAsync("both requests", () => second.GetAsync("/openclaw/v1/sessions/s", RunningConfig.Bearer()), a => a.Json["requests"]!.GetValue<int>() == 2)).Json;
            Assert.Equal((Opus, "full"), (session["override"]!.GetValue<string>(), session["usageFooter"]!.GetValue<string>()));

            // An allowlist that shrank: an error that says what to do, never another model.
            File.WriteAllText(Path.Combine(folder, "openclaw.json"), SessionConfig.Of(server, c =>
            {
                c["models"]!["allowlist"] = new System.Text.Json.Nodes.JsonArray("openai/gpt-4o", "anthropic/claude-sonnet-4-20250514");
                c["models"]!["aliases"] = new System.Text.Json.Nodes.JsonObject();
            }));
            var refused = await Until.TrueAsync("the shorter list", () => again.SayAsync("hello", "s"), r => r.Status != 200);
            Assert.Contains("/model default takes that back", refused.Error!, StringComparison.Ordinal);
            await again.SayAsync("/model default", "s");
            Assert.True((await again.SayAsync("hello", "s", model: "default")).LooksWhole);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
