using System.Text;
using System.Text.Json;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>Names of tools that are longer than the targets of other protocols take.</summary>
public sealed class LongToolNameTests
{
    private const string Name = "mcp__plugin_observability_dashboards__list_all_panels_of_a_dashboard_by_uid";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_target_is_given_short_names_and_the_caller_their_own(bool stream)
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        stage.Server.On("calls", x =>
        {
            var call = $$$"""{"index":0,"id":"call_1","type":"function","function":{"name":"{{{NameIn(x.Call.Body)}}}","arguments":"{}"}}""";
            return stream
                ? ScriptedStage.EventsAsync(x, [$$$"""{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","tool_calls":[{{{call}}}]},"finish_reason":null}]}""", """{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}""", "[DONE]"])
                : x.WholeAsync(200, "application/json", Encoding.UTF8.GetBytes($$$"""{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{{{call}}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"""));
        });
        var (answer, body) = await stage.Gateway.PostAsync("/v1/messages", $$"""
            {
              "model": "p/calls", "max_tokens": 100, "stream": {{(stream ? "true" : "false")}},
              "tools": [{ "name": "{{Name}}", "input_schema": { "type": "object" } }, { "name": "{{Name}}s", "input_schema": { "type": "object" } }],
              "tool_choice": { "type": "tool", "name": "{{Name}}" },
              "messages": [
                { "role": "user", "content": "look" },
                { "role": "assistant", "content": [{ "type": "tool_use", "id": "t1", "name": "{{Name}}", "input": {} }] },
                { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "t1", "content": "none" }] }
              ]
            }
            """);
        using var _ = answer;
        Assert.True(answer.IsSuccessStatusCode, body);
        Assert.Contains($"\"{Name}\"", body, StringComparison.Ordinal);
        using var sent = JsonDocument.Parse(stage.Asked[0].Body);
        var names = sent.RootElement.GetProperty("tools").EnumerateArray().Select(static t => t.GetProperty("function").GetProperty("name").GetString()!).ToList();
        Assert.All(names, static n => Assert.Matches("^mcp__plugin_[a-zA-Z0-9_-]{52}$", n));
        Assert.NotEqual(names[0], names[1]);
        Assert.Equal(names[0], sent.RootElement.GetProperty("tool_choice").GetProperty("function").GetProperty("name").GetString());
        Assert.Equal(names[0], sent.RootElement.GetProperty("messages")[1].GetProperty("tool_calls")[0].GetProperty("function").GetProperty("name").GetString());
    }

    private static string NameIn(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        return document.RootElement.GetProperty("tools")[0].GetProperty("function").GetProperty("name").GetString()!;
    }
}
