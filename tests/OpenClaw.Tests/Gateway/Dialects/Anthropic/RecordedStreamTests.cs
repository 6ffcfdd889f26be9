using System.Buffers;
using System.Text;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Anthropic;
using static OpenClaw.Tests.Gateway.Dialects.Anthropic.AnthropicStreams;

namespace OpenClaw.Tests.Gateway.Dialects.Anthropic;

/// <summary>Recorded payloads, and the streams built here, through reader and writer.</summary>
public class RecordedStreamTests
{
    public static TheoryData<string> Streams()
    {
        var data = new TheoryData<string> { "built" };
        foreach (var file in SharedFiles.Files("fixtures/wire/anthropic", "*.chunks.txt")) data.Add("fixtures/wire/anthropic/" + file);
        foreach (var file in SharedFiles.Files("fixtures/wire/llama-server", "anthropic*stream.body")) data.Add("fixtures/wire/llama-server/" + file);
        return data;
    }

    public static TheoryData<string> Answers()
    {
        var data = new TheoryData<string> { "built" };
        foreach (var file in SharedFiles.Files("fixtures/wire/anthropic", "*.json")) data.Add("fixtures/wire/anthropic/" + file);
        foreach (var file in SharedFiles.Files("fixtures/wire/llama-server", "anthropic*.body"))
        {
            if (!file.Contains("stream", StringComparison.Ordinal) && !file.Contains("count", StringComparison.Ordinal)) data.Add("fixtures/wire/llama-server/" + file);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void Reads_the_same_at_every_split(string file)
    {
        foreach (var stream in Load(file))
        {
            var whole = Describe(ReadPieces(stream));
            Assert.Equal(whole, Describe(ReadPieces(stream, [.. Enumerable.Range(1, stream.Length - 1)])));
            // Every byte of the small ones; the pass above cuts the large ones everywhere too.
            var step = stream.Length <= 4_000 ? 1 : stream.Length / 250;
            for (var cut = 1; cut < stream.Length; cut += step) Assert.Equal(whole, Describe(ReadPieces(stream, cut)));
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void What_is_written_again_reads_the_same(string file)
    {
        foreach (var stream in Load(file))
        {
            var written = Rewrite(stream);
            WriteStreamTests.AssertWellFormed(Data(Encoding.UTF8.GetString(written)));
            var first = ReadPieces(stream);
            Assert.NotEqual(FinishReason.None, first.Reason);
            Assert.Equal(Describe(first), Describe(ReadPieces(written)));
        }
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public void A_whole_answer_written_again_reads_the_same(string file)
    {
        var body = file == "built"
            ? """{"id":"m","type":"message","role":"assistant","model":"c","content":[{"type":"thinking","thinking":"h","signature":"c2ln"},{"type":"redacted_thinking","data":"d"},{"type":"text","text":"a"},{"type":"tool_use","id":"t","name":"f","input":{"a":[1,2]}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":5,"cache_creation_input_tokens":30,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"output_tokens":3}}"""u8.ToArray()
            : File.ReadAllBytes(SharedFiles.Require(file));
        var dialect = new AnthropicDialect();
        var first = new ChatAnswer();
        if (file.Contains("skill-version", StringComparison.Ordinal))
        {
            Assert.False(dialect.ReadResponse(body, first));
            return;
        }
        Assert.True(dialect.ReadResponse(body, first));
        var output = new ArrayBufferWriter<byte>();
        dialect.WriteResponse(first, output);
        var second = new ChatAnswer();
        Assert.True(dialect.ReadResponse(output.WrittenMemory, second));
        Assert.NotEqual(FinishReason.None, first.Reason);
        Assert.True(first.UsageTotal.Total > 0);
        Assert.Equal(Describe(first), Describe(second));
    }

    [Fact]
    public void The_recorded_splice_is_a_failure_and_keeps_the_second_call()
    {
        var stream = Load(Required("fixtures/wire/anthropic/spliced-message-start.chunks.txt")).Single();
        var answer = ReadPieces(stream);

        Assert.NotNull(answer.Failure);
        Assert.Equal("msg_first", answer.Id);
        Assert.Equal(new ToolCallPart("toolu_second", "test-tool", "{\"value\":\"Sparkle Day\"}"), answer.Parts[^1]);
        Assert.Equal(65, answer.UsageTotal.Output);
    }

    [Fact]
    public void The_model_servers_cache_hits_are_beside_the_input()
    {
        var answer = ReadPieces(Load(Required("fixtures/wire/llama-server/anthropic-stream.body")).Single());

        Assert.Equal(28, answer.UsageTotal.TotalInput);
        Assert.Equal(3, answer.UsageTotal.CacheRead);
        Assert.Equal(new TextPart("The capital of France is Paris."), Assert.Single(answer.Parts));
    }

    // One file may hold several answers after one another.
    private static IEnumerable<byte[]> Load(string file)
    {
        if (file == "built")
        {
            yield return Sse([Start, .. ThinkingBlock(0, "c2ln", "lé", "t"), .. TextBlock(1, "Hello ", "😀\n\"x\""), .. ToolBlock(2, "toolu_1", "f", "{\"a\":", "1}"), .. ToolBlock(3, "toolu_2", "g"), End("tool_use"), Stop]);
            yield break;
        }
        var path = SharedFiles.Require(file);
        if (!file.EndsWith(".chunks.txt", StringComparison.Ordinal))
        {
            yield return File.ReadAllBytes(path);
            yield break;
        }
        var events = new List<string>();
        foreach (var line in File.ReadLines(path).Where(l => l.Length > 0))
        {
            events.Add(line);
            if (!line.StartsWith("{\"type\":\"message_stop\"", StringComparison.Ordinal)) continue;
            yield return Sse(events);
            events.Clear();
        }
        if (events.Count > 0) yield return Sse(events);
    }

    private static string Required(string file)
    {
        SharedFiles.Require(file);
        return file;
    }
}
