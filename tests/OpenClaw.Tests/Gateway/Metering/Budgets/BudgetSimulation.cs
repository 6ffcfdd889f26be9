using OpenClaw.Config;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Gateway.Metering.Budgets;

/// <summary>
/// Many clients on a few gateways that share a database, in virtual time, from a seed: streams and whole answers of random
/// length, failures, hops, callers who leave, killed gateways, a database that pauses. The provider's own count is the truth.
/// </summary>
internal sealed class BudgetSimulation : IAsyncDisposable
{
    public const decimal Dollars = 1.5m;
    public const long ClientTokens = 90_000;
    private const string Budgets = """
        { "name": "all", "scope": "gateway", "limit": 1.5 }, { "name": "each", "scope": "client", "limit": 90000, "unit": "tokens" }
        """;

    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(50);
    private readonly Random _random;
    private readonly ManualTime _time = new();
    private readonly BudgetStage _stage;
    private readonly LeaseDatabase _database;
    private readonly Gateway[] _gateways;
    private readonly List<Call> _calls = [];
    private readonly Queue<decimal> _roomLately = new();
    private readonly Dictionary<string, long> _tokensOf = [];
    private readonly bool _isShared;
    private readonly string _ruleId;
    private readonly Lock _lock = new();
    private decimal _earlierHops;
    private int _sinceTrouble = 1000;
    private int _step;

    public BudgetSimulation(int seed, int gateways)
    {
        _random = new Random(seed);
        _isShared = gateways > 1;
        _database = new LeaseDatabase(_time);
        _stage = BudgetStage.Of(Budgets, time: _time);
        _ruleId = _stage.Budgets.PlanOf(_stage.State.Config).Rules.Single(static r => r.Name == "all").Id;
        _gateways = [.. Enumerable.Range(0, gateways).Select(i => new Gateway(new SimulatedStore(_database, i, _isShared) { WritesLater = true }, _stage.Alerts, _time))];
    }

    /// <summary>What the provider has generated, priced.</summary>
    public decimal SpentInTruth { get; private set; }

    /// <summary>The most that was over a limit at any time, as a fraction of it; negative = never.</summary>
    public decimal WorstOvershoot { get; private set; } = -1;

    public int Started { get; private set; }

    public int Finished { get; private set; }

    public int Refused { get; private set; }

    public int EndedAtLimit { get; private set; }

    public int FalseRefusals { get; private set; }

    public string? FirstFalse { get; private set; }

    public int Kills { get; private set; }

    /// <summary>What is still reserved, after everything has ended.</summary>
    public decimal Leftover { get; private set; }

    public decimal LeftLeased => _database.Leased;

    public decimal ChargedInDatabase { get; private set; }

    public async Task RunAsync(int steps, int clients)
    {
        for (_step = 0; _step < steps; _step++)
        {
            Trouble();
            while (_calls.Count < clients && _random.Next(4) > 0) Start(_random.Next(clients));
            await StepAsync();
        }
        _database.Pause(false);
        foreach (var gateway in _gateways) Revive(gateway);
        // A minute after the last request nothing may be held any more.
        for (var i = 0; i < 1800 && (_calls.Count > 0 || i < 1300); i++)
        {
            await StepAsync();
            foreach (var gateway in _gateways) gateway.Store.Flush(20);
        }
        foreach (var gateway in _gateways) gateway.Store.Flush();
        Leftover = _gateways.Sum(static g => g.State.Counters.Sum(static c => c.Now.Reserved)) + _calls.Count;
        ChargedInDatabase = _database.Charged(new CounterKey(_ruleId, "", "total")).Usd;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _gateways) await gateway.State.DisposeAsync();
        await _stage.DisposeAsync();
    }

    // What is neither spent, as far as it is counted, nor reserved by anyone.
    private decimal Room()
    {
        var alive = _gateways.Where(static g => !g.IsDead).ToList();
        var spent = _database.Read(new CounterKey(_ruleId, "", "total")).Usd + alive.Sum(g => g.Store.Unwritten(_ruleId));
        lock (_lock) spent += _earlierHops;
        return Dollars - spent - alive.Sum(static g => g.State.Counters.Where(static c => !c.InTokens).Sum(static c => c.Now.Reserved));
    }

    private void Trouble()
    {
        _sinceTrouble++;
        if (_random.Next(250) == 0) _database.Pause(true);
        else if (_database.IsPaused && _random.Next(20) == 0) _database.Pause(false);
        if (_database.IsPaused) _sinceTrouble = 0;
        foreach (var gateway in _gateways)
        {
            if (gateway.IsDead)
            {
                _sinceTrouble = 0;
                if (!_database.IsPaused && _random.Next(60) == 0) Revive(gateway);
            }
            else if (_random.Next(400) == 0) Kill(gateway);
            if (!gateway.IsDead && !_database.IsPaused && (_step % 8 == 0 || _random.Next(3) == 0)) gateway.Store.Flush(_random.Next(1, 20));
        }
    }

    private void Kill(Gateway gateway)
    {
        Kills++;
        gateway.Store.Die();
        gateway.IsDead = true;
        // What was under way is gone for the gateway; the provider has billed what it billed.
        foreach (var call in _calls.Where(c => c.Gateway == gateway)) Leave(call);
        _calls.RemoveAll(c => c.Gateway == gateway);
    }

    private void Revive(Gateway gateway)
    {
        if (!gateway.IsDead) return;
        gateway.Store.Replay();
        gateway.Begin(_database, _stage.Alerts, _time, Array.IndexOf(_gateways, gateway), _isShared);
    }

    private void Start(int client)
    {
        var gateway = _gateways[_random.Next(_gateways.Length)];
        if (gateway.IsDead) return;
        Started++;
        var prompt = _random.Next(20, 2000);
        int? max = _random.Next(3) == 0 ? _random.Next(50, 4000) : null;
        var stream = _random.Next(4) > 0;
        var facts = new RequestFacts($"r{Started}", "client" + (client % 5), null, null, [], "chat", prompt, max, stream, null);
        var call = new Call(gateway, gateway.State.Open(_stage.State.Config, facts), _random.Next(3) == 0 ? "p/big" : "p/m");
        call.Hold(_stage.Target(call.Model), _random, prompt, Room);
        _calls.Add(call);
    }

    private async Task StepAsync()
    {
        _time.Advance(s_step);
        for (var i = 0; i < 4; i++) await Task.Yield();
        foreach (var call in _calls.ToArray()) Move(call);
        _calls.RemoveAll(static c => c.IsOver);
        Check();
    }

    private void Move(Call call)
    {
        if (call.Waits is { } waits)
        {
            if (!waits.IsCompleted) return;
            call.Waits = null;
            var finding = waits.Result;
            if (finding is not null)
            {
                Refuse(call, finding);
                return;
            }
            if (_random.Next(12) == 0)
            {
                // The provider fails before it says anything: the next target holds anew.
                if (_random.Next(2) == 0) call.Hold(_stage.Target(call.Model), _random, call.Money.Facts.PromptTokens, Room);
                else End(call);
                return;
            }
            Generate(call, 0, call.Prompt);
        }
        if (call.Grows is { } grows)
        {
            if (!grows.IsCompleted) return;
            call.Grows = null;
            if (!grows.Result)
            {
                EndedAtLimit++;
                Settle(call);
                End(call);
                return;
            }
        }
        var cap = Math.Min(call.Length, Math.Min(call.Money.Facts.MaxTokens ?? int.MaxValue, call.Money.OutputLimit ?? int.MaxValue));
        var longest = call.Model == "p/big" ? 128_000 : 8000;
        cap = Math.Min(cap, longest);
        if (!call.Money.Facts.Stream)
        {
            if (call.Steps++ < call.Patience) return;
            Generate(call, (int)cap, 0);
            Settle(call);
            End(call);
            return;
        }
        Generate(call, (int)Math.Min(_random.Next(1, 40), cap - call.Output), 0);
        if (call.Output >= cap)
        {
            Settle(call);
            End(call);
        }
        else if (_random.Next(300) == 0)
        {
            // The caller leaves, or the stream is cut and another target goes on.
            Settle(call);
            if (_random.Next(2) == 0) End(call);
            else call.Hold(_stage.Target(call.Model), _random, call.Money.Facts.PromptTokens, Room);
        }
        else call.Grow();
    }

    private void Refuse(Call call, BudgetFinding finding)
    {
        Refused++;
        // With the database away or a gateway dead, nobody can know what is left.
        var least = 0.00001m * 256 + 0.000001m * (call.Money.Facts.PromptTokens * 1.5m + 64);
        if (finding.Error.Kind == GatewayErrorKind.BudgetExceeded && finding.Budget == "all" && _sinceTrouble > 400 && _roomLately.Count > 0 && Math.Min(call.RoomAtAnswer, _isShared ? _roomLately.Min() : decimal.MaxValue) > least * 1.01m)
        {
            FalseRefusals++;
            FirstFalse ??= $"step {_step}, {call.RoomAtAnswer} left, {least} needed: {finding.Error.Message}";
        }
        End(call);
    }

    private void Generate(Call call, int output, int prompt)
    {
        call.Output += output;
        call.PromptBilled += prompt;
        SpentInTruth += (output * 0.00001m) + (prompt * 0.000001m);
        var client = call.Money.Facts.Client;
        _tokensOf[client] = _tokensOf.GetValueOrDefault(client) + output + prompt;
    }

    private void Settle(Call call)
    {
        var usage = new Usage { Input = call.PromptBilled, Output = call.Output };
        var target = _stage.Target(call.Model);
        call.Money.HopEnded(target, usage, target.Price.CostOf(usage, _time.GetUtcNow()));
        var cost = (call.Output * 0.00001m) + (call.PromptBilled * 0.000001m);
        lock (_lock) _earlierHops += cost;
        call.EarlierHops += cost;
        (call.Output, call.PromptBilled) = (0, 0);
    }

    private void End(Call call)
    {
        Leave(call);
        call.Gateway.Store.Settled(call.Money.Facts.Id, call.Money.Charges);
        call.Money.Dispose();
        call.IsOver = true;
        Finished++;
    }

    private void Leave(Call call)
    {
        lock (_lock) _earlierHops -= call.EarlierHops;
    }

    private void Check()
    {
        WorstOvershoot = Math.Max(WorstOvershoot, (SpentInTruth - Dollars) / Dollars);
        foreach (var tokens in _tokensOf.Values) WorstOvershoot = Math.Max(WorstOvershoot, (tokens - ClientTokens) / (decimal)ClientTokens);
        _roomLately.Enqueue(Room());
        if (_roomLately.Count > 20) _roomLately.Dequeue();
    }

    private sealed class Gateway(SimulatedStore store, OpenClaw.Gateway.Metering.Alerts.AlertState alerts, ManualTime time)
    {
        public SimulatedStore Store { get; private set; } = store;

        public BudgetState State { get; private set; } = new(store, alerts, time);

        public bool IsDead { get; set; }

        public void Begin(LeaseDatabase database, OpenClaw.Gateway.Metering.Alerts.AlertState alerts, ManualTime time, int number, bool isShared)
        {
            Store = new SimulatedStore(database, number, isShared) { WritesLater = true };
            State = new BudgetState(Store, alerts, time);
            IsDead = false;
        }
    }

    private sealed class Call(Gateway gateway, Reservation money, string model)
    {
        public Gateway Gateway => gateway;

        public Reservation Money => money;

        public string Model => model;

        public Task<BudgetFinding?>? Waits { get; set; }

        public Task<bool>? Grows { get; set; }

        public int Prompt { get; private set; }

        public int PromptBilled { get; set; }

        public int Length { get; private set; }

        public int Patience { get; private set; }

        public int Steps { get; set; }

        public int Output { get; set; }

        /// <summary>What its earlier hops cost.</summary>
        public decimal EarlierHops { get; set; }

        public bool IsOver { get; set; }

        /// <summary>What nobody had spent or reserved when the answer came.</summary>
        public decimal RoomAtAnswer { get; private set; }

        public void Hold(Target target, Random random, int estimate, Func<decimal> room)
        {
            Prompt = (int)(estimate * (0.6 + (random.NextDouble() * 0.8)));
            Length = random.Next(8) == 0 ? random.Next(3000, 20_000) : random.Next(5, 1500);
            (Patience, Steps) = (random.Next(1, 40), 0);
            Waits = AskAsync(target, room);
        }

        private async Task<BudgetFinding?> AskAsync(Target target, Func<decimal> room)
        {
            var finding = await money.HoldAsync(target, CancellationToken.None);
            if (finding is not null) RoomAtAnswer = room();
            return finding;
        }

        // Four bytes a token, a token a piece.
        public void Grow() => Grows = money.MayGoOnAsync(Output * 4L, Output).AsTask();
    }
}
