using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Tests.Gateway.Dialects.Json;

public class RawJsonTests
{
    [Theory]
    [InlineData("""{"a":"\ud83d\ude00"}""", """{"a":"\ud83d\ude00"}""")]
    [InlineData("""{"a":"\uD83D"}""", """{"a":"\ufffd"}""")]
    [InlineData("""{"a":"x\ude00y"}""", """{"a":"x\ufffdy"}""")]
    [InlineData("""{"a":"\ud83d\ud83d\ude00"}""", """{"a":"\ufffd\ud83d\ude00"}""")]
    [InlineData("""{"a":"\\ud83d"}""", """{"a":"\\ud83d"}""")]
    [InlineData("""{"a":"\\\ud83d\n"}""", """{"a":"\\\ufffd\n"}""")]
    [InlineData("""{"\udc00":"\u00e9"}""", """{"\ufffd":"\u00e9"}""")]
    [InlineData("""{"a":"\ud8""", """{"a":"\ud8""")]
    public void Half_a_surrogate_pair_becomes_the_replacement_character(string json, string mended)
    {
        Assert.Equal(mended, RawJson.Mended(json));
    }
}
