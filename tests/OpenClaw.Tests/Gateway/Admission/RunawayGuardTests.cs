using OpenClaw.Config;
using OpenClaw.Gateway.Admission;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Tests.Gateway.Admission;

public sealed class RunawayGuardTests
{
    private readonly ManualTime _time = new();
    private readonly RunawayGuard _guard;

    public RunawayGuardTests() => _guard = new RunawayGuard(_time);

    [Fact]
    public void A_stopped_session_says_what_was_seen_and_how_it_goes_on()
    {
        var agent = Looped();
        Assert.Contains("\"main\"", agent.Why, StringComparison.Ordinal);
        Assert.Contains("the tool look was called 10 times", agent.Why, StringComparison.Ordinal);
        Assert.Contains("$0.", agent.Why, StringComparison.Ordinal);
        Assert.Contains("10 minutes", agent.Why, StringComparison.Ordinal);
        Assert.Contains("POST /openclaw/v1/sessions/main/resume", agent.Why, StringComparison.Ordinal);
        Assert.Null(agent.RetryAfter);
        var stop = Assert.Single(_guard.Stops());
        Assert.Equal(("owner", "main", "tool_loop"), (stop.Caller, stop.Session, stop.KindText));
    }

    [Fact]
    public void Everything_of_a_stopped_session_is_refused_and_nothing_of_another()
    {
        var agent = Looped();
        Assert.False(agent.Ask(new Conversation().User("something else").Sign(), 100, 10));
        Assert.True(new GuardedAgent(_time, _guard, ListPrice.Sonnet, "other").Ask(new Conversation().User("hello").Sign(), 100, 10));
    }

    [Fact]
    public void A_resumed_session_has_a_fresh_allowance()
    {
        var agent = Looped();
        Assert.Equal(GuardKind.ToolLoop, _guard.Resume("main")!.Kind);
        Assert.Empty(_guard.Stops());
        Assert.True(agent.Ask(new Conversation().User("something else").Sign(), 100, 10));
        Assert.Null(_guard.Resume("main"));
        Assert.Null(_guard.Resume("nobody"));
    }

    [Fact]
    public async Task Stops_are_told_while_they_come_and_go()
    {
        var agents = Enumerable.Range(0, 200).Select(i => new GuardedAgent(_time, _guard, ListPrice.Sonnet, "s" + i)).ToList();
        foreach (var agent in agents)
        {
            for (var call = 1; call <= 10; call++) agent.Ask(Loop(call), 90_000, 30, cache: true);
        }
        Assert.Equal(200, _guard.Stops().Count);
        var resuming = Task.Run(() =>
        {
            for (var i = 0; i < 200; i++) _guard.Resume("s" + i);
        }, TestContext.Current.CancellationToken);
        while (!resuming.IsCompleted) Assert.All(_guard.Stops(), static s => Assert.NotNull(s));
        await resuming;
        Assert.Empty(_guard.Stops());
    }

    [Fact]
    public void Requests_that_fail_side_by_side_make_one_pause()
    {
        var agent = new GuardedAgent(_time, _guard, ListPrice.Mini);
        var sign = new Conversation().User("what did we say about the roof?").Sign();
        void FailAtOnce(int count)
        {
            var visits = Enumerable.Range(0, count).Select(_ => agent.Enter(sign, 20_000)!).ToList();
            foreach (var visit in visits) _guard.Ended(new GuardConfig(), visit, new GuardOutcome(0, 0.003m, 0, GuardEnd.Failed));
        }
        FailAtOnce(20);
        Assert.Equal(TimeSpan.FromSeconds(30), Pause());
        agent.Wait(31);
        FailAtOnce(1);
        Assert.Equal(TimeSpan.FromMinutes(1), Pause());

        TimeSpan Pause() => Assert.Single(_guard.Stops()) is var stop ? stop.Until - stop.Since : default;
    }

    [Fact]
    public void A_failure_that_comes_late_does_not_take_the_place_of_a_longer_stop()
    {
        var agent = Looped();
        var until = Assert.Single(_guard.Stops()).Until;
        _guard.Resume("main");
        var visits = Enumerable.Range(0, 5).Select(_ => agent.Enter(new Conversation().User("again").Sign(), 90_000)!).ToList();
        for (var call = 1; call <= 10; call++) agent.Ask(Loop(call), 90_000, 30, cache: true);
        foreach (var visit in visits) _guard.Ended(new GuardConfig(), visit, new GuardOutcome(0, 0.01m, 0, GuardEnd.Failed));
        Assert.Equal((GuardKind.ToolLoop, until), (Assert.Single(_guard.Stops()).Kind, _guard.Stops()[0].Until));
    }

    [Fact]
    public void A_session_of_one_client_is_not_resumed_by_another()
    {
        Looped();
        Assert.Null(_guard.Resume("main", "ci"));
        Assert.NotNull(_guard.StopOf("main", "owner"));
        Assert.NotNull(_guard.Resume("main", "owner"));
    }

    [Fact]
    public void Time_lets_it_go_on_and_what_comes_as_before_is_stopped_for_twice_as_long()
    {
        var agent = Looped();
        agent.Wait(601);
        Assert.True(agent.Ask(new Conversation().User("a new thing").Sign(), 100, 10));
        Assert.False(agent.Ask(Loop(11), 20_000, 30));
        Assert.Contains("20 minutes", agent.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Failing_requests_are_told_to_back_off_ever_longer_and_an_answer_ends_it()
    {
        var agent = new GuardedAgent(_time, _guard, ListPrice.Free);
        var sign = new Conversation().User("hello").Sign();
        for (var i = 0; i < 5; i++) Assert.True(agent.Fail(sign, 30_000, isBilled: false));
        Assert.False(agent.Fail(sign, 30_000, isBilled: false));
        Assert.Equal(TimeSpan.FromSeconds(30), agent.RetryAfter);
        agent.Wait(30);
        Assert.True(agent.Fail(sign, 30_000, isBilled: false));
        Assert.False(agent.Fail(sign, 30_000, isBilled: false));
        Assert.Equal(TimeSpan.FromSeconds(60), agent.RetryAfter);
        agent.Wait(60);
        Assert.True(agent.Ask(sign, 30_000, 10));
        Assert.True(agent.Fail(sign, 30_000, isBilled: false));
        Assert.True(agent.Ask(sign, 30_000, 10));
    }

    [Fact]
    public void Small_requests_may_fail_as_often_as_they_like()
    {
        var agent = new GuardedAgent(_time, _guard, ListPrice.Sonnet);
        var sign = new Conversation().User("hello").Sign();
        for (var i = 0; i < 100; i++) Assert.True(agent.Fail(sign, 2000, isBilled: false));
    }

    [Fact]
    public void Two_dear_minutes_in_a_row_stop_a_session_and_one_does_not()
    {
        var agent = new GuardedAgent(_time, _guard, ListPrice.Opus);
        var asked = 0;
        while (asked < 200 && agent.Ask(new Conversation().User("part " + asked).Sign(), 180_000, 100))
        {
            asked++;
            agent.Wait(4);
        }
        // Fifteen a minute at ninety cents: seen once two whole minutes are dear.
        Assert.InRange(asked, 25, 36);
        Assert.Contains("guard.spendPerMinute", agent.Why, StringComparison.Ordinal);
        var burst = new GuardedAgent(_time, _guard, ListPrice.Opus, "burst");
        for (var i = 0; i < 14; i++)
        {
            Assert.True(burst.Ask(new Conversation().User("part " + i).Sign(), 180_000, 100));
            burst.Wait(4);
        }
        burst.Wait(120);
        Assert.True(burst.Ask(new Conversation().User("more").Sign(), 180_000, 100));
    }

    [Fact]
    public void An_hour_may_be_bounded_too()
    {
        var agent = new GuardedAgent(_time, _guard, ListPrice.Sonnet, rules: new GuardConfig { SpendPerHour = 2 });
        var asked = 0;
        while (asked < 100 && agent.Ask(new Conversation().User("part " + asked).Sign(), 50_000, 10))
        {
            asked++;
            agent.Wait(60);
        }
        Assert.InRange(asked, 13, 15);
        agent.Wait(3700);
        Assert.True(agent.Ask(new Conversation().User("more").Sign(), 50_000, 10));
    }

    [Fact]
    public void What_costs_nothing_may_be_asked_as_often_as_one_likes()
    {
        var agent = new GuardedAgent(_time, _guard, ListPrice.Free);
        var sign = new Conversation().User("hello").Sign();
        for (var i = 0; i < 5000; i++) Assert.True(agent.Ask(sign, 2000, 10));
    }

    [Fact]
    public void Identical_requests_at_once_are_counted_before_they_are_answered()
    {
        var agent = new GuardedAgent(_time, _guard, ListPrice.Opus);
        var sign = new Conversation().User("hello").Sign();
        var inside = 0;
        while (inside < 100 && agent.Enter(sign, 40_000) is not null) inside++;
        Assert.InRange(inside, 4, 6);
    }

    [Fact]
    public void A_detector_can_be_switched_off()
    {
        var rules = new GuardConfig { ToolLoop = 0, IdenticalRequests = 0, Heartbeat = false, ErrorLoop = 0, SpendPerMinute = 0 };
        var agent = new GuardedAgent(_time, _guard, ListPrice.Opus, rules: rules);
        for (var i = 0; i < 50; i++)
        {
            Assert.True(agent.Ask(Loop(40), 100_000, 10));
            Assert.True(agent.Fail(Loop(40), 100_000, isBilled: true));
            agent.Wait(60);
        }
    }

    [Fact]
    public void Invented_sessions_do_not_fill_the_memory()
    {
        Looped();
        var sign = new Conversation().User("hello").Sign();
        for (var i = 0; i < 45_000; i++) _guard.Admit(new GuardConfig(), "owner", "s" + i, sign, 10, 0);
        Assert.InRange(_guard.Count, 1000, 20_001);
        Assert.NotNull(_guard.StopOf("main"));
    }

    [Fact]
    public void A_stop_is_kept_as_it_was()
    {
        var stop = new GuardStop("ci", "a/b \"c\"", GuardKind.IdenticalRequests, "seen", _time.GetUtcNow(), _time.GetUtcNow().AddMinutes(5));
        Assert.Equal(stop, GuardRecord.Read(GuardRecord.Write(stop).Span));
        Assert.Null(GuardRecord.Read("{}"u8));
        Assert.Null(GuardRecord.Read("no"u8));
    }

    [Fact]
    public async Task What_was_resumed_is_remembered_until_the_store_has_forgotten_its_stop()
    {
        await using var ledger = LedgerState.InMemory();
        var guard = new RunawayGuard(_time, ledger);
        Looped(guard);
        Assert.NotNull(guard.Resume("main"));
        Assert.Equal(1, guard.Resuming);
        await ledger.FlushAsync();
        await guard.LoadAsync(TestContext.Current.CancellationToken);
        Assert.Empty(guard.Stops());
        Assert.Equal(0, guard.Resuming);
        // Nobody else stops anything in this store: there is nothing to remember.
        Looped(guard);
        Assert.NotNull(guard.Resume("main"));
        Assert.Equal(0, guard.Resuming);
        // And without a store there never was.
        Looped();
        _guard.Resume("main");
        Assert.Equal(0, _guard.Resuming);
    }

    private static RequestSign Loop(int calls)
    {
        var talk = new Conversation().User("go");
        for (var i = 0; i < calls; i++) talk.Tool("look", "{}", "nothing");
        return talk.Sign();
    }

    private GuardedAgent Looped() => Looped(_guard);

    private GuardedAgent Looped(RunawayGuard guard)
    {
        var agent = new GuardedAgent(_time, guard, ListPrice.Sonnet);
        for (var call = 1; call < 10; call++) Assert.True(agent.Ask(Loop(call), 90_000, 30, cache: true), agent.Why);
        Assert.False(agent.Ask(Loop(10), 90_000, 30, cache: true));
        return agent;
    }
}
