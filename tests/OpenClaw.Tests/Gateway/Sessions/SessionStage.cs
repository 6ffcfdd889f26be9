using System.Text;
using OpenClaw.Config;
using OpenClaw.Gateway;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.Sessions;
using OpenClaw.Gateway.State;

namespace OpenClaw.Tests.Gateway.Sessions;

/// <summary>Sessions and their commands over a configuration, a ledger in memory and a clock that stands.</summary>
internal sealed class SessionStage : IAsyncDisposable
{
    public const string Brief = """
        {
          "defaultModel": "anthropic/claude-sonnet-4-20250514",
          "models": {
            "allowlist": ["anthropic/claude-sonnet-4-20250514", "anthropic/claude-opus-4", "openai/gpt-4o", "openrouter/google/gemini-2.5-flash"],
            "fallbacks": ["openrouter/google/gemini-2.5-flash"],
            "aliases": { "fast": "openrouter/google/gemini-2.5-flash", "deep": ["anthropic/claude-opus-4", "openai/gpt-4o"] }
          },
          "gateway": { "auth": { "token": "t-owner" } },
          "clients": [{ "name": "ci", "token": "t-ci", "allow": ["openai/*", "openrouter/google/*"] }]
        }
        """;

    private readonly StateBuilder _builder;

    public SessionStage(string config = Brief)
    {
        // A key for each: a model without one is named as such.
        var environment = ConfigEnvironment.Of(new Dictionary<string, string> { ["ANTHROPIC_API_KEY"] = "k1", ["OPENAI_API_KEY"] = "k2", ["OPENROUTER_API_KEY"] = "k3" });
        var result = ConfigReader.Read(Encoding.UTF8.GetBytes(config), environment);
        Assert.True(result.IsValid, string.Join('\n', result.Problems));
        _builder = new StateBuilder(new GatewayOptions { Environment = environment, Time = Time }, new Backoff(new Random(1)));
        var (state, refusal) = _builder.Build(result.Config!);
        Assert.Null(refusal);
        States = new StateHolder(state!);
        Sessions = new SessionState(Ledger, States, Time);
        Commands = new SlashCommands("1.2.3", Sessions, Ledger, Spending, Time);
    }

    public ManualTime Time { get; } = new();

    public LedgerState Ledger { get; } = LedgerState.InMemory();

    public StateHolder States { get; }

    public SessionState Sessions { get; }

    public SlashCommands Commands { get; }

    public HashSet<string> Stopped { get; } = [];

    public HashSet<(string Caller, string Conversation)> StoppedUnnamed { get; } = [];

    public SpendingView Spending => new(
        (_, caller, session, _) => new ValueTask<IReadOnlyList<BudgetLine>>(
        [
            new BudgetLine("monthly", false, 50, 9.9m, 0.1m, false, new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero)),
            new BudgetLine($"{caller.Name} {session}", true, 20_000, 1_500, 0, false, null),
            new BudgetLine("request, per request", false, 0.5m, 0, 0, true, null),
        ]),
        session => Stopped.Contains(session) ? "40 requests in a minute" : null,
        Stopped.Remove,
        (caller, conversation) => StoppedUnnamed.Remove((caller, conversation)));

    public static Caller Ci { get; } = new("ci") { Allow = [new AllowRule("openai", "*"), new AllowRule("openrouter", "google/*")] };

    public async Task<Session> OpenAsync(string name = "main", Caller? caller = null) => await Sessions.OpenAsync(new SessionKey((caller ?? Caller.Owner).Name, name), default);

    /// <summary>What the store has of a kind.</summary>
    public async Task<IReadOnlyList<StoredRecord>> RecordsAsync(string kind)
    {
        await Ledger.FlushAsync();
        return await Ledger.LoadRecordsAsync(kind, 10_000, TestContext.Current.CancellationToken);
    }

    /// <summary>What a command says.</summary>
    public async Task<CommandReply> RunAsync(string command, Session? session, Caller? caller = null, bool isHeld = false) =>
        await Commands.RunAsync(new CommandContext(States.Current, caller ?? Caller.Owner, session, isHeld, default), command);

    public async ValueTask DisposeAsync()
    {
        await Sessions.DisposeAsync();
        await Ledger.DisposeAsync();
        await _builder.DisposeAsync();
    }

    /// <summary>A finished request.</summary>
    public static Decision Decision(string id, string[] plan, string answered, Usage usage, decimal cost, string? failed = null, string outcome = "answered")
    {
        var decision = new Decision(id, default, "chat") { Answered = answered, Outcome = outcome, Usage = usage, Cost = Cost.Of(cost, CostSource.Config), TotalMs = 1234 };
        decision.Plan.AddRange(plan);
        if (failed is not null) decision.Attempts.Add(new AttemptRecord(ModelRefs.Of(failed), "", AttemptKind.First, 0) { Reason = FailureReason.HeadersTimeout, Message = "no answer" });
        decision.Attempts.Add(new AttemptRecord(ModelRefs.Of(answered), "", failed is null ? AttemptKind.First : AttemptKind.Fallback, 1) { Served = true, Usage = usage, Cost = decision.Cost });
        return decision;
    }
}
