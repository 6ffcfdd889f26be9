using System.Buffers;
using System.Text;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Tests.Gateway.Dialects.Anthropic;
using OpenClaw.Tests.Gateway.Dialects.Gemini;

namespace OpenClaw.Tests.Gateway.Dialects;

/// <summary>Streams recorded from providers, translated into the other protocol and read again: nothing of what they say is lost or changed.</summary>
public sealed class RecordedTranslationTests
{
    private const string Folder = "fixtures/wire";
    private static readonly string[] s_chatProviders = ["openai", "openai-compatible", "deepseek", "xai", "mistral"];

    public static TheoryData<string> ChatStreams => Data(s_chatProviders.SelectMany(static p => Files(p).Where(static f => IsChat(File.ReadAllText(Path.Combine(SharedFiles.Root, Folder, f))))));

    // The splice is two answers in one: a failure, which no writer is given.
    public static TheoryData<string> MessagesStreams => Data(Files("anthropic").Where(static f => !f.Contains("spliced", StringComparison.Ordinal)));

    // Whole ones, of a single choice.
    public static TheoryData<string> ServerStreams => Data(SharedFiles.Files($"{Folder}/llama-server", "*stream*.body")
        .Where(static f => f.StartsWith("chat-", StringComparison.Ordinal) || f.StartsWith("anthropic-", StringComparison.Ordinal))
        .Select(static f => $"llama-server/{f}").Where(static f => IsWhole(File.ReadAllText(Path.Combine(SharedFiles.Root, Folder, f)))));

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

    [Theory]
    [MemberData(nameof(FixtureTests.OfThisProtocol), MemberType = typeof(FixtureTests))]
    public void Chat_and_Messages_say_the_same_as_Gemini(string file)
    {
        var bytes = Streams.Frame(Framing.ServerSentEvents, FixtureTests.Payloads(file));
        AssertSame(DialectKind.Gemini, bytes, DialectKind.OpenAiChat);
        AssertSame(DialectKind.Gemini, bytes, DialectKind.Anthropic);
    }

    [Theory]
    [MemberData(nameof(ServerStreams))]
    public void What_a_model_server_streamed_says_the_same_in_the_other_protocol(string file)
    {
        var bytes = File.ReadAllBytes(SharedFiles.Require($"{Folder}/{file}"));
        var isMessages = file.Contains("/anthropic", StringComparison.Ordinal);
        AssertSame(isMessages ? DialectKind.Anthropic : DialectKind.OpenAiChat, bytes, isMessages ? DialectKind.OpenAiChat : DialectKind.Anthropic);
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
        var isAnonymous = from == DialectKind.Gemini;
        Assert.Equal(Told(said, isAnonymous), Told(heard, isAnonymous));
    }

    // What a caller goes by; the usage in the sums that both protocols have.
    private static string Told(EventLog log, bool isAnonymous)
    {
        var told = new StringBuilder();
        told.Append("text ").AppendLine(log.Joined("text")).Append("reasoning ").AppendLine(log.Joined("reasoning"));
        foreach (var call in log.Lines.Where(static l => l.StartsWith("call ", StringComparison.Ordinal)))
        {
            var (index, name) = (call.Split(' ')[1], call.Split(' ', 3)[2]);
            // Gemini's calls have no ids; those that the other protocols demand are made up.
            if (isAnonymous) name = name.Split(' ')[^1];
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

    private static bool IsWhole(string text) => text.Contains("data: [DONE]", StringComparison.Ordinal) || text.Contains("event: message_stop", StringComparison.Ordinal);

    // One row that skips when there is no data: a theory without rows counts as a failure.
    private static TheoryData<string> Data(IEnumerable<string> files)
    {
        string[] found = [.. files];
        return [.. found.Length > 0 ? found : ["no-recordings"]];
    }
}
