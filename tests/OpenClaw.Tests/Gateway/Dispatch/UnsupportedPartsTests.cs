using System.Text.Json;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>What a target's protocol has no word for: told to the caller, or refused where that is configured.</summary>
public sealed class UnsupportedPartsTests
{
    private const string Reject = "\"unsupported\": \"reject\"";
    private const string ChatOnly = "\"seed\": 7, \"frequency_penalty\": 0.5";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Is_named_in_a_header_and_in_the_decision(bool stream)
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        var answer = await stage.AskAsync("a/ok", stream: stream, more: ChatOnly);
        Assert.Equal((200, "a/ok cannot carry frequency_penalty, seed"), (answer.Status, answer.Headers["x-openclaw-warnings"]));
        var warnings = (await stage.DecisionAsync(answer)).GetProperty("warnings");
        Assert.Equal(["a/ok cannot carry frequency_penalty, seed"], warnings.EnumerateArray().Select(static w => w.GetString()));
    }

    [Fact]
    public async Task Of_a_Messages_request_is_named_too()
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        var answer = await stage.AskAsync("p/ok", messages: true, stream: false, more: "\"top_k\": 5");
        Assert.Equal((200, "p/ok cannot carry top_k"), (answer.Status, answer.Headers["x-openclaw-warnings"]));
    }

    [Fact]
    public async Task A_target_that_can_carry_everything_has_no_warning()
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        var answer = await stage.AskAsync("p/ok", stream: false, more: ChatOnly);
        Assert.Equal((200, false), (answer.Status, answer.Headers.ContainsKey("x-openclaw-warnings")));
        using var sent = JsonDocument.Parse(Assert.Single(stage.Asked).Body);
        Assert.Equal(7, sent.RootElement.GetProperty("seed").GetInt32());
    }

    [Fact]
    public async Task Is_refused_in_words_and_the_target_is_not_called()
    {
        await using var stage = await ScriptedStage.StartAsync([], Reject);
        var answer = await stage.AskAsync("a/ok", stream: false, more: ChatOnly, headers: ("x-openclaw-fallback", "off"));
        Assert.Equal(400, answer.Status);
        using var json = JsonDocument.Parse(answer.Body);
        Assert.Contains("a/ok: cannot carry frequency_penalty, seed", json.RootElement.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(stage.Asked);
    }

    [Fact]
    public async Task A_target_that_can_carry_it_answers_in_place_of_one_that_is_refused()
    {
        await using var stage = await ScriptedStage.StartAsync(["p/ok"], Reject);
        var answer = await stage.AskAsync("a/ok", stream: false, more: ChatOnly);
        Assert.Equal((200, "p/ok"), (answer.Status, answer.Headers["x-openclaw-model"]));
        Assert.Equal("/v1/chat/completions", Assert.Single(stage.Asked).Path);
    }

    [Fact]
    public async Task A_hint_where_to_cache_is_named_and_refuses_nobody()
    {
        await using var stage = await ScriptedStage.StartAsync([], Reject);
        var answer = await stage.AskAsync("p/ok", messages: true, stream: false, more: "\"system\": [{ \"type\": \"text\", \"text\": \"be brief\", \"cache_control\": { \"type\": \"ephemeral\" } }]");
        Assert.Equal((200, "p/ok cannot carry cache_control"), (answer.Status, answer.Headers["x-openclaw-warnings"]));
    }

    [Theory]
    [InlineData(false, "p/ok cannot carry prefilled answer")]
    [InlineData(true, null)]
    public async Task The_beginning_of_an_answer_is_one_for_a_target_that_does_not_go_on_with_it(bool goesOn, string? warning)
    {
        await using var stage = await ScriptedStage.StartAsync([], providers: server => $$"""
            "p": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "apiKey": "sk-x", "prefill": {{(goesOn ? "true" : "false")}} }
            """);
        var (answer, _) = await stage.Gateway.PostAsync("/v1/messages", """{ "model": "p/ok", "max_tokens": 50, "messages": [{ "role": "user", "content": "JSON, please" }, { "role": "assistant", "content": "{" }] }""");
        using (answer) Assert.Equal((200, warning), ((int)answer.StatusCode, answer.Headers.TryGetValues("x-openclaw-warnings", out var warnings) ? string.Join(", ", warnings) : null));
    }

    private const string OnlyAFile = """ "messages": [{ "role": "system", "content": "be brief" }, { "role": "user", "content": [{ "type": "file", "file": { "file_id": "f1" } }] }] """;
    private const string AFileAtLast = """ "messages": [{ "role": "user", "content": "hi" }, { "role": "assistant", "content": "yes?" }, { "role": "user", "content": [{ "type": "file", "file": { "file_id": "f1" } }] }] """;

    private static string AllFour(ScriptedServer server) => $$"""
        "p": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "apiKey": "sk-of-p" },
        "a": { "api": "anthropic-messages", "baseUrl": "{{server.Origin}}", "apiKey": "sk-of-a" },
        "g": { "api": "google-generative-ai", "baseUrl": "{{server.Origin}}v1beta", "apiKey": "sk-of-g" },
        "o": { "api": "ollama", "baseUrl": "{{server.Origin}}" }
        """;

    [Theory]
    [InlineData("a/ok", OnlyAFile)]
    [InlineData("g/ok", OnlyAFile)]
    [InlineData("o/ok", OnlyAFile)]
    [InlineData("a/ok", AFileAtLast)]
    [InlineData("g/ok", AFileAtLast)]
    [InlineData("o/ok", AFileAtLast)]
    public async Task Who_can_carry_nothing_of_what_is_asked_is_not_asked(string model, string messages)
    {
        await using var stage = await ScriptedStage.StartAsync(["p/ok"], providers: AllFour);
        var json = $$"""{ "model": "{{model}}", {{messages}} }""";
        var (alone, refusal) = await stage.Gateway.PostAsync("/v1/chat/completions", json, ("x-openclaw-fallback", "off"));
        using (alone) Assert.Equal(400, (int)alone.StatusCode);
        Assert.Contains($"{model}: cannot carry file_id, and nothing else was said", refusal, StringComparison.Ordinal);
        Assert.Empty(stage.Asked);
        var (answer, body) = await stage.Gateway.PostAsync("/v1/chat/completions", json);
        using (answer) Assert.True(answer.IsSuccessStatusCode, body);
        Assert.Equal("/v1/chat/completions", Assert.Single(stage.Asked).Path);
    }

    [Fact]
    public async Task A_Messages_request_of_nothing_but_an_upload_is_not_asked_of_a_chat_target()
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        var (answer, body) = await stage.Gateway.PostAsync("/v1/messages", """{ "model": "p/ok", "max_tokens": 50, "messages": [{ "role": "user", "content": [{ "type": "document", "source": { "type": "file", "file_id": "f1" } }] }] }""");
        using (answer) Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains("cannot carry document by file_id, and nothing else was said", body, StringComparison.Ordinal);
        Assert.Empty(stage.Asked);
    }

    [Fact]
    public async Task Beside_words_a_part_that_is_left_out_is_named()
    {
        await using var stage = await ScriptedStage.StartAsync([], providers: AllFour);
        foreach (var model in (string[])["a/ok", "g/ok", "o/ok"])
        {
            var (answer, body) = await stage.Gateway.PostAsync("/v1/chat/completions", $$"""{ "model": "{{model}}", "messages": [{ "role": "user", "content": "what is in it?" }, { "role": "user", "content": [{ "type": "file", "file": { "file_id": "f1" } }] }] }""");
            using (answer) Assert.True(answer.IsSuccessStatusCode, body);
            Assert.Equal($"{model} cannot carry file_id", answer.Headers.GetValues("x-openclaw-warnings").Single());
        }
    }

    [Theory]
    [InlineData("a/ok", "some-flag-2026", "a/ok is not sent anthropic-beta; flags that it knows go into the headers of its provider")]
    [InlineData("a/ok", "", null)]
    [InlineData("h/ok", "some-flag-2026", null)]
    public async Task A_flag_that_is_not_passed_on_is_named(string model, string flag, string? warning)
    {
        await using var stage = await ScriptedStage.StartAsync([], providers: static server => $$"""
            "a": { "api": "anthropic-messages", "baseUrl": "{{server.Origin}}", "apiKey": "sk-of-a" },
            "h": { "api": "anthropic-messages", "baseUrl": "{{server.Origin}}", "apiKey": "sk-of-h", "headers": { "Anthropic-Beta": "its-own" } }
            """);
        var answer = await stage.AskAsync(model, messages: true, stream: false, headers: ("anthropic-beta", flag));
        Assert.Equal((200, warning), (answer.Status, answer.Headers.GetValueOrDefault("x-openclaw-warnings")));
    }

    private const string UnknownBlock = """{ "model": "p/ok", "max_tokens": 50, "messages": [{ "role": "user", "content": [{ "type": "hologram", "data": "x" }] }] }""";

    [Fact]
    public async Task What_is_not_understood_here_goes_to_a_target_that_takes_it_as_it_is()
    {
        await using var stage = await ScriptedStage.StartAsync(["a/ok"]);
        var (answer, body) = await stage.Gateway.PostAsync("/v1/messages", UnknownBlock);
        using (answer) Assert.True(answer.IsSuccessStatusCode, body);
        var asked = Assert.Single(stage.Asked);
        Assert.Equal("/v1/messages", asked.Path);
        Assert.Contains("hologram", System.Text.Encoding.UTF8.GetString(asked.Body.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_understood_here_is_the_callers_fault_where_nobody_takes_it_as_it_is()
    {
        await using var stage = await ScriptedStage.StartAsync(["p/down"]);
        var (answer, body) = await stage.Gateway.PostAsync("/v1/messages", UnknownBlock);
        using (answer) Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains("hologram", body, StringComparison.Ordinal);
        Assert.Empty(stage.Asked);
    }

    [Fact]
    public async Task Hints_are_no_reason_to_refuse()
    {
        await using var stage = await ScriptedStage.StartAsync([], Reject);
        var answer = await stage.AskAsync("a/ok", stream: false, more: "\"seed\": 7, \"prompt_cache_key\": \"k\"");
        Assert.Equal((200, "a/ok cannot carry prompt_cache_key, seed"), (answer.Status, answer.Headers["x-openclaw-warnings"]));
        Assert.DoesNotContain("user_id", System.Text.Encoding.UTF8.GetString(Assert.Single(stage.Asked).Body.Span), StringComparison.Ordinal);
    }
}
