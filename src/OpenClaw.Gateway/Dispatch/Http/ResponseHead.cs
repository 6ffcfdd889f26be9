// hot path: no allocation for a good answer with a usual content type
using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace OpenClaw.Gateway.Dispatch.Http;

internal enum HeadOutcome
{
    /// <summary>More bytes are needed.</summary>
    Incomplete,

    Complete,

    /// <summary>Not HTTP as it should be.</summary>
    Malformed,
}

/// <summary>How a body's end is told.</summary>
internal enum BodyFraming
{
    Length,
    Chunked,

    /// <summary>By the connection's end.</summary>
    Close,
}

/// <summary>
/// Status line and fields of an HTTP/1.1 answer (RFC 9112). Strict where leniency has let answers be confused: no folded
/// lines, no space before a colon, no two lengths. A line may end without its CR, as other clients allow. Used again for
/// the next answer.
/// </summary>
internal sealed class ResponseHead
{
    /// <summary>A head larger than this is malformed.</summary>
    public const int MaxBytes = 64 * 1024;

    // RFC 9110, section 5.6.2.
    private static readonly SearchValues<byte> s_token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);
    private static readonly string[] s_usualTypes = ["application/json", "text/event-stream", "application/x-ndjson"];

    private List<KeyValuePair<string, string>>? _fields;

    public int Status { get; private set; }

    public BodyFraming Framing { get; private set; }

    /// <summary>For <see cref="BodyFraming.Length"/>.</summary>
    public long Length { get; private set; }

    /// <summary>The connection may carry another request.</summary>
    public bool KeepsAlive { get; private set; }

    /// <summary>Without its parameters; empty when absent.</summary>
    public string ContentType { get; private set; } = "";

    /// <summary><c>gzip</c>, <c>br</c>, <c>deflate</c>; null: as it is.</summary>
    public string? Encoding { get; private set; }

    /// <summary>First value of a field; only answers without success keep them.</summary>
    public string? Field(string name)
    {
        foreach (var (known, value) in _fields ?? [])
        {
            if (known.Equals(name, StringComparison.OrdinalIgnoreCase)) return value;
        }
        return null;
    }

    /// <summary>Reads the head at the start of <paramref name="data"/>.</summary>
    /// <param name="length">Bytes of the head, when complete.</param>
    public HeadOutcome Read(ReadOnlySpan<byte> data, out int length)
    {
        length = EndOf(data);
        if (length < 0 || length > MaxBytes)
        {
            length = 0;
            if (data.Length > MaxBytes) return HeadOutcome.Malformed;
            // What does not begin as HTTP will not become HTTP.
            return data.IndexOf((byte)'\n') >= 0 && !ReadStatus(Line(ref data)) ? HeadOutcome.Malformed : HeadOutcome.Incomplete;
        }
        if (ReadAll(data[..length])) return HeadOutcome.Complete;
        length = 0;
        return HeadOutcome.Malformed;
    }

    private bool ReadAll(ReadOnlySpan<byte> head)
    {
        _fields = null;
        ContentType = "";
        Encoding = null;
        if (!ReadStatus(Line(ref head))) return false;
        long? contentLength = null;
        var (chunked, close, keep) = (false, false, false);
        while (true)
        {
            var line = Line(ref head);
            if (line.IsEmpty) break;
            var colon = line.IndexOf((byte)':');
            if (colon <= 0 || line[..colon].IndexOfAnyExcept(s_token) >= 0) return false;
            var name = line[..colon];
            var value = line[(colon + 1)..].Trim(" \t"u8);
            if (value.IndexOfAny((byte)'\r', (byte)0) >= 0) return false;
            switch (name.Length)
            {
                case 14 when Is(name, "content-length"u8):
                    if (!ReadLength(value, out var read) || (contentLength is { } known && known != read)) return false;
                    contentLength = read;
                    break;
                case 17 when Is(name, "transfer-encoding"u8):
                    // Another coding than chunked was not asked for and is not understood.
                    if (chunked || !Is(value, "chunked"u8)) return false;
                    chunked = true;
                    break;
                case 10 when Is(name, "connection"u8):
                    close |= Has(value, "close"u8);
                    keep |= Has(value, "keep-alive"u8);
                    break;
                case 12 when Is(name, "content-type"u8): ContentType = MediaType(value); break;
                case 16 when Is(name, "content-encoding"u8): Encoding = EncodingOf(value); break;
                default: break;
            }
            if (Status is < 200 or > 299) (_fields ??= []).Add(new(Latin(name), Latin(value)));
        }
        // Both at once are a way to smuggle: chunked holds, and the connection is not used again (RFC 9112, section 6.3).
        Framing = chunked ? BodyFraming.Chunked : contentLength is not null || Status is 204 or 304 or < 200 ? BodyFraming.Length : BodyFraming.Close;
        Length = Status is 204 or 304 or < 200 ? 0 : contentLength ?? 0;
        KeepsAlive = !close && (_isVersion11 || keep) && Framing != BodyFraming.Close && !(chunked && contentLength is not null);
        return true;
    }

    private bool _isVersion11;

    // HTTP/1.1 200 OK
    private bool ReadStatus(ReadOnlySpan<byte> line)
    {
        if (line.Length < 12 || !line.StartsWith("HTTP/1."u8) || line[7] is not ((byte)'0' or (byte)'1') || line[8] != (byte)' ') return false;
        if (line.Length > 12 && line[12] != (byte)' ') return false;
        _isVersion11 = line[7] == (byte)'1';
        if (!Utf8Parser.TryParse(line[9..12], out int status, out var used) || used != 3 || status < 100) return false;
        Status = status;
        return true;
    }

    /// <summary>The next line without its end; the rest of the head stays.</summary>
    private static ReadOnlySpan<byte> Line(ref ReadOnlySpan<byte> head)
    {
        var end = head.IndexOf((byte)'\n');
        if (end < 0) return default;
        var line = end > 0 && head[end - 1] == (byte)'\r' ? head[..(end - 1)] : head[..end];
        head = head[(end + 1)..];
        return line;
    }

    /// <summary>Length of the head with its empty line, or -1.</summary>
    private static int EndOf(ReadOnlySpan<byte> data)
    {
        var at = 0;
        while (true)
        {
            var next = data[at..].IndexOf((byte)'\n');
            if (next < 0) return -1;
            at += next + 1;
            if (at < data.Length && data[at] == (byte)'\n') return at + 1;
            if (at + 1 < data.Length && data[at] == (byte)'\r' && data[at + 1] == (byte)'\n') return at + 2;
        }
    }

    private static bool ReadLength(ReadOnlySpan<byte> value, out long length)
    {
        length = 0;
        return value.Length is > 0 and <= 18 && value.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 && Utf8Parser.TryParse(value, out length, out _);
    }

    private static bool Has(ReadOnlySpan<byte> list, ReadOnlySpan<byte> wanted)
    {
        foreach (var range in list.Split((byte)','))
        {
            if (Is(list[range].Trim(" \t"u8), wanted)) return true;
        }
        return false;
    }

    private static string? EncodingOf(ReadOnlySpan<byte> value) =>
        Is(value, "gzip"u8) || Is(value, "x-gzip"u8) ? "gzip" : Is(value, "br"u8) ? "br" : Is(value, "deflate"u8) ? "deflate" : null;

    private static string MediaType(ReadOnlySpan<byte> value)
    {
        var end = value.IndexOf((byte)';');
        if (end >= 0) value = value[..end].Trim(" \t"u8);
        foreach (var usual in s_usualTypes)
        {
            if (Ascii.EqualsIgnoreCase(value, usual)) return usual;
        }
        return Latin(value);
    }

    private static bool Is(ReadOnlySpan<byte> value, ReadOnlySpan<byte> wanted) => Ascii.EqualsIgnoreCase(value, wanted);

    private static string Latin(ReadOnlySpan<byte> value) => System.Text.Encoding.Latin1.GetString(value);
}
