using System.Buffers;
using System.Buffers.Binary;

namespace OpenClaw.Gateway.Metering;

/// <summary>Width and height of a picture in pixels, from the head of its file: PNG, JPEG and WebP.</summary>
internal readonly record struct PictureSize(int Width, int Height)
{
    // Profiles and previews stand before the size of a JPEG, each a segment of at most 64 KB.
    private const int MaxSegments = 200;

    // As much of a text with escaped slashes as is looked into.
    private const int MaxEscaped = 1 << 18;

    private static ReadOnlySpan<byte> PngHead => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, (byte)'I', (byte)'H', (byte)'D', (byte)'R'];

    /// <summary>The size of an inline picture, or null: another kind of file, cut off, or not looked into.</summary>
    /// <param name="text">Base64, or a <c>data:</c> URL with it, as it stands in the JSON.</param>
    public static PictureSize? Of(ReadOnlySpan<byte> text)
    {
        text = InlineFile.Base64Of(text);
        if (!text.ContainsAny((byte)' ', (byte)'\\')) return OfBase64(text);
        // Who leaves out spaces reads other bytes than are read here.
        if (text.Contains((byte)' ')) return null;
        var plain = ArrayPool<byte>.Shared.Rent(MaxEscaped);
        try
        {
            return OfBase64(plain.AsSpan(0, Unescape(text, plain)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(plain);
        }
    }

    private static PictureSize? OfBase64(ReadOnlySpan<byte> text)
    {
        Span<byte> head = stackalloc byte[30];
        if (!InlineFile.TryRead(text, 0, head)) return null;
        var size = default(PictureSize);
        if (head.StartsWith(PngHead)) size = new PictureSize(BinaryPrimitives.ReadInt32BigEndian(head[16..]), BinaryPrimitives.ReadInt32BigEndian(head[20..]));
        else if (head.StartsWith("RIFF"u8) && head[8..].StartsWith("WEBP"u8)) size = OfWebP(head);
        else if (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF])) size = OfJpeg(text);
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
        for (var (at, count) = (2, 0); count < MaxSegments && InlineFile.TryRead(text, at, segment); count++)
        {
            if (segment[0] != 0xFF) return default;
            switch (segment[1])
            {
                // Bytes of 0xFF may stand before a marker.
                case 0xFF:
                    at++;
                    break;
                case >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC):
                    return new PictureSize(BinaryPrimitives.ReadUInt16BigEndian(segment[7..]), BinaryPrimitives.ReadUInt16BigEndian(segment[5..]));
                // Markers without a length have no place before the frame.
                case 0x00 or 0x01 or (>= 0xD0 and <= 0xDA):
                    return default;
                default:
                    at += 2 + BinaryPrimitives.ReadUInt16BigEndian(segment[2..]);
                    break;
            }
        }
        return default;
    }

    // "\/" is a slash to JSON, and PHP writes each that way; any other escape is no letter of base64, and ends what is read.
    private static int Unescape(ReadOnlySpan<byte> text, Span<byte> into)
    {
        var written = 0;
        for (var i = 0; i < text.Length && written < into.Length; i++)
        {
            if (text[i] == (byte)'\\' && (++i == text.Length || text[i] != (byte)'/')) break;
            into[written++] = text[i];
        }
        return written;
    }

    private static int UInt24(ReadOnlySpan<byte> bytes) => bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);
}
