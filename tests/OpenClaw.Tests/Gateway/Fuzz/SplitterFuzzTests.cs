using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Frames;

namespace OpenClaw.Tests.Gateway.Fuzz;

/// <summary>However the network cuts a stream, and whatever is in it, the same frames come out.</summary>
public class SplitterFuzzTests
{
    private static readonly int s_streams = Dose.Of(15_000);

    [Theory]
    [InlineData(nameof(DialectKind.OpenAiChat), 41)]
    [InlineData(nameof(DialectKind.Anthropic), 42)]
    [InlineData(nameof(DialectKind.Ollama), 43)]
    public void Frames_do_not_depend_on_the_cuts(string name, int seed)
    {
        var kind = Enum.Parse<DialectKind>(name);
        var framing = DialectTable.Of(kind).Framing;
        var mutator = new Mutator(Dose.Seed(seed), [.. Samples.Streams(kind), "data: a\r\rdata: b\r\n\r\n: c\n\ndata\n\n\n\r\ndata: d\ndata: e"u8.ToArray(), "\uFEFFdata: x\n\n\uFEFFdata: y\n\n"u8.ToArray()]);
        var harmless = new Harmless(name, mostAtOnce: 1024 * 1024);
        var (whole, cut) = (new List<ulong>(), new List<ulong>());
        void Step(ReadOnlyMemory<byte> stream)
        {
            Split(framing, stream.Span, null, whole);
            Split(framing, stream.Span, mutator.Random, cut);
            if (!whole.SequenceEqual(cut)) Assert.Fail($"{name}: {whole.Count} frames at once, {cut.Count} in pieces\ninput: {Harmless.Show(stream.Span)}");
        }
        var step = (Action<ReadOnlyMemory<byte>>)Step;
        while (harmless.Steps < s_streams) harmless.Do(mutator.Next(), step);
        Assert.InRange(harmless.Average, 0, 16 * 1024);
    }

    private static void Split(Framing framing, ReadOnlySpan<byte> stream, Random? cuts, List<ulong> frames)
    {
        frames.Clear();
        var splitter = new FrameSplitter(framing);
        var (start, end) = (0, cuts is null ? stream.Length : 0);
        while (true)
        {
            while (start < end && splitter.TryRead(stream[start..end], end == stream.Length, out var frame))
            {
                Assert.True(frame.Length > 0);
                frames.Add(Hash(frame.Event) * 31 + Hash(frame.Data));
                start += frame.Length;
            }
            if (end == stream.Length) break;
            end = Math.Min(stream.Length, end + 1 + cuts!.Next(cuts.Next(3) == 0 ? 3 : 400));
        }
        Assert.Equal(stream.Length, start);
    }

    // FNV-1a.
    private static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = 14695981039346656037;
        foreach (var b in bytes) hash = (hash ^ b) * 1099511628211;
        return hash;
    }
}
