using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dispatch.Http;
using OpenClaw.Gateway.Providers.Scripted;
using OpenClaw.Tests.Docs;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>What a call that came to nothing is charged: <c>first</c> is called first, and <c>next</c> or <c>first</c> itself answers with five tokens in and six out.</summary>
public sealed class UnansweredCallTests : IAsyncDisposable
{
    private const int Prompt = 5;
    private const int Answer = 6;

    private readonly ScriptedServer _server = ScriptedServer.Start();
    private readonly ConcurrentQueue<Func<ScriptedExchange, Task>> _first = new();
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public UnansweredCallTests()
    {
        _server.On("first", x => _first.TryDequeue(out var play) ? play(x) : SayAsync(x));
        _server.On("next", SayAsync);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("headersTimeout")]
    [InlineData("firstTokenTimeout")]
    public async Task A_stream_that_was_given_up_is_charged_its_prompt_as_an_estimate(string failure)
    {
        _first.Enqueue(failure == "headersTimeout" ? SilentAsync : static x => HeadThenAsync(x));
        var bill = await BillAsync(stream: true, """ "timeouts": { "headers": "300ms", "firstToken": "300ms" } """);
        Assert.Equal([failure, "ok"], bill.Results);
        Assert.InRange(bill.Input, Prompt + 10, Prompt + 60);
        Assert.Equal((Answer, true), (bill.Output, bill.Estimated));
    }

    [Fact]
    public async Task What_the_provider_said_of_the_prompt_before_it_fell_silent_is_what_is_charged()
    {
        _first.Enqueue(static x => HeadThenAsync(x, """{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1000,"output_tokens":1}}}"""));
        var bill = await BillAsync(stream: true, """ "timeouts": { "headers": "5s", "firstToken": "400ms" } """, api: "anthropic-messages");
        Assert.Equal(["firstTokenTimeout", "ok"], bill.Results);
        Assert.Equal((Prompt + 1000, Answer + 1), (bill.Input, bill.Output));
    }

    [Fact]
    public async Task A_whole_answer_that_was_given_up_is_charged_what_was_written_in_that_time_too()
    {
        _first.Enqueue(SilentAsync);
        var bill = await BillAsync(stream: false, """ "timeouts": { "answer": "400ms" } """);
        Assert.Equal(["headersTimeout", "ok"], bill.Results);
        Assert.InRange(bill.Input, Prompt + 10, Prompt + 60);
        // Forty tokens a second, where nothing is known of the model; never more than the caller allowed.
        Assert.InRange(bill.Output, Answer + 14, Answer + 50);
        Assert.True(bill.Estimated);
    }

    [Fact]
    public async Task A_whole_answer_that_broke_off_is_charged_once_and_the_second_try_is_held_for_anew()
    {
        _first.Enqueue(static async x =>
        {
            await x.HeadAsync(200, "application/json", 5000);
            await x.Connection.WriteAsync("{\"id\":");
        });
        var bill = await BillAsync(stream: false, """ "retries": 1 """);
        Assert.Equal(["reset", "ok"], bill.Results);
        Assert.InRange(bill.Input, Prompt + 10, Prompt + 60);
    }

    [Fact]
    public async Task What_came_with_a_bill_and_no_answer_is_charged_by_that_bill()
    {
        _first.Enqueue(static x => x.WholeAsync(200, "application/json", Encoding.UTF8.GetBytes("""{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":700,"completion_tokens":30,"total_tokens":730}}""")));
        var bill = await BillAsync(stream: false);
        Assert.Equal((Prompt + 700, Answer + 30, false), (bill.Input, bill.Output, bill.Estimated));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(429)]
    [InlineData(200)]
    [InlineData(0)]
    public async Task An_error_a_page_and_a_connection_that_ends_without_a_word_cost_nothing(int status)
    {
        _first.Enqueue(x => status switch
        {
            0 => Task.CompletedTask,
            200 => x.WholeAsync(200, "text/html", "<html>log in</html>"u8.ToArray()),
            _ => x.ErrorAsync(ScriptedError.ServerError, status),
        });
        var bill = await BillAsync(stream: false);
        Assert.Equal(2, bill.Results.Length);
        Assert.Equal((Prompt, Answer, false), (bill.Input, bill.Output, bill.Estimated));
    }

    [Fact]
    public async Task A_caller_who_leaves_a_whole_answer_is_charged_more_than_its_prompt()
    {
        _first.Enqueue(async x =>
        {
            _asked.SetResult();
            await SilentAsync(x);
        });
        await using var gateway = await StartAsync("", "openai-completions");
        using var leaves = new CancellationTokenSource();
        using var content = new StringContent(Ask(stream: false), Encoding.UTF8, "application/json");
        var asking = gateway.Client.PostAsync(new Uri(gateway.Address, "/v1/chat/completions"), content, leaves.Token);
        await _asked.Task;
        await Task.Delay(500, TestContext.Current.CancellationToken);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        var decision = Assert.Single(await gateway.StopAsync()).Value;
        Assert.Equal("cancelled", decision.GetProperty("outcome").GetString());
        Assert.InRange(decision.GetProperty("usage").GetProperty("output").GetInt32(), 18, 50);
    }

    [Fact]
    public async Task A_call_that_was_given_up_before_there_was_a_connection_says_so()
    {
        var origin = HttpOrigin.Of(new Uri("http://127.0.0.1:9/"));
        await Assert.ThrowsAsync<NotConnectedException>(async () => await Connector.ConnectAsync(origin, TimeSpan.FromSeconds(5), TimeProvider.System, new CancellationToken(true)));
    }

    // Budgets, decision and ledger agree, or there is no bill.
    private async Task<Bill> BillAsync(bool stream, string routing = "", string api = "openai-completions")
    {
        await using var gateway = await StartAsync(routing, api);
        var (answer, body) = await gateway.PostAsync("/v1/chat/completions", Ask(stream));
        Assert.True(answer.IsSuccessStatusCode, body);
        using var standing = JsonDocument.Parse(await gateway.Client.GetStringAsync(new Uri(gateway.Address, "/openclaw/v1/budgets")));
        var budget = standing.RootElement.GetProperty("budgets")[0];
        var decision = Assert.Single(await gateway.StopAsync()).Value;
        var usage = decision.GetProperty("usage");
        Assert.Equal(decision.GetProperty("cost").GetDecimal(), budget.GetProperty("spent").GetDecimal());
        Assert.Equal(0, budget.GetProperty("reserved").GetDecimal());
        return new Bill(
            [.. decision.GetProperty("attempts").EnumerateArray().Select(static a => a.TryGetProperty("failure", out var f) ? f.GetString()! : "ok")],
            usage.GetProperty("input").GetInt32(), usage.GetProperty("output").GetInt32(), usage.TryGetProperty("estimated", out _));
    }

    private static string Ask(bool stream) => $$"""{ "model": "default", "stream": {{(stream ? "true" : "false")}}, "max_tokens": 500, "messages": [{ "role": "user", "content": "hello there, all of you" }] }""";

    private static Task SayAsync(ScriptedExchange x) => ScriptedStage.SayAsync(x, "one two three four five six", Prompt);

    private static Task SilentAsync(ScriptedExchange x) => x.WaitAsync(TimeSpan.FromSeconds(30));

    private static async Task HeadThenAsync(ScriptedExchange x, params string[] events)
    {
        await x.HeadAsync(200, x.Wire.StreamType, null);
        foreach (var data in events) await x.Connection.ChunkAsync(Encoding.UTF8.GetBytes($"data: {data}\n\n"));
        await SilentAsync(x);
    }

    private Task<RunningGateway> StartAsync(string routing, string api)
    {
        string Provider(string name, string speaks) => $$"""
            "{{name}}": { "api": "{{speaks}}", "baseUrl": "{{(speaks == "anthropic-messages" ? _server.Origin : _server.BaseUrl)}}", "apiKey": "sk-x", "prefill": false,
              "models": [{ "id": "first", "name": "f", "maxTokens": 8000, "cost": { "input": 1, "output": 10 } }, { "id": "next", "name": "n", "maxTokens": 8000, "cost": { "input": 1, "output": 10 } }] }
            """;
        return RunningGateway.StartAsync($$"""
            {
              "defaultModel": "a/first",
              "models": { "fallbacks": ["b/next"], "providers": { {{Provider("a", api)}}, {{Provider("b", "openai-completions")}} } },
              "storage": { "url": "sqlite::memory:" },
              "routing": { {{(routing.Contains("retries", StringComparison.Ordinal) ? routing : "\"retries\": 0" + (routing.Length > 0 ? ", " + routing : ""))}} },
              "budgets": [{ "scope": "gateway", "limit": 10 }]
            }
            """);
    }

    private sealed record Bill(string[] Results, int Input, int Output, bool Estimated);
}
