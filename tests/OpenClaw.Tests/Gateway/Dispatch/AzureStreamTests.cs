using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>
/// Azure OpenAI begins a stream with what it thinks of the prompt: a chunk without choices whose id and model are empty
/// (learn.microsoft.com, "Content filter annotations"). Official clients take the id of any chunk and skip one without choices.
/// </summary>
public sealed class AzureStreamTests
{
    private const string Prompt = """{"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}]}""";

    private static readonly string s_whole = Sse(Prompt, Chunk("""{"role":"assistant","content":""}"""), Chunk("""{"content":"Hel"}"""), Chunk("""{"content":"lo"}"""), Chunk("{}", "\"stop\"")) + "data: [DONE]\n\n";

    private static readonly string s_halfCall = Sse(
        Prompt, Chunk("""{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"look","arguments":""}}]}"""), Chunk("""{"tool_calls":[{"index":0,"function":{"arguments":"{\"q\":"}}]}"""));

    [Fact]
    public async Task Over_its_own_protocol_it_passes_byte_for_byte()
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        stage.Server.Replay("azure", "text/event-stream", Encoding.UTF8.GetBytes(s_whole));
        Assert.Equal(s_whole, (await stage.AskAsync("p/azure")).Body);
    }

    [Fact]
    public async Task A_message_made_of_it_has_an_id_and_a_model()
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        stage.Server.Replay("azure", "text/event-stream", Encoding.UTF8.GetBytes(s_whole));
        var answer = await stage.AskAsync("p/azure", messages: true);
        var start = answer.Events.First();
        Assert.Equal("message_start", start.GetProperty("type").GetString());
        Assert.NotEqual("", start.GetProperty("message").GetProperty("id").GetString());
        Assert.NotEqual("", start.GetProperty("message").GetProperty("model").GetString());
        Assert.Equal("Hello", answer.Text);
        Assert.True(answer.HasEnd, answer.Body);
    }

    // Nothing but the first chunk has passed when the call, which was held back, is cut: another target's answer follows it.
    [Fact]
    public async Task What_goes_on_after_the_first_chunk_alone_is_named_and_dated()
    {
        await using var stage = await ScriptedStage.StartAsync(["p/next"]);
        stage.Server.Replay("azure", "text/event-stream", Encoding.UTF8.GetBytes(s_halfCall), cutAt: s_halfCall.Length);
        stage.Server.On("next", static x => ScriptedStage.SayAsync(x, "Hello."));
        var answer = await stage.AskAsync("p/azure");
        Assert.Equal("Hello.", answer.Text);
        var chunks = answer.Events.Where(static e => e.GetProperty("choices").GetArrayLength() > 0).ToList();
        Assert.NotEqual("", Assert.Single(chunks.Select(static c => c.GetProperty("id").GetString()).Distinct()));
        Assert.All(chunks, static c => Assert.True(c.GetProperty("created").GetInt64() > 0));
        Assert.All(chunks, static c => Assert.NotEqual("", c.GetProperty("model").GetString()));
        Assert.DoesNotContain("look", answer.Body, StringComparison.Ordinal);
    }

    private static string Sse(params string[] data) => string.Concat(data.Select(static d => $"data: {d}\n\n"));

    private static string Chunk(string delta, string finish = "null") =>
        $$"""{"choices":[{"content_filter_results":{},"delta":{{delta}},"finish_reason":{{finish}},"index":0,"logprobs":null}],"created":1741000000,"id":"chatcmpl-B1","model":"gpt-4o-2024-11-20","object":"chat.completion.chunk","system_fingerprint":"fp_1"}""";
}
