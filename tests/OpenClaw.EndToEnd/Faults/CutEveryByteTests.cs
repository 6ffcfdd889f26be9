using System.Collections.Concurrent;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Faults;

/// <summary>Recordings of real providers, and the scripted one's, cut at every single byte; a second target has the whole.</summary>
[Collection(WholeMachine.Name)]
public sealed class CutEveryByteTests
{
    // What a recording costs grows with the square of its length.
    private const int Largest = 40_000;
    private const int LargestBroken = 20_000;
    private const int CutsTogether = 128;

    internal static IReadOnlyList<RecordedStream> Streams { get; } = [.. RecordedStream.All.Where(static s => s.Bytes.Length <= Largest)];

    public static TheoryData<int, string> Ending => Rows(Largest);

    public static TheoryData<int, string> Breaking => Rows(LargestBroken);

    [Fact]
    public void Thirty_recordings_are_cut_at_every_byte()
    {
        SharedFiles.Require("fixtures/wire");
        var recorded = Streams.Where(static s => s.IsRecorded).ToList();
        Assert.True(recorded.Count >= 30, $"only {recorded.Count}: {string.Join(", ", recorded.Select(static s => s.Name))}");
        var texts = recorded.Where(static s => s.IsText).Select(static s => s.Name).ToList();
        Assert.True(texts.Count >= 5, $"only {texts.Count} say nothing but text: {string.Join(", ", texts)}");
    }

    [Theory]
    [MemberData(nameof(Ending))]
    public Task A_body_that_ends_at_any_byte_is_healed_or_ends_with_an_error_and_text_is_always_healed(int stream, string name) => CutAsync(stream, name, broken: false);

    [Theory]
    [MemberData(nameof(Breaking))]
    public Task A_connection_that_breaks_at_any_byte_is_healed_or_ends_with_an_error_and_text_is_always_healed(int stream, string name) => CutAsync(stream, name, broken: true);

    private static async Task CutAsync(int number, string name, bool broken)
    {
        var stream = Streams[number];
        var whole = await new TwoHops(stream).UncutAsync();
        // Some recordings are of providers that went wrong: whoever gets them must be told so.
        Assert.True((whole.LooksWhole || whole.IsClearError) && whole.Violations.Count == 0, $"{name}, uncut: {whole}");
        if (stream.IsText) Assert.True(whole.LooksWhole && whole.Text.Length > 0, $"{name}, uncut: {whole}");
        var wrong = new ConcurrentQueue<(int At, string Problem)>();
        var cuts = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, stream.Bytes.Length).Chunk(CutsTogether), TestContext.Current.CancellationToken, async (places, _) =>
        {
            var hops = new TwoHops(stream);
            foreach (var at in places)
            {
                var reply = await hops.CutAsync(at, broken);
                Interlocked.Increment(ref cuts);
                if (CutJudge.Problem(reply, whole) is { } problem) wrong.Enqueue((at, problem));
                else if (stream.IsText && !CutJudge.IsSame(reply, whole)) wrong.Enqueue((at, "not healed: " + reply));
            }
        });
        Assert.Equal(stream.Bytes.Length, cuts);
        Assert.True(wrong.IsEmpty, $"{name}: {wrong.Count} of {cuts} cuts\n" + string.Join("\n", wrong.OrderBy(static w => w.At).Take(5).Select(static w => $"at byte {w.At}: {w.Problem}")));
    }

    private static TheoryData<int, string> Rows(int largest)
    {
        var rows = new TheoryData<int, string>();
        foreach (var (number, stream) in Streams.Index())
        {
            if (stream.Bytes.Length <= largest) rows.Add(number, stream.Name);
        }
        return rows;
    }
}
