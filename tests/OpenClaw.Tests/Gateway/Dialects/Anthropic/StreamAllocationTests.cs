using System.Buffers;
using System.Text;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Anthropic;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Routing;
using static OpenClaw.Tests.Gateway.Dialects.Anthropic.AnthropicStreams;

namespace OpenClaw.Tests.Gateway.Dialects.Anthropic;

public class StreamAllocationTests
{
    private const int Deltas = 10_000;

    [Fact]
    public void The_reader_allocates_nothing_for_a_text_delta() => Assert.InRange(PerDelta(new Silence()), 0, 2);

    [Fact]
    public void Reader_and_writer_together_allocate_nothing_for_a_text_delta()
    {
        var output = new Reused();
        var writer = new AnthropicDialect().OpenWriter(output, StreamPosition.Beginning("m", "m", 0, false));

        Assert.InRange(PerDelta(writer, output), 0, 64);
        Assert.True(output.Total > Deltas * 50);
    }

    private static double PerDelta(IChatEventSink sink, Reused? output = null)
    {
        var frames = TextBlock(0, "plain words", "and \"escaped\"\n ones", "☂ and 😀")[1..^1].Select(Encoding.UTF8.GetBytes).ToArray();
        var reader = new AnthropicDialect().OpenReader();
        reader.Read(default, Encoding.UTF8.GetBytes(Start), sink);
        for (var i = 0; i < 100; i++) reader.Read(default, frames[i % 3], sink);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Deltas; i++)
        {
            reader.Read("content_block_delta"u8, frames[i % 3], sink);
            output?.Reset();
        }
        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Deltas;
    }

    private sealed class Reused : IBufferWriter<byte>
    {
        private readonly byte[] _buffer = new byte[64 * 1024];
        private int _at;

        public long Total { get; private set; }

        public void Reset() => _at = 0;

        public void Advance(int count)
        {
            _at += count;
            Total += count;
        }

        public Memory<byte> GetMemory(int sizeHint = 0) => _buffer.AsMemory(_at);

        public Span<byte> GetSpan(int sizeHint = 0) => _buffer.AsSpan(_at);
    }

    private sealed class Silence : IChatEventSink
    {
        public void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model) { }

        public void Text(ReadOnlySpan<byte> utf8) { }

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
