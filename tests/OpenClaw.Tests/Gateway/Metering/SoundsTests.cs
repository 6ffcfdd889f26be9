using System.Buffers.Binary;
using System.Text;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Tests.Gateway.Metering;

public sealed class SoundsTests
{
    [Theory]
    [InlineData(24_000, 1, 16, 48_000)]
    [InlineData(44_100, 2, 32, 352_800)]
    [InlineData(8000, 1, 8, 8000)]
    public void A_wav_lasts_as_long_as_its_samples(int samples, int channels, int bits, int rate)
    {
        var file = Wav(samples, channels, bits, rate * 10);
        Assert.InRange(SoundLength.Most(Text(file)), 10, 10.02);
        Assert.InRange(SoundLength.Most(Encoding.ASCII.GetBytes("data:audio/wav;base64," + Convert.ToBase64String(file))), 10, 10.02);
        // Something else may stand before what says its rate.
        Assert.InRange(SoundLength.Most(Text(Wav(samples, channels, bits, rate * 10, before: "JUNK"))), 10, 10.02);
    }

    [Fact]
    public void What_does_not_tell_or_is_not_believed_lasts_as_long_as_it_can()
    {
        Assert.Equal(96, SoundLength.Most(Text(new byte[96_000])), 0.01);
        foreach (var head in (byte[][])[Wav(4_000_000, 1, 16, 96_000), Wav(24_000, 100, 16, 96_000), Wav(24_000, 0, 16, 96_000), Wav(24_000, 1, 0, 96_000), Wav(24_000, 1, 4, 96_000, kind: 17)]) Assert.InRange(SoundLength.Most(Text(head)), 96, 97);
        Assert.Equal(0, SoundLength.Most([]));
        Assert.InRange(SoundLength.Most("UklGRg=="u8), 0, 0.01);
    }

    [Theory]
    [InlineData("gpt-4o-audio-preview", 132)]
    [InlineData("openai/gpt-audio", 132)]
    [InlineData("gemini-2.5-flash", 374)]
    [InlineData("voxtral-small", 550)]
    public void A_second_is_so_many_tokens(string model, long tokens) => Assert.Equal(tokens, new Sounds(1, 1, 10, false).Tokens(model));

    [Fact]
    public void Recordings_of_a_request_are_found_and_nothing_that_a_tool_was_given()
    {
        var wav = Convert.ToBase64String(Wav(8000, 1, 8, 40_000));
        var body = $$$"""
            {"model":"m","input_audio":{"data":"{{{wav}}}"},"messages":[
              {"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"},"input_audio":{"data":"{{{wav}}}"}}]},
              {"role":"user","content":[
                {"type":"input_audio","input_audio":{"format":"wav","data":"{{{wav}}}"}},
                {"type":"audio_url","audio_url":{"url":"data:audio/wav;base64,{{{wav}}}"}},
                {"type":"text","text":"input_audio"}]}]}
            """;
        var sounds = SoundParts.Of(Encoding.UTF8.GetBytes(body));
        Assert.Equal((2, false), (sounds.Count, sounds.IsUnseen));
        Assert.InRange(sounds.Seconds, 10, 10.1);
        Assert.InRange(sounds.Bytes, 2 * wav.Length, (2 * wav.Length) + 100);
    }

    [Theory]
    [InlineData("""{"type":"input_audio","input_audio":{"data":"https://a.example/b.wav","format":"wav"}}""")]
    [InlineData("""{"type":"audio_url","audio_url":{"url":"http://a.example/b.wav"}}""")]
    [InlineData("""{"type":"input_audio","input_audio":{"id":"audio_1"}}""")]
    [InlineData("""{"type":"input_audio","input_audio":null}""")]
    public void A_recording_that_is_not_there_is_unseen(string part)
    {
        var sounds = SoundParts.Of(Encoding.UTF8.GetBytes($$"""{"messages":[{"role":"user","content":[{{part}}]}]}"""));
        Assert.Equal(new Sounds(1, 0, 0, true), sounds);
    }

    private static byte[] Text(byte[] file) => Encoding.ASCII.GetBytes(Convert.ToBase64String(file));

    private static byte[] Wav(int samples, int channels, int bits, int length, string? before = null, int kind = 1)
    {
        using var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        void Chunk(string name, ReadOnlySpan<byte> body)
        {
            writer.Write(Encoding.ASCII.GetBytes(name));
            writer.Write(body.Length);
            writer.Write(body);
            if (body.Length % 2 == 1) writer.Write((byte)0);
        }
        var format = new byte[16];
        BinaryPrimitives.WriteInt16LittleEndian(format, (short)kind);
        BinaryPrimitives.WriteInt16LittleEndian(format.AsSpan(2), (short)channels);
        BinaryPrimitives.WriteInt32LittleEndian(format.AsSpan(4), samples);
        // A rate of bytes that is not true is not looked at.
        BinaryPrimitives.WriteInt32LittleEndian(format.AsSpan(8), int.MaxValue);
        BinaryPrimitives.WriteInt16LittleEndian(format.AsSpan(14), (short)bits);
        writer.Write("RIFF"u8);
        writer.Write(length + 36);
        writer.Write("WAVE"u8);
        if (before is not null) Chunk(before, new byte[27]);
        Chunk("fmt ", format);
        Chunk("data", new byte[length]);
        return file.ToArray();
    }
}
