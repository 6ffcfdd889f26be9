using System.Buffers.Binary;

namespace OpenClaw.Gateway.Metering;

/// <summary>How long a recording can be at most, from the head of its file and its size. Nothing of it is decoded.</summary>
internal static class SoundLength
{
    // The least that MP3 can have is 8 kbit/s (ISO/IEC 11172-3 and 13818-3); speech in Opus or AAC is above that.
    private const double LeastRate = 1000;

    private const int HeadLength = 12;
    private const int MaxChunks = 16;

    // More than any recording has. A head that says more is not believed.
    private const int MaxChannels = 8;
    private const int MaxSamples = 192_000;

    /// <param name="text">Base64, or a <c>data:</c> URL with it, as it stands in the JSON.</param>
    /// <returns>Seconds.</returns>
    public static double Most(ReadOnlySpan<byte> text)
    {
        text = InlineFile.Base64Of(text);
        return text.Length * 0.75 / (WavRate(text) ?? LeastRate);
    }

    // Bytes a second of a WAV file whose samples are not compressed (Multimedia Programming Interface 1.0, "Waveform Audio File Format").
    private static double? WavRate(ReadOnlySpan<byte> text)
    {
        Span<byte> head = stackalloc byte[HeadLength];
        Span<byte> chunk = stackalloc byte[24];
        if (!InlineFile.TryRead(text, 0, head) || !head.StartsWith("RIFF"u8) || !head[8..].StartsWith("WAVE"u8)) return null;
        long at = HeadLength;
        for (var count = 0; count < MaxChunks && at < text.Length && InlineFile.TryRead(text, (int)at, chunk); count++)
        {
            if (chunk.StartsWith("fmt "u8)) return RateOf(chunk[8..]);
            var length = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
            at += 8L + length + (length & 1);
        }
        return null;
    }

    private static double? RateOf(ReadOnlySpan<byte> format)
    {
        var kind = BinaryPrimitives.ReadUInt16LittleEndian(format);
        var channels = BinaryPrimitives.ReadUInt16LittleEndian(format[2..]);
        var samples = BinaryPrimitives.ReadUInt32LittleEndian(format[4..]);
        var bits = BinaryPrimitives.ReadUInt16LittleEndian(format[14..]);
        // Whole numbers, fractions, the two laws of telephony, and what says more elsewhere.
        if (kind is not (1 or 3 or 6 or 7 or 0xFFFE) || channels is 0 or > MaxChannels || samples is 0 or > MaxSamples || bits is < 8 or > 64) return null;
        return (double)samples * channels * (bits / 8);
    }
}
