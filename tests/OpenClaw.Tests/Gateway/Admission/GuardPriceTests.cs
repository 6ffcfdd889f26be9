using OpenClaw.Gateway.Admission;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Gateway.Admission;

/// <summary>What a decision's calls are to the guard: money that bought an answer, money that bought none, and how it ended.</summary>
public sealed class GuardPriceTests
{
    [Fact]
    public void What_answered_is_cost_what_did_not_is_waste_and_only_what_came_is_output()
    {
        var outcome = GuardPrice.Of(Of("answered", Call(FailureReason.HeadersTimeout, usd: 0.3m, output: 7), Call(FailureReason.None, usd: 0.2m, output: 50)));
        Assert.Equal(new GuardOutcome(0.2m, 0.3m, 50, GuardEnd.Answered), outcome);
    }

    [Fact]
    public void A_call_that_broke_off_after_its_first_token_bought_what_came()
    {
        var outcome = GuardPrice.Of(Of("healed", Call(FailureReason.Cut, usd: 0.1m, output: 30, isBegun: true), Call(FailureReason.None, usd: 0.2m, output: 20)));
        Assert.Equal(new GuardOutcome(0.3m, 0, 50, GuardEnd.Answered), outcome);
    }

    [Fact]
    public void What_nobody_has_priced_is_taken_for_three_and_fifteen_dollars_a_million()
    {
        var unpriced = new Cost(0, 0, 0, 0, 0, CostSource.Unpriced);
        var call = new AttemptRecord(ModelRefs.Of("p/m"), "k", AttemptKind.First, 0) { Usage = new Usage { Input = 600_000, CacheRead = 400_000, Output = 100_000 }, Cost = unpriced };
        Assert.Equal(new GuardOutcome(4.5m, 0, 100_000, GuardEnd.Answered), GuardPrice.Of(Of("answered", call)));
        var failed = new AttemptRecord(ModelRefs.Of("p/m"), "k", AttemptKind.First, 0) { Usage = new Usage { Input = 1_000_000 }, Cost = unpriced, Reason = FailureReason.TotalTimeout };
        Assert.Equal(new GuardOutcome(0, 3, 0, GuardEnd.Failed), GuardPrice.Of(Of("failed", failed)));
    }

    [Theory]
    [InlineData("answered", GuardEnd.Answered)]
    [InlineData("healed", GuardEnd.Answered)]
    [InlineData("budget", GuardEnd.Answered)]
    [InlineData("failed", GuardEnd.Failed)]
    [InlineData("interrupted", GuardEnd.Failed)]
    [InlineData("refused", GuardEnd.Neither)]
    [InlineData("command", GuardEnd.Neither)]
    public void The_outcome_says_how_it_ended(string outcome, object end) =>
        Assert.Equal(end, GuardPrice.Of(Of(outcome, Call(FailureReason.ServerError))).End);

    [Fact]
    public void A_caller_that_gave_up_before_the_first_token_will_ask_again_one_that_left_in_the_middle_has_what_it_wanted()
    {
        Assert.Equal(GuardEnd.Failed, GuardPrice.Of(Of("cancelled", Call(FailureReason.ClientGone))).End);
        var begun = Of("cancelled", Call(FailureReason.ClientGone, usd: 0.1m, output: 5, isBegun: true));
        begun.FirstTokenMs = 3;
        Assert.Equal(new GuardOutcome(0.1m, 0, 5, GuardEnd.Neither), GuardPrice.Of(begun));
        // Nothing was called: it says nothing of the provider.
        Assert.Equal(GuardEnd.Neither, GuardPrice.Of(Of("cancelled")).End);
    }

    [Fact]
    public void To_be_sent_away_until_later_is_no_failure_unless_it_cost_something_or_another_failed()
    {
        Assert.Equal(GuardEnd.Neither, GuardPrice.Of(Of("failed", Call(FailureReason.RateLimited), Call(FailureReason.Overloaded))).End);
        Assert.Equal(GuardEnd.Failed, GuardPrice.Of(Of("failed", Call(FailureReason.RateLimited, usd: 0.1m))).End);
        Assert.Equal(GuardEnd.Failed, GuardPrice.Of(Of("failed", Call(FailureReason.RateLimited), Call(FailureReason.ServerError))).End);
        Assert.Equal(GuardEnd.Failed, GuardPrice.Of(Of("failed")).End);
    }

    private static Decision Of(string outcome, params AttemptRecord[] calls)
    {
        var decision = new Decision("d", default, "chat") { Outcome = outcome };
        decision.Attempts.AddRange(calls);
        return decision;
    }

    private static AttemptRecord Call(FailureReason reason, decimal usd = 0, int output = 0, bool isBegun = false) => new(ModelRefs.Of("p/m"), "k", AttemptKind.First, 0)
    {
        Reason = reason, Usage = new Usage { Output = output }, Cost = Cost.Of(usd, CostSource.Catalogue), FirstTokenMs = isBegun ? 1 : null,
    };
}
