using System.Globalization;
using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Providers.Scripted;
using OpenClaw.Tests.Docs;
using OpenClaw.Tests.Gateway.Dispatch;

namespace OpenClaw.Tests.Gateway.Metering.Budgets;

/// <summary>Budgets over HTTP, with a provider that counts what it bills. Where a test is the answer to a known trouble of another gateway, its name is beside it.</summary>
public sealed class BudgetedRequestTests
{
    [Fact]
    public async Task Fifty_at_once_do_not_pass_what_one_after_the_other_could_not() // litellm#34732, #26672
    {
        await using var provider = new CountingProvider();
        await using var gateway = await StartAsync(provider, """{ "name": "one session", "scope": "session", "limit": 0.05 }""");
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => AskAsync(gateway, "count/talk-300", stream: i % 2 == 0, session: "s1")));
        Assert.Contains(answers, static a => a.Status == 402);
        Assert.True(provider.Cost <= 0.05m, $"{provider.Cost}");
        Assert.Equal(provider.Cost, await SpentAsync(gateway)); // litellm#36926, #40050: what is counted is what was billed
        Assert.Equal(0, await ReservedAsync(gateway));
    }

    [Fact]
    public async Task A_missing_max_tokens_freezes_nobody() // litellm#27509
    {
        await using var provider = new CountingProvider();
        await using var gateway = await StartAsync(provider, """{ "scope": "gateway", "limit": 0.5 }""");
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => AskAsync(gateway, "count/talk-100-1ms", stream: true)));
        Assert.All(answers, static a => Assert.Equal(200, a.Status));
    }

    [Fact]
    public async Task Whatever_becomes_of_a_request_nothing_stays_reserved() // litellm#27639, #29493
    {
        await using var provider = new CountingProvider();
        await using var gateway = await StartAsync(provider, """{ "scope": "gateway", "limit": 10 }, { "scope": "client", "limit": 1000000, "unit": "tokens" }""");
        provider.CutAfter[1] = 20;
        Assert.Equal(200, (await AskAsync(gateway, "count/talk-60", stream: true)).Status);
        Assert.InRange((await AskAsync(gateway, "count/stumble", stream: true)).Status, 500, 599);
        await LeaveAsync(gateway, "count/talk-400-5ms", after: 10);
        Assert.True(await EventuallyAsync(async () => await ReservedAsync(gateway) == 0), "reserved for ever");
    }

    [Fact]
    public async Task A_stream_ends_at_the_limit_with_a_proper_finish_and_its_usage()
    {
        await using var provider = new CountingProvider();
        await using var gateway = await StartAsync(provider, """{ "name": "small", "scope": "gateway", "limit": 0.34 }""");
        var answer = await AskAsync(gateway, "count/talk-60000", stream: true, includeUsage: true);
        Assert.Equal(200, answer.Status);
        Assert.Contains("\"finish_reason\":\"length\"", answer.Body, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", answer.Body, StringComparison.Ordinal);
        Assert.Contains("\"completion_tokens\":", answer.Body, StringComparison.Ordinal);
        Assert.True(provider.Billed.Output > 12_000, $"{provider.Billed}");
        Assert.True(await SpentAsync(gateway) <= 0.34m);
    }

    [Fact]
    public async Task A_refusal_is_a_402_with_the_budget_in_words_and_no_call()
    {
        await using var provider = new CountingProvider();
        await using var gateway = await StartAsync(provider, """{ "name": "none", "scope": "gateway", "limit": 0.0001 }""");
        var answer = await AskAsync(gateway, "count/talk-100");
        Assert.Equal(402, answer.Status);
        using var json = JsonDocument.Parse(answer.Body);
        Assert.Equal("budget_exceeded", json.RootElement.GetProperty("error").GetProperty("code").GetString());
        Assert.StartsWith("budget \"none\" does not hold this call: $0.00 spent of $0.0001 in all", json.RootElement.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, provider.Calls);
    }

    [Fact]
    public async Task A_downgrade_is_answered_by_the_cheaper_chain_and_said_in_a_header()
    {
        await using var provider = new CountingProvider();
        await using var gateway = await StartAsync(provider, """{ "name": "soft", "scope": "gateway", "limit": 0.0001, "action": "downgrade", "to": "cheap" }""");
        var answer = await AskAsync(gateway, "count/talk-100", mayFallBack: true);
        Assert.Equal((200, "scripted/ok"), (answer.Status, answer.Header("x-openclaw-model")));
        Assert.Contains("budget soft has not enough left", answer.Header("x-openclaw-warnings"), StringComparison.Ordinal);
        Assert.Equal(0, provider.Calls);
    }

    [Fact]
    public async Task Who_wants_one_model_and_no_other_is_not_downgraded_but_told_of_it()
    {
        await using var provider = new CountingProvider();
        await using var gateway = await StartAsync(provider, """{ "name": "soft", "scope": "gateway", "limit": 0.0001, "action": "downgrade", "to": "cheap" }""");
        var answer = await AskAsync(gateway, "count/talk-100");
        Assert.Equal((402, 0), (answer.Status, provider.Calls));
        Assert.Contains("cheap would answer instead, but this request wants count/talk-100 only", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_may_not_use_the_cheaper_model_is_told_so()
    {
        await using var provider = new CountingProvider();
        await using var gateway = await RunningGateway.StartAsync($$"""
            {
              "models": { "providers": { {{provider.Config("talk-100")}} } }, "storage": { "url": "sqlite::memory:" },
              "gateway": { "auth": { "token": "t-owner" } }, "clients": [{ "name": "ci", "token": "t-ci", "allow": ["count/*"] }],
              "budgets": [{ "name": "soft", "scope": "gateway", "limit": 0.0001, "action": "downgrade", "to": "scripted/ok" }]
            }
            """);
        using var request = Request(gateway, "count/talk-100", stream: false, null, null, false, null);
        request.Headers.Authorization = new("Bearer", "t-ci");
        using var answer = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(402, (int)answer.StatusCode);
        Assert.Contains("scripted/ok would answer instead, but may not be used by this client", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cut_answer_that_a_budget_does_not_let_another_finish_says_so()
    {
        await using var server = ScriptedServer.Start(new ScriptedOptions());
        var calls = 0;
        server.On("half", x => ++calls == 1 ? ScriptedStage.SayAsync(x, "The road was long", cut: true) : x.WholeAsync(500, "application/json", "{}"u8.ToArray()));
        await using var gateway = await RunningGateway.StartAsync($$"""
            {
              "defaultModel": "p/half",
              "models": { "fallbacks": ["p/dear"], "prices": { "p/half": { "input": 1, "output": 1 }, "p/dear": { "input": 1000, "output": 1000 } }, "providers": { "p": { "baseUrl": "{{server.BaseUrl}}", "api": "openai-completions", "apiKey": "k" } } },
              "storage": { "url": "sqlite::memory:" }, "routing": { "retries": 0 },
              "budgets": [{ "name": "no dear ones", "scope": "model:p/dear", "limit": 0.0001 }]
            }
            """);
        var answer = await AskAsync(gateway, "default", stream: true, mayFallBack: true);
        Assert.Equal(200, answer.Status);
        var error = answer.Body[answer.Body.IndexOf("the answer was interrupted and could not be finished: ", StringComparison.Ordinal)..];
        Assert.Contains("no dear ones", error, StringComparison.Ordinal);
        Assert.Contains("does not hold this call", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("small", 200, "scripted/ok")] // of two the one that it fits
    [InlineData("tiny/m", 402, "tiny/m would answer instead, but cannot take this request")]
    public async Task A_cheaper_chain_is_asked_for_what_it_can_take_only(string to, int status, string said)
    {
        await using var provider = new CountingProvider();
        await using var gateway = await StartAsync(provider, $$"""{ "name": "soft", "scope": "gateway", "limit": 0.0001, "action": "downgrade", "to": "{{to}}" }""");
        var answer = await AskAsync(gateway, "count/talk-100", mayFallBack: true, prompt: string.Concat(Enumerable.Repeat("word ", 4000)));
        Assert.Equal((status, 0), (answer.Status, provider.Calls));
        Assert.Contains(said, answer.Header("x-openclaw-model") + answer.Body, StringComparison.Ordinal);
        Assert.Equal(status == 200 ? "1" : "0", answer.Header("x-openclaw-attempts"));
    }

    [Fact]
    public async Task A_shorter_answer_is_bounded_at_the_provider_and_said_in_a_header()
    {
        await using var provider = new CountingProvider();
        await using var gateway = await StartAsync(provider, """{ "scope": "gateway", "limit": 0.005 }""");
        var answer = await AskAsync(gateway, "count/talk-9000");
        Assert.Equal(200, answer.Status);
        Assert.Matches("the answer may have [0-9]+ tokens", answer.Header("x-openclaw-warnings"));
        Assert.InRange(provider.Billed.Output, 256, 490);
    }

    [Fact]
    public async Task What_was_said_of_a_call_that_failed_is_not_said_of_the_answer()
    {
        await using var provider = new CountingProvider();
        await using var gateway = await RunningGateway.StartAsync($$"""
            {
              "defaultModel": "count/stumble",
              "models": { "fallbacks": ["scripted/ok"], "providers": { {{provider.Config("stumble")}} } },
              "storage": { "url": "sqlite::memory:" }, "routing": { "retries": 0 },
              "budgets": [{ "scope": "gateway", "limit": 0.005 }]
            }
            """);
        var answer = await AskAsync(gateway, "default", mayFallBack: true);
        Assert.Equal((200, "scripted/ok", ""), (answer.Status, answer.Header("x-openclaw-model"), answer.Header("x-openclaw-warnings")));
    }

    [Fact]
    public async Task A_caller_bounds_one_request()
    {
        await using var provider = new CountingProvider();
        await using var gateway = await StartAsync(provider, "");
        Assert.Equal(402, (await AskAsync(gateway, "count/talk-100", maxCost: "0.0001")).Status);
        Assert.Equal(200, (await AskAsync(gateway, "count/talk-9000", maxCost: "0.01")).Status);
        Assert.True(provider.Cost <= 0.01m);
    }

    [Theory]
    [InlineData("x-openclaw-max-cost", "abc")]
    [InlineData("x-openclaw-max-cost", "-1")]
    [InlineData("x-openclaw-max-cost", "0,50")]
    [InlineData("x-openclaw-max-cost", "0.01, 0.02")]
    [InlineData("x-openclaw-max-cost", "99999999999999999999999999999999")]
    [InlineData("x-openclaw-tags", "1,2,3,4,5,6,7,8,9")]
    [InlineData("x-openclaw-tags", "a-name-of-more-than-sixty-four-characters-that-no-budget-would-ever-be-found-for")]
    public async Task A_bound_that_cannot_be_read_is_an_error_and_never_no_bound(string header, string value)
    {
        await using var provider = new CountingProvider();
        await using var gateway = await StartAsync(provider, "");
        using var request = Request(gateway, "count/talk-100", stream: false, null, null, false, null);
        request.Headers.TryAddWithoutValidation(header, value);
        using var answer = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal((400, 0), ((int)answer.StatusCode, provider.Calls));
        Assert.Contains($"\"param\":\"{header}\"", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_small_bound_may_be_written_as_programs_write_it()
    {
        await using var provider = new CountingProvider();
        await using var gateway = await StartAsync(provider, "");
        Assert.Equal(402, (await AskAsync(gateway, "count/talk-100", maxCost: "1e-05")).Status);
        Assert.Equal(200, (await AskAsync(gateway, "count/talk-100", maxCost: "$1.5e-1")).Status);
    }

    [Fact]
    public async Task Callers_who_leave_anywhere_are_charged_what_the_provider_bills() // litellm#14457, new-api#5288
    {
        await using var provider = new CountingProvider();
        await using var gateway = await StartAsync(provider, """{ "scope": "gateway", "limit": 1000, "action": "warn" }""");
        // Three whole answers teach how the model counts.
        for (var i = 1; i <= 3; i++) await AskAsync(gateway, "count/talk-300-1ms", stream: true, length: i * 100);
        var random = new Random(11);
        await Parallel.ForAsync(0, 100, new ParallelOptions { MaxDegreeOfParallelism = 50 }, async (i, _) => await LeaveAsync(gateway, "count/talk-300-1ms", after: Next(random, 10, 280)));
        Assert.True(await EventuallyAsync(async () => provider.Open == 0 && await ReservedAsync(gateway) == 0), "still under way");
        Assert.InRange(await SpentAsync(gateway) / provider.Cost, 0.99m, 1.01m);
    }

    private static int Next(Random random, int from, int to)
    {
        lock (random) return random.Next(from, to);
    }

    private static Task<RunningGateway> StartAsync(CountingProvider provider, string budgets) => RunningGateway.StartAsync($$"""
        {
          "models": { "providers": {
            {{provider.Config("talk-100", "talk-300", "talk-60", "talk-9000", "talk-60000", "talk-100-1ms", "talk-400-5ms", "talk-300-1ms", "stumble")}},
            "tiny": { "baseUrl": "http://127.0.0.1:1/v1", "apiKey": "k", "models": [{ "id": "m", "contextWindow": 2000 }] } },
            "aliases": { "cheap": "scripted/ok", "small": ["tiny/m", "scripted/ok"] }, "prices": { "scripted/ok": { "input": 0.1, "output": 0.1 }, "tiny/m": { "input": 0.1, "output": 0.1 } } },
          "storage": { "url": "sqlite::memory:" },
          "routing": { "retries": 0, "continuation": "off" },
          "budgets": [{{budgets}}]
        }
        """);

    private static async Task<(int Status, string Body, Func<string, string> Header)> AskAsync(
        RunningGateway gateway, string model, bool stream = false, string? session = null, int? maxTokens = null, bool includeUsage = false, string? maxCost = null, int? length = null,
        bool mayFallBack = false, string? prompt = null)
    {
        using var request = Request(gateway, model, stream, session, maxTokens, includeUsage, length, prompt);
        if (maxCost is not null) request.Headers.Add("x-openclaw-max-cost", maxCost);
        if (!mayFallBack) request.Headers.Add("x-openclaw-fallback", "off");
        using var answer = await gateway.Client.SendAsync(request);
        var headers = answer.Headers.ToDictionary(static h => h.Key, static h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), name => headers.GetValueOrDefault(name, ""));
    }

    // Reads so many frames, then closes the connection.
    private static async Task LeaveAsync(RunningGateway gateway, string model, int after)
    {
        using var client = new HttpClient();
        using var request = Request(gateway, model, stream: true, null, null, false, null);
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        for (var frames = 0; frames < after && await reader.ReadLineAsync() is { } line;)
        {
            if (line.StartsWith("data:", StringComparison.Ordinal)) frames++;
        }
    }

    private static HttpRequestMessage Request(RunningGateway gateway, string model, bool stream, string? session, int? maxTokens, bool includeUsage, int? length, string? prompt = null)
    {
        var extras = (maxTokens is { } m ? $", \"max_tokens\": {m}" : "") + (includeUsage ? ", \"stream_options\": { \"include_usage\": true }" : "") + (length is { } n ? $", \"user\": \"{n}\"" : "");
        var json = string.Create(CultureInfo.InvariantCulture, $$"""{ "model": "{{model}}", "stream": {{(stream ? "true" : "false")}}{{extras}}, "messages": [{ "role": "user", "content": "{{prompt ?? "Say as many words as you are asked for, please, one after the other."}}" }] }""");
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway.Address, "/v1/chat/completions")) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        if (session is not null) request.Headers.Add("x-openclaw-session", session);
        return request;
    }

    private static async Task<decimal> SpentAsync(RunningGateway gateway) => (await FiguresAsync(gateway)).Spent;

    private static async Task<decimal> ReservedAsync(RunningGateway gateway) => (await FiguresAsync(gateway)).Reserved;

    // Of the first budget, all subjects together; reserved of all budgets.
    private static async Task<(decimal Spent, decimal Reserved)> FiguresAsync(RunningGateway gateway)
    {
        using var json = JsonDocument.Parse(await gateway.Client.GetStringAsync(new Uri(gateway.Address, "/openclaw/v1/budgets")));
        var budgets = json.RootElement.GetProperty("budgets").EnumerateArray().ToList();
        static decimal Sum(JsonElement budget, string name) => budget.TryGetProperty("subjects", out var subjects)
            ? subjects.EnumerateArray().Sum(s => s.GetProperty(name).GetDecimal())
            : budget.GetProperty(name).GetDecimal();
        return (Sum(budgets[0], "spent"), budgets.Sum(static b => Sum(b, "reserved")));
    }

    private static async Task<bool> EventuallyAsync(Func<Task<bool>> isSo)
    {
        for (var i = 0; i < 400; i++)
        {
            if (await isSo()) return true;
            await Task.Delay(25);
        }
        return false;
    }
}
