using System.Buffers.Binary;
using System.Buffers.Text;

namespace OpenClaw.Gateway.Metering;

/// <summary>Width and height of a picture in pixels, from the head of its file: PNG, GIF, WebP and JPEG, the kinds that providers take.</summary>
internal readonly record struct PictureSize(int Width, int Height)
{
    // Profiles and previews stand before the size of a JPEG, each a segment of at most 64 KB.
    private const int MaxSegments = 200;

    /// <summary>The size of an inline picture, or null: another kind of file, cut off, or not looked into.</summary>
    /// <param name="text">Base64, or a <c>data:</c> URL with it, as it stands in the JSON.</param>
    public static PictureSize? Of(ReadOnlySpan<byte> text)
    {
        if (text.StartsWith("data:"u8)) text = text[(text.IndexOf((byte)',') + 1)..];
        Span<byte> head = stackalloc byte[30];
        if (!TryRead(text, 0, head)) return null;
        var size = head switch
        {
            [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => new PictureSize(BinaryPrimitives.ReadInt32BigEndian(head[16..]), BinaryPrimitives.ReadInt32BigEndian(head[20..])),
            [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] => new PictureSize(BinaryPrimitives.ReadUInt16LittleEndian(head[6..]), BinaryPrimitives.ReadUInt16LittleEndian(head[8..])),
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => OfWebP(head),
            [0xFF, 0xD8, 0xFF, ..] => OfJpeg(text),
            _ => default,
        };
        return size is { Width: > 0, Height: > 0 } ? size : null;
    }

    // RFC 9649, 2.5 to 2.7.
    private static PictureSize OfWebP(ReadOnlySpan<byte> head)
    {
        if (head[12..].StartsWith("VP8X"u8)) return new PictureSize(1 + UInt24(head[24..]), 1 + UInt24(head[27..]));
        if (head[12..].StartsWith("VP8 "u8)) return new PictureSize(BinaryPrimitives.ReadUInt16LittleEndian(head[26..]) & 0x3FFF, BinaryPrimitives.ReadUInt16LittleEndian(head[28..]) & 0x3FFF);
        if (!head[12..].StartsWith("VP8L"u8)) return default;
        var bits = BinaryPrimitives.ReadUInt32LittleEndian(head[21..]);
        return new PictureSize(1 + (int)(bits & 0x3FFF), 1 + (int)((bits >> 14) & 0x3FFF));
    }

    // ITU-T T.81, B.2.2: the first "start of frame".
    private static PictureSize OfJpeg(ReadOnlySpan<byte> text)
    {
        Span<byte> segment = stackalloc byte[9];
        for (var (at, count) = (2, 0); count < MaxSegments && TryRead(text, at, segment); count++)
        {
            if (segment[0] != 0xFF) return default;
            // Bytes of 0xFF may stand before a marker.
            if (segment[1] == 0xFF)
            {
                at++;
                continue;
            }
            if (segment[1] is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                return new PictureSize(BinaryPrimitives.ReadUInt16BigEndian(segment[7..]), BinaryPrimitives.ReadUInt16BigEndian(segment[5..]));
            }
            at += 2 + BinaryPrimitives.ReadUInt16BigEndian(segment[2..]);
        }
        return default;
    }

    // Four letters are three bytes, so any place of the file can be read by itself. What JSON escaped ("\/") is left alone.
    private static bool TryRead(ReadOnlySpan<byte> text, int at, Span<byte> into)
    {
        var (first, skip) = Math.DivRem(at, 3);
        var groups = (skip + into.Length + 2) / 3;
        if (((long)first + groups) * 4 > text.Length) return false;
        Span<byte> bytes = stackalloc byte[36];
        if (Base64.DecodeFromUtf8(text.Slice(first * 4, groups * 4), bytes, out _, out var written) != System.Buffers.OperationStatus.Done || written < skip + into.Length) return false;
        bytes.Slice(skip, into.Length).CopyTo(into);
        return true;
    }

    private static int UInt24(ReadOnlySpan<byte> bytes) => bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);
}
