using System.Globalization;
using OpenClaw.Gateway.Admission;

namespace OpenClaw.Tests.Gateway.Admission;

/// <summary>
/// The incidents that users of OpenClaw reported, played again with their own numbers: context sizes, intervals, prices.
/// Each stops below one dollar, however long it goes on knocking.
/// </summary>
public sealed class IncidentTests
{
    private readonly ManualTime _time = new();
    private readonly List<GuardStop> _stops = [];
    private readonly RunawayGuard _guard;

    public IncidentTests()
    {
        _guard = new RunawayGuard(_time);
        _guard.Stopped += _stops.Add;
    }

    // openclaw#98556: Opus, every 30 minutes for twelve days, $248 in all, $168 of them in five days.
    [Theory]
    [InlineData(86_000, true)]
    [InlineData(86_000, false)]
    [InlineData(140_000, true)]
    public void Twelve_days_of_heartbeats_in_an_idle_session(int tokens, bool namesItself)
    {
        var agent = new GuardedAgent(_time, _guard, ListPrice.Opus);
        var talk = new Conversation(anthropic: true).User("let us plan the garden").Assistant("Gladly.");
        for (var beat = 0; beat < 12 * 48; beat++)
        {
            talk.User(namesItself ? Heartbeat() : $"Check the list of open chores. Current time: {Now()}");
            if (agent.Ask(talk.Sign(), tokens, output: 8)) talk.Assistant("HEARTBEAT_OK");
            else talk.RemoveLast();
            agent.Wait(1800);
        }
        Stops(agent, GuardKind.Heartbeat);
        Assert.True(agent.Sent <= 2, $"{agent.Sent}");
    }

    // openclaw#98556, what came after: the account's cap was reached, every heartbeat failed, and they went on, 48 a day.
    [Fact]
    public void Heartbeats_that_fail_for_want_of_a_valid_key()
    {
        var agent = new GuardedAgent(_time, _guard, ListPrice.Opus);
        var talk = new Conversation(anthropic: true).User("let us plan the garden").Assistant("Gladly.");
        for (var beat = 0; beat < 10 * 48; beat++)
        {
            talk.User(Heartbeat());
            agent.Fail(talk.Sign(), 86_000, isBilled: false);
            talk.RemoveLast();
            agent.Wait(1800);
        }
        Stops(agent, GuardKind.ErrorLoop);
        Assert.True(agent.Sent < 40, $"{agent.Sent} of 480 were sent");
        Assert.NotNull(agent.RetryAfter);
    }

    // openclaw#62614, #62615: Sonnet, a long session's whole context sent again after every timeout and rate limit.
    [Theory]
    [InlineData(150_000)]
    [InlineData(190_000)]
    [InlineData(60_000)]
    public void A_storm_of_retries_with_a_huge_context(int tokens)
    {
        var agent = new GuardedAgent(_time, _guard, ListPrice.Sonnet);
        var talk = new Conversation(anthropic: true).User("hello").Assistant("hi").User("what did we say about the roof?");
        for (var attempt = 0; attempt < 600; attempt++)
        {
            // Two of three run into a timeout and are billed, the third is a 429 and is not.
            agent.Fail(talk.Sign(), tokens, isBilled: attempt % 3 != 2);
            agent.Wait(5 + (attempt % 10 * 6));
        }
        Stops(agent, GuardKind.ErrorLoop);
    }

    // openclaw#67308: 300 million tokens a day with nobody there; the prompt names the time of day.
    [Fact]
    public void Three_hundred_million_tokens_a_day_for_nothing()
    {
        var agent = new GuardedAgent(_time, _guard, ListPrice.DeepSeek);
        var talk = new Conversation().User("你好").Assistant("你好！");
        const int Context = 130_000;
        var interval = 86_400.0 / (300_000_000.0 / Context);
        for (var beat = 0; beat < 2307; beat++)
        {
            talk.User("Read HEARTBEAT.md if it exists (workspace context). Follow it strictly. Do not infer or repeat old tasks from prior chats. If nothing needs attention, reply HEARTBEAT_OK.\nCurrent time: " + Now());
            agent.Ask(talk.Sign(), Context, output: 12);
            talk.RemoveLast();
            agent.Wait(interval);
        }
        Stops(agent, GuardKind.Heartbeat);
    }

    // openclaw#86324: one heartbeat turn, 810 calls of heartbeat_respond with the same arguments, read from the cache.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_turn_that_calls_the_same_tool_without_end(bool anthropic)
    {
        var agent = new GuardedAgent(_time, _guard, ListPrice.Sonnet);
        var talk = new Conversation(anthropic).User("[OpenClaw heartbeat poll]");
        agent.Ask(talk.Sign(), 100_000, 60, cache: true);
        talk.Tool("exec", """{"command":"git status --short"}""", "");
        agent.Ask(talk.Sign(), 100_100, 60, cache: true);
        talk.Tool("read", """{"path":"memory/2026-05-25.md"}""", "no such file");
        for (var call = 0; call < 810; call++)
        {
            agent.Ask(talk.Sign(), 100_200 + (call * 90), 70, cache: true);
            talk.Tool("heartbeat_respond", """{"notify":false,"outcome":"no_change"}""", "recorded");
            agent.Wait(4);
        }
        Stops(agent, GuardKind.ToolLoop);
        Assert.Contains("heartbeat_respond", _stops[0].Saw, StringComparison.Ordinal);
    }

    // openclaw#34574 and #112666: the same command run over and over (121 times), or two or three of them in turn.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_round_of_tools_that_never_ends(int period)
    {
        var agent = new GuardedAgent(_time, _guard, ListPrice.Sonnet);
        var talk = new Conversation().User("is the build green?");
        for (var call = 0; call < 121; call++)
        {
            agent.Ask(talk.Sign(), 30_000 + (call * 100), 40, cache: true);
            talk.Tool("exec", $$"""{"command":"make step-{{call % period}}"}""", "exit code 0");
            agent.Wait(6);
        }
        Stops(agent, GuardKind.ToolLoop);
    }

    [Fact]
    public void The_same_request_answered_again_and_again()
    {
        var agent = new GuardedAgent(_time, _guard, ListPrice.Sonnet);
        var sign = new Conversation().User("go on").Sign();
        for (var i = 0; i < 500; i++)
        {
            agent.Ask(sign, 40_000, 500);
            agent.Wait(3);
        }
        Stops(agent, GuardKind.IdenticalRequests);
    }

    private void Stops(GuardedAgent agent, GuardKind kind)
    {
        Assert.True(agent.Paid < 1, $"${agent.Paid} were spent");
        Assert.True(agent.Refused > 0);
        Assert.Equal(kind, _stops[0].Kind);
        Assert.Contains("/budget resume", agent.Why, StringComparison.Ordinal);
    }

    private string Heartbeat() => $"Read HEARTBEAT.md if it exists. If nothing needs attention, reply HEARTBEAT_OK.\nCurrent time: {Now()}";

    private string Now() => _time.GetUtcNow().ToString("dddd, MMMM d, yyyy - hh:mm tt '(UTC) /' yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
