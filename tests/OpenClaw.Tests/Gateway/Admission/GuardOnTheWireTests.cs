using System.Globalization;
using System.Text.Json;
using OpenClaw.Tests.Docs;

namespace OpenClaw.Tests.Gateway.Admission;

/// <summary>What the guard sees only as time goes by, as a client of a running gateway meets it: its clock stands still until the test moves it.</summary>
public sealed class GuardOnTheWireTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private readonly CountingProvider _provider = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _provider.DisposeAsync();

    [Theory]
    // A beat costs a tenth of a cent: with the fifth they would pass the bound. A prompt that calls itself a heartbeat needs no regular clock.
    [InlineData("HEARTBEAT: is there anything to do?", false, 4)]
    [InlineData("is there anything to do?", true, 4)]
    // Somebody who asks now and then is there.
    [InlineData("is there anything to do?", false, 12)]
    public async Task A_prompt_that_a_clock_sends_is_stopped_when_it_would_come_to_the_loops_bound(string prompt, bool isRegular, int answered)
    {
        await using var gateway = await StartAsync("""{ "identicalRequests": 0, "loopSpend": 0.0045 }""");
        var asked = 0;
        (HttpResponseMessage Answer, string Body) last;
        do
        {
            last = await AskAsync(gateway, prompt);
            if ((int)last.Answer.StatusCode != 200) break;
            _time.Advance(TimeSpan.FromMinutes(isRegular ? 30 : 10 + (asked % 3 * 17)));
        }
        while (++asked < 12);
        Assert.Equal(answered, asked);
        if (answered == 12) return;
        await AssertStoppedAsync(gateway, last, "heartbeat", "and was answered in a few words each time, with nobody there ($0.004 since 2026-01-01 00:00 UTC)");
        Assert.Contains("the same prompt came 5 times, about every ", last.Body, StringComparison.Ordinal);

        // It goes on by itself after the cooldown with something else; the clock's next beat is as before, and stopped for twice as long.
        _time.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(429, (int)(await AskAsync(gateway, "something else")).Answer.StatusCode);
        _time.Advance(TimeSpan.FromMinutes(21));
        var again = await AskAsync(gateway, prompt);
        Assert.Equal(429, (int)again.Answer.StatusCode);
        Assert.Contains("It goes on in 20 minutes", again.Body, StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal(200, (int)(await AskAsync(gateway, "something else")).Answer.StatusCode);
    }

    [Fact]
    public async Task Two_dear_minutes_in_a_row_are_stopped_with_the_first_request_after_them()
    {
        await using var gateway = await StartAsync("""{ "spendPerMinute": 0.005, "loopSpend": 0 }""");
        var asked = 0;
        (HttpResponseMessage Answer, string Body) last;
        do
        {
            last = await AskAsync(gateway, string.Create(CultureInfo.InvariantCulture, $"part {asked}"));
            if ((int)last.Answer.StatusCode != 200) break;
            _time.Advance(TimeSpan.FromSeconds(10));
        }
        while (++asked < 40);
        // Five make a dear minute, at a tenth of a cent each.
        Assert.InRange(asked, 10, 12);
        await AssertStoppedAsync(gateway, last, "spend_rate", "where $0.005 a minute is the bound (guard.spendPerMinute)");
        var (resumed, body) = await gateway.PostAsync("/openclaw/v1/sessions/main/resume", "");
        Assert.Equal((200, true), ((int)resumed.StatusCode, body.Contains("\"kind\":\"spend_rate\"", StringComparison.Ordinal)));
        Assert.Equal(200, (int)(await AskAsync(gateway, "and on")).Answer.StatusCode);
    }

    [Fact]
    public async Task One_dear_minute_is_a_burst_and_stops_nobody()
    {
        await using var gateway = await StartAsync("""{ "spendPerMinute": 0.005, "loopSpend": 0 }""");
        for (var i = 0; i < 12; i++) Assert.Equal(200, (int)(await AskAsync(gateway, string.Create(CultureInfo.InvariantCulture, $"part {i}"))).Answer.StatusCode);
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(200, (int)(await AskAsync(gateway, "and on")).Answer.StatusCode);
    }

    [Fact]
    public async Task A_loop_of_errors_is_let_try_once_after_each_pause_and_the_pause_doubles()
    {
        await using var gateway = await StartAsync("{}");
        var large = string.Concat(Enumerable.Repeat("hello ", 6000));
        for (var i = 0; i < 5; i++) Assert.InRange((int)(await AskAsync(gateway, large, "scripted/error-500")).Answer.StatusCode, 500, 599);
        var stopped = await AskAsync(gateway, large, "scripted/error-500");
        await AssertStoppedAsync(gateway, stopped, "error_loop", "failed 5 times in a row", "30");
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.InRange((int)(await AskAsync(gateway, large, "scripted/error-500")).Answer.StatusCode, 500, 599);
        stopped = await AskAsync(gateway, large, "scripted/error-500");
        Assert.Equal((429, "60"), ((int)stopped.Answer.StatusCode, Header(stopped.Answer, "Retry-After")));
        _time.Advance(TimeSpan.FromSeconds(60));
        // The provider is back: an answer ends it.
        Assert.Equal(200, (int)(await AskAsync(gateway, large)).Answer.StatusCode);
        Assert.InRange((int)(await AskAsync(gateway, large, "scripted/error-500")).Answer.StatusCode, 500, 599);
        Assert.Equal(200, (int)(await AskAsync(gateway, "hello")).Answer.StatusCode);
    }

    // An answer costs $0.001, and a millionth a word asked.
    private Task<RunningGateway> StartAsync(string guard) => RunningGateway.StartAsync(
        $$"""{ "models": { "providers": { "scripted": {}, {{_provider.Config("talk-100")}} } }, "routing": { "retries": 0 }, "guard": {{guard}} }""", _time);

    private static Task<(HttpResponseMessage Answer, string Body)> AskAsync(RunningGateway gateway, string prompt, string model = "count/talk-100") =>
        gateway.PostAsync("/v1/chat/completions", $$"""{"model":"{{model}}","messages":[{"role":"user","content":"{{prompt}}"}]}""", ("x-openclaw-session", "main"), ("x-openclaw-fallback", "off"));

    private static async Task AssertStoppedAsync(RunningGateway gateway, (HttpResponseMessage Answer, string Body) stopped, string kind, string saw, string? comesAgain = null)
    {
        Assert.Equal((429, comesAgain is null ? "false" : "true", comesAgain), ((int)stopped.Answer.StatusCode, Header(stopped.Answer, "x-should-retry"), Header(stopped.Answer, "Retry-After")));
        using var body = JsonDocument.Parse(stopped.Body);
        Assert.Equal("runaway_stopped", body.RootElement.GetProperty("error").GetProperty("code").GetString());
        Assert.Contains(saw, body.RootElement.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        var cancel = TestContext.Current.CancellationToken;
        Assert.Contains($"openclaw_runaway_trips_total{{kind=\"{kind}\"}} 1\n", await gateway.Client.GetStringAsync(new Uri(gateway.Address, "/metrics"), cancel), StringComparison.Ordinal);
        Assert.Contains($"\"kind\":\"{kind}\"", await gateway.Client.GetStringAsync(new Uri(gateway.Address, "/openclaw/v1/guard"), cancel), StringComparison.Ordinal);
    }

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? string.Join(",", values) : null;
}
