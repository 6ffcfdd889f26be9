using System.Buffers;
using System.Text;
using OpenClaw.Config;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Gemini;
using OpenClaw.Gateway.Dialects.Ollama;
using OpenClaw.Gateway.Errors;

namespace OpenClaw.Tests.Gateway.Dialects;

/// <summary>What holds for Gemini and Ollama alike.</summary>
public class UpstreamDialectTests
{
    private const int Chunks = 20_000;

    private static readonly Dictionary<string, (IDialect Dialect, string[] Stream)> s_all = new()
    {
        ["gemini"] = (new GeminiDialect(),
        [
            """{"candidates":[{"content":{"parts":[{"text":"th\u00e9","thought":true}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":5},"modelVersion":"gemini-3-pro","responseId":"r"}""",
            """{"candidates":[{"content":{"parts":[{"text":"Hel\nlo \ud83d\ude00"}],"role":"model"},"index":0}],"modelVersion":"gemini-3-pro","responseId":"r"}""",
            """{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a":[1,{"b":"c"}]}},"thoughtSignature":"c2ln"}],"role":"model"},"index":0}]}""",
            """{"candidates":[{"content":{"parts":[{"functionCall":{"name":"g","willContinue":true}}]}}]}""",
            """{"candidates":[{"content":{"parts":[{"functionCall":{"partialArgs":[{"jsonPath":"$.a.b[1]['c']","stringValue":"x","willContinue":true},{"jsonPath":"$.n","numberValue":1.5}],"willContinue":true}}]}}]}""",
            """{"candidates":[{"content":{"parts":[{"functionCall":{}}]},"finishReason":"STOP","citationMetadata":{"a":1}}],"usageMetadata":{"promptTokenCount":9,"thoughtsTokenCount":5,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":3}]}}""",
            """[{"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.4s"}]}}]""",
            """{"promptFeedback":{"blockReason":"SAFETY"}}""",
        ]),
        ["ollama"] = (new OllamaDialect(),
        [
            """{"model":"m","created_at":"2026-01-02T03:04:05Z","message":{"role":"assistant","content":"","thinking":"th\u00e9"},"done":false}""",
            """{"model":"m","created_at":"2026-01-02T03:04:05Z","message":{"role":"assistant","content":"Hel\nlo \ud83d\ude00"},"done":false}""",
            """{"model":"m","message":{"role":"assistant","content":"","tool_calls":[{"id":"c","function":{"name":"f","arguments":{"a":[1,{"b":"c"}]}}}]},"done":false}""",
            """{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":3,"eval_count":4}""",
            """{"error":"model runner has unexpectedly stopped"}""",
        ]),
    };

    [Theory]
    [InlineData("gemini")]
    [InlineData("ollama")]
    public void A_text_chunk_is_read_and_written_without_allocation(string name)
    {
        var (dialect, stream) = s_all[name];
        var frame = Encoding.UTF8.GetBytes(stream[1]);
        var sink = new NoSink();
        var reader = dialect.OpenReader();
        var alone = Allocated(() => reader.Read(default, frame, sink));
        Assert.True(alone < 2 * Chunks, $"reader: {alone / (double)Chunks} bytes a chunk");
        Assert.True(sink.Bytes > Chunks);

        var output = new ArrayBufferWriter<byte>(1 << 20);
        var writer = dialect.OpenWriter(output, StreamPosition.Beginning("id", "m", 0, includeUsage: true));
        var second = dialect.OpenReader();
        var both = Allocated(() =>
        {
            second.Read(default, frame, writer);
            if (output.FreeCapacity < 4096) output.ResetWrittenCount();
        });
        Assert.True(both < 64 * Chunks, $"reader and writer: {both / (double)Chunks} bytes a chunk");
    }

    private static long Allocated(Action once)
    {
        for (var i = 0; i < 100; i++) once();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Chunks; i++) once();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    [Theory]
    [InlineData("gemini")]
    [InlineData("ollama")]
    public void Mutated_frames_never_throw_and_what_is_written_of_them_is_read_again(string name)
    {
        var (dialect, stream) = s_all[name];
        var random = new Random(20260105);
        var frames = stream.Select(Encoding.UTF8.GetBytes).ToArray();
        var output = new ArrayBufferWriter<byte>();
        for (var i = 0; i < 20_000; i += frames.Length)
        {
            output.ResetWrittenCount();
            var reader = dialect.OpenReader();
            var writer = dialect.OpenWriter(output, StreamPosition.Beginning("id", "m", 0, includeUsage: true));
            foreach (var frame in frames) reader.Read(default, Mutate(frame, random), writer);
            writer.End();
            var outcomes = Streams.Read(dialect, output.WrittenSpan.ToArray(), new EventLog());
            Assert.DoesNotContain(FrameOutcome.Malformed, outcomes);
            dialect.ReadResponse(Mutate(frames[i % frames.Length], random), new ChatAnswer());
        }
    }

    // One to four edits: bytes changed, cut, doubled, or a piece of JSON put in.
    private static byte[] Mutate(byte[] frame, Random random)
    {
        string[] pieces = ["null", "{}", "[]", "\"\\ud83d\"", "-1", "1e400", "true", "\\u0000", "\"", "{\"a\":", "\xff"];
        var bytes = new List<byte>(frame);
        for (var edits = random.Next(5); edits > 0 && bytes.Count > 1; edits--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes.RemoveRange(at, Math.Min(random.Next(1, 12), bytes.Count - at)); break;
                case 2: bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 20), bytes.Count - at))); break;
                case 3: bytes.InsertRange(at, Encoding.Latin1.GetBytes(pieces[random.Next(pieces.Length)])); break;
                default: ReplaceValue(bytes, pieces[random.Next(7)], random); break;
            }
        }
        return [.. bytes];
    }

    // The value after a random colon, so that the text often stays well formed with a value of another kind.
    private static void ReplaceValue(List<byte> bytes, string piece, Random random)
    {
        var at = bytes.IndexOf((byte)':', random.Next(bytes.Count));
        if (at < 0) return;
        var end = bytes.FindIndex(at, b => b is (byte)',' or (byte)'}');
        if (end > at + 1) bytes.RemoveRange(at + 1, end - at - 1);
        bytes.InsertRange(at + 1, Encoding.Latin1.GetBytes(piece));
    }

    [Theory]
    [InlineData("gemini")]
    [InlineData("ollama")]
    public void A_call_that_broke_off_is_never_written_and_the_end_says_so(string name)
    {
        var dialect = s_all[name].Dialect;
        var output = new ArrayBufferWriter<byte>();
        var writer = dialect.OpenWriter(output, StreamPosition.Beginning("id", "m", 0, includeUsage: true));
        writer.ToolCall(0, default, "pay"u8);
        writer.ToolArguments(0, "{\"amount\":1"u8);
        writer.Finish(FinishReason.ToolCalls, default);
        writer.End();
        var log = new EventLog();
        Streams.Read(dialect, output.WrittenSpan.ToArray(), log);
        Assert.DoesNotContain(log.Lines, l => l.StartsWith("call", StringComparison.Ordinal));
        Assert.NotNull(log.Failure);
    }

    [Theory]
    [InlineData("gemini")]
    [InlineData("ollama")]
    public void Arguments_in_several_lines_do_not_break_the_framing(string name)
    {
        var dialect = s_all[name].Dialect;
        var output = new ArrayBufferWriter<byte>();
        var writer = dialect.OpenWriter(output, StreamPosition.Beginning("id", "m", 0, includeUsage: true));
        writer.Text("first"u8);
        writer.ToolCall(0, "c0"u8, "f"u8);
        writer.ToolCall(1, "c1"u8, "g"u8);
        writer.ToolArguments(0, "{\n  \"a\": "u8);
        writer.ToolArguments(1, "{}"u8);
        writer.ToolArguments(0, "\"x y\"\n}\n"u8);
        writer.Finish(FinishReason.ToolCalls, default);
        writer.End();
        var log = new EventLog();
        Assert.DoesNotContain(FrameOutcome.Malformed, Streams.Read(dialect, output.WrittenSpan.ToArray(), log));
        Assert.Contains("""arguments 0 {"a":"x y"}""", log.Lines);
        Assert.Contains("call 1 c1 g", log.Lines);
        Assert.Equal(FinishReason.ToolCalls, log.Reason);
    }

    [Theory]
    [InlineData("gemini")]
    [InlineData("ollama")]
    public void Seams_and_signs_of_life_change_nothing_and_an_error_ends_the_stream(string name)
    {
        var dialect = s_all[name].Dialect;
        var output = new ArrayBufferWriter<byte>();
        var position = StreamPosition.Beginning("id", "m", 0, includeUsage: true);
        position.Started = true;
        var writer = dialect.OpenWriter(output, position);
        writer.Text("a"u8);
        writer.Seam("{\"from\":\"x\"}"u8);
        writer.KeepAlive();
        writer.Text("b"u8);
        writer.Error(new GatewayError(GatewayErrorKind.RateLimited, "slow down") { RetryAfter = TimeSpan.FromSeconds(1.5), Param = "model" }, "req_1");
        var log = new EventLog();
        Assert.DoesNotContain(FrameOutcome.Malformed, Streams.Read(dialect, output.WrittenSpan.ToArray(), log));
        Assert.Equal("ab", log.Joined("text"));
        Assert.Contains("slow down", log.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal(FinishReason.None, log.Reason);
    }

    [Fact]
    public void Whole_answers_are_read_back_from_ollama()
    {
        var answer = new ChatAnswer();
        Streams.Read(s_all["ollama"].Dialect, Streams.Frame(Framing.JsonLines, s_all["ollama"].Stream[..4]), answer);
        var body = new ArrayBufferWriter<byte>();
        s_all["ollama"].Dialect.WriteResponse(answer, body);
        var back = new ChatAnswer();
        Assert.True(s_all["ollama"].Dialect.ReadResponse(body.WrittenMemory, back));
        Assert.Equal(answer.Parts, back.Parts);
        Assert.Equal((answer.UsageTotal, answer.Reason, answer.Model), (back.UsageTotal, back.Reason, back.Model));
    }

    [Theory]
    [InlineData("gemini", """{"error":{"code":404,"message":"no","status":"NOT_FOUND","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"MODEL_NOT_FOUND","domain":"openclaw"},{"@type":"type.googleapis.com/google.rpc.RequestInfo","requestId":"req_1"}]}}""")]
    [InlineData("ollama", """{"error":"no"}""")]
    public void Errors_have_the_protocols_own_shape(string name, string expected)
    {
        var output = new ArrayBufferWriter<byte>();
        s_all[name].Dialect.WriteError(new GatewayError(GatewayErrorKind.ModelUnknown, "no"), "req_1", output);
        Assert.Equal(expected, Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void Both_are_in_the_table_and_are_not_served_to_clients_yet()
    {
        foreach (var api in (ApiKind[])[ApiKind.Gemini, ApiKind.Ollama])
        {
            var dialect = DialectTable.Of(DialectTable.KindOf(api));
            var (request, error) = dialect.ReadRequest("{}"u8.ToArray());
            Assert.Null(request);
            Assert.Equal(GatewayErrorKind.NotServed, error!.Kind);
        }
    }
}
