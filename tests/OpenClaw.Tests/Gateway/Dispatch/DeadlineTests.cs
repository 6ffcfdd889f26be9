using System.Net;
using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>A deadline that is nearly over, or over before the first call: nobody is called, charged or rested for the time that others took.</summary>
public sealed class DeadlineTests
{
    // The gateway's; the providers wait by the clock on the wall.
    private readonly ManualTime _time = new();

    [Fact]
    public async Task What_the_caller_took_to_send_its_request_is_not_taken_off_the_deadline()
    {
        await using var stage = await ScriptedStage.StartAsync([], """ "deadline": "5s" """, time: _time);
        var (status, body) = await SendSlowlyAsync(stage, TimeSpan.FromSeconds(61));
        Assert.True(status == HttpStatusCode.OK, body);
        Assert.Contains("[DONE]", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_whole_time_is_over_before_the_first_call_nobody_is_called()
    {
        await using var stage = await ScriptedStage.StartAsync(["a/ok"], """ "timeouts": { "total": "30s" } """, time: _time);
        var (status, body) = await SendSlowlyAsync(stage, TimeSpan.FromSeconds(61));
        Assert.Equal(HttpStatusCode.GatewayTimeout, status);
        Assert.Contains("no time was left to ask it", body, StringComparison.Ordinal);
        Assert.Empty(stage.Asked);
        var decision = (await stage.Gateway.StopAsync()).Values.Single();
        Assert.Equal((0, 504), (decision.GetProperty("attempts").GetArrayLength(), decision.GetProperty("status").GetInt32()));
    }

    [Fact]
    public async Task Who_had_less_time_because_another_used_it_up_does_not_rest()
    {
        await using var stage = await ScriptedStage.StartAsync(["p/silent", "p/second", "p/ok"], """ "deadline": "30s", "timeouts": { "headers": "20s", "firstToken": "20s" }, "cooldown": { "base": "5m" } """, time: _time);
        var calls = 0;
        stage.Server.On("second", async x =>
        {
            if (++calls == 1) await x.WaitAsync(TimeSpan.FromMinutes(5));
            await ScriptedStage.SayAsync(x, "here");
        });
        var asking = stage.AskAsync("default");
        await stage.AskedAsync(1);
        _time.Advance(TimeSpan.FromSeconds(20));
        await stage.AskedAsync(2);
        _time.Advance(TimeSpan.FromSeconds(10));
        var first = await asking;
        Assert.True(first.Status == 504, first.Body);
        // The first one had its whole time and rests; the second one answers at once.
        var answer = await stage.AskAsync("default");
        Assert.Equal(("here", "p/second"), (answer.Text, answer.Headers["x-openclaw-model"]));
    }

    [Fact]
    public async Task Who_had_the_whole_deadline_rests_though_it_is_shorter_than_its_own_clocks()
    {
        await using var stage = await ScriptedStage.StartAsync(["p/ok"], """ "deadline": "5s" """, time: _time);
        var asking = stage.AskAsync("p/silent");
        await stage.AskedAsync(1);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(504, (await asking).Status);
        Assert.Equal("p/ok", (await stage.AskAsync("p/silent")).Headers["x-openclaw-model"]);
    }

    [Theory]
    [InlineData(429, """{"error":{"message":"slow down","code":"rate_limit_exceeded"}}""")]
    [InlineData(400, """{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","param":"max_tokens","code":"unsupported_parameter"}}""")]
    [InlineData(401, """{"error":{"message":"bad key","code":"invalid_api_key"}}""")]
    public async Task Nobody_is_asked_again_with_the_deadline_all_but_over(int status, string error)
    {
        var late = new TaskCompletionSource();
        await using var stage = await ScriptedStage.StartAsync(["p/ok"], """ "deadline": "5s" """, time: _time, retries: 1, providers: static server => $$"""
            "p": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "apiKeys": ["sk-one-of-p", "sk-two-of-p"] }
            """);
        stage.Server.On("late", async x =>
        {
            await late.Task;
            await x.WholeAsync(status, "application/json", Encoding.UTF8.GetBytes(error), ("Retry-After", "0"));
        });
        var asking = stage.AskAsync("p/late");
        await stage.AskedAsync(1);
        _time.Advance(TimeSpan.FromMilliseconds(4995));
        late.SetResult();
        var answer = await asking;
        Assert.True(answer.Status >= 400, answer.Body);
        Assert.Equal(1, (await stage.DecisionAsync(answer)).GetProperty("attempts").GetArrayLength());
        Assert.Single(stage.Asked);
    }

    [Fact]
    public async Task A_whole_answer_that_failed_late_is_asked_for_again_all_the_same()
    {
        var late = new TaskCompletionSource();
        await using var stage = await ScriptedStage.StartAsync([], """ "deadline": "5s" """, time: _time, retries: 1);
        var calls = 0;
        stage.Server.On("late", async x =>
        {
            await late.Task;
            if (++calls == 1) await x.ErrorAsync(ScriptedError.RateLimited, retryAfter: TimeSpan.Zero);
            else await ScriptedStage.SayAsync(x, "now");
        });
        var asking = stage.AskAsync("p/late", stream: false);
        await stage.AskedAsync(1);
        _time.Advance(TimeSpan.FromSeconds(20));
        late.SetResult();
        var answer = await asking;
        Assert.True(answer.Status == 200, answer.Body);
    }

    // Sends half of a request, lets the gateway's time pass, and sends the rest.
    private async Task<(HttpStatusCode Status, string Body)> SendSlowlyAsync(ScriptedStage stage, TimeSpan takes)
    {
        var rest = new TaskCompletionSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(stage.Gateway.Address, "/v1/chat/completions")) { Content = new HalfContent(rest.Task) };
        var sending = stage.Gateway.Client.SendAsync(request);
        while (!await IsInFlightAsync(stage)) await Task.Delay(5);
        _time.Advance(takes);
        rest.SetResult();
        using var answer = await sending;
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task<bool> IsInFlightAsync(ScriptedStage stage) =>
        (await stage.Gateway.Client.GetStringAsync(new Uri(stage.Gateway.Address, "/metrics"))).Contains("openclaw_in_flight_requests 1", StringComparison.Ordinal);

    private sealed class HalfContent(Task rest) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync("""{ "model": "p/ok", "stream": true, "messages": [{ "role": "user","""u8.ToArray());
            await stream.FlushAsync();
            await rest;
            await stream.WriteAsync(""" "content": "hi" }] }"""u8.ToArray());
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
