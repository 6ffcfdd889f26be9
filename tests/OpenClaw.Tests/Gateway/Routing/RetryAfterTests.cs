using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Gateway.Routing;

public class RetryAfterTests
{
    private static readonly DateTimeOffset s_now = new(2026, 9, 20, 12, 0, 0, TimeSpan.Zero);

    private static double? Read(params (string Name, string Value)[] headers) =>
        RetryAfter.Read(name => headers.FirstOrDefault(h => h.Name == name).Value, s_now)?.TotalSeconds;

    [Theory]
    [InlineData("retry-after", "7", 7)]
    [InlineData("retry-after", " 1.5 ", 1.5)]
    [InlineData("retry-after", "Sun, 20 Sep 2026 12:00:30 GMT", 30)]
    [InlineData("retry-after-ms", "250", 0.25)]
    [InlineData("x-ratelimit-reset-requests", "1s", 1)]
    [InlineData("x-ratelimit-reset-tokens", "6m0s", 360)]
    [InlineData("x-ratelimit-reset-tokens", "1h2m3.5s", 3723.5)]
    [InlineData("x-ratelimit-reset-tokens", "200ms", 0.2)]
    [InlineData("anthropic-ratelimit-input-tokens-reset", "2026-09-20T12:00:12Z", 12)]
    [InlineData("x-ratelimit-reset", "1789905660000", 60)]
    [InlineData("x-ratelimit-reset", "1789905660", 60)]
    [InlineData("retry-after", "0", 0)]
    [InlineData("retry-after-ms", "0", 0)]
    [InlineData("retry-after", "2s", 2)]
    [InlineData("retry-after", "1m30s", 90)]
    public void Reads_every_spelling(string name, string value, double seconds) => Assert.Equal(seconds, Read((name, value)));

    [Theory]
    [InlineData("retry-after", "-5")]
    [InlineData("retry-after", "NaN")]
    [InlineData("retry-after", "Infinity")]
    [InlineData("retry-after", "soon")]
    [InlineData("retry-after", "")]
    [InlineData("retry-after", "99999999999")]
    [InlineData("retry-after", "Sun, 20 Sep 2020 12:00:30 GMT")]
    [InlineData("retry-after-ms", "1e400")]
    [InlineData("x-ratelimit-reset-tokens", "6m0s later")]
    [InlineData("x-ratelimit-reset-tokens", "m")]
    [InlineData("anthropic-ratelimit-requests-reset", "2026-09-20T11:00:00Z")]
    public void Ignores_nonsense(string name, string value) => Assert.Null(Read((name, value)));

    [Fact]
    public void The_longest_holds() =>
        Assert.Equal(20, Read(("retry-after", "3"), ("retry-after-ms", "1000"), ("x-ratelimit-reset-requests", "20s"), ("x-ratelimit-reset-tokens", "10s")));

    [Fact]
    public void A_limit_that_still_has_something_left_does_not_count() =>
        Assert.Equal(4, Read(
            ("anthropic-ratelimit-requests-remaining", "12"), ("anthropic-ratelimit-requests-reset", "2026-09-20T12:00:50Z"),
            ("anthropic-ratelimit-output-tokens-remaining", "0"), ("anthropic-ratelimit-output-tokens-reset", "2026-09-20T12:00:04Z")));

    [Theory]
    [InlineData("Rate limit reached. Please try again in 1.5s. Visit", 1.5)]
    [InlineData("Please try again in 20ms.", 0.02)]
    [InlineData("Please try again in 7m12s.", 432)]
    [InlineData("Please retry in 34.074824224s.", 34.0748242)]
    [InlineData("retry after 12 seconds", 12)]
    [InlineData("Please wait 2 minutes and 1 second", 120)]
    [InlineData("try again in about 1 hour", 3600)]
    public void Reads_the_wait_from_a_sentence(string text, double seconds) =>
        Assert.Equal(seconds, RetryAfter.FromText(text)!.Value.TotalSeconds, 6);

    [Theory]
    [InlineData("Please try again later")]
    [InlineData("wait for 5 of them")]
    [InlineData("try again in 5 sandwiches")]
    public void A_sentence_without_a_wait_has_none(string text) => Assert.Null(RetryAfter.FromText(text));

    [Fact]
    public void Reads_the_headers_of_a_real_answer()
    {
        using var response = new HttpResponseMessage();
        response.Headers.TryAddWithoutValidation("Retry-After", "2");
        Assert.Equal(TimeSpan.FromSeconds(2), RetryAfter.Asked(RetryAfter.Lookup(response.Headers), s_now));
        Assert.Null(RetryAfter.Lookup(response.Headers)("retry-after-ms"));
    }
}
