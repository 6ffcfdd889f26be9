// hot path: no allocation
using System.Buffers;
using System.Buffers.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OpenClaw.Gateway.Dialects.Json;

/// <summary>JSON written straight into a buffer, for stream frames; whole documents use <see cref="Utf8JsonWriter"/>.</summary>
internal static class JsonWrite
{
    /// <summary>Escapes only what JSON demands: the text stays readable on the wire, as providers write it.</summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true, MaxDepth = 256 };

    private static readonly SearchValues<byte> s_escaped = SearchValues.Create(EscapedBytes());

    /// <summary>The inside of a JSON string: <paramref name="utf8"/> with quote, backslash and control characters escaped. No quotes are added.</summary>
    public static void Escaped(IBufferWriter<byte> output, ReadOnlySpan<byte> utf8)
    {
        while (true)
        {
            var at = utf8.IndexOfAny(s_escaped);
            if (at < 0) break;
            output.Write(utf8[..at]);
            Escape(output, utf8[at]);
            utf8 = utf8[(at + 1)..];
        }
        output.Write(utf8);
    }

    public static void Int64(IBufferWriter<byte> output, long value)
    {
        var span = output.GetSpan(20);
        Utf8Formatter.TryFormat(value, span, out var written);
        output.Advance(written);
    }

    private static void Escape(IBufferWriter<byte> output, byte b)
    {
        switch (b)
        {
            case (byte)'"': output.Write("\\\""u8); break;
            case (byte)'\\': output.Write("\\\\"u8); break;
            case (byte)'\n': output.Write("\\n"u8); break;
            case (byte)'\r': output.Write("\\r"u8); break;
            case (byte)'\t': output.Write("\\t"u8); break;
            default:
                var span = output.GetSpan(6);
                "\\u00"u8.CopyTo(span);
                span[4] = HexDigit(b >> 4);
                span[5] = HexDigit(b & 15);
                output.Advance(6);
                break;
        }
    }

    private static byte HexDigit(int value) => (byte)(value < 10 ? '0' + value : 'a' + value - 10);

    private static byte[] EscapedBytes() => [.. Enumerable.Range(0, 32).Select(i => (byte)i), (byte)'"', (byte)'\\'];
}
