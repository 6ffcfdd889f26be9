using OpenClaw.Config;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Gateway.Routing;

/// <summary>A first rest that is written longer than the 20 s after which a target that fails at once is asked again.</summary>
public sealed class LongCooldownTests
{
    private static readonly Backoff s_backoff = new(new Random(5));

    [Theory]
    [InlineData(1, 20)]
    [InlineData(20, 20)]
    [InlineData(60, 60)]
    [InlineData(200, 200)]
    public void A_quick_failure_rests_at_most_20_seconds_or_the_base_where_that_is_longer(int seconds, int most)
    {
        var routing = new RoutingConfig { CooldownBase = TimeSpan.FromSeconds(seconds), CooldownMax = TimeSpan.FromMinutes(5) };
        for (var opening = 1; opening <= 12; opening++)
        {
            var shortest = Math.Min(most, seconds * Math.Pow(2, opening - 1)) / 2;
            for (var i = 0; i < 20; i++) Assert.InRange(Rest(routing, opening).TotalSeconds, shortest, most);
        }
    }

    [Fact]
    public void And_never_longer_than_the_longest()
    {
        var routing = new RoutingConfig { CooldownBase = TimeSpan.FromSeconds(10), CooldownMax = TimeSpan.FromSeconds(12) };
        for (var i = 0; i < 20; i++) Assert.InRange(Rest(routing, 3).TotalSeconds, 6, 12);
    }

    private static TimeSpan Rest(RoutingConfig routing, int opening) => BreakerRules.Rest(new UpstreamFailure(FailureReason.Connect, "refused"), opening, routing, s_backoff);
}
