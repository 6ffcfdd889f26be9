using System.Text.Json;
using OpenClaw.Gateway.Sessions;
using OpenClaw.Tests.Docs;

namespace OpenClaw.Tests.Gateway.Sessions;

public sealed class HeldConversationTests
{
    private const string Answer = """{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"late"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}""";

    private const string Small = """
        { "defaultModel": "p/m", "models": { "providers": { "p": { "baseUrl": "https://p.example/v1", "api": "openai-completions", "models": [{ "id": "m", "name": "m", "contextWindow": 32000 }] } } } }
        """;

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 2)]
    public async Task A_reset_during_an_answer_is_not_undone_by_it(bool isReset, int turns)
    {
        using var asked = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        await using var provider = new TinyHttp((door, _) =>
        {
            if (!door.StartsWith("POST", StringComparison.Ordinal)) return (404, "{}");
            asked.Set();
            go.Wait(TimeSpan.FromSeconds(20));
            return (200, Answer);
        });
        await using var gateway = await RunningGateway.StartAsync($$"""{ "defaultModel": "p/m", "models": { "providers": { "p": { "baseUrl": "{{provider.Url}}/v1", "api": "openai-completions", "models": [{ "id": "m", "name": "m" }] } } } }""");
        await gateway.PostAsync("/openclaw/v1/sessions/main/messages", """{"text":"/model p/m"}""");
        var message = gateway.PostAsync("/openclaw/v1/sessions/main/messages", """{"text":"hello"}""");
        Assert.True(await Task.Run(() => asked.Wait(TimeSpan.FromSeconds(20)), TestContext.Current.CancellationToken));
        if (isReset) Assert.Equal(200, (int)(await gateway.PostAsync("/openclaw/v1/sessions/main/reset", "{}")).Answer.StatusCode);
        go.Set();
        var (answer, body) = await message;
        Assert.True((int)answer.StatusCode == 200, body);
        using var shown = JsonDocument.Parse(await gateway.Client.GetStringAsync(new Uri(gateway.Address, "/openclaw/v1/sessions/main?transcript=true"), TestContext.Current.CancellationToken));
        Assert.Equal(turns, shown.RootElement.GetProperty("transcript").GetProperty("turns").GetArrayLength());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_has_a_whole_answer_finds_it_in_the_session(bool isHeld)
    {
        await using var provider = new TinyHttp((door, _) => door.StartsWith("POST", StringComparison.Ordinal) ? (200, Answer) : (404, "{}"));
        await using var gateway = await RunningGateway.StartAsync($$"""{ "defaultModel": "p/m", "models": { "providers": { "p": { "baseUrl": "{{provider.Url}}/v1", "api": "openai-completions", "models": [{ "id": "m", "name": "m" }] } } } }""");
        // Over a connection of its own: on the answer's a question waits for the request's end.
        using var other = new HttpClient();
        other.DefaultRequestHeaders.Authorization = gateway.Client.DefaultRequestHeaders.Authorization;
        // The answer's last byte and the question for the session pass each other: once is no proof.
        for (var i = 0; i < 60; i++)
        {
            var path = $"/openclaw/v1/sessions/s{i}";
            var (answer, body) = isHeld
                ? await gateway.PostAsync(path + "/messages", """{"text":"hello"}""")
                : await gateway.PostAsync("/v1/chat/completions", """{"model":"p/m","messages":[{"role":"user","content":"hello"}]}""", ("x-openclaw-session", $"s{i}"));
            Assert.True((int)answer.StatusCode == 200, body);
            using var shown = await other.GetAsync(new Uri(gateway.Address, path + "?transcript=true"), TestContext.Current.CancellationToken);
            Assert.True((int)shown.StatusCode == 200, $"{i}: {(int)shown.StatusCode}");
            using var json = JsonDocument.Parse(await shown.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            Assert.Equal(1, json.RootElement.GetProperty("requests").GetInt32());
            Assert.Equal("answered", json.RootElement.GetProperty("last").GetProperty("outcome").GetString());
            Assert.Equal(isHeld ? 2 : 0, json.RootElement.GetProperty("transcript").GetProperty("turns").GetArrayLength());
        }
    }

    [Theory]
    [InlineData("語", 2000, true)]
    [InlineData("0123456789abcdef-", 400, true)]
    [InlineData("a few plain words of prose ", 150, false)]
    public async Task Of_a_dense_script_fewer_turns_are_taken_to_fit(string text, int times, bool isCut)
    {
        await using var stage = new SessionStage(Small);
        var session = await stage.OpenAsync();
        var turns = Enumerable.Range(0, 20).Select(i => new TranscriptTurn(i % 2 == 0, string.Concat(Enumerable.Repeat(text, times)), default));
        stage.Sessions.WriteTranscript(session, Transcript.Empty.With(turns, int.MaxValue), session.Data.Since);
        using var turn = await HeldTurn.OpenAsync(stage.Sessions, session, stage.States.Current, "hello", false, null, stage.Time, TestContext.Current.CancellationToken);
        Assert.Equal(isCut, turn!.LeftOut > 0);
        // Of the window of 32,000 tokens a fourth stays free, at a token a character.
        Assert.True(turn.Envelope.EstimatedTokens > 8000, "too little is left");
        if (isCut) Assert.True((20 - turn.LeftOut) * times * text.Length <= 24_000 * (text.Length > 1 ? 2 : 1), $"{turn.LeftOut}");
    }
}
