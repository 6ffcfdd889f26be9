using System.Buffers;
using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Anthropic;
using OpenClaw.Gateway.Dialects.Frames;

namespace OpenClaw.Tests.Gateway.Dialects.Anthropic;

/// <summary>Streams of this protocol for its tests: built from events, cut in pieces, read, described in one comparable text.</summary>
internal static class AnthropicStreams
{
    public const string Start =
        """{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"claude-x","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":25,"output_tokens":1}}}""";

    public const string Stop = """{"type":"message_stop"}""";

    public static string End(string reason = "end_turn", string usage = """{"output_tokens":15}""") =>
        "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"" + reason + "\",\"stop_sequence\":null},\"usage\":" + usage + "}";

    public static string[] TextBlock(int index, params string[] texts) =>
    [
        "{\"type\":\"content_block_start\",\"index\":" + index + ",\"content_block\":{\"type\":\"text\",\"text\":\"\"}}",
        .. texts.Select(t => "{\"type\":\"content_block_delta\",\"index\":" + index + ",\"delta\":{\"type\":\"text_delta\",\"text\":" + Quote(t) + "}}"),
        "{\"type\":\"content_block_stop\",\"index\":" + index + "}",
    ];

    public static string[] ToolBlock(int index, string id, string name, params string[] pieces) =>
    [
        "{\"type\":\"content_block_start\",\"index\":" + index + ",\"content_block\":{\"type\":\"tool_use\",\"id\":\"" + id + "\",\"name\":\"" + name + "\",\"input\":{}}}",
        .. pieces.Select(p => "{\"type\":\"content_block_delta\",\"index\":" + index + ",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":" + Quote(p) + "}}"),
        "{\"type\":\"content_block_stop\",\"index\":" + index + "}",
    ];

    public static string[] ThinkingBlock(int index, string signature, params string[] texts) =>
    [
        "{\"type\":\"content_block_start\",\"index\":" + index + ",\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}",
        .. texts.Select(t => "{\"type\":\"content_block_delta\",\"index\":" + index + ",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":" + Quote(t) + "}}"),
        "{\"type\":\"content_block_delta\",\"index\":" + index + ",\"delta\":{\"type\":\"signature_delta\",\"signature\":\"" + signature + "\"}}",
        "{\"type\":\"content_block_stop\",\"index\":" + index + "}",
    ];

    /// <summary>Events as server-sent events, named after their type.</summary>
    public static byte[] Sse(IEnumerable<string> events)
    {
        var text = new StringBuilder();
        foreach (var line in events)
        {
            using var json = JsonDocument.Parse(line);
            text.Append("event: ").Append(json.RootElement.GetProperty("type").GetString()).Append("\ndata: ").Append(line).Append("\n\n");
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Feeds events, one frame each, to a new reader.</summary>
    public static (ChatAnswer Answer, List<FrameOutcome> Outcomes, DialectStreamReader Reader) Read(params string[] events)
    {
        var reader = new AnthropicDialect().OpenReader();
        var answer = new ChatAnswer();
        var outcomes = new List<FrameOutcome>();
        foreach (var e in events) outcomes.Add(reader.Read(default, Encoding.UTF8.GetBytes(e), answer));
        answer.Complete();
        return (answer, outcomes, reader);
    }

    /// <summary>Reads a stream that arrives in the given pieces; stops at its last frame.</summary>
    public static ChatAnswer ReadPieces(byte[] stream, params int[] cuts)
    {
        var answer = new ChatAnswer();
        Pump(stream, cuts, answer);
        answer.Complete();
        return answer;
    }

    public static FrameOutcome Pump(byte[] stream, int[] cuts, IChatEventSink sink)
    {
        var reader = new AnthropicDialect().OpenReader();
        var splitter = new FrameSplitter(Framing.ServerSentEvents);
        var last = FrameOutcome.Read;
        var at = 0;
        foreach (var cut in cuts.Append(stream.Length))
        {
            while (splitter.TryRead(stream.AsSpan(at, cut - at), cut == stream.Length, out var frame))
            {
                at += frame.Length;
                if (frame.Data.IsEmpty) continue;
                last = reader.Read(frame.Event, frame.Data, sink);
                if (last == FrameOutcome.Done) return last;
            }
        }
        return last;
    }

    /// <summary>What a writer makes of a stream.</summary>
    public static byte[] Rewrite(byte[] stream)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new AnthropicDialect().OpenWriter(output, StreamPosition.Beginning("", "", 0, false));
        Pump(stream, [], writer);
        writer.End();
        return output.WrittenSpan.ToArray();
    }

    public static string Written(Action<DialectStreamWriter> write, StreamPosition? position = null)
    {
        var output = new ArrayBufferWriter<byte>();
        write(new AnthropicDialect().OpenWriter(output, position ?? StreamPosition.Beginning("msg_1", "m", 0, false)));
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>The data lines of what was written.</summary>
    public static string[] Data(string written) =>
        [.. written.Split('\n').Where(l => l.StartsWith("data: ", StringComparison.Ordinal)).Select(l => l[6..])];

    /// <summary>Everything an answer says, as text. Failures and unmapped parts are left out: no stream carries them on.</summary>
    public static string Describe(ChatAnswer answer)
    {
        var text = new StringBuilder();
        text.Append(answer.Id).Append(' ').Append(answer.Model).Append('\n');
        foreach (var part in answer.Parts) text.Append(part).Append('\n');
        text.Append(answer.Refusal).Append(answer.Reason).Append(' ').Append(answer.StopSequence).Append(' ').Append(answer.UsageTotal);
        return text.ToString();
    }

    private static string Quote(string text) => "\"" + JsonEncodedText.Encode(text) + "\"";
}
