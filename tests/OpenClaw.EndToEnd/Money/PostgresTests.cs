using System.Diagnostics;
using OpenClaw.EndToEnd.Running;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Metering.Ledger.Storage;

namespace OpenClaw.EndToEnd.Money;

/// <summary>Gateways on one real PostgreSQL: one truth, also when it is away for a while.</summary>
public sealed class PostgresTests
{
    private const string CounterIsSum = "SELECT (SELECT SUM(usd) * 1000000000 + SUM(usd_rest) FROM hops) - (SELECT SUM(usd) * 1000000000 + SUM(usd_rest) FROM counters)";

    [Fact]
    public async Task Two_gateways_keep_one_ledger_and_their_counter_is_the_sum_of_both()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var one = new MoneyStage();
        await using var two = new MoneyStage();
        await using var first = await one.StartAsync(postgres.Url);
        await using var second = await two.StartAsync(postgres.Url);
        var answered = await Task.WhenAll(MoneyStage.AskAsync(first, 20), MoneyStage.AskAsync(second, 20));
        await AllWrittenAsync(first, second);
        Assert.Equal(40, await postgres.NumberAsync("SELECT COUNT(*) FROM requests"));
        Assert.Equal(2, await postgres.NumberAsync("SELECT COUNT(DISTINCT gateway) FROM requests"));
        Assert.Equal(0, await postgres.NumberAsync(CounterIsSum));
        Assert.Equal(40, answered.Sum(static a => a.Distinct().Count()));
        Assert.Equal($"127.0.0.1:{postgres.Port}/postgres", (await MoneyStage.LedgerAsync(first))["place"]!.GetValue<string>());
        Assert.DoesNotContain(postgres.Secret, first.Log + (await first.GetAsync("/openclaw/v1/config")).Body, StringComparison.Ordinal);
    }

    // As a failover to a replica that lagged does, or a backup.
    [Fact]
    public async Task What_a_database_that_has_gone_back_lacks_is_written_again_once()
    {
        string[] tables = ["requests", "hops", "counters", "marks"];
        await using var postgres = await PostgresServer.StartAsync();
        await using var one = new MoneyStage();
        await using var two = new MoneyStage();
        await using var first = await one.StartAsync(postgres.Url);
        await using var second = await two.StartAsync(postgres.Url);
        await Task.WhenAll(MoneyStage.AskAsync(first, 10), MoneyStage.AskAsync(second, 10));
        await AllWrittenAsync(first, second);
        await postgres.RunAsync(string.Concat(tables.Select(static t => $"CREATE TABLE old_{t} AS SELECT * FROM {t};")));
        await Task.WhenAll(MoneyStage.AskAsync(first, 10), MoneyStage.AskAsync(second, 10));
        await AllWrittenAsync(first, second);
        var spent = await postgres.NumberAsync("SELECT SUM(usd) FROM counters");
        await postgres.RunAsync(
            $"BEGIN; LOCK TABLE {string.Join(", ", tables)} IN ACCESS EXCLUSIVE MODE; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = 'postgres';"
            + string.Concat(tables.Select(static t => $"DELETE FROM {t}; INSERT INTO {t} SELECT * FROM old_{t};")) + "COMMIT");
        await Task.WhenAll(MoneyStage.AskAsync(first, 1), MoneyStage.AskAsync(second, 1));
        await AllWrittenAsync(first, second);
        Assert.Equal((42, 0), (await postgres.NumberAsync("SELECT COUNT(*) FROM requests"), await postgres.NumberAsync(CounterIsSum)));
        Assert.Equal(spent / 40 * 42, await postgres.NumberAsync("SELECT SUM(usd) FROM counters"));
        foreach (var gateway in (GatewayProcess[])[first, second])
        {
            Assert.Equal(10, (await MoneyStage.LedgerAsync(gateway))["rewritten"]!.GetValue<long>());
            Assert.Contains("has gone back", gateway.Log, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Each_of_the_budgets_of_a_request_is_charged_what_it_cost_once()
    {
        const string Config = """
            {
              "defaultModel": "scripted/ok", "models": { "providers": { "scripted": {} }, "prices": { "scripted/ok": { "input": 1, "output": 10 } } }, "storage": { "url": "URL" },
              "budgets": [{ "name": "all", "scope": "gateway", "period": "month", "limit": 1000 }, { "name": "each", "scope": "session", "limit": 1000000, "unit": "tokens" }]
            }
            """;
        await using var postgres = await PostgresServer.StartAsync();
        await using var gateway = await GatewayProcess.StartAsync(Config.Replace("URL", postgres.Url, StringComparison.Ordinal));
        // The sessions of one request each, and those of several, in transactions of their own and together.
        foreach (var session in (string[])["a", "b", "a", "c", "b", "a"])
        {
            var answer = await gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat.Replace("p/ok", "scripted/ok", StringComparison.Ordinal), new Dictionary<string, string> { ["x-openclaw-session"] = session });
            Assert.True(answer.Status == 200, answer.Body);
            if (session == "c") await AllWrittenAsync(gateway);
        }
        await AllWrittenAsync(gateway);
        const string PerSession = "SELECT session, SUM(input + output), SUM(usd) FROM requests JOIN hops ON request = n GROUP BY session";
        Assert.Equal(3, await postgres.NumberAsync($"SELECT COUNT(*) FROM (SELECT subject, tokens, usd FROM counters WHERE subject <> '' INTERSECT {PerSession}) AS same"));
        Assert.Equal(0, await postgres.NumberAsync("SELECT (SELECT SUM(usd) FROM hops) - usd FROM counters WHERE subject = ''"));
    }

    [Fact]
    public async Task While_the_database_is_restarted_requests_are_answered_and_nothing_is_lost_or_doubled()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var stage = new MoneyStage();
        await using var gateway = await stage.StartAsync(postgres.Url);
        await MoneyStage.AskAsync(gateway, 5);
        await postgres.StopAsync();
        await MoneyStage.AskAsync(gateway, 5);
        var ready = await Until.TrueAsync("it is told", () => gateway.GetAsync("/readyz"), a => a.Body.Contains("database away", StringComparison.Ordinal));
        Assert.Equal(200, ready.Status);
        await postgres.StartAgainAsync();
        await AllWrittenAsync(gateway);
        Assert.Equal(10, await postgres.NumberAsync("SELECT COUNT(*) FROM requests"));
        Assert.Equal(0, await postgres.NumberAsync(CounterIsSum));
        Assert.DoesNotContain(postgres.Secret, gateway.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_takes_no_writes_is_left_as_soon_as_the_address_leads_to_one_that_does()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var stage = new MoneyStage();
        await using var gateway = await stage.StartAsync(postgres.Url);
        await MoneyStage.AskAsync(gateway, 3);
        await AllWrittenAsync(gateway);
        // As after a failover whose address still leads to the old server, a standby now.
        await postgres.RunAsync("ALTER DATABASE postgres SET default_transaction_read_only = on");
        await postgres.RunAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'postgres' AND pid <> pg_backend_pid()");
        var ready = await Until.TrueAsync("it is told", () => gateway.GetAsync("/readyz"), a => a.Body.Contains("takes no writes", StringComparison.Ordinal) || a.Body.Contains("database away", StringComparison.Ordinal));
        Assert.Contains("away", ready.Body, StringComparison.Ordinal);
        using (var client = new ChatClient(gateway.Url)) await client.AskAsync(new ChatAsk("p/ok", ClientProtocol.Chat, Stream: false), TestContext.Current.CancellationToken);
        await postgres.RunAsync("BEGIN READ WRITE; ALTER DATABASE postgres RESET default_transaction_read_only; COMMIT");
        await Until.TrueAsync("it is ready", () => gateway.GetAsync("/readyz"), static a => a is { Status: 200 } && !a.Body.Contains("away", StringComparison.Ordinal));
        await MoneyStage.AskAsync(gateway, 3);
        await AllWrittenAsync(gateway);
        Assert.InRange(await postgres.NumberAsync("SELECT COUNT(*) FROM requests WHERE outcome = 'answered'"), 6, 7);
        Assert.Equal(0, await postgres.NumberAsync(CounterIsSum));
    }

    [Fact]
    public async Task A_database_that_stands_still_holds_up_no_request()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var stage = new MoneyStage();
        await using var gateway = await stage.StartAsync(postgres.Url);
        await MoneyStage.AskAsync(gateway, 3);
        await AllWrittenAsync(gateway);
        await postgres.FreezeAsync();
        await MoneyStage.AskAsync(gateway, 5);
        Assert.Equal(5, await MoneyStage.WaitingAsync(gateway));
        await postgres.ThawAsync();
        await AllWrittenAsync(gateway);
        Assert.Equal(8, await postgres.NumberAsync("SELECT COUNT(*) FROM requests"));
        Assert.Equal(0, await postgres.NumberAsync(CounterIsSum));
    }

    [Fact]
    public async Task A_database_that_stands_still_holds_up_no_end()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var stage = new MoneyStage();
        await using var gateway = await stage.StartAsync(postgres.Url);
        await MoneyStage.AskAsync(gateway, 3);
        await AllWrittenAsync(gateway);
        await postgres.FreezeAsync();
        await MoneyStage.AskAsync(gateway, 5);
        // The writer has sent its batch, and the upkeep of the leases its heartbeat.
        await Task.Delay(TimeSpan.FromSeconds(1.5), TestContext.Current.CancellationToken);
        var began = Stopwatch.StartNew();
        await gateway.TerminateAsync();
        Assert.NotNull(await gateway.WaitForExitAsync(TimeSpan.FromMinutes(3)));
        TestContext.Current.TestOutputHelper?.WriteLine($"it took {began.Elapsed}");
        Assert.True(began.Elapsed < TimeSpan.FromSeconds(30), $"it took {began.Elapsed} to end");
        await postgres.ThawAsync();
        await using var again = await stage.StartAsync(postgres.Url);
        await AllWrittenAsync(again);
        Assert.Equal(8, await postgres.NumberAsync("SELECT COUNT(*) FROM requests"));
        Assert.Equal(0, await postgres.NumberAsync(CounterIsSum));
    }

    [Fact]
    public async Task Away_at_the_start_it_is_awaited_and_a_kill_meanwhile_forgets_nothing()
    {
        const string Unbound = """{ "defaultModel": "scripted/ok", "models": { "providers": { "scripted": {} } }, "storage": { "url": "URL" } }""";
        await using var postgres = await PostgresServer.StartAsync(running: false);
        await using var stage = new MoneyStage();
        List<string> answered = [];
        await using (var gateway = await GatewayProcess.StartAsync(Unbound.Replace("URL", postgres.Url, StringComparison.Ordinal), keep: stage.Folder, untilReady: false))
        {
            var ready = await Until.TrueAsync("it is told", () => gateway.GetAsync("/readyz"), a => a.Body.Contains("database away", StringComparison.Ordinal));
            Assert.Equal(503, ready.Status);
            // No budget wants to know what was spent: it is answered, and written down in the journal alone.
            for (var i = 0; i < 5; i++)
            {
                var answer = await gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat.Replace("p/ok", "scripted/ok", StringComparison.Ordinal));
                Assert.True(answer.Status == 200, answer.Body);
                answered.Add(answer.Headers["x-openclaw-decision"]);
            }
            await Until.TrueAsync("they wait", () => MoneyStage.WaitingAsync(gateway), static w => w >= 5);
            await gateway.KillAsync();
        }
        await using var again = await stage.StartAsync(postgres.Url, untilReady: false);
        // Under a hard budget nothing is spent as long as nobody knows what was.
        var refused = await again.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat);
        Assert.Equal((503, "overloaded"), (refused.Status, refused.Json["error"]!["code"]!.GetValue<string>()));
        Assert.StartsWith("budget \"all\" cannot be kept now: ", refused.Json["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        await postgres.StartAgainAsync();
        await Until.TrueAsync("it is ready", () => again.GetAsync("/readyz"), a => a.Status == 200);
        answered.AddRange(await MoneyStage.AskAsync(again, 3));
        await AllWrittenAsync(again);
        Assert.Equal(8, await postgres.NumberAsync("SELECT COUNT(*) FROM requests WHERE outcome = 'answered'"));
        Assert.Equal(8, await postgres.NumberAsync($"SELECT COUNT(*) FROM requests WHERE id IN ({string.Join(", ", answered.Select(static id => $"'{id}'"))})"));
        // The one that was refused has a row too, and cost nothing.
        Assert.Equal(9, await postgres.NumberAsync("SELECT COUNT(*) FROM requests"));
        Assert.Equal(8, await postgres.NumberAsync("SELECT COUNT(*) FROM hops"));
    }

    [Fact]
    public async Task Rates_are_shared_and_who_goes_leaves_its_share_to_the_other()
    {
        // The second client has so much that it can ask how often a request is counted without using it up.
        const string Config = """
            {
              "gateway": { "auth": true }, "defaultModel": "scripted/ok", "models": { "providers": { "scripted": {} } }, "storage": { "url": "URL" }, "guard": { "enabled": false },
              "clients": [{ "name": "few", "token": "tok-few-0123456789" }, { "name": "many", "token": "tok-many-0123456789" }],
              "limits": [{ "scope": "client:few", "requestsPerMinute": 8 }, { "scope": "client:many", "requestsPerMinute": 1200 }]
            }
            """;
        await using var postgres = await PostgresServer.StartAsync();
        Task<GatewayProcess> StartAsync() => GatewayProcess.StartAsync(Config.Replace("URL", postgres.Url, StringComparison.Ordinal), new Dictionary<string, string> { ["OPENCLAW_GATEWAY_TOKEN"] = RunningConfig.Token });
        static Task<PlainAnswer> AskAsync(GatewayProcess gateway, string client = "few") =>
            gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat.Replace("p/ok", "scripted/ok", StringComparison.Ordinal), RunningConfig.Bearer($"tok-{client}-0123456789"));
        static int Left(PlainAnswer answer) => int.Parse(answer.Headers["x-ratelimit-remaining-requests"], System.Globalization.CultureInfo.InvariantCulture);
        // Of four in a row, what the last three took: three or six, less what came back meanwhile.
        static Task CountsAsync(GatewayProcess gateway, bool twice) => Until.TrueAsync(
            twice ? "it knows the other" : "it knows that it is alone",
            async () =>
            {
                var left = new int[4];
                for (var i = 0; i < left.Length; i++) left[i] = Left(await AskAsync(gateway, "many"));
                return left[0] - left[^1];
            },
            lost => twice ? lost >= 5 : lost is >= 1 and <= 3);
        static async Task<List<PlainAnswer>> AskEightAsync(GatewayProcess gateway)
        {
            var answers = new List<PlainAnswer>();
            for (var i = 0; i < 8; i++) answers.Add(await AskAsync(gateway));
            return answers;
        }

        await using var first = await StartAsync();
        Assert.Equal(7, Left(await AskAsync(first)));
        await using (var second = await StartAsync())
        {
            await CountsAsync(first, twice: true);
            await CountsAsync(second, twice: true);
            // Seven or eight were left, and this one counts twice.
            Assert.InRange(Left(await AskAsync(first)), 5, 6);
            var answers = await AskEightAsync(second);
            Assert.InRange(answers.Count(static a => a.Status == 200), 1, 4);
            Assert.Contains(answers, static a => a.Status == 429);
            await second.TerminateAsync();
            Assert.Equal(0, await second.WaitForExitAsync(TimeSpan.FromSeconds(15)));
        }
        await Until.TrueAsync("it is alone again", () => postgres.NumberAsync("SELECT COUNT(*) FROM records WHERE kind = 'gateway'"), static n => n == 1);
        await CountsAsync(first, twice: false);
        // Counted twice, what is left would be three or four of them.
        Assert.InRange((await AskEightAsync(first)).Count(static a => a.Status == 200), 5, 8);
    }

    [Fact]
    public async Task Of_a_batch_that_is_partly_there_only_what_is_new_is_written_and_counted()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var postgres = await PostgresServer.StartAsync();
        var (address, _) = PostgresAddress.Read(postgres.Url);
        await using var storage = new PostgresStorage(address!);
        await using var store = new LedgerStore(storage, "one", TimeProvider.System, static _ => { });
        Assert.Equal(2, await store.WriteAsync(Batch("a", "b"), "one", presumedIsKnown: false, cancel));
        Assert.Equal(2, await store.WriteAsync(Batch("b", "c", "d", "c"), "two", presumedIsKnown: false, cancel));
        Assert.Equal(0, await store.WriteAsync(Batch("a"), "two", presumedIsKnown: false, cancel));
        Assert.Equal(1, await store.WriteAsync(Batch("e"), "one", presumedIsKnown: false, cancel));
        Assert.Equal(5, await postgres.NumberAsync("SELECT COUNT(*) FROM requests"));
        Assert.Equal(5, await postgres.NumberAsync("SELECT COUNT(*) FROM hops"));
        Assert.Equal(3, await postgres.NumberAsync("SELECT COUNT(*) FROM requests WHERE gateway = 'one'"));
        Assert.Equal(0, await postgres.NumberAsync(CounterIsSum));
    }

    [Fact]
    public async Task What_is_presumed_of_a_silent_gateway_counts_for_the_others_and_not_for_itself()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var postgres = await PostgresServer.StartAsync();
        var (address, _) = PostgresAddress.Read(postgres.Url);
        await using var storage = new PostgresStorage(address!);
        await using var store = new LedgerStore(storage, "one", TimeProvider.System, static _ => { });
        await store.ConnectAsync(cancel);
        var key = new CounterKey("monthly", "", "total");
        var (silent, other) = (new CounterStore(storage, "silent", TimeProvider.System), new CounterStore(storage, "other", TimeProvider.System));
        Assert.Equal(4, (await silent.LeaseAsync(key, new LeaseWish(LeaseUnit.Usd, 10, 4, 1), cancel)).Granted);
        await silent.HeartbeatAsync([new LeaseExposure(key, 1.5m, 0)], cancel);
        Assert.Equal(default, await other.ReadAsync(key, cancel));
        Assert.Equal(1, await postgres.NumberAsync("WITH late AS (UPDATE leases SET heartbeat = heartbeat - 20000 RETURNING 1) SELECT COUNT(*) FROM late"));
        Assert.Equal(new LeaseGrant(8.5m, 1.5m, 8.5m), await other.LeaseAsync(key, new LeaseWish(LeaseUnit.Usd, 10, 10, 1), cancel));
        Assert.Equal(new CounterValue(1.5m, 0), await other.ReadAsync(key, cancel));
        Assert.Equal(default, await silent.ReadAsync(key, cancel));
    }

    private static List<PendingItem> Batch(params string[] ids) => [.. ids.Select(static id => new PendingItem(
        new LedgerEntry
        {
            Id = id, At = DateTimeOffset.UnixEpoch, Client = "owner", Protocol = "chat", Outcome = "answered",
            Hops = [new LedgerHop("scripted", "ok", "k", "first", "ok", 200, 0, 1, new Usage { Input = 3 }, Cost.Of(0.25m, CostSource.Catalogue))],
            Charges = [new LedgerCharge(new CounterKey("monthly", "", "total"), 0.25m, 3)],
        },
        null, default, null, null))];

    private static async Task AllWrittenAsync(params GatewayProcess[] gateways)
    {
        foreach (var gateway in gateways)
        {
            Assert.True(await Eventually.IsTrueAsync(async () => await MoneyStage.WaitingAsync(gateway) == 0), gateway.Log);
        }
    }
}
