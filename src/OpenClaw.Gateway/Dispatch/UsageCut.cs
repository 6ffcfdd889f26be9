// hot path of vLLM's streams: no allocation
using OpenClaw.Gateway.Dialects;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>Takes the usage out of frames that have it beside the answer's pieces; a frame of usage alone is left as it is.</summary>
internal static class UsageCut
{
    /// <summary>The frame without its usage, cut in its own place: what stood before the member moves up to what follows it.</summary>
    /// <param name="frame">The frame as it came; overwritten.</param>
    /// <param name="data">Its payload, as the reader had it.</param>
    public static ReadOnlySpan<byte> Of(Span<byte> frame, ReadOnlySpan<byte> data, DialectStreamReader reader)
    {
        var (start, length) = reader.UsageBeside;
        // A payload of several lines was joined elsewhere.
        if (length == 0 || reader.LastFrameWasUsageOnly || !((ReadOnlySpan<byte>)frame).Overlaps(data, out var at)) return frame;
        start += at;
        var end = start + length;
        // With the comma before it, or, where it is the first member, the one after it.
        var before = start - 1;
        while (IsSpace(frame[before])) before--;
        if (frame[before] == (byte)',') start = before;
        else
        {
            while (IsSpace(frame[end])) end++;
            if (frame[end] == (byte)',') end++;
        }
        length = end - start;
        frame[..start].CopyTo(frame[length..]);
        return frame[length..];
    }

    private static bool IsSpace(byte c) => c is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';
}
