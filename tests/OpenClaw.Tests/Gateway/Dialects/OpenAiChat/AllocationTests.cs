using System.Buffers;
using System.Text;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Frames;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Gateway.Dialects.OpenAiChat;

public class AllocationTests
{
    private const int Chunks = 10_000;

    [Fact]
    public void Ten_thousand_text_chunks_are_read_without_allocation()
    {
        var bytes = Stream();
        var sink = new CountingSink();
        Assert.InRange(Measure(() => Pump(bytes, sink)), 0, 2 * Chunks);
        Assert.Equal(0, sink.Bytes % (Chunks * 7));
    }

    [Fact]
    public void Ten_thousand_text_chunks_are_translated_without_allocation()
    {
        var bytes = Stream();
        var output = new ArrayBufferWriter<byte>(8 << 20);
        void Translate()
        {
            output.ResetWrittenCount();
            Pump(bytes, Wire.Dialect.OpenWriter(output, StreamPosition.Beginning("id", "m", 1, includeUsage: true)));
        }
        Assert.InRange(Measure(Translate), 0, 64 * Chunks / 16);
        Assert.True(output.WrittenCount > Chunks * 100);
    }

    private static long Measure(Action action)
    {
        action();
        action();
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    // Every third chunk has an escape, and each has what real chunks carry beside the delta.
    private static byte[] Stream() => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, Chunks).Select(i =>
        $$"""data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1764657993,"model":"some-model","service_tier":"default","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"content":"{{(i % 3 == 0 ? "abcdef\\n" : "abcdefg")}}"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"x1y2"}""" + "\n\n")));

    private static void Pump(byte[] bytes, IChatEventSink sink)
    {
        var reader = Wire.Dialect.OpenReader();
        var splitter = new FrameSplitter(Framing.ServerSentEvents);
        for (var at = 0; splitter.TryRead(bytes.AsSpan(at), false, out var frame); at += frame.Length) reader.Read(frame.Event, frame.Data, sink);
    }

    private sealed class CountingSink : IChatEventSink
    {
        public long Bytes { get; private set; }

        public void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model) { }

        public void Text(ReadOnlySpan<byte> utf8) => Bytes += utf8.Length;

        public void RefusalText(ReadOnlySpan<byte> utf8) { }

        public void Reasoning(ReadOnlySpan<byte> utf8) { }

        public void ReasoningSignature(ReadOnlySpan<byte> signature) { }

        public void RedactedReasoning(ReadOnlySpan<byte> data) { }

        public void ToolCall(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name) { }

        public void ToolArguments(int index, ReadOnlySpan<byte> json) { }

        public void ToolSignature(int index, ReadOnlySpan<byte> signature) { }

        public void Usage(in Usage usage) { }

        public void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence) { }

        public void Fail(UpstreamFailure failure) { }

        public void Unmapped(string what) { }
    }
}
