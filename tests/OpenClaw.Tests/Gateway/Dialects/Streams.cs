using System.Text;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Frames;

namespace OpenClaw.Tests.Gateway.Dialects;

/// <summary>Feeds recorded streams to readers as a connection would.</summary>
internal static class Streams
{
    public static byte[] Frame(Framing framing, IEnumerable<string> payloads) =>
        Encoding.UTF8.GetBytes(string.Concat(payloads.Select(p => framing == Framing.JsonLines ? p + "\n" : $"data: {p}\r\n\r\n")));

    /// <summary>Reads the bytes as two reads of a connection, cut at <paramref name="cut"/>; the reader's outcomes are returned.</summary>
    public static List<FrameOutcome> Read(IDialect dialect, byte[] bytes, IChatEventSink sink, int cut = 0)
    {
        var reader = dialect.OpenReader();
        var splitter = new FrameSplitter(dialect.Framing);
        var outcomes = new List<FrameOutcome>();
        var start = 0;
        foreach (var end in (int[])[cut, bytes.Length])
        {
            while (start < end && splitter.TryRead(bytes.AsSpan(start, end - start), end == bytes.Length, out var frame))
            {
                if (!frame.Data.IsEmpty) outcomes.Add(reader.Read(frame.Event, frame.Data, sink));
                start += frame.Length;
            }
        }
        reader.BodyEnded(sink);
        return outcomes;
    }

    public static EventLog Read(IDialect dialect, params string[] payloads)
    {
        var log = new EventLog();
        Read(dialect, Frame(dialect.Framing, payloads), log);
        return log;
    }
}
