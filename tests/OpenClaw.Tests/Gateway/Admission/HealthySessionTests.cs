using OpenClaw.Gateway.Admission;

namespace OpenClaw.Tests.Gateway.Admission;

/// <summary>A thousand sessions as people and well-behaved agents have them. None is stopped.</summary>
public sealed class HealthySessionTests
{
    private static readonly ListPrice[] s_prices = [ListPrice.Opus, ListPrice.Sonnet, ListPrice.Sonnet, ListPrice.DeepSeek, ListPrice.Mini];

    private static readonly (string Name, Action<GuardedAgent, Random> Play)[] s_kinds =
    [
        ("chat", Chat), ("coding agent", CodingAgent), ("questions on one document", Questions), ("a library that tries again", Retries), ("batch", Batch),
        ("small heartbeat", SmallHeartbeat), ("polling", Polling), ("waiting for a build", Waiting), ("daily report", DailyReport), ("heartbeat with work", WorkingHeartbeat), ("short answers", ShortAnswers),
    ];

    public static TheoryData<string> Kinds => [.. s_kinds.Select(static k => k.Name), "sub-agents"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_healthy_session_is_never_stopped(string kind)
    {
        for (var seed = 0; seed < 95; seed++)
        {
            var random = new Random(seed * 31);
            var time = new ManualTime();
            var guard = new RunawayGuard(time);
            var agent = new GuardedAgent(time, guard, s_prices[seed % s_prices.Length]);
            if (kind == "sub-agents") SubAgents(time, guard, random);
            else s_kinds.Single(k => k.Name == kind).Play(agent, random);
            Assert.True(guard.Stops().Count == 0 && agent.Refused == 0, $"seed {seed}: {agent.Why}");
        }
    }

    // A person: thinks, says something else each time, and says "thanks" and "go on" now and then.
    private static void Chat(GuardedAgent agent, Random random)
    {
        var talk = new Conversation(random.Next(2) == 0);
        for (var turn = 0; turn < 30; turn++)
        {
            talk.User(random.Next(4) == 0 ? Pick(random, "thanks", "go on", "yes", "ok") : $"What about {Word(random)} and {Word(random)}?");
            agent.Ask(talk.Sign(), 2000 + (turn * 600), random.Next(5, 800), cache: random.Next(2) == 0);
            talk.Assistant(Word(random));
            agent.Wait(random.Next(4, 300));
        }
    }

    // A background shell is asked for its output until it has some.
    private static void Waiting(GuardedAgent agent, Random random)
    {
        var talk = new Conversation(random.Next(2) == 0).User("run the tests in the background and tell me when they are done");
        var rounds = random.Next(11, 20);
        for (var round = 0; round < rounds; round++)
        {
            agent.Ask(talk.Sign(), 2000 + (round * 60), 40, cache: true);
            talk.Tool("BashOutput", """{"id":"1"}""", "running");
            agent.Wait(random.Next(2, 30));
        }
    }

    // A hundred calls on a growing context; some are made twice, some fail, the tests are run again after each change.
    private static void CodingAgent(GuardedAgent agent, Random random)
    {
        var talk = new Conversation(random.Next(2) == 0).User("make the tests pass");
        for (var call = 0; call < 100; call++)
        {
            agent.Ask(talk.Sign(), 15_000 + (call * 1200), random.Next(40, 900), cache: true);
            if (random.Next(3) == 0) talk.Tool("exec", """{"command":"make test"}""", $"{random.Next(40)} failed, {Word(random)}");
            else if (random.Next(8) == 0) talk.Tool("read", """{"path":"src/main.c"}""", "the same file as before");
            else talk.Tool(Pick(random, "read", "edit", "grep"), $$"""{"path":"src/{{Word(random)}}.c"}""", Word(random));
            agent.Wait(random.Next(2, 20));
        }
    }

    private static void Questions(GuardedAgent agent, Random random)
    {
        var document = string.Join(' ', Enumerable.Range(0, 200).Select(_ => Word(random)));
        for (var i = 0; i < 40; i++)
        {
            agent.Ask(new Conversation().User($"{document}\n\nQuestion: what does it say of {Word(random)} {Word(random)}?").Sign(), 60_000, random.Next(3, 300), cache: true);
            agent.Wait(random.Next(3, 60));
        }
    }

    private static void Retries(GuardedAgent agent, Random random)
    {
        var talk = new Conversation(random.Next(2) == 0);
        for (var turn = 0; turn < 20; turn++)
        {
            talk.User($"step {turn}: {Word(random)}");
            var tokens = random.Next(500, 40_000);
            var failures = random.Next(4) == 0 ? random.Next(1, 3) : 0;
            for (var i = 0; i < failures; i++)
            {
                agent.Fail(talk.Sign(), tokens, isBilled: random.Next(2) == 0);
                agent.Wait(1 << i);
            }
            agent.Ask(talk.Sign(), tokens, 200);
            talk.Assistant(Word(random));
            agent.Wait(random.Next(1, 60));
        }
    }

    private static void Batch(GuardedAgent agent, Random random)
    {
        for (var i = 0; i < 200; i++)
        {
            agent.Ask(new Conversation { System = "Classify." }.User($"Summarise document {i} of {Word(random)}").Sign(), random.Next(500, 8000), random.Next(1, 100));
            agent.Wait(random.Next(1, 4));
        }
    }

    private static void SmallHeartbeat(GuardedAgent agent, Random random)
    {
        var small = new Conversation().User("Read HEARTBEAT.md. If nothing needs attention, reply HEARTBEAT_OK.").Sign();
        for (var beat = 0; beat < 14 * 48; beat++)
        {
            agent.Ask(small, random.Next(1500, 3000), 6);
            agent.Wait(1800);
        }
    }

    private static void Polling(GuardedAgent agent, Random random)
    {
        var talk = new Conversation(random.Next(2) == 0).User("tell me when the deployment is done");
        for (var poll = 0; poll < 60; poll++)
        {
            agent.Ask(talk.Sign(), 20_000 + (poll * 80), 40, cache: true);
            talk.Tool("status", "{}", $"{poll * 100 / 60} percent, {random.Next(1000)} ms");
            agent.Wait(random.Next(10, 30));
        }
    }

    private static void DailyReport(GuardedAgent agent, Random random)
    {
        var ask = new Conversation().User("[cron] Write the daily report on sales.").Sign();
        for (var day = 0; day < 60; day++)
        {
            agent.Ask(ask, 80_000, random.Next(10, 2000));
            agent.Wait(86_400);
        }
    }

    // A clock sends it in, and it does find something to do.
    private static void WorkingHeartbeat(GuardedAgent agent, Random random)
    {
        var talk = new Conversation(random.Next(2) == 0);
        for (var beat = 0; beat < 40; beat++)
        {
            talk.User("Heartbeat: look after the inbox.");
            for (var step = 0; step < 8; step++)
            {
                agent.Ask(talk.Sign(), 12_000 + (step * 500), 80, cache: true);
                talk.Tool("mail", $$"""{"open":"{{Word(random)}}"}""", Word(random));
                agent.Wait(5);
            }
            agent.Ask(talk.Sign(), 17_000, 20, cache: true);
            talk.Assistant("done");
            if (talk.Count > 60) talk.Keep(20);
            agent.Wait(1800 - 40);
        }
    }

    // Twenty questions: the person says little, the model less.
    private static void ShortAnswers(GuardedAgent agent, Random random)
    {
        var talk = new Conversation();
        for (var turn = 0; turn < 60; turn++)
        {
            talk.User(Pick(random, "yes", "no", "warmer", "colder"));
            agent.Ask(talk.Sign(), 25_000 + (turn * 20), 12, cache: true);
            talk.Assistant("Is it larger?");
            agent.Wait(random.Next(3, 45));
        }
    }

    // Six agents at work under one session, their requests under way at the same time.
    private static void SubAgents(ManualTime time, RunawayGuard guard, Random random)
    {
        var team = Enumerable.Range(0, 6).Select(i => (Agent: new GuardedAgent(time, guard, ListPrice.Sonnet, "team"), Talk: new Conversation().User($"look into {Word(random)}"))).ToList();
        for (var step = 0; step < 25; step++)
        {
            foreach (var (agent, talk) in team)
            {
                agent.Ask(talk.Sign(), 20_000 + (step * 1500), random.Next(50, 400), cache: true);
                talk.Tool("search", $$"""{"q":"{{Word(random)}}"}""", Word(random));
                agent.Wait(random.NextDouble() * 2);
            }
        }
        Assert.All(team, static t => Assert.True(t.Agent.Refused == 0, t.Agent.Why));
    }

    private static string Pick(Random random, params string[] words) => words[random.Next(words.Length)];

    private static string Word(Random random) => string.Create(random.Next(4, 10), random, static (text, r) =>
    {
        foreach (ref var c in text) c = (char)('a' + r.Next(26));
    });
}
