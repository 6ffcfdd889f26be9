using System.Globalization;
using OpenClaw.Config;
using OpenClaw.Gateway.Providers;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;

namespace OpenClaw.Tests.Gateway.Providers;

/// <summary>What a key is parked for when answers, failures and clocks cross.</summary>
public sealed class KeyStateTests
{
    private static readonly DateTimeOffset s_at = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly KeyState _key;
    private readonly Secret _value;

    public KeyStateTests()
    {
        var secrets = new SecretStore(ConfigEnvironment.Of(new Dictionary<string, string> { ["K"] = "the-key" }));
        _key = new KeyState(new SecretConfig { Source = SecretSource.Env, Value = "K" }, secrets);
        _value = _key.Look("m", s_at).Value!;
    }

    [Fact]
    public void An_answer_forgives_what_was_there_when_its_key_was_taken_and_not_what_came_meanwhile()
    {
        Fail("m", s_at, seconds: 60);
        // A call that was sent before is answered after: it knew nothing of the limit.
        _key.Succeeded(_value, "m", taken: s_at - TimeSpan.FromSeconds(1));
        Assert.NotNull(_key.Look("m", s_at).Park);
        // One of another model says nothing of this.
        _key.Succeeded(_value, "n", taken: s_at + TimeSpan.FromSeconds(1));
        Assert.NotNull(_key.Look("m", s_at).Park);
        _key.Succeeded(_value, "m", taken: s_at + TimeSpan.FromSeconds(1));
        Assert.Null(_key.Look("m", s_at).Park);
        Assert.Empty(_key.Parks(s_at));
    }

    [Fact]
    public void Failures_that_were_under_way_together_are_one_strike_and_the_next_after_the_park_is_another()
    {
        for (var i = 0; i < 10; i++) Fail("m", s_at);
        Assert.Equal(s_at.AddMilliseconds(250), Assert.Single(_key.Parks(s_at)).Park.Until);
        var later = s_at.AddMilliseconds(250);
        Assert.Null(_key.Look("m", later).Park);
        Fail("m", later);
        Assert.Equal(later.AddMilliseconds(500), Assert.Single(_key.Parks(later)).Park.Until);
    }

    [Fact]
    public void A_shorter_deadline_does_not_shorten_a_park_and_a_longer_one_lengthens_it()
    {
        Fail("m", s_at, seconds: 60);
        Fail("m", s_at.AddSeconds(1), seconds: 5);
        Assert.Equal(s_at.AddSeconds(60), _key.Look("m", s_at.AddSeconds(2)).Park!.Until);
        Fail("m", s_at.AddSeconds(3), seconds: 120);
        Assert.Equal(s_at.AddSeconds(123), _key.Look("m", s_at.AddSeconds(3)).Park!.Until);
    }

    [Theory]
    // Who waited as long as was asked for is let in, a tick early or not.
    [InlineData(60_000, true)]
    [InlineData(59_985, true)]
    [InlineData(59_900, false)]
    // A clock that was set back: nobody knows how long it still is, and the provider would say it again.
    [InlineData(-2_000, true)]
    [InlineData(-500, false)]
    public void A_park_ends_at_its_time_or_with_a_clock_that_was_set_back(int afterMs, bool isFree)
    {
        Fail("m", s_at, seconds: 60);
        var now = s_at.AddMilliseconds(afterMs);
        Assert.Equal(isFree, _key.Look("m", now).Park is null);
        Assert.Equal(afterMs is < -1_000 or >= 60_000, _key.Parks(now).Count == 0);
    }

    [Fact]
    public void After_a_clock_was_set_back_strikes_begin_anew_and_the_new_park_is_by_the_new_clock()
    {
        Fail("m", s_at, seconds: 3600);
        var back = s_at.AddHours(-5);
        Fail("m", back, seconds: 10);
        Assert.Equal(back.AddSeconds(10), _key.Look("m", back).Park!.Until);
    }

    [Fact]
    public void A_park_of_every_model_and_one_of_this_model_hold_until_the_later_of_the_two()
    {
        _key.Failed(_value, "m", new UpstreamFailure(FailureReason.QuotaExhausted, "no money", 402), s_at);
        Fail("m", s_at, seconds: 1);
        var all = _key.Look("other", s_at).Park!;
        Assert.Equal(FailureReason.QuotaExhausted, all.Reason);
        Assert.Equal(all, _key.Look("m", s_at).Park);
        Fail("m", s_at, seconds: 7200);
        Assert.Equal(s_at.AddSeconds(7200), _key.Look("m", s_at).Park!.Until);
        Assert.Equal(all, _key.Look("other", s_at).Park);
    }

    [Fact]
    public void Parks_are_bounded_and_those_that_are_over_go_first()
    {
        for (var i = 0; i < 500; i++) Fail(string.Create(CultureInfo.InvariantCulture, $"old {i}"), s_at, seconds: 1);
        var later = s_at.AddSeconds(5);
        for (var i = 0; i < 100; i++) Fail(string.Create(CultureInfo.InvariantCulture, $"new {i}"), later, seconds: 60);
        Assert.Equal(100, _key.Parks(later).Count);
        for (var i = 0; i < 5000; i++) Fail(string.Create(CultureInfo.InvariantCulture, $"more {i}"), later, seconds: 60);
        Assert.InRange(_key.Parks(later).Count, 1, 512);
        Assert.NotNull(_key.Look("more 4999", later).Park);
    }

    private void Fail(string model, DateTimeOffset now, double? seconds = null) =>
        _key.Failed(_value, model, new UpstreamFailure(FailureReason.RateLimited, "slow down", 429, null, seconds is { } s ? TimeSpan.FromSeconds(s) : null), now);
}
