using OpenClaw.Config;
using OpenClaw.Gateway.Admission;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Metering.Ledger.Storage;

namespace OpenClaw.Tests.Gateway.Admission;

/// <summary>Conversations that name no session: many people may ask the same with one token.</summary>
public sealed class GuardOfManyTests
{
    private readonly ManualTime _time = new();

    [Theory]
    [InlineData(20)]
    [InlineData(300)]
    public void People_who_press_the_same_button_are_not_a_loop(int apart)
    {
        var people = new GuardedAgent(_time, new RunawayGuard(_time), ListPrice.Opus, "~1a2b3c4d");
        var button = new Conversation().User("What are your opening hours?").Sign();
        var random = new Random(7);
        for (var i = 0; i < 200; i++)
        {
            Assert.True(people.Ask(button, 10_000, 100), people.Why);
            people.Wait(apart * (0.5 + random.NextDouble()));
        }
    }

    [Fact]
    public void People_who_press_it_while_others_are_being_answered_are_not_a_loop()
    {
        var guard = new RunawayGuard(_time);
        var people = new GuardedAgent(_time, guard, ListPrice.Opus, "~1a2b3c4d");
        var button = new Conversation().User("What are your opening hours?").Sign();
        var before = people.Enter(button, 10_000);
        for (var i = 0; i < 100; i++)
        {
            people.Wait(3);
            var next = people.Enter(button, 10_000);
            Assert.True(next is not null, people.Why);
            guard.Ended(new GuardConfig(), before!, new GuardOutcome(0.05m, 0, 100, GuardEnd.Answered));
            before = next;
        }
    }

    [Theory]
    [InlineData("~1a2b3c4d")]
    [InlineData("main")]
    public void A_program_that_asks_again_at_once_is_stopped_with_or_without_a_session(string session)
    {
        var agent = new GuardedAgent(_time, new RunawayGuard(_time), ListPrice.Opus, session);
        var sign = new Conversation().User("go on").Sign();
        for (var i = 0; i < 40 && agent.Ask(sign, 10_000, 100); i++) agent.Wait(2);
        Assert.InRange(agent.Sent, 5, 20);
    }

    [Fact]
    public void A_fast_clock_is_known_without_a_session_too()
    {
        var agent = new GuardedAgent(_time, new RunawayGuard(_time), ListPrice.Opus, "~1a2b3c4d");
        var sign = new Conversation().User("Is there anything to do?").Sign();
        for (var i = 0; i < 60 && agent.Ask(sign, 10_000, 10); i++) agent.Wait(20);
        Assert.InRange(agent.Sent, 8, 20);
    }

    [Fact]
    public void A_clock_is_known_without_a_session_after_some_more_beats()
    {
        var agent = new GuardedAgent(_time, new RunawayGuard(_time), ListPrice.Opus, "~1a2b3c4d");
        var sign = new Conversation().User("Is there anything to do?").Sign();
        for (var i = 0; i < 60 && agent.Ask(sign, 40_000, 10); i++) agent.Wait(1800);
        Assert.InRange(agent.Sent, 5, 8);
    }

    [Fact]
    public async Task However_many_are_stopped_none_is_forgiven_for_being_the_oldest()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var ledger = LedgerState.InMemory();
        var guard = new RunawayGuard(_time, ledger);
        for (var i = 0; i < Retention.MaxRecords; i++)
        {
            Put(ledger, i);
            // In memory there is no journal to hold more than the queue does.
            if (i % 2000 == 0) await ledger.FlushAsync();
        }
        await ledger.FlushAsync();
        await guard.LoadAsync(cancel);
        Assert.Equal(Retention.MaxRecords, guard.Stops().Count);
        for (var i = 0; i < 5; i++) Put(ledger, Retention.MaxRecords + i);
        await ledger.FlushAsync();
        await guard.LoadAsync(cancel);
        Assert.Equal(Retention.MaxRecords + 5, guard.Stops().Count);
    }

    private void Put(LedgerState ledger, int number) => ledger.PutRecord("guard", GuardRecord.KeyOf("owner", Id(number)), GuardRecord.Write(
        new GuardStop("owner", Id(number), GuardKind.ToolLoop, "a loop", _time.GetUtcNow(), _time.GetUtcNow().AddHours(1))));

    private static string Id(int number) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"s{number}");
}
