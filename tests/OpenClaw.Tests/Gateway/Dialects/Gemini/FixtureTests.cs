using System.Buffers;
using System.Text;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Gemini;

namespace OpenClaw.Tests.Gateway.Dialects.Gemini;

/// <summary>Recorded payloads of Google's: read, read at every split, written again and read back.</summary>
public class FixtureTests
{
    private const string Folder = "fixtures/wire/google";

    private static readonly GeminiDialect s_dialect = new();

    public static TheoryData<string> OfThisProtocol =>
    [
        "google-text.chunks.txt", "google-tool-call.chunks.txt", "google-tool-call-gemini3.chunks.txt",
        "google-stream-tool-call-arguments.chunks.txt", "google-vertex-stream-tool-call-arguments-nested.1.chunks.txt",
        "google-reasoning.json", "google-reasoning-gemini3.json",
    ];

    internal static string[] Payloads(string name)
    {
        var path = SharedFiles.Require($"{Folder}/{name}");
        return name.EndsWith(".json", StringComparison.Ordinal)
            ? [File.ReadAllText(path).ReplaceLineEndings("")]
            : [.. File.ReadAllLines(path).Where(l => l.Length > 0)];
    }

    [Theory]
    [MemberData(nameof(OfThisProtocol))]
    public void Reads_the_same_at_every_split(string name)
    {
        var bytes = Streams.Frame(Framing.ServerSentEvents, Payloads(name));
        var whole = new EventLog();
        Streams.Read(s_dialect, bytes, whole);
        Assert.NotEqual(FinishReason.None, whole.Reason);
        Assert.Null(whole.Failure);
        // Every byte of short streams, evenly spread bytes of long ones.
        for (var cut = 1; cut < bytes.Length; cut += Math.Max(1, bytes.Length * bytes.Length / 6_000_000))
        {
            var log = new EventLog();
            Streams.Read(s_dialect, bytes, log, cut);
            Assert.Equal(whole.ToString(), log.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(OfThisProtocol))]
    public void Written_again_as_a_stream_and_as_a_whole_it_reads_as_the_same_answer(string name)
    {
        var bytes = Streams.Frame(Framing.ServerSentEvents, Payloads(name));
        var answer = new ChatAnswer();
        Streams.Read(s_dialect, bytes, answer);

        var output = new ArrayBufferWriter<byte>();
        var writer = s_dialect.OpenWriter(output, StreamPosition.Beginning("", "", 0, includeUsage: true));
        Streams.Read(s_dialect, bytes, writer);
        writer.End();
        var streamed = new ChatAnswer();
        Streams.Read(s_dialect, output.WrittenSpan.ToArray(), streamed);
        Assert.Equal(Summary(answer), Summary(streamed));

        var body = new ArrayBufferWriter<byte>();
        s_dialect.WriteResponse(answer, body);
        var whole = new ChatAnswer();
        Assert.True(s_dialect.ReadResponse(body.WrittenMemory, whole));
        Assert.Equal(Summary(answer), Summary(whole));
    }

    [Fact]
    public void Text_and_usage_of_the_recorded_stream()
    {
        var log = Streams.Read(s_dialect, Payloads("google-text.chunks.txt"));
        Assert.Equal("There are **3** \"r\"s in strawberry.\n\nst**r**awbe**rr**y", log.Joined("text"));
        Assert.Equal((9, 208, 185), (log.Total.Input, log.Total.Output, log.Total.Reasoning));
    }

    [Fact]
    public void Streamed_arguments_of_two_parallel_calls()
    {
        var log = Streams.Read(s_dialect, Payloads("google-stream-tool-call-arguments.chunks.txt"));
        Assert.Contains("""arguments 0 {"location":"Boston"}""", log.Lines);
        Assert.Contains("""arguments 1 {"location":"San Francisco"}""", log.Lines);
        Assert.Contains(log.Lines, l => l.StartsWith("signature 0 ", StringComparison.Ordinal));
        Assert.Equal(FinishReason.ToolCalls, log.Reason);
        Assert.Equal(181, log.Total.Total);
    }

    [Fact]
    public void Nested_streamed_arguments()
    {
        var log = Streams.Read(s_dialect, Payloads("google-vertex-stream-tool-call-arguments-nested.1.chunks.txt"));
        using var arguments = System.Text.Json.JsonDocument.Parse(log.Joined("arguments 0"));
        var recipe = arguments.RootElement.GetProperty("recipe");
        Assert.Equal("16 oz", recipe.GetProperty("ingredients")[0].GetProperty("amount").GetString());
        Assert.Equal(10, recipe.GetProperty("steps").GetArrayLength());
        Assert.Equal("Let stand for 15 minutes before serving.", recipe.GetProperty("steps")[9].GetString());
    }

    [Fact]
    public void Payloads_of_googles_other_protocols_are_malformed_and_tell_nothing()
    {
        SharedFiles.Require(Folder);
        var others = SharedFiles.Files(Folder, "*").Except(OfThisProtocol.Select(row => row.Data)).Where(f => !f.Contains("429", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(others);
        foreach (var name in others)
        {
            foreach (var payload in Payloads(name))
            {
                var log = new EventLog();
                Assert.Equal(FrameOutcome.Malformed, s_dialect.OpenReader().Read(default, Encoding.UTF8.GetBytes(payload), log));
                Assert.Empty(log.Lines);
            }
        }
    }

    private static string Summary(ChatAnswer answer)
    {
        var text = string.Concat(answer.Parts.OfType<TextPart>().Select(p => p.Text));
        var thoughts = string.Concat(answer.Parts.OfType<ReasoningPart>().Select(p => p.Text));
        var calls = string.Join('\n', answer.Parts.OfType<ToolCallPart>());
        return $"{answer.Id}|{answer.Model}|{text}|{thoughts}|{calls}|{answer.Reason}|{answer.UsageTotal}";
    }
}
