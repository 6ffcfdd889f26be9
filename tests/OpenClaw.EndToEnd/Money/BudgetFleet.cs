using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Money;

/// <summary>
/// Gateways as processes on one database, and hundreds of clients with a seed, who ask until the money is gone: streams and whole
/// answers of random length, a provider that fails and cuts, callers who leave, a gateway that is killed, a database that is
/// frozen. The provider counts what it bills.
/// </summary>
internal sealed class BudgetFleet : IAsyncDisposable
{
    // A client gives up when it was refused so often in a row, or once when the limit is near.
    private const int Patience = 3;

    private readonly int _seed;
    private readonly FleetPlan _plan;
    private readonly FleetBooks _books;
    private readonly Random _random;
    private readonly CountingProvider _provider = new();
    private readonly PostgresServer? _database;
    private readonly string _states = Directory.CreateTempSubdirectory("openclaw-fleet-").FullName;
    private readonly GatewayProcess?[] _gateways;
    // Who leaves does not read the rest first.
    private readonly HttpClient _client = new(new SocketsHttpHandler { MaxConnectionsPerServer = 600, ResponseDrainTimeout = TimeSpan.Zero, MaxResponseDrainSize = 0 }) { Timeout = TimeSpan.FromSeconds(60) };
    private int _answered;
    private int _refused;
    private int _away;
    private int _left;
    private int _inVain;
    private string _whyInVain = "";
    private int _kills;
    private int _pauses;

    private BudgetFleet(int seed, int gateways, int clients, PostgresServer? database)
    {
        (_seed, _random, _gateways, _database) = (seed, new Random(seed), new GatewayProcess?[gateways], database);
        _plan = new FleetPlan(seed, clients, database is not null);
        _books = new FleetBooks(_plan.Limit, _provider);
    }

    public static async Task<FleetResult> RunAsync(int seed, int gateways, int clients, PostgresServer? database)
    {
        await using var fleet = new BudgetFleet(seed, gateways, clients, database);
        await Task.WhenAll(Enumerable.Range(0, gateways).Select(async i => fleet._gateways[i] = await fleet.StartAsync(i)));
        return await fleet.RunAsync(clients);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _gateways)
        {
            if (gateway is not null) await gateway.DisposeAsync();
        }
        _client.Dispose();
        await _provider.DisposeAsync();
        Directory.Delete(_states, recursive: true);
    }

    private async Task<FleetResult> RunAsync(int clients)
    {
        var watch = Stopwatch.StartNew();
        using var ended = new CancellationTokenSource();
        var seeds = Enumerable.Range(0, clients).Select(_ => _random.Next()).ToArray();
        var trouble = TroubleAsync(ended.Token);
        await Task.WhenAll(seeds.Select((seed, i) => ClientAsync(i, new Random(seed))));
        await ended.CancelAsync();
        await trouble;
        var (counted, left) = await StandingAsync();
        for (var waited = Stopwatch.StartNew(); left > 0 && waited.Elapsed < TimeSpan.FromSeconds(60); (counted, left) = await StandingAsync()) await Task.Delay(100);
        // What is on its way into a shared database may for a moment be counted both there and here.
        for (var waited = Stopwatch.StartNew(); counted > _plan.Limit && waited.Elapsed < TimeSpan.FromSeconds(20); (counted, _) = await StandingAsync()) await Task.Delay(100);
        return new FleetResult(
            _seed, _database is not null, _plan.Limit, _provider.Cost, counted, await DiedAsync(), _answered, _refused, _away, _left, _provider.Errors, _provider.Cuts, _kills, _pauses, left, _inVain, watch.Elapsed) { WhyInVain = _whyInVain };
    }

    // One gateway dies and comes back; the database stands still for a while. When: after a part of the money, however fast this machine is.
    private async Task TroubleAsync(CancellationToken ended)
    {
        var (kill, freeze) = (_random.Next(10, 60) / 100m, _random.Next(10, 70) / 100m);
        var pause = TimeSpan.FromMilliseconds(_random.Next(200, 1200));
        var victim = _random.Next(_gateways.Length);
        await Task.WhenAll(KillAsync(), FreezeAsync());

        async Task KillAsync()
        {
            await SpentAsync(kill, ended);
            var dead = Interlocked.Exchange(ref _gateways[victim], null)!;
            _books.Dies();
            await dead.KillAsync();
            _books.Died(victim);
            _books.Leased(await LeasedAsync(victim));
            await dead.DisposeAsync();
            _kills++;
            _gateways[victim] = await StartAsync(victim);
            _books.IsBack();
        }

        async Task FreezeAsync()
        {
            if (_database is null) return;
            await SpentAsync(freeze, ended);
            _books.Froze();
            await _database.FreezeAsync();
            await Task.Delay(pause, CancellationToken.None);
            await _database.ThawAsync();
            _books.Thawed();
            _pauses++;
        }
    }

    private async Task SpentAsync(decimal share, CancellationToken ended)
    {
        while (_provider.Cost < _plan.Limit * share && !ended.IsCancellationRequested) await Task.Delay(10, CancellationToken.None);
    }

    private async Task ClientAsync(int number, Random random)
    {
        await Task.Delay(random.Next(500));
        for (var refused = 0; refused < Patience;)
        {
            var at = random.Next(_gateways.Length);
            if (_gateways[at] is not { } gateway)
            {
                await Task.Delay(50);
                continue;
            }
            var ask = _plan.Next(random);
            var leaves = random.Next(12) == 0 ? random.Next(400) : (int?)null;
            var status = await AskAsync(at, gateway, number, ask, leaves);
            // Once more, at once: what was about to be settled is by now.
            if (status == Reply.RefusedInVain && await AskAsync(at, gateway, number, ask, leaves) == Reply.RefusedInVain) Interlocked.Increment(ref _inVain);
            if (status is Reply.Refused or Reply.RefusedInVain) refused += _provider.Cost >= _plan.Limit * FleetResult.Near ? Patience : 1;
            else if (status == Reply.Answered) refused = 0;
            if (status is not Reply.Answered) await Task.Delay(random.Next(200, 600));
        }
    }

    private async Task<Reply> AskAsync(int at, GatewayProcess gateway, int number, FleetAsk ask, int? leaves)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway.Url, "/v1/chat/completions")) { Content = new StringContent(ask.Body, Encoding.UTF8, "application/json") };
        request.Headers.Add("x-openclaw-session", "s" + (number % 25).ToString(CultureInfo.InvariantCulture));
        var call = _books.Begin(at, ask);
        var isBroken = ask.Wobbles;
        try
        {
            using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            if (answer.StatusCode == HttpStatusCode.PaymentRequired || (answer.StatusCode == HttpStatusCode.ServiceUnavailable && !ask.Wobbles)) return await RefuseAsync(call, answer);
            if (leaves is { } after)
            {
                isBroken = true;
                await Task.Delay(after);
                Interlocked.Increment(ref _left);
                return Reply.Answered;
            }
            await answer.Content.ReadAsByteArrayAsync();
            if (answer.StatusCode == HttpStatusCode.OK) Interlocked.Increment(ref _answered);
            else if (!ask.Wobbles) throw new InvalidOperationException($"seed {_seed}: an answer with {answer.StatusCode}");
            return Reply.Answered;
        }
        catch (Exception e) when (e is HttpRequestException or IOException && _gateways[at] != gateway)
        {
            // The gateway was killed.
            return Reply.Away;
        }
        finally
        {
            _books.End(call, isBroken);
        }
    }

    private async Task<Reply> RefuseAsync(FleetCall call, HttpResponseMessage answer)
    {
        var isAway = answer.StatusCode == HttpStatusCode.ServiceUnavailable;
        Interlocked.Increment(ref isAway ? ref _away : ref _refused);
        if (isAway ? _books.WasAway(call) : !_books.IsInVain(call)) return isAway ? Reply.Away : Reply.Refused;
        var words = await answer.Content.ReadAsStringAsync();
        _whyInVain = $"{_books.Words(call)}: {words}";
        return Reply.RefusedInVain;
    }

    private Task<GatewayProcess> StartAsync(int number) => GatewayProcess.StartAsync($$"""
        {
          "models": {{FleetPlan.Models(_provider)}},
          "storage": { "url": "{{_database?.Url ?? "sqlite:openclaw.db"}}" },
          "routing": { "retries": 0, "cooldown": { "base": "10ms", "max": "20ms" } },
          "guard": { "enabled": false },
          "budgets": [
            { "name": "seed {{_seed}}", "scope": "gateway", "period": "month", "limit": {{_plan.Limit.ToString(CultureInfo.InvariantCulture)}} },
            { "name": "session {{_seed}}", "scope": "session", "limit": 100000000, "unit": "tokens" }
          ]
        }
        """, new Dictionary<string, string> { ["OPENCLAW_STATE_DIR"] = StateOf(number) });

    private string StateOf(int number) => Directory.CreateDirectory(Path.Combine(_states, "gateway" + number.ToString(CultureInfo.InvariantCulture))).FullName;

    // What a gateway has leased of the dollars, as the database has it; while that is frozen this waits.
    private async Task<decimal> LeasedAsync(int number)
    {
        if (_database is null) return 0;
        var id = (await File.ReadAllTextAsync(Path.Combine(StateOf(number), "ledger", "0", "gateway-id"))).Trim();
        return await _database.NumberAsync($"SELECT COALESCE(SUM(CAST(amount AS NUMERIC)) * 1000000000, 0) FROM leases WHERE unit = 'usd' AND gateway = '{id}'") / 1_000_000_000m;
    }

    // What the ledger has for calls that died with their gateway.
    private async Task<decimal> DiedAsync()
    {
        const string Sql = "SELECT COALESCE(SUM(h.usd), 0) FROM requests r JOIN hops h ON h.request = r.n WHERE r.outcome = 'lost'";
        var nanoDollars = _database is null ? SqliteFile.Number(Path.Combine(StateOf(0), "openclaw.db"), Sql) : await _database.NumberAsync(Sql);
        return nanoDollars / 1_000_000_000m;
    }

    // What all count as spent, and what is still reserved.
    private async Task<(decimal Spent, decimal Reserved)> StandingAsync()
    {
        var (spent, reserved) = (0m, 0m);
        foreach (var gateway in _gateways)
        {
            using var json = JsonDocument.Parse(await _client.GetStringAsync(new Uri(gateway!.Url, "/openclaw/v1/budgets")));
            foreach (var budget in json.RootElement.GetProperty("budgets").EnumerateArray())
            {
                if (budget.TryGetProperty("reserved", out var held)) (spent, reserved) = (Math.Max(spent, budget.GetProperty("spent").GetDecimal()), reserved + held.GetDecimal());
                else reserved += budget.GetProperty("subjects").EnumerateArray().Sum(static s => s.GetProperty("reserved").GetDecimal());
            }
        }
        return (spent, reserved);
    }

    private enum Reply
    {
        Answered,

        Refused,

        RefusedInVain,

        /// <summary>The database or the gateway was away.</summary>
        Away,
    }
}
