using System.Globalization;
using System.Text;
using OpenClaw.Gateway.Dispatch.Http;

namespace OpenClaw.Tests.Gateway.Dispatch.Http;

public class ChunkDecoderTests
{
    /// <summary>Decodes pieces as they come, with so much room at a time. Null: malformed.</summary>
    private static (string Text, bool IsDone, int Left)? Decode(IEnumerable<byte[]> pieces, int room)
    {
        var decoder = new ChunkDecoder();
        var text = new List<byte>();
        var output = new byte[room];
        var left = 0;
        foreach (var piece in pieces)
        {
            var rest = piece.AsSpan();
            while (!rest.IsEmpty && !decoder.IsDone)
            {
                if (!decoder.TryDecode(rest, output, out var consumed, out var written)) return null;
                Assert.True(consumed > 0 || written > 0, "it goes on");
                text.AddRange(output[..written]);
                rest = rest[consumed..];
            }
            left += rest.Length;
        }
        return (Encoding.Latin1.GetString([.. text]), decoder.IsDone, left);
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    [Theory]
    [InlineData("5\r\nhello\r\n0\r\n\r\n", "hello")]
    [InlineData("5;ext=\"a;b\"\r\nhello\r\n1 \r\n!\r\n000\r\nTrailer: x\r\nOther: y\r\n\r\n", "hello!")]
    [InlineData("a\nhello\r\nyou\nA\r\nhello\r\nyou\r\n0\n\n", "hello\r\nyouhello\r\nyou")]
    [InlineData("00000000000000f\r\n0123456789abcde\r\n0\r\n\r\n", "0123456789abcde")]
    [InlineData("0\r\n\r\n", "")]
    public void Takes_the_data_out_at_every_split(string body, string expected)
    {
        var bytes = Bytes(body + "next");
        foreach (var room in (int[])[1, 2, 7, 100])
        {
            for (var i = 0; i <= bytes.Length; i++) Assert.Equal((expected, true, 4), Decode([bytes[..i], bytes[i..]], room));
            Assert.Equal((expected, true, 4), Decode(bytes.Select(static b => new[] { b }), room));
        }
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("g\r\n")]
    [InlineData("-5\r\nhello\r\n")]
    [InlineData("0x5\r\nhello\r\n")]
    [InlineData("5\rhello\r\n")]
    [InlineData("5\r\nhello!\r\n")]
    [InlineData("5\r\nhello\r\r\n")]
    [InlineData("1234567890123456\r\n")]
    [InlineData(" 5\r\nhello\r\n0\r\n\r\n")]
    public void What_is_not_chunked_is_malformed(string body)
    {
        Assert.Null(Decode([Bytes(body)], 100));
        Assert.Null(Decode(Bytes(body).Select(static b => new[] { b }), 3));
    }

    [Fact]
    public void Endless_extensions_and_trailers_are_malformed()
    {
        Assert.Null(Decode([Bytes("5;" + new string('x', 20_000))], 100));
        Assert.Null(Decode([Bytes("0\r\n" + string.Concat(Enumerable.Repeat("A: b\r\n", 12_000)))], 100));
    }

    [Fact]
    public void No_beginning_of_a_body_is_its_end()
    {
        var bytes = Bytes("5\r\nhello\r\n0\r\nT: x\r\n\r\n");
        for (var i = 0; i < bytes.Length; i++) Assert.False(Decode([bytes[..i]], 100)!.Value.IsDone);
    }

    [Fact]
    public void Random_chunks_at_random_splits_are_the_text()
    {
        var random = new Random(7);
        for (var round = 0; round < 2000; round++)
        {
            var text = new StringBuilder();
            var body = new StringBuilder();
            for (var chunks = random.Next(6); chunks > 0; chunks--)
            {
                var data = new string((char)random.Next(256), random.Next(1, 300));
                text.Append(data);
                body.Append(data.Length.ToString(random.Next(2) == 0 ? "x" : "X4", CultureInfo.InvariantCulture)).Append(random.Next(4) == 0 ? ";a=b" : "").Append("\r\n").Append(data).Append("\r\n");
            }
            var bytes = Bytes(body.Append("0\r\n\r\n").ToString());
            var pieces = new List<byte[]>();
            for (var at = 0; at < bytes.Length;)
            {
                var length = Math.Min(random.Next(1, 200), bytes.Length - at);
                pieces.Add(bytes[at..(at + length)]);
                at += length;
            }
            Assert.Equal((text.ToString(), true, 0), Decode(pieces, random.Next(1, 500)));
        }
    }

    [Fact]
    public void Mutated_bodies_are_decoded_or_refused_alike_whole_and_byte_by_byte()
    {
        var random = new Random(8);
        var refused = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = Bytes("6;x\r\nlobste\r\n1f\r\n0123456789abcdef0123456789abcde\r\n0\r\nA: b\r\n\r\n");
            for (var n = random.Next(4); n >= 0; n--) bytes[random.Next(bytes.Length)] = (byte)(random.Next(3) == 0 ? random.Next(256) : "\r\n0;f "[random.Next(6)]);
            var whole = Decode([bytes], 1000);
            Assert.Equal(whole, Decode(bytes.Select(static b => new[] { b }), 1));
            if (whole is null) refused++;
        }
        Assert.InRange(refused, 1000, 19_999);
    }
}
