using System.Buffers;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Frames;
using OpenClaw.Gateway.Dispatch;
using OpenClaw.Gateway.Errors;
using OpenClaw.Tests.Gateway.Dialects;

namespace OpenClaw.Tests.Gateway.Fuzz;

/// <summary>Streams whose events are wrong in every way: readers report, and what is written of it stays the protocol's.</summary>
public class StreamFuzzTests
{
    private static readonly int s_events = Dose.Of(180_000);
    private static readonly int s_streams = Dose.Of(4_000);

    [Theory]
    [InlineData(nameof(DialectKind.OpenAiChat), 1)]
    [InlineData(nameof(DialectKind.Anthropic), 2)]
    [InlineData(nameof(DialectKind.Gemini), 3)]
    [InlineData(nameof(DialectKind.Ollama), 4)]
    public void A_reader_survives_any_events(string name, int seed)
    {
        var kind = Enum.Parse<DialectKind>(name);
        var dialect = DialectTable.Of(kind);
        var samples = Samples.Events(kind);
        var mutator = new Mutator(Dose.Seed(seed), samples);
        var harmless = new Harmless(name, mostAtOnce: 1024 * 1024);
        var sink = new NoSink();
        var reader = dialect.OpenReader();
        var malformed = 0;
        void Step(ReadOnlyMemory<byte> data)
        {
            if (reader.Read(default, data.Span, sink) == FrameOutcome.Malformed) malformed++;
        }
        var step = (Action<ReadOnlyMemory<byte>>)Step;
        while (harmless.Steps < s_events)
        {
            reader = dialect.OpenReader();
            // As a stream goes: from some event on in order, each changed or not.
            var at = mutator.Random.Next(samples.Count);
            for (var left = 1 + mutator.Random.Next(30); left > 0; left--, at = (at + 1) % samples.Count)
            {
                harmless.Do(mutator.Random.Next(3) == 0 ? samples[at] : mutator.Of(samples[mutator.Random.Next(4) == 0 ? mutator.Random.Next(samples.Count) : at]), step);
            }
            _ = reader.Position;
        }
        Assert.InRange(harmless.Average, 0, 4096);
        Assert.InRange(malformed, s_events / 50, s_events);
    }

    [Theory]
    [InlineData(nameof(DialectKind.OpenAiChat), 5)]
    [InlineData(nameof(DialectKind.Anthropic), 6)]
    [InlineData(nameof(DialectKind.Gemini), 7)]
    [InlineData(nameof(DialectKind.Ollama), 8)]
    public void What_is_written_of_it_is_the_protocols_own(string name, int seed)
    {
        var kind = Enum.Parse<DialectKind>(name);
        var samples = Samples.Events(kind);
        var mutator = new Mutator(Dose.Seed(seed), samples);
        var output = new ArrayBufferWriter<byte>(64 * 1024);
        var input = new List<byte>();
        for (var i = 0; i < s_streams; i++)
        {
            var to = DialectTable.Of((DialectKind)(i % 4));
            output.ResetWrittenCount();
            input.Clear();
            var reader = DialectTable.Of(kind).OpenReader();
            var writer = to.OpenWriter(output, StreamPosition.Beginning("dec_1", "p/m", 7, includeUsage: i % 3 == 0));
            using var tracker = new AnswerTracker(keepText: false);
            var relay = new RelaySink(tracker, writer, null, default, holdTools: i % 5 != 0);
            var at = mutator.Random.Next(samples.Count);
            for (var left = 1 + mutator.Random.Next(20); left > 0; left--, at = (at + 1) % samples.Count)
            {
                var data = mutator.Random.Next(4) != 0 ? samples[at] : mutator.Of(samples[at]).ToArray();
                input.AddRange([.. data, (byte)'\n']);
                if (Read(reader, data, relay, input) == FrameOutcome.Malformed || tracker.Failure is not null) break;
            }
            try
            {
                if (tracker.Finished != FinishReason.None) writer.End();
                else writer.Error(new GatewayError(GatewayErrorKind.AnswerInterrupted, "cut"), "dec_1");
            }
            catch (Exception e)
            {
                Assert.Fail($"{kind} to {to.Kind}: {e}\ninput: {Harmless.Show(input.ToArray())}");
            }
            IsStream(to, output.WrittenSpan, input.ToArray());
        }
    }

    private static FrameOutcome Read(DialectStreamReader reader, byte[] data, IChatEventSink sink, List<byte> input)
    {
        try
        {
            return reader.Read(default, data, sink);
        }
        catch (Exception e)
        {
            Assert.Fail($"{e}\ninput: {Harmless.Show(input.ToArray())}");
            throw;
        }
    }

    private static void IsStream(IDialect dialect, ReadOnlySpan<byte> output, byte[] input)
    {
        var splitter = new FrameSplitter(dialect.Framing);
        while (!output.IsEmpty && splitter.TryRead(output, true, out var frame))
        {
            if (!frame.Data.IsEmpty && !frame.Data.SequenceEqual("[DONE]"u8)) Harmless.IsJson(frame.Data, input, "to " + dialect.Kind);
            output = output[frame.Length..];
        }
    }
}
