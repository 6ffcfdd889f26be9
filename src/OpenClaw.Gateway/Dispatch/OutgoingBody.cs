using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>A request's body for one target, in rented memory with room for the head before it, so that both go out in one write.</summary>
internal sealed class OutgoingBody : IDisposable
{
    // Line, key and a few fields; a longer head is put together elsewhere.
    private const int HeadRoom = 2048;

    private readonly PooledBytes _bytes = new();

    /// <param name="expected">About how many bytes it will have.</param>
    public OutgoingBody(int expected)
    {
        _bytes.GetSpan(HeadRoom + expected);
        _bytes.Advance(HeadRoom);
    }

    /// <summary>The caller's own, of which the provider's dialect may forward some; null = none.</summary>
    public IHeaderDictionary? ClientHeaders { get; init; }

    /// <summary>Where it is written.</summary>
    public IBufferWriter<byte> Output => _bytes;

    public ReadOnlyMemory<byte> Content => _bytes.Memory[HeadRoom..];

    /// <summary>The whole HTTP/1.1 message. Good until this is disposed or written to.</summary>
    /// <param name="head">Request line and fields, each with its line's end.</param>
    /// <param name="more">Further fields.</param>
    public ReadOnlyMemory<byte> Message(ReadOnlySpan<byte> head, ReadOnlySpan<byte> more)
    {
        Span<byte> length = stackalloc byte[40];
        "Content-Length: "u8.CopyTo(length);
        Content.Length.TryFormat(length[16..], out var digits, default, CultureInfo.InvariantCulture);
        "\r\n\r\n"u8.CopyTo(length[(16 + digits)..]);
        length = length[..(20 + digits)];
        var size = head.Length + more.Length + length.Length;
        if (size > HeadRoom) return Joined(head, more, length);
        var room = _bytes.Writable(HeadRoom - size, size);
        head.CopyTo(room);
        more.CopyTo(room[head.Length..]);
        length.CopyTo(room[(head.Length + more.Length)..]);
        return _bytes.Memory[(HeadRoom - size)..];
    }

    public void Dispose() => _bytes.Dispose();

    private byte[] Joined(ReadOnlySpan<byte> head, ReadOnlySpan<byte> more, ReadOnlySpan<byte> length) => [.. head, .. more, .. length, .. Content.Span];
}
