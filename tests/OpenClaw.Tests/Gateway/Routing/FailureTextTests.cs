using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Gateway.Routing;

public class FailureTextTests
{
    [Theory]
    [InlineData("Incorrect API key provided: sk-proj-AbC123dEf456GhI789jKl012MnO345.", "Incorrect API key provided: ***")]
    [InlineData("Incorrect API key provided: sk-abc***********wxyz. Look here", "Incorrect API key provided: *** Look here")]
    [InlineData("key AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q is bad", "key *** is bad")]
    [InlineData("sent Authorization: Bearer abc.def.ghi123 to us", "sent Authorization: Bearer *** to us")]
    [InlineData("GET https://x.test/v1?key=s3cretvalue&alt=sse failed", "GET https://x.test/v1?key=***&alt=sse failed")]
    [InlineData("proxy http://bob:hunter2@proxy.test:3128 refused", "proxy http://***@proxy.test:3128 refused")]
    [InlineData("api_key=9f8e7d6c5b4a is wrong", "api_key=*** is wrong")]
    [InlineData("token 0123456789abcdef0123456789abcdef rejected", "token *** rejected")]
    [InlineData("blob dGhpc0lzQVZlcnlMb25nU2VjcmV0VmFsdWUxMjM0NTY3ODkw rejected", "blob *** rejected")]
    public void Nothing_that_looks_like_a_key_is_left(string text, string clean) => Assert.Equal(clean, FailureText.Clean(text));

    [Theory]
    [InlineData("""Missing 'role' in message: {"content":"my secret"}""", """Missing 'role' in message: {"content":…}""")]
    [InlineData("""1 error: {'type': 'missing', 'loc': ('body', 'messages'), 'msg': 'Field required', 'input': {'model': 'm', 'messages': [{'role': 'user', 'content': "it's }"}]}, 'ctx': 1}""", "1 error: {'type': 'missing', 'loc': ('body', 'messages'), 'msg': 'Field required', 'input': …, 'ctx': 1}")]
    [InlineData("""bad part {"type": "text", "text": "a \"quoted\" word", "id": 7} and {"input": ["secret", "more"]}""", """bad part {"type": "text", "text": …, "id": 7} and {"input": …}""")]
    [InlineData("""bad message {'content': 'cut off in the mid""", "bad message {'content': …")]
    public void What_quotes_the_request_is_taken_out(string text, string clean) => Assert.Equal(clean, FailureText.Clean(text));

    [Theory]
    [InlineData("Invalid value for 'content': expected a string, got null.")]
    [InlineData("model meta-llama/Llama-3.2-90B-Vision-Instruct-Turbo is gone")]
    [InlineData("read https://platform.openai.com/docs/guides/error-codes/api-errors")]
    [InlineData("GenerateRequestsPerMinutePerProjectPerModel-FreeTier")]
    [InlineData("anthropic/claude-3-5-sonnet-20241022 refused max_completion_tokens=100000")]
    [InlineData("Unsupported parameter: 'api_key' is not supported")]
    public void What_helps_to_understand_is_left(string text) => Assert.Equal(text, FailureText.Clean(text));

    [Fact]
    public void A_message_is_one_line_without_control_characters() =>
        Assert.Equal("one two three [31mred four", FailureText.Clean("  one\r\n\ttwo\u2028three\0 \u001b[31mred\u202e four\n"));

    [Fact]
    public void A_message_is_at_most_300_characters_and_never_half_a_character()
    {
        var clean = FailureText.Clean(new string('a', 298) + "😀😀😀");
        Assert.True(clean.Length <= 300);
        Assert.Equal(new string('a', 298) + "…", clean);
        Assert.Equal(300, FailureText.Clean(new string('b', 100_000)).Length);
    }
}
