using System.Buffers;
using System.Buffers.Text;

namespace OpenClaw.Gateway.Metering;

/// <summary>A file in base64, of which a few bytes are wanted. Four letters are three bytes, so any place of it can be read by itself.</summary>
internal static class InlineFile
{
    /// <summary>The base64 of a <c>data:</c> URL; else the text itself.</summary>
    public static ReadOnlySpan<byte> Base64Of(ReadOnlySpan<byte> text) => text.StartsWith("data:"u8) ? text[(text.IndexOf((byte)',') + 1)..] : text;

    /// <summary>Fills <paramref name="into"/> (at most 30 bytes) from that place of the file; false when it ends before, or what stands there is no base64.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, int at, Span<byte> into)
    {
        var (first, skip) = Math.DivRem(at, 3);
        var groups = (skip + into.Length + 2) / 3;
        if (((long)first + groups) * 4 > text.Length) return false;
        Span<byte> bytes = stackalloc byte[36];
        if (Base64.DecodeFromUtf8(text.Slice(first * 4, groups * 4), bytes, out _, out var written) != OperationStatus.Done || written < skip + into.Length) return false;
        bytes.Slice(skip, into.Length).CopyTo(into);
        return true;
    }
}
