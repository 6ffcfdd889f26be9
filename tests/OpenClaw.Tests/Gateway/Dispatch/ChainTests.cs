using System.Text.Json;
using OpenClaw.Tests.Docs;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>Which chain goes on after a refusal or a silence: <c>a</c>, then <c>b</c>; <c>c</c> is for refused content.</summary>
public sealed class ChainTests : IAsyncDisposable
{
    private const string Refusal = """{"error":{"message":"refused by the content management policy","type":"invalid_request_error","param":null,"code":"content_policy_violation"}}""";
    private const string BadId = """{"error":{"message":"a bad id of a tool call","type":"invalid_request_error","param":null,"code":null}}""";
    private readonly ManualResetEventSlim _released = new();
    private readonly List<TinyHttp> _servers = [];

    public async ValueTask DisposeAsync()
    {
        _released.Set();
        foreach (var server in _servers) await server.DisposeAsync();
        _released.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_one_refuses_goes_to_the_chain_for_that_and_to_nobody_else(bool stream)
    {
        await using var gateway = await StartAsync((400, Refusal), (200, Answer("from b")), (200, Answer("from c")), chain: true);
        var (answer, body) = await gateway.PostAsync("/v1/chat/completions", Ask(stream));
        Assert.True(answer.IsSuccessStatusCode, body);
        Assert.Contains("from c", body, StringComparison.Ordinal);
        Assert.Equal((1, 0, 1), Asked());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_refusal_with_200_goes_there_too_and_is_paid_for(bool stream)
    {
        await using var gateway = await StartAsync((200, Answer("", "content_filter", prompt: 70)), (200, Answer("from b")), (200, Answer("from c")), chain: true);
        var (answer, body) = await gateway.PostAsync("/v1/chat/completions", Ask(stream));
        Assert.Contains("from c", body, StringComparison.Ordinal);
        Assert.Equal((1, 0, 1), Asked());
        var decision = (await gateway.StopAsync())[answer.Headers.GetValues("x-openclaw-decision").Single()];
        Assert.Equal(["policy", "ok"], decision.GetProperty("attempts").EnumerateArray().Select(static a => a.TryGetProperty("failure", out var f) ? f.GetString() : "ok"));
        Assert.Equal(70 + 9, decision.GetProperty("usage").GetProperty("input").GetInt64());
    }

    [Fact]
    public async Task Without_such_a_chain_the_caller_gets_the_refusal_as_it_is()
    {
        await using var gateway = await StartAsync((200, Answer("", "content_filter")), (200, Answer("from b")), (200, Answer("from c")), chain: false);
        var (answer, body) = await gateway.PostAsync("/v1/chat/completions", Ask(stream: false));
        Assert.True(answer.IsSuccessStatusCode, body);
        Assert.Equal("content_filter", JsonDocument.Parse(body).RootElement.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Equal((1, 0, 0), Asked());
    }

    [Fact]
    public async Task What_is_refused_is_not_sent_to_a_target_that_was_passed_over()
    {
        await using var gateway = await StartAsync((500, "{}"), (400, Refusal), (200, Answer("from c")), chain: false);
        // The first one fails, and rests from now on.
        Assert.Equal(400, (int)(await gateway.PostAsync("/v1/chat/completions", Ask(stream: false))).Answer.StatusCode);
        var before = Asked();
        Assert.Equal(400, (int)(await gateway.PostAsync("/v1/chat/completions", Ask(stream: false))).Answer.StatusCode);
        Assert.Equal((before.A, before.B + 1, 0), Asked());
    }

    [Fact]
    public async Task A_silent_target_is_given_up_for_the_next_one_though_the_deadline_of_streams_is_over()
    {
        await using var gateway = await StartAsync(
            null, (200, Answer("from b")), (200, Answer("from c")), chain: false, """, "deadline": "50ms", "timeouts": { "answer": "200ms" }""");
        var (answer, body) = await gateway.PostAsync("/v1/chat/completions", Ask(stream: false));
        Assert.True(answer.IsSuccessStatusCode, body);
        Assert.Contains("from b", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Once_the_first_target_is_known_to_be_down_the_next_one_is_the_first_that_is_called(bool stream)
    {
        await using var gateway = await StartAsync((500, "{}"), (200, Answer("from b")), (200, Answer("from c")), chain: false);
        Assert.Contains("from b", (await gateway.PostAsync("/v1/chat/completions", Ask(stream))).Body, StringComparison.Ordinal);
        Assert.Equal((1, 1, 0), Asked());
        var (answer, body) = await gateway.PostAsync("/v1/chat/completions", Ask(stream));
        Assert.Contains("from b", body, StringComparison.Ordinal);
        Assert.Equal((1, 2, 0), Asked());
        Assert.Equal("1", answer.Headers.GetValues("x-openclaw-attempts").Single());
        AssertWentStraightTo("b/m", (await gateway.StopAsync())[answer.Headers.GetValues("x-openclaw-decision").Single()]);
    }

    [Fact]
    public async Task A_port_where_nobody_listens_is_a_connection_refused_and_the_next_target_answers()
    {
        await using var gateway = await StartAsync((200, Answer("from a")), (200, Answer("from b")), (200, Answer("from c")), chain: false);
        // Its port is closed from now on.
        await _servers[0].DisposeAsync();
        var (first, body) = await gateway.PostAsync("/v1/chat/completions", Ask(stream: false));
        Assert.Contains("from b", body, StringComparison.Ordinal);
        var second = (await gateway.PostAsync("/v1/chat/completions", Ask(stream: false))).Answer;
        Assert.Equal((0, 2, 0), Asked());
        var decisions = await gateway.StopAsync();
        var attempts = decisions[first.Headers.GetValues("x-openclaw-decision").Single()].GetProperty("attempts");
        Assert.Equal(2, attempts.GetArrayLength());
        Assert.Equal(("a/m", "connect"), (attempts[0].GetProperty("target").GetString(), attempts[0].GetProperty("failure").GetString()));
        Assert.Contains("refused", attempts[0].GetProperty("message").GetString(), StringComparison.OrdinalIgnoreCase);
        Assert.False(attempts[0].TryGetProperty("status", out _), "nobody answered");
        AssertWentStraightTo("b/m", decisions[second.Headers.GetValues("x-openclaw-decision").Single()]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_stand_in_does_not_take_goes_on_to_the_next(bool stream)
    {
        await using var gateway = await StartAsync((500, "{}"), (400, BadId), (200, Answer("from c")), chain: false, fallbacks: "\"b/m\", \"c/m\"");
        var (answer, body) = await gateway.PostAsync("/v1/chat/completions", Ask(stream));
        Assert.True(answer.IsSuccessStatusCode, body);
        Assert.Contains("from c", body, StringComparison.Ordinal);
        Assert.Equal((1, 1, 1), Asked());
    }

    [Fact]
    public async Task What_the_target_that_was_asked_for_does_not_take_is_the_callers_and_goes_to_nobody_else()
    {
        await using var gateway = await StartAsync((400, BadId), (200, Answer("from b")), (200, Answer("from c")), chain: false, fallbacks: "\"b/m\", \"c/m\"");
        var (answer, body) = await gateway.PostAsync("/v1/chat/completions", Ask(stream: false));
        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains("a bad id", body, StringComparison.Ordinal);
        Assert.Equal((1, 0, 0), Asked());
    }

    [Fact]
    public async Task Where_no_stand_in_takes_it_the_caller_is_told_what_the_first_one_lacks()
    {
        await using var gateway = await StartAsync((500, "{}"), (400, BadId), (400, BadId), chain: false, fallbacks: "\"b/m\", \"c/m\"");
        var (answer, body) = await gateway.PostAsync("/v1/chat/completions", Ask(stream: false));
        // That may pass: a caller who tries again is right to.
        Assert.Equal(502, (int)answer.StatusCode);
        Assert.Contains("a bad id", body, StringComparison.Ordinal);
        Assert.Equal((1, 1, 1), Asked());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_provider_whose_own_time_is_over_makes_room_for_the_next(bool stream)
    {
        await using var gateway = await StartAsync(null, (200, Answer("from b")), (200, Answer("from c")), chain: false, provider: """, "timeoutSeconds": 0.3""");
        var (answer, body) = await gateway.PostAsync("/v1/chat/completions", Ask(stream));
        Assert.Contains("from b", body, StringComparison.Ordinal);
        var decision = (await gateway.StopAsync())[answer.Headers.GetValues("x-openclaw-decision").Single()];
        Assert.Contains("timeoutSeconds", decision.GetProperty("attempts")[0].GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    // One attempt, at once, and a word on the one that was passed over.
    private static void AssertWentStraightTo(string target, JsonElement decision)
    {
        var attempt = Assert.Single(decision.GetProperty("attempts").EnumerateArray());
        Assert.Equal((target, "first"), (attempt.GetProperty("target").GetString(), attempt.GetProperty("kind").GetString()));
        Assert.False(attempt.TryGetProperty("waitedMs", out _), "it waited before the call");
        Assert.Equal(target, decision.GetProperty("answered").GetString());
        Assert.Contains(decision.GetProperty("notes").EnumerateArray(), static n => n.GetString()!.StartsWith("a/m: passed over, ", StringComparison.Ordinal));
    }

    private (int A, int B, int C) Asked() => (Posts(0), Posts(1), Posts(2));

    private int Posts(int server) => _servers[server].Asked.Count(static a => a.StartsWith("POST", StringComparison.Ordinal));

    /// <param name="a">Null = silent.</param>
    private Task<RunningGateway> StartAsync((int, string)? a, (int, string) b, (int, string) c, bool chain, string routing = "", string fallbacks = "\"b/m\"", string provider = "")
    {
        foreach (var answer in new[] { a, b, c })
        {
            _servers.Add(new TinyHttp((door, _) =>
            {
                if (!door.StartsWith("POST", StringComparison.Ordinal)) return (404, "{}");
                if (answer is { } known) return known;
                _released.Wait(TimeSpan.FromSeconds(30));
                return (0, "");
            }));
        }
        var providers = string.Join(", ", _servers.Select((s, i) => $$"""
            "{{"abc"[i]}}": { "baseUrl": "{{s.Url}}/v1", "api": "openai-completions", "apiKey": "sk-x"{{provider}} }
            """));
        return RunningGateway.StartAsync($$"""
            {
              "defaultModel": "a/m",
              "models": { "providers": { {{providers}} }, "fallbacks": [{{fallbacks}}]{{(chain ? ", \"contentPolicyFallbacks\": [\"c/m\"]" : "")}} },
              "storage": { "url": "none" },
              "routing": { "retries": 0, "cooldown": { "base": "5m" }{{routing}} }
            }
            """);
    }

    private static string Ask(bool stream) => $$"""{ "model": "default", "stream": {{(stream ? "true" : "false")}}, "messages": [{ "role": "user", "content": "hello" }] }""";

    private static string Answer(string text, string finish = "stop", int prompt = 9) =>
        $$$"""{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"{{{text}}}"},"finish_reason":"{{{finish}}}"}],"usage":{"prompt_tokens":{{{prompt}}},"completion_tokens":2,"total_tokens":{{{prompt + 2}}} } }""";
}
