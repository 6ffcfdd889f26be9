using System.IO.Compression;

namespace OpenClaw.Gateway.Providers.Scripted;

/// <summary>How an answer's body stops.</summary>
internal enum ScriptedEnding
{
    Proper,

    /// <summary>FIN without the body's end.</summary>
    Close,

    /// <summary>RST without the body's end.</summary>
    Reset,

    /// <summary>Silence, then <see cref="Close"/>.</summary>
    Stall,
}

/// <summary>An answer in pieces, cut and damaged as a fault wants it, ready to be sent.</summary>
internal sealed record ScriptedBody
{
    private static readonly int[] s_oddSizes = [1, 3, 7, 2, 64, 5, 1000, 1];
    private static readonly int[] s_dripSizes = [1, 2, 3, 5, 7, 11, 200];

    public required IReadOnlyList<byte[]> Pieces { get; init; }

    /// <summary>Announced length; null = chunked.</summary>
    public int? Length { get; init; }

    public ScriptedEnding Ending { get; init; }

    public bool Gzip { get; init; }

    /// <summary>Builds the body for a fault that lets an answer begin.</summary>
    public static ScriptedBody Build(ScriptedWire wire, ScriptedTurn turn, ScriptedFault fault, bool stream)
    {
        var body = stream ? OfStream(wire, turn, fault) : OfWhole(wire, turn, fault);
        return fault.Name switch
        {
            "cut-at-byte" => body with { Pieces = [Join(body.Pieces)[..Math.Min(fault.Number ?? 500, Join(body.Pieces).Length)]], Ending = ScriptedEnding.Close },
            "odd-chunks" => body with { Pieces = Resize(Join(body.Pieces), s_oddSizes), Length = null },
            "drip" => body with { Pieces = Resize(Join(body.Pieces), s_dripSizes) },
            "gzip" => body with { Pieces = Compress(body.Pieces), Length = null, Gzip = true },
            _ => body,
        };
    }

    private static ScriptedBody OfStream(ScriptedWire wire, ScriptedTurn turn, ScriptedFault fault)
    {
        var frames = wire.Stream(turn).ToList();
        switch (fault.Name)
        {
            case "bad-json":
                var tenth = frames.FindIndex(f => f == frames.Where(t => t.Mark == ScriptedMark.Text).ElementAtOrDefault(9));
                if (tenth >= 0) frames[tenth] = new(ScriptedMark.Text, wire.BadFrame());
                return Whole(frames);
            case "no-done":
                frames.RemoveAll(f => f.Mark == ScriptedMark.Done);
                return Whole(frames);
            case "cut" or "cut-after":
                return Cut(frames, ScriptedMark.Text, fault.Number ?? 40, ScriptedEnding.Close);
            case "reset-after":
                return Cut(frames, ScriptedMark.Text, fault.Number ?? 40, ScriptedEnding.Reset);
            case "stall" or "stall-after":
                return Cut(frames, ScriptedMark.Text, fault.Number ?? 20, ScriptedEnding.Stall);
            case "thinking-cut":
                return Cut(frames, ScriptedMark.Thinking, fault.Number ?? 6, ScriptedEnding.Close);
            case "tool-cut":
                return CutTool(frames, wire, fault.Number ?? 12);
            case "garbage-end":
                return Append(Cut(frames, ScriptedMark.Text, fault.Number ?? 40, ScriptedEnding.Proper), "proxy error: Failed to read connection"u8.ToArray());
            case "clean-end":
                return Cut(frames, ScriptedMark.Text, fault.Number ?? 40, ScriptedEnding.Proper);
            case "error-mid-stream":
                return Append(Cut(frames, ScriptedMark.Text, fault.Number ?? 40, ScriptedEnding.Proper), wire.ErrorFrame());
            default:
                return Whole(frames);
        }
    }

    private static ScriptedBody OfWhole(ScriptedWire wire, ScriptedTurn turn, ScriptedFault fault)
    {
        var bytes = wire.Whole(turn);
        var part = bytes[..(bytes.Length * 2 / 3)];
        return fault.Name switch
        {
            "cut" or "cut-after" or "thinking-cut" or "tool-cut" => new() { Pieces = [part], Length = bytes.Length, Ending = ScriptedEnding.Close },
            "reset-after" => new() { Pieces = [part], Length = bytes.Length, Ending = ScriptedEnding.Reset },
            "stall" or "stall-after" => new() { Pieces = [part], Length = bytes.Length, Ending = ScriptedEnding.Stall },
            "bad-json" => new() { Pieces = [part], Length = part.Length },
            "clean-end" => new() { Pieces = [part] },
            "garbage-end" => new() { Pieces = [part, "proxy error: Failed to read connection"u8.ToArray()] },
            _ => new() { Pieces = [bytes], Length = bytes.Length },
        };
    }

    private static ScriptedBody Whole(IEnumerable<ScriptedFrame> frames) => new() { Pieces = [.. frames.Select(f => f.Bytes)] };

    private static ScriptedBody Append(ScriptedBody body, byte[] last) => body with { Pieces = [.. body.Pieces, last] };

    /// <summary>Everything up to and with the <paramref name="count"/>th frame of the kind; all of it when there are fewer.</summary>
    private static ScriptedBody Cut(List<ScriptedFrame> frames, ScriptedMark mark, int count, ScriptedEnding ending)
    {
        var pieces = new List<byte[]>();
        foreach (var frame in frames)
        {
            if (frame.Mark == mark && count-- == 0) return new() { Pieces = pieces, Ending = ending };
            if (frame.Mark is ScriptedMark.Finish or ScriptedMark.Done) return new() { Pieces = pieces, Ending = ending };
            pieces.Add(frame.Bytes);
        }
        return new() { Pieces = pieces, Ending = ending };
    }

    /// <summary>Stops inside the arguments: between two pieces where the protocol streams them, inside the frame where it does not.</summary>
    private static ScriptedBody CutTool(List<ScriptedFrame> frames, ScriptedWire wire, int characters)
    {
        if (wire is OpenAiWire or AnthropicWire) return Cut(frames, ScriptedMark.Tool, (characters + 5) / 6, ScriptedEnding.Close);
        var at = frames.FindIndex(f => f.Mark == ScriptedMark.Tool);
        if (at < 0) return Cut(frames, ScriptedMark.Tool, 0, ScriptedEnding.Close);
        var half = frames[at].Bytes;
        return new() { Pieces = [.. frames.Take(at).Select(f => f.Bytes), half[..(half.Length / 2)]], Ending = ScriptedEnding.Close };
    }

    private static byte[] Join(IEnumerable<byte[]> pieces) => [.. pieces.SelectMany(p => p)];

    private static List<byte[]> Resize(byte[] bytes, int[] sizes)
    {
        var pieces = new List<byte[]>();
        for (int at = 0, i = 0; at < bytes.Length; at += sizes[i++ % sizes.Length])
        {
            pieces.Add(bytes[at..Math.Min(at + sizes[i % sizes.Length], bytes.Length)]);
        }
        return pieces;
    }

    private static List<byte[]> Compress(IReadOnlyList<byte[]> pieces)
    {
        var output = new List<byte[]>();
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true))
        {
            foreach (var piece in pieces)
            {
                gzip.Write(piece);
                gzip.Flush();
                output.Add(buffer.ToArray());
                buffer.SetLength(0);
            }
        }
        output.Add(buffer.ToArray());
        return output;
    }
}
