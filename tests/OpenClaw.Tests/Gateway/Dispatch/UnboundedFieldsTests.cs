using System.Text;
using OpenClaw.Gateway.Dispatch;
using OpenClaw.Gateway.Providers.Scripted;
using OpenClaw.Tests.Docs;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>A request may have any number of fields of any name, an answer any length: what is kept of them is bounded.</summary>
public sealed class UnboundedFieldsTests
{
    [Theory]
    [InlineData("/v1/chat/completions", "a")]
    [InlineData("/v1/messages", "o")]
    public async Task Of_many_unknown_fields_some_are_named_and_of_a_long_name_its_beginning(string path, string provider)
    {
        await using var server = ScriptedServer.Start();
        server.On("ok", static x => ScriptedStage.SayAsync(x, "yes"));
        await using var gateway = await RunningGateway.StartAsync($$"""
            { "defaultModel": "a/ok", "storage": { "url": "none" }, "models": { "providers": {
              "a": { "api": "anthropic-messages", "baseUrl": "{{server.BaseUrl}}", "apiKey": "sk" }, "o": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "apiKey": "sk" } } } }
            """);
        var fields = string.Concat(Enumerable.Range(0, 20_000).Select(static i => $"\"x{i}\":1,")) + $"\"{new string('y', 100_000)}\":1,";
        foreach (var many in (string[])[fields, $"\"{new string('y', 100_000)}\":1,"])
        {
            var (answer, body) = await gateway.PostAsync(path, $$"""{ {{many}} "model": "{{provider}}/ok", "max_tokens": 9, "messages": [{ "role": "user", "content": "hello" }] }""");
            Assert.True(answer.IsSuccessStatusCode, body);
            var warnings = answer.Headers.GetValues("x-openclaw-warnings").Single();
            Assert.True(warnings.Length < 3000, $"{warnings.Length}");
            Assert.Contains(many == fields ? "x0, x1, x2" : "yyyy...", warnings, StringComparison.Ordinal);
        }
        foreach (var decision in (await gateway.StopAsync()).Values) Assert.True(decision.ToString().Length < 8000);
    }

    [Fact]
    public void Of_a_text_without_end_the_first_four_megabytes_are_kept_and_nobody_else_can_finish_it()
    {
        using var tracker = new AnswerTracker(keepText: true);
        var piece = Encoding.ASCII.GetBytes(new string('a', 1000));
        for (var i = 0; i < 6000; i++) tracker.Text(piece);
        Assert.True(tracker.IsTextCut);
        Assert.InRange(tracker.TextLength, 1, AnswerTracker.MaxText);
        Assert.Equal(6_000_000, tracker.GeneratedBytes);
    }
}
