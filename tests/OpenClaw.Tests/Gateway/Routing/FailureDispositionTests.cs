using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Gateway.Routing;

public class FailureDispositionTests
{
    private static FailureDisposition Of(FailureReason reason, double? retryAfter = null, int failuresHere = 1, bool? retryable = null, int? status = null, string? code = null) =>
        FailureDisposition.Of(
            new UpstreamFailure(reason, "m", status, code, retryAfter is { } s ? TimeSpan.FromSeconds(s) : null, retryable), failuresHere);

    [Fact]
    public void A_single_5xx_is_tried_again_here_and_a_second_one_elsewhere()
    {
        Assert.True(Of(FailureReason.ServerError).RetrySameTarget);
        var again = Of(FailureReason.ServerError, failuresHere: 2);
        Assert.False(again.RetrySameTarget);
        Assert.True(again.NextTarget);
        Assert.True(again.RetryWhenLast);
    }

    [Theory]
    [InlineData(2.0, true)]
    [InlineData(3.0, true)]
    [InlineData(3.1, false)]
    [InlineData(600.0, false)]
    [InlineData(null, false)]
    public void A_short_wait_is_waited_out_and_a_long_one_is_not(double? seconds, bool here)
    {
        var disposition = Of(FailureReason.RateLimited, seconds);
        Assert.Equal(here, disposition.RetrySameTarget);
        Assert.True(disposition.RotateKey);
        Assert.True(disposition.NextTarget);
        Assert.Equal(CooldownScope.KeyAndModel, disposition.Cooldown);
        Assert.Equal(seconds, disposition.Wait?.TotalSeconds);
    }

    [Fact]
    public void A_second_rate_limit_is_not_waited_out() => Assert.False(Of(FailureReason.RateLimited, 2, failuresHere: 2).RetrySameTarget);

    [Theory]
    [InlineData("HeadersTimeout")]
    [InlineData("FirstTokenTimeout")]
    [InlineData("IdleTimeout")]
    public void A_silent_target_is_never_asked_again(string reason)
    {
        var disposition = Of(Enum.Parse<FailureReason>(reason));
        Assert.False(disposition.RetrySameTarget);
        Assert.False(disposition.RetryWhenLast);
        Assert.True(disposition.NextTarget);
        Assert.Equal(CooldownScope.Target, disposition.Cooldown);
    }

    [Fact]
    public void Money_that_is_out_is_never_waited_for()
    {
        var disposition = Of(FailureReason.QuotaExhausted, 1);
        Assert.False(disposition.RetrySameTarget);
        Assert.False(disposition.RetryWhenLast);
        Assert.True(disposition.RotateKey);
        Assert.Equal(CooldownScope.Key, disposition.Cooldown);
    }

    [Fact]
    public void A_rejected_key_parks_the_key_and_a_missing_permission_only_the_model()
    {
        Assert.Equal(CooldownScope.Key, Of(FailureReason.Credential, status: 401).Cooldown);
        Assert.Equal(CooldownScope.Key, Of(FailureReason.Credential, status: 403).Cooldown);
        Assert.Equal(CooldownScope.KeyAndModel, Of(FailureReason.Credential, status: 403, code: "permission_error").Cooldown);
        Assert.True(Of(FailureReason.Credential, status: 401).RotateKey);
    }

    [Theory]
    [InlineData("BadRequest")]
    [InlineData("ClientGone")]
    [InlineData("TotalTimeout")]
    [InlineData("Internal")]
    [InlineData("None")]
    public void Nobody_else_is_asked_when_nobody_else_can_help(string reason) =>
        Assert.Equal(default, Of(Enum.Parse<FailureReason>(reason)));

    [Fact]
    public void What_comes_next_is_narrowed_where_it_must_be()
    {
        Assert.True(Of(FailureReason.ContextTooLong) is { NextTarget: true, LargerContextOnly: true, RetrySameTarget: false, Cooldown: CooldownScope.None });
        Assert.True(Of(FailureReason.Policy) is { NextTarget: true, PolicyChainOnly: true, Cooldown: CooldownScope.None });
        Assert.True(Of(FailureReason.Unsupported) is { NextTarget: true, Cooldown: CooldownScope.None });
        Assert.True(Of(FailureReason.ModelGone) is { NextTarget: true, Cooldown: CooldownScope.Target });
        Assert.True(Of(FailureReason.Redirect) is { NextTarget: true, RetryWhenLast: false });
    }

    [Fact]
    public void A_foreign_signature_is_taken_out_and_a_refused_prefill_left_out_also_after_another_failure()
    {
        Assert.True(Of(FailureReason.Signature).SanitizeAndRetry);
        Assert.True(Of(FailureReason.Signature, failuresHere: 2).SanitizeAndRetry);
        Assert.True(Of(FailureReason.PrefillRefused).WithoutPrefill);
        Assert.True(Of(FailureReason.PrefillRefused, failuresHere: 2).WithoutPrefill);
    }

    [Fact]
    public void The_providers_own_word_on_retrying_holds()
    {
        Assert.False(Of(FailureReason.ServerError, retryable: false).RetrySameTarget);
        Assert.False(Of(FailureReason.ServerError, retryable: false).RetryWhenLast);
        Assert.True(Of(FailureReason.BadRequest, retryable: true).RetrySameTarget);
        Assert.False(Of(FailureReason.BadRequest, retryable: true, failuresHere: 2).RetrySameTarget);
        Assert.False(Of(FailureReason.QuotaExhausted, retryable: true).RetrySameTarget);
    }

    [Fact]
    public void A_backoff_doubles_from_half_a_second_to_eight_and_respects_its_floor()
    {
        var backoff = new Backoff(new Random(7));
        for (var retry = 1; retry <= 5000; retry++)
        {
            var plain = Math.Min(8, 0.5 * Math.Pow(2, retry - 1));
            Assert.InRange(backoff.Delay(retry).TotalSeconds, plain * 0.5, Math.Min(8, plain * 1.5));
        }
        Assert.Equal(TimeSpan.FromSeconds(30), backoff.Delay(1, TimeSpan.FromSeconds(30)));
        Assert.NotEqual(backoff.Delay(3), backoff.Delay(3));
    }
}
