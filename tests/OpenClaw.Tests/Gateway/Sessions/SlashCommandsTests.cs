using System.Text;
using OpenClaw.Config;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Sessions;

namespace OpenClaw.Tests.Gateway.Sessions;

public sealed class SlashCommandsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"/status"}]}""", "status")]
    [InlineData("""{"messages":[{"role":"user","content":"  /model fast \n"}]}""", "model fast")]
    [InlineData("""{"messages":[{"role":"user","content":"\/STATUS"}]}""", "STATUS")]
    [InlineData("""{"messages":[{"role":"system","content":"/help"},{"role":"user","content":[{"type":"text","text":"/fast"}]}]}""", "fast")]
    [InlineData("""{"messages":[{"role":"user","content":"/model fast\nand tell me"}],"stop":["/x"],"model":"m"}""", "model fast\nand tell me")]
    [InlineData("""{"messages":[{"role":"user","content":"/model fast\nand tell me"}],"model":"m"}""", "model fast\nand tell me")]
    [InlineData("""{"messages":[{"role":"user","content":"/status"},{"role":"assistant","content":"ok"},{"role":"user","content":"thanks"}]}""", null)]
    [InlineData("""{"messages":[{"role":"user","content":"/status"},{"role":"assistant","content":"half an"}]}""", null)]
    [InlineData("""{"messages":[{"role":"user","content":"/usr/bin is a path"}]}""", null)]
    [InlineData("""{"messages":[{"role":"user","content":"/modle fast"}]}""", null)]
    [InlineData("""{"messages":[{"role":"user","content":"see /status"}]}""", null)]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text","text":"/status"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]}]}""", null)]
    public async Task It_is_the_last_message_of_the_user_that_begins_with_a_known_word(string body, string? expected) =>
        Assert.Equal(expected, await FindAsync(DialectKind.OpenAiChat, body));

    [Theory]
    [InlineData("""{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"<system-reminder>/tmp/x\nbe nice</system-reminder>"},{"type":"text","text":"/status"}]}]}""", "status")]
    [InlineData("""{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"/status"},{"type":"text","text":"<system-reminder>be nice</system-reminder>"}]}]}""", "status")]
    [InlineData("""{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"ls","input":{"path":"/status"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"/status"}]}]}""", null)]
    public async Task What_a_coding_client_puts_around_the_users_words_is_looked_past(string body, string? expected) =>
        Assert.Equal(expected, await FindAsync(DialectKind.Anthropic, body));

    [Fact]
    public async Task The_rest_of_a_command_takes_its_place_and_every_other_byte_stays()
    {
        const string Body = """{"model":"m", "messages":[{"role":"user","content":[{"type":"text","text":"\/model fast say \"hi\" \u00e4"}]}] , "x":1}""";
        using var envelope = RequestEnvelope.Of(Encoding.UTF8.GetBytes(Body));
        Assert.Equal("model", envelope.SlashWord);
        Assert.False(envelope.TryReplaceSlashText("/model slow", "x"));
        Assert.True(envelope.TryReplaceSlashText("/model fast say \"hi\" ä", "say \"hi\" ä"));
        using var document = System.Text.Json.JsonDocument.Parse(envelope.Body);
        Assert.Equal("say \"hi\" ä", document.RootElement.GetProperty("messages")[0].GetProperty("content")[0].GetProperty("text").GetString());
        Assert.StartsWith("""{"model":"m", "messages":[{"role":"user","content":[{"type":"text","text":""", Encoding.UTF8.GetString(envelope.Body.Span), StringComparison.Ordinal);
        Assert.EndsWith("""}]}] , "x":1}""", Encoding.UTF8.GetString(envelope.Body.Span), StringComparison.Ordinal);
        Assert.Null(envelope.SlashWord);
    }

    [Theory]
    [InlineData("model anthropic/claude-opus-4", "anthropic/claude-opus-4", false)]
    [InlineData("model 3", "anthropic/claude-opus-4", false)]
    [InlineData("model claude-opus-4 --strict", "anthropic/claude-opus-4", true)]
    [InlineData("model deep", "deep", false)]
    [InlineData("deep strict", "deep", true)]
    [InlineData("new fast", "fast", false)]
    [InlineData("model anthropic/claude-opus", null, false)]
    [InlineData("model gemini/gemini-2.5-pro", null, false)]
    [InlineData("model ANTHROPIC/Claude-Opus-4", null, false)]
    [InlineData("model 0", null, false)]
    [InlineData("model openai/gpt-4o -g", null, false)]
    public async Task A_model_is_set_exactly_or_not_at_all(string command, string? expected, bool isStrict)
    {
        await using var stage = new SessionStage();
        var session = await stage.OpenAsync();
        await stage.RunAsync(command, session);
        Assert.Equal((expected, isStrict), (session.Data.Override, session.Data.Strict));
    }

    [Theory]
    [InlineData("model fast tell me\nmore", "tell me\nmore", "fast")]
    [InlineData("model fast strict tell me", "tell me", "fast")]
    [InlineData("fast tell me", "tell me", "fast")]
    [InlineData("new fast tell me", "tell me", "fast")]
    [InlineData("new tell me a story", "tell me a story", null)]
    [InlineData("reset fast tell me", "tell me", "fast")]
    [InlineData("reset tell me a story", "tell me a story", null)]
    [InlineData("reset nosuch/x tell me", null, null)]
    [InlineData("reset", null, null)]
    [InlineData("model nosuch/x tell me", null, null)]
    [InlineData("new nosuch/x tell me", null, null)]
    [InlineData("status of the union", null, null)]
    public async Task Text_behind_a_model_goes_on_to_it_and_behind_a_miss_nowhere(string command, string? forward, string? set)
    {
        await using var stage = new SessionStage();
        var session = await stage.OpenAsync();
        var reply = await stage.RunAsync(command, session);
        Assert.Equal((forward, set), (reply.Forward, session.Data.Override));
    }

    [Theory]
    [InlineData("help")]
    [InlineData("status")]
    [InlineData("models")]
    [InlineData("models list")]
    [InlineData("models openai")]
    [InlineData("model status")]
    [InlineData("usage tokens")]
    [InlineData("usage cost")]
    [InlineData("budget resume")]
    [InlineData("budget resume ~1a2b3c4d")]
    public async Task Text_behind_what_takes_none_is_said_not_to_be_sent(string command)
    {
        await using var stage = new SessionStage();
        var session = await stage.OpenAsync();
        Assert.DoesNotContain(CommandText.TextNotSent, (await stage.RunAsync(command, session)).Text, StringComparison.Ordinal);
        Assert.EndsWith("\n" + CommandText.TextNotSent, (await stage.RunAsync(command + " is what I want", session)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Default_takes_back_what_was_set_and_strict_with_it()
    {
        await using var stage = new SessionStage();
        var session = await stage.OpenAsync();
        await stage.RunAsync("model openai/gpt-4o strict", session);
        await stage.RunAsync("model default", session);
        Assert.Equal(((string?)null, false), (session.Data.Override, session.Data.Strict));
        Assert.Contains("Not strict", (await stage.RunAsync("model default strict", session)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Usage_alone_goes_round()
    {
        await using var stage = new SessionStage();
        var session = await stage.OpenAsync();
        var seen = new List<UsageFooter>();
        for (var i = 0; i < 4; i++)
        {
            await stage.RunAsync("usage", session);
            seen.Add(session.Data.Footer);
        }
        Assert.Equal([UsageFooter.Tokens, UsageFooter.Full, UsageFooter.Off, UsageFooter.Tokens], seen);
    }

    [Fact]
    public async Task A_conversation_without_a_session_is_resumed_by_its_name_and_by_its_own_caller_only()
    {
        await using var stage = new SessionStage();
        stage.StoppedUnnamed.Add(("ci", "~1a2b3c4d"));
        Assert.Equal("No conversation ~1a2b3c4d of yours was stopped.", (await stage.RunAsync("budget resume ~1a2b3c4d", null)).Text);
        Assert.Equal("▶️ The conversation ~1a2b3c4d goes on.", (await stage.RunAsync("budget resume ~1a2b3c4d", null, SessionStage.Ci)).Text);
        Assert.Empty(stage.StoppedUnnamed);
    }

    [Fact]
    public async Task A_command_of_one_who_changed_nothing_leaves_no_trace_in_the_store()
    {
        await using var stage = new SessionStage();
        foreach (var command in (string[])["status", "model", "models", "help", "budget", "usage cost", "model status", "model nosuch/x"]) await stage.RunAsync(command, await stage.OpenAsync("looked"));
        Assert.Empty(await stage.RecordsAsync("session"));
    }

    private static async Task<string?> FindAsync(DialectKind dialect, string body)
    {
        await using var stage = new SessionStage();
        using var envelope = RequestEnvelope.Of(Encoding.UTF8.GetBytes(body));
        return SlashCommands.Find(stage.States.Current, DialectTable.Of(dialect), envelope);
    }
}
