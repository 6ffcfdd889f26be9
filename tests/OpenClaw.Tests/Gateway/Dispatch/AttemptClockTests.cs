using OpenClaw.Gateway.Dispatch;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>Which of an attempt's clocks ran out.</summary>
public sealed class AttemptClockTests
{
    [Fact]
    public void A_timer_that_is_early_still_says_that_the_whole_time_is_over()
    {
        var time = new HandTime();
        using var clock = AttemptClock.Open(time, TimeSpan.FromSeconds(1), null, CancellationToken.None);
        clock.Start(ClockPhase.Headers, TimeSpan.FromSeconds(5));
        Assert.False(clock.Token.IsCancellationRequested);
        time.Now = 997;
        time.Ring();
        Assert.True(clock.Token.IsCancellationRequested);
        Assert.Equal(FailureReason.TotalTimeout, clock.Failure.Reason);
    }

    [Fact]
    public void A_phase_whose_time_is_shorter_is_named()
    {
        var time = new HandTime();
        using var clock = AttemptClock.Open(time, TimeSpan.FromSeconds(10), null, CancellationToken.None);
        clock.Start(ClockPhase.Headers, TimeSpan.FromSeconds(20));
        clock.Start(ClockPhase.FirstToken, TimeSpan.FromSeconds(1));
        time.Now = 1000;
        time.Ring();
        Assert.Equal(FailureReason.FirstTokenTimeout, clock.Failure.Reason);
    }

    [Theory]
    [InlineData("Headers")]
    [InlineData("FirstToken")]
    public void What_others_left_of_a_phases_time_is_said_of_that_phase_alone(string phase)
    {
        var time = new HandTime();
        using var clock = AttemptClock.Open(time, TimeSpan.FromSeconds(600), null, CancellationToken.None);
        clock.Start(Enum.Parse<ClockPhase>(phase), TimeSpan.FromSeconds(2), isCutShort: true);
        Assert.True(clock.Failure.IsCutShort);
        Assert.Equal(BreakerWeight.None, BreakerRules.WeightOf(clock.Failure));
        clock.Start(Enum.Parse<ClockPhase>(phase), TimeSpan.FromSeconds(2));
        Assert.False(clock.Failure.IsCutShort);
        Assert.Equal(BreakerWeight.OpensAtOnce, BreakerRules.WeightOf(clock.Failure));
    }

    [Theory]
    [InlineData("Headers", "HeadersTimeout")]
    [InlineData("Answer", "HeadersTimeout")]
    [InlineData("FirstToken", "FirstTokenTimeout")]
    [InlineData("Idle", "IdleTimeout")]
    public void The_time_of_one_call_is_not_the_requests(string phase, string reason)
    {
        var time = new HandTime();
        using var clock = AttemptClock.Open(time, TimeSpan.FromSeconds(600), TimeSpan.FromSeconds(2), CancellationToken.None);
        clock.Start(Enum.Parse<ClockPhase>(phase), TimeSpan.FromSeconds(20));
        time.Now = 2000;
        time.Ring();
        Assert.Equal((reason, "call_timeout"), (clock.Failure.Reason.ToString(), clock.Failure.Code));
    }

    // Milliseconds that the test counts, and one timer that it rings.
    private sealed class HandTime : TimeProvider
    {
        private Action? _ring;

        public long Now { get; set; }

        public override long TimestampFrequency => 1000;

        public void Ring() => _ring!();

        public override long GetTimestamp() => Now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _ring = () => callback(state);
            return new HandTimer();
        }
    }

    private sealed class HandTimer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
