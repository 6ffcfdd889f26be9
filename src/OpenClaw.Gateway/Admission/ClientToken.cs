using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OpenClaw.Gateway.Admission;

/// <summary>The SHA-256 of a token: all that is kept of one. Good as a key: whoever guesses a token cannot steer its hash.</summary>
internal readonly record struct TokenHash(ulong A, ulong B, ulong C, ulong D)
{
    public static TokenHash Of(ReadOnlySpan<byte> sha256) => new(
        BinaryPrimitives.ReadUInt64BigEndian(sha256), BinaryPrimitives.ReadUInt64BigEndian(sha256[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(sha256[16..]), BinaryPrimitives.ReadUInt64BigEndian(sha256[24..]));

    public static TokenHash OfToken(string token) => Of(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <param name="hex">64 hexadecimal digits.</param>
    public static TokenHash OfHex(string hex) => Of(Convert.FromHexString(hex));

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public string Hex => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{A:x16}{B:x16}{C:x16}{D:x16}");

    // The hash is as random as can be: any part of it will do.
    public override int GetHashCode() => (int)A;
}

/// <summary>Makes tokens: <c>oc_</c>, so that people and secret scanners know one when they see it, and 256 random bits.</summary>
internal static class ClientToken
{
    public const string Prefix = "oc_";

    public static string New() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
}
