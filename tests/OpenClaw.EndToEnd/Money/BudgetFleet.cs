using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Money;

/// <summary>What one run of the fleet came to.</summary>
/// <param name="Billed">Dollars, by the provider's own count.</param>
/// <param name="LeftReserved">What the gateways still hold a minute after the last request at most.</param>
/// <param name="FalseRefusals">Refused although even the largest reservations of all requests under way would have fit.</param>
internal sealed record FleetResult(int Seed, bool Shared, decimal Limit, decimal Billed, int Answered, int Refused, int Left, int Kills, int Pauses, decimal LeftReserved, int FalseRefusals, TimeSpan Took)
{
    public decimal Overshoot => (Billed - Limit) / Limit;

    public bool Holds => Overshoot <= 0 && LeftReserved == 0 && FalseRefusals == 0;

    /// <summary>One line, for a run that goes on later.</summary>
    public string ToLine() => string.Create(CultureInfo.InvariantCulture, $"{Seed}\t{Shared}\t{Limit}\t{Billed}\t{Answered}\t{Refused}\t{Left}\t{Kills}\t{Pauses}\t{LeftReserved}\t{FalseRefusals}\t{Took.TotalSeconds:0.0}");

    public static FleetResult Parse(string line)
    {
        var cells = line.Split('\t');
        int Number(int i) => int.Parse(cells[i], CultureInfo.InvariantCulture);
        decimal Amount(int i) => decimal.Parse(cells[i], NumberStyles.Float, CultureInfo.InvariantCulture);
        return new FleetResult(Number(0), bool.Parse(cells[1]), Amount(2), Amount(3), Number(4), Number(5), Number(6), Number(7), Number(8), Amount(9), Number(10), TimeSpan.FromSeconds((double)Amount(11)));
    }
}

/// <summary>
/// Gateways as processes on one database, and hundreds of clients with a seed: streams and whole answers of random length,
/// callers who leave, a gateway that is killed, a database that is frozen. The provider counts what it bills.
/// </summary>
internal sealed class BudgetFleet : IAsyncDisposable
{
    private static readonly string[] s_models = ["talk-40-20ms", "talk-110-20ms", "talk-200-20ms"];
    // About half of what the clients would spend.
    private readonly decimal _limit;
    // Every caller names its longest answer, so little is held for a call and the limit is reached; else a call holds a part of what is left.
    private readonly bool _isBounded;
    private readonly decimal _largestHold;
    private readonly Random _random;
    private readonly int _seed;
    private readonly CountingProvider _provider = new();
    private readonly PostgresServer? _database;
    private readonly string _states = Directory.CreateTempSubdirectory("openclaw-fleet-").FullName;
    private readonly GatewayProcess?[] _gateways;
    private readonly HttpClient _client = new(new SocketsHttpHandler { MaxConnectionsPerServer = 600 }) { Timeout = TimeSpan.FromSeconds(30) };
    private int _underWay;
    private int _answered;
    private int _refused;
    private int _left;
    private int _falseRefusals;
    private int _kills;
    private int _pauses;
    private int _lost;
    private long _troubleAt;

    private BudgetFleet(int seed, int gateways, int clients, PostgresServer? database)
    {
        (_seed, _limit, _random, _gateways, _database) = (seed, clients * 0.0006m, new Random(seed), new GatewayProcess?[gateways], database);
        _isBounded = IsBounded(seed);
        // 150 tokens and a prompt; else a sixteenth of what is left, and its prompt.
        _largestHold = _isBounded ? 0.002m : (_limit / 16) + 0.001m;
    }

    /// <summary>Two seeds of three: their callers all send <c>max_tokens</c>.</summary>
    public static bool IsBounded(int seed) => seed % 3 != 0;

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
        var seeds = Enumerable.Range(0, clients).Select(_ => _random.Next()).ToArray();
        var trouble = TroubleAsync();
        await Task.WhenAll(seeds.Select((seed, i) => ClientAsync(i, new Random(seed))));
        await trouble;
        for (var i = 0; i < _gateways.Length; i++) _gateways[i] ??= await StartAsync(i);
        var left = await ReservedAsync();
        for (var waited = Stopwatch.StartNew(); left > 0 && waited.Elapsed < TimeSpan.FromSeconds(60); left = await ReservedAsync()) await Task.Delay(200);
        return new FleetResult(_seed, _database is not null, _limit, _provider.Cost, _answered, _refused, _left, _kills, _pauses, left, _falseRefusals, watch.Elapsed);
    }

    // One gateway dies and comes back; the database stands still for a while.
    private async Task TroubleAsync()
    {
        await Task.Delay(_random.Next(800, 2500));
        var victim = _random.Next(_gateways.Length);
        Volatile.Write(ref _troubleAt, Stopwatch.GetTimestamp());
        var dead = Interlocked.Exchange(ref _gateways[victim], null);
        await dead!.DisposeAsync(); // SIGKILL
        _kills++;
        // What was held for the requests that died with it counts as spent.
        Volatile.Write(ref _lost, Volatile.Read(ref _underWay));
        await Task.Delay(_random.Next(200, 1500));
        if (_database is not null)
        {
            await _database.FreezeAsync();
            _pauses++;
            await Task.Delay(_random.Next(300, 2000));
            await _database.ThawAsync();
        }
        _gateways[victim] = await StartAsync(victim);
        Volatile.Write(ref _troubleAt, Stopwatch.GetTimestamp());
    }

    private async Task ClientAsync(int number, Random random)
    {
        await Task.Delay(random.Next(3000));
        for (var i = 0; i < 4; i++)
        {
            GatewayProcess? gateway;
            while ((gateway = _gateways[random.Next(_gateways.Length)]) is null) await Task.Delay(100);
            Interlocked.Increment(ref _underWay);
            try
            {
                if (!await AskAsync(gateway, number, random)) await Task.Delay(random.Next(300, 900));
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                // The gateway was killed.
            }
            finally
            {
                Interlocked.Decrement(ref _underWay);
            }
        }
    }

    private async Task<bool> AskAsync(GatewayProcess gateway, int number, Random random)
    {
        var stream = random.Next(4) > 0;
        var max = _isBounded || random.Next(3) == 0 ? $", \"max_tokens\": {random.Next(20, 150)}" : "";
        var json = $$"""{ "model": "count/{{s_models[random.Next(s_models.Length)]}}", "stream": {{(stream ? "true" : "false")}}{{max}}, "messages": [{ "role": "user", "content": "{{string.Join(' ', Enumerable.Repeat("please", random.Next(5, 60)))}}" }] }""";
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway.Url, "/v1/chat/completions")) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        request.Headers.Add("x-openclaw-session", "s" + (number % 50).ToString(CultureInfo.InvariantCulture));
        using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (answer.StatusCode is HttpStatusCode.PaymentRequired or HttpStatusCode.ServiceUnavailable)
        {
            Refuse(answer.StatusCode);
            return false;
        }
        if (random.Next(10) == 0)
        {
            // Leaves in the middle.
            await Task.Delay(random.Next(1500));
            Interlocked.Increment(ref _left);
            return true;
        }
        await answer.Content.ReadAsByteArrayAsync();
        if (answer.StatusCode == HttpStatusCode.OK) Interlocked.Increment(ref _answered);
        return true;
    }

    private void Refuse(HttpStatusCode status)
    {
        Interlocked.Increment(ref _refused);
        // On a shared database the part of a dead gateway comes back after a while; alone, a gateway knows all when it is up again.
        var after = TimeSpan.FromSeconds(_database is null ? 2 : 20);
        if (status != HttpStatusCode.PaymentRequired || Stopwatch.GetElapsedTime(Volatile.Read(ref _troubleAt)) < after) return;
        if (_provider.Cost + (_largestHold * (Volatile.Read(ref _underWay) + Volatile.Read(ref _lost) + 1)) <= _limit) Interlocked.Increment(ref _falseRefusals);
    }

    private Task<GatewayProcess> StartAsync(int number)
    {
        var state = Directory.CreateDirectory(Path.Combine(_states, "gateway" + number.ToString(CultureInfo.InvariantCulture))).FullName;
        var storage = _database?.Url ?? "sqlite:openclaw.db";
        return GatewayProcess.StartAsync($$"""
            {
              "models": { "providers": { {{_provider.Config(s_models)}} } },
              "storage": { "url": "{{storage}}" },
              "routing": { "retries": 0, "continuation": "off" },
              "budgets": [
                { "name": "seed {{_seed}}", "scope": "gateway", "period": "month", "limit": {{_limit.ToString(CultureInfo.InvariantCulture)}} },
                { "name": "session {{_seed}}", "scope": "session", "limit": 100000, "unit": "tokens" }
              ]
            }
            """, new Dictionary<string, string> { ["OPENCLAW_STATE_DIR"] = state });
    }

    private async Task<decimal> ReservedAsync()
    {
        decimal sum = 0;
        foreach (var gateway in _gateways)
        {
            using var json = JsonDocument.Parse(await _client.GetStringAsync(new Uri(gateway!.Url, "/openclaw/v1/budgets")));
            foreach (var budget in json.RootElement.GetProperty("budgets").EnumerateArray())
            {
                if (budget.TryGetProperty("reserved", out var reserved)) sum += reserved.GetDecimal();
                else sum += budget.GetProperty("subjects").EnumerateArray().Sum(static s => s.GetProperty("reserved").GetDecimal());
            }
        }
        return sum;
    }
}
