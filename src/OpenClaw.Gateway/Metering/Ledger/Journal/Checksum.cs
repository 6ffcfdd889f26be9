using System.Buffers.Binary;
using System.Numerics;

namespace OpenClaw.Gateway.Metering.Ledger.Journal;

/// <summary>CRC-32C (RFC 3720, appendix B.4), which processors have an instruction for.</summary>
internal static class Checksum
{
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }
        foreach (var one in bytes) crc = BitOperations.Crc32C(crc, one);
        return ~crc;
    }
}
