using System.Collections.Immutable;
using System.Text;
using OpenClaw.Config;
using OpenClaw.Gateway;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Alerts;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;

namespace OpenClaw.Tests.Gateway.Metering.Budgets;

/// <summary>
/// Budgets of a test's own over counters in memory. The provider is <c>p</c>: model <c>m</c> costs a dollar per million tokens in
/// and ten out and answers with at most 8000, <c>big</c> answers with at most 128,000, of <c>open</c> nobody knows how long it answers, <c>free</c> nobody has priced, <c>own</c> and <c>small</c>, whose window is 8192, cost nothing.
/// </summary>
internal sealed class BudgetStage : IAsyncDisposable
{
    private const string Models = """
        "models": { "aliases": { "fast": "p/cheap" }, "providers": {
          "p": { "baseUrl": "https://p.example/v1", "api": "openai-completions", "models": [
            { "id": "m", "name": "m", "maxTokens": 8000, "contextWindow": 200000, "cost": { "input": 1, "output": 10 } },
            { "id": "big", "name": "big", "maxTokens": 128000, "contextWindow": 400000, "cost": { "input": 1, "output": 10 } },
            { "id": "cheap", "name": "cheap", "maxTokens": 8000, "cost": { "input": 0.1, "output": 0.1 } },
            { "id": "open", "name": "open", "cost": { "input": 1, "output": 10 } },
            { "id": "free", "name": "free" }] },
          "openai": { "apiKey": "sk-x", "models": [{ "id": "gpt-5", "name": "gpt-5", "maxTokens": 8000 }, { "id": "gpt-4o-search-preview", "name": "s", "maxTokens": 8000 }, { "id": "gpt-audio", "name": "a", "maxTokens": 8000 }] },
          "anthropic": { "apiKey": "sk-x", "models": [{ "id": "claude-sonnet-4-5", "name": "c", "maxTokens": 8000 }] },
          "openrouter": { "apiKey": "sk-x", "models": [{ "id": "r", "name": "r", "maxTokens": 8000, "cost": { "input": 1, "output": 10 } }] },
          "q": { "baseUrl": "http://127.0.0.1:1/v1", "api": "openai-completions", "models": [{ "id": "own", "name": "own" }, { "id": "small", "name": "small", "contextWindow": 8192 }] } } }
        """;

    private readonly StateBuilder _builder;

    private BudgetStage(StateBuilder builder, GatewayState state, ICounterStore store, ManualTime time, AlertState? alerts)
    {
        (_builder, State, Store, Time) = (builder, state, store, time);
        Alerts = alerts ?? new AlertState(() => [], static _ => null, new NoMemory(), time, static _ => { });
        Budgets = new BudgetState(store, Alerts, time);
    }

    public GatewayState State { get; private set; }

    public ICounterStore Store { get; }

    public ManualTime Time { get; }

    public AlertState Alerts { get; }

    public BudgetState Budgets { get; private set; }

    /// <param name="budgets">The array's members.</param>
    /// <param name="allowUnpriced">A model that may run without a price.</param>
    public static BudgetStage Of(string budgets, ICounterStore? store = null, ManualTime? time = null, AlertState? alerts = null, string? allowUnpriced = null)
    {
        var builder = new StateBuilder(new GatewayOptions { Environment = ConfigEnvironment.Empty }, new Backoff(new Random(1)));
        return new BudgetStage(builder, StateOf(builder, budgets, allowUnpriced), store ?? new LedgerCounters(LedgerState.InMemory()), time ?? new ManualTime(), alerts);
    }

    public void Reload(string budgets) => State = StateOf(_builder, budgets);

    /// <summary>Another process on the same ledger.</summary>
    public void Restart() => Budgets = new BudgetState(Store, Alerts, Time);

    public Target Target(string name = "p/m")
    {
        Assert.True(ModelRef.TryParse(name, out var reference));
        return State.TargetOf(reference).Target!;
    }

    public Reservation Open(string client = "owner", string? session = null, int prompt = 100, int? maxTokens = null, bool stream = false, decimal? maxCost = null, string? alias = null, ImmutableArray<string> tags = default, string? id = null) =>
        Open(new RequestFacts(id ?? Guid.NewGuid().ToString("N"), client, session, alias, tags.IsDefault ? [] : tags, "chat", prompt, maxTokens, stream, maxCost));

    public Reservation Open(RequestFacts facts) => Budgets.Open(State.Config, facts);

    /// <summary>A request from its beginning to its settled end; null = refused.</summary>
    public async Task<BudgetFinding?> RunAsync(long input, long output, string target = "p/m", string client = "owner", string? session = null, string? alias = null, ImmutableArray<string> tags = default, bool stream = false, int? maxTokens = null)
    {
        using var money = Open(client, session, (int)input, maxTokens, stream, alias: alias, tags: tags);
        if (await money.HoldAsync(Target(target), CancellationToken.None) is { } finding) return finding;
        End(money, input, output, target);
        return null;
    }

    public void End(Reservation money, long input, long output, string target = "p/m")
    {
        var usage = new Usage { Input = input, Output = output };
        money.HopEnded(Target(target), usage, Target(target).Price.CostOf(usage, Time.GetUtcNow()));
    }

    public (decimal Spent, decimal Reserved) Standing(int budget = 0, string subject = "")
    {
        var rule = Budgets.PlanOf(State.Config).Rules.Single(r => ReferenceEquals(r.Config, State.Config.Budgets[budget]));
        return Budgets.CounterOf(rule, subject, Time.GetUtcNow()).Now;
    }

    public async ValueTask DisposeAsync()
    {
        await Budgets.DisposeAsync();
        await Alerts.DisposeAsync();
        await _builder.DisposeAsync();
    }

    private static GatewayState StateOf(StateBuilder builder, string budgets, string? allowUnpriced = null)
    {
        var models = allowUnpriced is null ? Models : Models.Replace("\"aliases\":", $"\"allowUnpriced\": [\"{allowUnpriced}\"], \"aliases\":", StringComparison.Ordinal);
        var result = ConfigReader.Read(Encoding.UTF8.GetBytes($$"""{ {{models}}, "budgets": [{{budgets}}] }"""), ConfigEnvironment.Empty);
        Assert.True(result.IsValid, string.Join('\n', result.Problems));
        var (state, refusal) = builder.Build(result.Config!);
        Assert.Null(refusal);
        return state!;
    }
}

internal sealed class NoMemory : IAlertMemory
{
    public Task<bool> WasToldAsync(string id, CancellationToken cancel) => Task.FromResult(false);

    public void Told(string id, ReadOnlyMemory<byte> body)
    {
    }

    public void Due(string id, ReadOnlyMemory<byte> body)
    {
    }

    public void Drop(string id)
    {
    }

    public Task<IReadOnlyList<(string Id, ReadOnlyMemory<byte> Body)>> DueAsync(CancellationToken cancel) => Task.FromResult<IReadOnlyList<(string Id, ReadOnlyMemory<byte> Body)>>([]);
}
