// hot path: runs over every request body
using System.Buffers.Binary;

namespace OpenClaw.Gateway.Admission;

/// <summary>
/// A fast 64-bit hash by multiplication (after wyhash, github.com/wangyi-fudan/wyhash): to tell requests apart, never to
/// keep a secret. The same bytes give the same number in every process.
/// </summary>
internal static class Hash64
{
    private const ulong K0 = 0xa0761d6478bd642f;
    private const ulong K1 = 0xe7037ed1a0b428db;

    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        var seed = K0 ^ (ulong)bytes.Length;
        while (bytes.Length >= 16)
        {
            seed = Mix(BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ K1, BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) ^ seed);
            bytes = bytes[16..];
        }
        Span<byte> tail = stackalloc byte[16];
        tail.Clear();
        bytes.CopyTo(tail);
        return Mix(BinaryPrimitives.ReadUInt64LittleEndian(tail) ^ K1, BinaryPrimitives.ReadUInt64LittleEndian(tail[8..]) ^ seed);
    }

    /// <summary><see cref="Of"/> for up to eight bytes in one number, the first lowest, the rest zero.</summary>
    public static ulong OfWord(ulong word, int length) => Mix(word ^ K1, K0 ^ (ulong)length);

    /// <summary>Two numbers as one; the order counts.</summary>
    public static ulong Join(ulong a, ulong b) => Mix(a ^ K0, (b << 1) ^ (b >> 63) ^ K1);

    private static ulong Mix(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        // Zero would stay zero for ever.
        return high ^ low ^ (a + K1);
    }
}
