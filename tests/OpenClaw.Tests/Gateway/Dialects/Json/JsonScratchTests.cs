using System.Buffers;
using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Tests.Gateway.Dialects.Json;

public class JsonScratchTests
{
    [Theory]
    [InlineData("\"\"", "")]
    [InlineData("\"plain\"", "plain")]
    [InlineData("\"a\\n\\t\\\"\\\\\\/b\\u0041\"", "a\n\t\"\\/bA")]
    [InlineData("\"\\ud83d\\ude00!\"", "😀!")]
    [InlineData("\"x\\ud83d\"", "x�")]
    [InlineData("\"\\ude00y\"", "�y")]
    [InlineData("\"\\ud83d\\u0041\"", "�A")]
    [InlineData("\"ü€\"", "ü€")]
    [InlineData("42", "")]
    [InlineData("null", "")]
    public void Reads_the_text_of_a_string_token(string json, string expected)
    {
        var scratch = new JsonScratch();
        var bytes = Encoding.UTF8.GetBytes(json);
        var reader = new Utf8JsonReader(bytes);
        reader.Read();
        Assert.Equal(expected, Encoding.UTF8.GetString(scratch.Text(ref reader)));
        Assert.Equal(expected, Encoding.UTF8.GetString(scratch.Text(bytes)));
        using var document = JsonDocument.Parse(bytes);
        Assert.Equal(json[0] == '"' ? expected : null, JsonRead.String(document.RootElement));
    }

    [Fact]
    public void Repairs_bytes_that_are_no_utf8()
    {
        byte[] json = [(byte)'"', (byte)'a', 0xff, 0xc3, (byte)'"'];
        Assert.Equal("a\ufffd\ufffd", Encoding.UTF8.GetString(new JsonScratch().Text(json)));
    }

    [Theory]
    [InlineData("12", 12)]
    [InlineData("12.0", 12)]
    [InlineData("\"12\"", 12)]
    [InlineData("1e3", 1000)]
    [InlineData("null", 0)]
    [InlineData("\"x\"", 0)]
    [InlineData("1e300", 0)]
    public void Reads_whole_numbers_however_they_are_written(string json, long expected)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        reader.Read();
        Assert.Equal(expected, JsonRead.Int64(ref reader));
    }

    [Theory]
    [InlineData("0.00014662", "0.00014662")]
    [InlineData("1.5e-7", "0.00000015")]
    [InlineData("\"0.5\"", "0.5")]
    [InlineData("true", null)]
    public void Reads_money_however_it_is_written(string json, string? expected)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        reader.Read();
        Assert.Equal(expected is null ? null : decimal.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), JsonRead.Decimal(ref reader));
    }

    [Fact]
    public void Cuts_out_a_raw_value_with_what_it_contains()
    {
        var json = """{"a": [1, {"b": "}"}], "c": 2}"""u8;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        reader.Read();
        reader.Read();
        Assert.Equal("""[1, {"b": "}"}]""", Encoding.UTF8.GetString(JsonRead.Raw(ref reader, json)));
        reader.Read();
        Assert.True(reader.ValueTextEquals("c"u8));
    }

    [Fact]
    public void What_is_escaped_reads_back_as_it_was()
    {
        var text = string.Concat(Enumerable.Range(0, 0x250).Select(i => (char)i)) + "😀\u2028\"\\";
        var output = new ArrayBufferWriter<byte>();
        output.Write("\""u8);
        JsonWrite.Escaped(output, Encoding.UTF8.GetBytes(text));
        output.Write("\""u8);
        using var document = JsonDocument.Parse(output.WrittenMemory);
        Assert.Equal(text, document.RootElement.GetString());
    }
}
