using System.Buffers;
using System.Text;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Frames;
using OpenClaw.Gateway.Dialects.OpenAiChat;

namespace OpenClaw.Tests.Gateway.Dialects.OpenAiChat;

/// <summary>Short ways to read and write this dialect in tests.</summary>
internal static class Wire
{
    public static readonly OpenAiChatDialect Dialect = new();

    /// <summary>Reads frames one by one; the outcomes of frames that are not <see cref="FrameOutcome.Read"/> are in the log.</summary>
    public static (EventLog Log, ReadStream Reader) Read(params string[] frames)
    {
        var log = new EventLog();
        var reader = new ReadStream();
        foreach (var frame in frames)
        {
            var outcome = reader.Read(default, Encoding.UTF8.GetBytes(frame), log);
            if (outcome != FrameOutcome.Read) log.Unmapped("outcome:" + outcome);
        }
        return (log, reader);
    }

    /// <summary>A chunk with the given choice content.</summary>
    public static string Chunk(string delta, string? finish = null) =>
        $$"""{"id":"c1","object":"chat.completion.chunk","created":5,"model":"m","choices":[{"index":0,"delta":{{delta}},"finish_reason":{{(finish is null ? "null" : $"\"{finish}\"")}}}]}""";

    /// <summary>Reads a byte stream that arrives in pieces of the given sizes (the last repeats).</summary>
    public static string ReadStream(byte[] bytes, params int[] pieces)
    {
        var log = new EventLog();
        var reader = Dialect.OpenReader();
        var splitter = new FrameSplitter(Framing.ServerSentEvents);
        int at = 0, end = 0, piece = 0;
        while (true)
        {
            end = Math.Min(bytes.Length, end + pieces[Math.Min(piece++, pieces.Length - 1)]);
            while (splitter.TryRead(bytes.AsSpan(at, end - at), end == bytes.Length, out var frame))
            {
                var outcome = reader.Read(frame.Event, frame.Data, log);
                if (outcome != FrameOutcome.Read) log.Unmapped("outcome:" + outcome);
                at += frame.Length;
            }
            if (end == bytes.Length) return log.ToString();
        }
    }

    public static string Written(Action<WriteStream> write, StreamPosition? position = null)
    {
        var output = new ArrayBufferWriter<byte>();
        write(new WriteStream(output, position ?? StreamPosition.Beginning("id1", "p/m", 7, includeUsage: false)));
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
