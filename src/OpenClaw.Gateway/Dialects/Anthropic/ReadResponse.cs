using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>Reads a whole answer.</summary>
internal static class ReadResponse
{
    /// <summary>False when it is not a Messages answer. An error body (some servers send it with a 200) is a failure in the sink, and true.</summary>
    public static bool Read(ReadOnlySpan<byte> body, IChatEventSink sink)
    {
        try
        {
            var envelope = StreamEvent.Read(body);
            if (envelope.Kind == StreamEventKind.Error || (envelope.Kind == StreamEventKind.None && IsObject(envelope.Error)))
            {
                sink.Fail(Errors.ReadFailure(body));
                return true;
            }
            var message = StreamFields.Read(body);
            if (!message.Type.SequenceEqual("message"u8) || !IsArray(message.Content)) return false;
            Message(message, sink);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void Message(StreamFields message, IChatEventSink sink)
    {
        JsonScratch first = new(), second = new();
        sink.Start(first.Text(message.Id), second.Text(message.Model));
        var content = new WholeContentReader();
        content.Read(message.Content, sink);
        var usage = default(ReadUsage);
        if (message.Usage.Length > 0 && usage.Read(message.Usage)) sink.Usage(usage.Total);
        StopReasons.TellDetails(message.StopDetails, sink);
        sink.Finish(Reason(message, content), first.Text(message.StopSequence));
    }

    // A whole body without a stop_reason did arrive whole; what it holds tells how it ended.
    private static FinishReason Reason(StreamFields message, WholeContentReader content) =>
        message.StopReason.Length > 0 ? StopReasons.Read(message.StopReason)
        : content.ToolIndex > 0 ? FinishReason.ToolCalls
        : FinishReason.Stop;

    private static bool IsObject(ReadOnlySpan<byte> json) => json.Length > 0 && json[0] == (byte)'{';

    private static bool IsArray(ReadOnlySpan<byte> json) => json.Length > 0 && json[0] == (byte)'[';
}
