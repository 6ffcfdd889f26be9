using System.Buffers;
using System.Text;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Tests.Gateway.Dialects.Anthropic;

namespace OpenClaw.Tests.Gateway.Dialects;

/// <summary>Streams recorded from providers, translated into the other protocol and read again: nothing of what they say is lost or changed.</summary>
public sealed class RecordedTranslationTests
{
    private const string Folder = "fixtures/wire";
    private static readonly string[] s_chatProviders = ["openai", "openai-compatible", "deepseek", "xai", "mistral"];

    public static TheoryData<string> ChatStreams => Data(s_chatProviders.SelectMany(static p => Files(p).Where(static f => IsChat(File.ReadAllText(Path.Combine(SharedFiles.Root, Folder, f))))));

    // The splice is two answers in one: a failure, which no writer is given.
    public static TheoryData<string> MessagesStreams => Data(Files("anthropic").Where(static f => !f.Contains("spliced", StringComparison.Ordinal)));

    [Theory]
    [MemberData(nameof(ChatStreams))]
    public void Chat_says_the_same_as_Messages(string file)
    {
        var lines = Lines(file);
        AssertSame(DialectKind.OpenAiChat, Streams.Frame(Framing.ServerSentEvents, [.. lines, "[DONE]"]), DialectKind.Anthropic);
    }

    [Theory]
    [MemberData(nameof(MessagesStreams))]
    public void Messages_say_the_same_as_Chat(string file)
    {
        // One file may hold several answers after one another.
        var answer = new List<string>();
        var answers = 0;
        foreach (var line in Lines(file))
        {
            answer.Add(line);
            if (!line.StartsWith("{\"type\":\"message_stop\"", StringComparison.Ordinal)) continue;
            AssertSame(DialectKind.Anthropic, AnthropicStreams.Sse(answer), DialectKind.OpenAiChat);
            answer.Clear();
            answers++;
        }
        Assert.True(answers > 0, "no answer that ends");
    }

    private static void AssertSame(DialectKind from, byte[] bytes, DialectKind to)
    {
        var (source, target) = (DialectTable.Of(from), DialectTable.Of(to));
        var said = new EventLog();
        Assert.DoesNotContain(FrameOutcome.Malformed, Streams.Read(source, bytes, said));
        Assert.Null(said.Failure);
        Assert.NotEqual(FinishReason.None, said.Reason);

        var output = new ArrayBufferWriter<byte>();
        var writer = target.OpenWriter(output, StreamPosition.Beginning("answer-1", "served-model", 1_700_000_000, includeUsage: true));
        Streams.Read(source, bytes, writer);
        writer.End();
        var heard = new EventLog();
        var outcomes = Streams.Read(target, output.WrittenSpan.ToArray(), heard);
        Assert.DoesNotContain(FrameOutcome.Malformed, outcomes);
        Assert.Equal(FrameOutcome.Done, outcomes[^1]);
        Assert.Equal(Told(said), Told(heard));
    }

    // What a caller goes by; the usage in the sums that both protocols have.
    private static string Told(EventLog log)
    {
        var told = new StringBuilder();
        told.Append("text ").AppendLine(log.Joined("text")).Append("reasoning ").AppendLine(log.Joined("reasoning"));
        foreach (var call in log.Lines.Where(static l => l.StartsWith("call ", StringComparison.Ordinal)))
        {
            var (index, name) = (call.Split(' ')[1], call.Split(' ', 3)[2]);
            var arguments = log.Joined("arguments " + index);
            told.Append("call ").Append(name).Append(' ').AppendLine(arguments.Length > 0 ? arguments : "{}");
        }
        var usage = log.Total;
        told.Append("finish ").AppendLine(log.Reason.ToString());
        return told.Append(System.Globalization.CultureInfo.InvariantCulture, $"usage {usage.TotalInput} {usage.CacheRead} {usage.CacheWrite + usage.CacheWrite1h} {usage.Output} {usage.Reasoning}").ToString();
    }

    private static IEnumerable<string> Lines(string file) => File.ReadLines(SharedFiles.Require($"{Folder}/{file}")).Where(static l => l.Length > 0);

    private static IEnumerable<string> Files(string provider) => SharedFiles.Files($"{Folder}/{provider}", "*.chunks.txt").Select(f => $"{provider}/{f}");

    // Chunks of a chat that comes to its end.
    private static bool IsChat(string text) => text.Contains("\"chat.completion.chunk\"", StringComparison.Ordinal) && text.Contains("\"finish_reason\":\"", StringComparison.Ordinal);

    // One row that skips when there is no data: a theory without rows counts as a failure.
    private static TheoryData<string> Data(IEnumerable<string> files)
    {
        string[] found = [.. files];
        return [.. found.Length > 0 ? found : ["no-recordings"]];
    }
}
