using System.Diagnostics.CodeAnalysis;
using OpenClaw.Config;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Gateway.Routing;

public class TargetStateTests
{
    private readonly ManualTime _time = new();
    private readonly RoutingConfig _routing = new();

    private TargetState NewTarget() => new("openai/gpt", new Backoff(new Random(3)), () => _routing);

    private DateTimeOffset Now => _time.GetUtcNow();

    private static UpstreamFailure Failure(FailureReason reason, double? retryAfter = null) =>
        new(reason, "words of the provider", RetryAfter: retryAfter is { } s ? TimeSpan.FromSeconds(s) : null);

    private TargetPermit Enter(TargetState target)
    {
        Assert.True(target.TryEnter(Now, out var permit));
        return permit;
    }

    private void Fail(TargetState target, FailureReason reason, double? retryAfter = null) => Enter(target).Failure(Failure(reason, retryAfter), Now);

    [Fact]
    public void A_clock_that_is_set_back_does_not_lengthen_a_rest()
    {
        var target = NewTarget();
        Fail(target, FailureReason.Connect);
        Assert.False(target.IsAvailable(Now));
        Assert.True(target.IsAvailable(Now.AddHours(-1)));
        Assert.True(target.TryEnter(Now.AddHours(-1), out var permit));
        permit.Failure(Failure(FailureReason.Connect), Now.AddHours(-1));
        Assert.True(target.Snapshot().Until < Now, "the rest is by the new clock");
        Assert.False(target.IsAvailable(Now.AddHours(-1)));
    }

    /// <summary>Moves to the end of the rest and returns how long it was.</summary>
    private TimeSpan WaitOut(TargetState target)
    {
        var rest = target.Snapshot().Until!.Value - Now;
        _time.Advance(rest);
        return rest;
    }

    [Theory]
    [InlineData("Connect")]
    [InlineData("Dns")]
    [InlineData("Tls")]
    [InlineData("Reset")]
    [InlineData("ServerError")]
    [InlineData("Overloaded")]
    [InlineData("HeadersTimeout")]
    [InlineData("FirstTokenTimeout")]
    [InlineData("ModelGone")]
    [InlineData("Redirect")]
    public void One_failure_of_the_target_opens_it(string reason)
    {
        var target = NewTarget();
        Fail(target, Enum.Parse<FailureReason>(reason));
        Assert.False(target.TryEnter(Now, out _));
        Assert.False(target.IsAvailable(Now));
        Assert.Equal(BreakerState.Open, target.Snapshot().State);
        Assert.Equal(reason, target.Snapshot().Reason.ToString());
    }

    [Theory]
    [InlineData("IdleTimeout")]
    [InlineData("Cut")]
    [InlineData("Malformed")]
    [InlineData("Empty")]
    public void What_may_be_chance_opens_it_the_second_time_in_a_row(string reason)
    {
        var target = NewTarget();
        Fail(target, Enum.Parse<FailureReason>(reason));
        Assert.True(target.IsAvailable(Now));
        Enter(target).Success();
        Fail(target, Enum.Parse<FailureReason>(reason));
        Assert.True(target.IsAvailable(Now));
        Fail(target, Enum.Parse<FailureReason>(reason));
        Assert.False(target.IsAvailable(Now));
    }

    [Theory]
    [InlineData("BadRequest")]
    [InlineData("RateLimited")]
    [InlineData("QuotaExhausted")]
    [InlineData("Credential")]
    [InlineData("ContextTooLong")]
    [InlineData("Policy")]
    [InlineData("Unsupported")]
    [InlineData("Signature")]
    [InlineData("PrefillRefused")]
    [InlineData("ClientGone")]
    public void What_is_not_the_targets_fault_never_opens_it(string reason)
    {
        var target = NewTarget();
        for (var i = 0; i < 5; i++) Fail(target, Enum.Parse<FailureReason>(reason));
        Assert.True(target.IsAvailable(Now));
        Assert.Equal(0, target.Snapshot().Failures);
        Assert.Equal(5, target.Snapshot().Abandoned);
    }

    [Fact]
    public void The_rest_doubles_to_its_maximum_and_a_success_resets_it()
    {
        var target = NewTarget();
        Fail(target, FailureReason.Connect);
        for (var i = 0; i < 10; i++)
        {
            var plain = Math.Min(20, Math.Pow(2, i));
            Assert.InRange(WaitOut(target).TotalSeconds, plain * 0.5, Math.Min(20, plain * 1.5));
            Fail(target, FailureReason.Connect);
        }
        WaitOut(target);
        Enter(target).Success();
        Assert.Equal(BreakerState.Closed, target.Snapshot().State);
        Fail(target, FailureReason.Connect);
        Assert.InRange(WaitOut(target).TotalSeconds, 0.5, 1.5);
    }

    [Fact]
    public void A_silent_target_rests_longer_because_asking_it_costs_a_whole_clock()
    {
        var target = NewTarget();
        Fail(target, FailureReason.FirstTokenTimeout);
        Assert.InRange(WaitOut(target).TotalSeconds, 5, 15);
        for (var i = 0; i < 10; i++)
        {
            Fail(target, FailureReason.FirstTokenTimeout);
            WaitOut(target);
        }
        Fail(target, FailureReason.FirstTokenTimeout);
        Assert.InRange(WaitOut(target).TotalSeconds, 150, 300);
    }

    [Fact]
    public void What_the_provider_asks_for_is_a_floor()
    {
        var target = NewTarget();
        Fail(target, FailureReason.Overloaded, retryAfter: 90);
        Assert.Equal(90, WaitOut(target).TotalSeconds);
        Assert.True(target.IsAvailable(Now));
    }

    [Fact]
    public void One_request_probes_and_the_others_stay_out_until_it_has_an_answer()
    {
        var target = NewTarget();
        Fail(target, FailureReason.Overloaded);
        WaitOut(target);
        var probe = Enter(target);
        Assert.Equal(PermitKind.Probe, probe.Kind);
        Assert.False(target.TryEnter(Now, out _));
        Assert.Equal("another request is trying it after Overloaded: words of the provider", target.Snapshot().Describe(Now));
        probe.Answering();
        Assert.True(target.TryEnter(Now, out var other));
        Assert.Equal(PermitKind.Normal, other.Kind);
        other.Success();
        probe.Success();
        Assert.Equal(0, target.Snapshot().FailuresInARow);
    }

    [Fact]
    public void A_probe_that_breaks_after_it_began_opens_again_for_longer()
    {
        var target = NewTarget();
        Fail(target, FailureReason.Overloaded);
        WaitOut(target);
        var probe = Enter(target);
        probe.Answering();
        probe.Failure(Failure(FailureReason.Cut), Now);
        Assert.False(target.IsAvailable(Now));
        Assert.InRange(WaitOut(target).TotalSeconds, 1, 3);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_probe_that_tells_nothing_gives_its_place_free(bool byFailure)
    {
        var target = NewTarget();
        Fail(target, FailureReason.Connect);
        WaitOut(target);
        var probe = Enter(target);
        if (byFailure) probe.Failure(Failure(FailureReason.BadRequest), Now);
        else probe.Dispose();
        Assert.Equal(BreakerState.HalfOpen, target.Snapshot().State);
        Assert.Equal(PermitKind.Probe, Enter(target).Kind);
    }

    [Fact]
    public void A_probe_that_is_never_ended_is_given_up_at_last()
    {
        var target = NewTarget();
        Fail(target, FailureReason.Connect);
        WaitOut(target);
        Enter(target);
        _time.Advance(TimeSpan.FromMinutes(14));
        Assert.False(target.IsAvailable(Now));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(PermitKind.Probe, Enter(target).Kind);
    }

    [Fact]
    public void Many_requests_that_fail_together_count_once()
    {
        var target = NewTarget();
        var permits = Enumerable.Range(0, 50).Select(_ => Enter(target)).ToArray();
        foreach (var permit in permits) permit.Failure(Failure(FailureReason.Connect), Now);
        Assert.InRange(WaitOut(target).TotalSeconds, 0.5, 1.5);
        Assert.Equal(50, target.Snapshot().Failures);
    }

    [Fact]
    public void An_answer_that_began_before_it_opened_does_not_close_it()
    {
        var target = NewTarget();
        var earlier = Enter(target);
        Fail(target, FailureReason.Connect);
        earlier.Success();
        Assert.False(target.IsAvailable(Now));
    }

    [Fact]
    public void Past_an_open_breaker_a_success_closes_and_a_failure_does_not_double()
    {
        var target = NewTarget();
        Fail(target, FailureReason.Connect);
        for (var i = 0; i < 20; i++) target.EnterAnyway().Failure(Failure(FailureReason.Connect), Now);
        Assert.InRange((target.Snapshot().Until!.Value - Now).TotalSeconds, 0.5, 1.5);
        target.EnterAnyway().Success();
        Assert.True(target.IsAvailable(Now));
    }

    [Fact]
    public void A_permit_ends_once()
    {
        var target = NewTarget();
        var permit = Enter(target);
        permit.Success();
        permit.Failure(Failure(FailureReason.Connect), Now);
        permit.Abandon();
        Assert.True(target.IsAvailable(Now));
        Assert.Equal((1, 0, 0), (target.Snapshot().Successes, target.Snapshot().Failures, target.Snapshot().Abandoned));
    }

    [Fact]
    public void Its_state_is_told_in_words()
    {
        var target = NewTarget();
        Assert.Equal("healthy", target.Snapshot().Describe(Now));
        Fail(target, FailureReason.Overloaded, retryAfter: 42);
        Assert.Equal("resting 42 s more after Overloaded: words of the provider", target.Snapshot().Describe(Now));
        Assert.Equal(Now, target.Snapshot().LastFailureAt);
        WaitOut(target);
        Assert.Equal("to be tried again after Overloaded: words of the provider", target.Snapshot().Describe(Now));
    }

    [Fact]
    [SuppressMessage("Usage", "xUnit1031", Justification = "Threads, not tasks, contend for the probe.")]
    public void Of_many_threads_one_probes_at_a_time()
    {
        var target = NewTarget();
        var inside = 0;
        var most = 0;
        var probes = 0;
        for (var round = 0; round < 50; round++)
        {
            Fail(target, FailureReason.Connect);
            WaitOut(target);
            var now = Now;
            using var start = new Barrier(8);
            var threads = Enumerable.Range(0, 8).Select(n => new Thread(() =>
            {
                start.SignalAndWait();
                for (var i = 0; i < 20; i++)
                {
                    if (!target.TryEnter(now, out var permit)) continue;
                    Interlocked.Increment(ref probes);
                    var together = Interlocked.Increment(ref inside);
                    InterlockedMax(ref most, together);
                    Interlocked.Decrement(ref inside);
                    permit.Abandon();
                }
            })).ToArray();
            foreach (var thread in threads) thread.Start();
            foreach (var thread in threads) thread.Join();
        }
        Assert.Equal(1, most);
        Assert.True(probes >= 50);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        int seen;
        while (value > (seen = Volatile.Read(ref most)) && Interlocked.CompareExchange(ref most, value, seen) != seen)
        {
        }
    }
}
