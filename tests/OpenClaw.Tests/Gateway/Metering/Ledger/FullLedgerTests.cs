using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Tests.Docs;
using OpenClaw.Tests.Gateway.Metering.Budgets;

namespace OpenClaw.Tests.Gateway.Metering.Ledger;

/// <summary>A ledger with no room left: who is refused, who is answered all the same, and what is said of it.</summary>
public sealed class FullLedgerTests : IDisposable
{
    private const string Why = "the ledger has no room for another request";

    private readonly LedgerFolder _folder = new();
    private readonly CancellationToken _cancel = TestContext.Current.CancellationToken;
    private int _asked;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_hard_budget_holds_nothing_and_says_why_while_the_bound_of_one_request_needs_no_ledger()
    {
        await using var ledger = await FullAsync();
        await using var stage = BudgetStage.Of("""{ "name": "monthly", "scope": "tag:kept", "period": "month", "limit": 10 }, { "name": "each", "scope": "request", "limit": 1 }""", new LedgerCounters(ledger));
        using var bound = stage.Open(tags: ["kept"]);
        var finding = await bound.HoldAsync(stage.Target(), _cancel);
        Assert.NotNull(finding);
        Assert.Equal(("monthly", false, null), (finding.Budget, finding.TargetOnly, finding.Downgrade));
        Assert.Equal((GatewayErrorKind.Overloaded, TimeSpan.FromSeconds(5)), (finding.Error.Kind, finding.Error.RetryAfter));
        Assert.Equal($"budget \"monthly\" cannot be kept now: {Why}; requests under it wait until the ledger takes entries again", finding.Error.Message);
        using var other = stage.Open(maxCost: 0.5m);
        Assert.Null(await other.HoldAsync(stage.Target(), _cancel));
    }

    [Fact]
    public async Task A_record_for_which_there_is_no_room_is_not_told_of_as_kept()
    {
        await using var ledger = await FullAsync();
        ledger.PutRecord("session", "one more", "{}"u8.ToArray());
        Assert.Equal(1, ledger.Facts.Lost);
        Assert.True(await EventuallyAsync(() => Task.FromResult(ledger.Facts.Problem is not null)), "its database is there");
        Assert.NotNull(await ledger.FindRecordAsync("session", Entries.Id(0), _cancel));
        await Assert.ThrowsAsync<IOException>(() => ledger.FindRecordAsync("session", "one more", _cancel));
    }

    [Fact]
    public async Task With_no_room_left_hard_budgets_refuse_in_words_others_are_answered_and_the_gateway_says_so()
    {
        await using var gateway = await RunningGateway.StartAsync($$"""
            {
              "defaultModel": "scripted/ok",
              "models": { "providers": { "scripted": {} } },
              "guard": { "enabled": false },
              "storage": { "url": "sqlite:{{_folder.Database}}" },
              "budgets": [
                { "name": "watched", "scope": "gateway", "limit": 1000000000, "unit": "tokens", "action": "warn" },
                { "name": "kept", "scope": "tag:kept", "limit": 1000000000, "unit": "tokens" },
                { "name": "nothing", "scope": "tag:nothing", "limit": 1, "unit": "tokens" }
              ]
            }
            """);
        // Each budget has been read before the database is locked.
        Assert.Equal(200, (await AskAsync(gateway, "kept")).Status);
        Assert.Equal(402, (await AskAsync(gateway, "nothing")).Status);
        Assert.Equal(200, (await ReadyAsync(gateway)).Status);

        await using (var other = new SqliteConnection($"Data Source={_folder.Database};Pooling=false"))
        {
            other.Open();
            await using var writing = other.BeginTransaction();
            // There is no journal here: what is not written stays in memory, ten thousand of it.
            for (var round = 0; round < 20 && (await ReadyAsync(gateway)).Status == 200; round++)
            {
                await Parallel.ForAsync(0, 1000, new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = _cancel }, async (_, _) => await AskAsync(gateway, "nothing"));
            }
            var ready = await ReadyAsync(gateway);
            Assert.Equal(503, ready.Status);
            Assert.Contains("\"failing\":[\"ledger: full\"]", ready.Body, StringComparison.Ordinal);

            var refused = await AskAsync(gateway, "kept");
            Assert.Equal((503, "5"), (refused.Status, refused.RetryAfter));
            using (var json = JsonDocument.Parse(refused.Body))
            {
                var error = json.RootElement.GetProperty("error");
                Assert.Equal("overloaded", error.GetProperty("code").GetString());
                Assert.Equal($"budget \"kept\" cannot be kept now: {Why}; requests under it wait until the ledger takes entries again", error.GetProperty("message").GetString());
            }
            var messages = await AskAsync(gateway, "kept", "/v1/messages");
            Assert.Equal(503, messages.Status);
            Assert.Contains("overloaded_error", messages.Body, StringComparison.Ordinal);
            Assert.Contains(Why, messages.Body, StringComparison.Ordinal);

            // Only watched: an answer that cannot be written down is better than none.
            Assert.Equal(200, (await AskAsync(gateway, "")).Status);
            // The refusals had no room; what was answered had the last tenth.
            Assert.True(await EventuallyAsync(async () => await FigureAsync(gateway, "openclaw_ledger_entries_lost_total") >= 2), "nothing is counted as lost");
            await writing.RollbackAsync(_cancel);
        }

        Assert.True(await EventuallyAsync(async () => (await ReadyAsync(gateway)).Status == 200), "it stays full");
        Assert.Equal(200, (await AskAsync(gateway, "kept")).Status);
        // Every request is a row, or counted as lost, and none is both.
        Assert.True(await EventuallyAsync(async () => Rows() + await FigureAsync(gateway, "openclaw_ledger_entries_lost_total") == _asked), "rows and losses do not come to what was asked");
        Assert.Equal(0, await FigureAsync(gateway, "openclaw_ledger_waiting_entries"));
    }

    // Its database cannot open, it has no journal, and the memory is filled up to the part that is for answers under way.
    private async Task<LedgerState> FullAsync()
    {
        var blocked = Path.Combine(_folder.Path, "blocked");
        await File.WriteAllTextAsync(blocked, "a file where the folder should be", _cancel);
        var ledger = LedgerState.Open(new LedgerOptions { Url = $"sqlite:{blocked}/openclaw.db", QueueCapacity = 20, Time = new ManualTime() }).Ledger!;
        for (var i = 0; i < 18; i++) ledger.PutRecord("session", Entries.Id(i), "{}"u8.ToArray());
        Assert.Equal(Why, ledger.WhyNotAccepting);
        return ledger;
    }

    private async Task<(int Status, string Body, string? RetryAfter)> AskAsync(RunningGateway gateway, string tag, string path = "/v1/chat/completions")
    {
        Interlocked.Increment(ref _asked);
        const string Json = """{ "model": "scripted/ok", "max_tokens": 100, "messages": [{ "role": "user", "content": "Say it, please." }] }""";
        (string, string)[] headers = tag.Length > 0 ? [("x-openclaw-tags", tag), ("x-openclaw-fallback", "off")] : [];
        var (answer, body) = await gateway.PostAsync(path, Json, headers);
        using (answer) return ((int)answer.StatusCode, body, answer.Headers.TryGetValues("Retry-After", out var values) ? string.Join(", ", values) : null);
    }

    private static async Task<(int Status, string Body)> ReadyAsync(RunningGateway gateway)
    {
        using var answer = await gateway.Client.GetAsync(new Uri(gateway.Address, "/readyz"));
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task<long> FigureAsync(RunningGateway gateway, string name)
    {
        var line = Regex.Match(await gateway.Client.GetStringAsync(new Uri(gateway.Address, "/metrics")), $"^{name} ([0-9]+)$", RegexOptions.Multiline);
        Assert.True(line.Success, name);
        return long.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private long Rows()
    {
        using var connection = new SqliteConnection($"Data Source={_folder.Database};Pooling=false");
        connection.Open();
        using var command = new SqliteCommand("SELECT COUNT(*) FROM requests", connection);
        return (long)command.ExecuteScalar()!;
    }

    private static async Task<bool> EventuallyAsync(Func<Task<bool>> isSo)
    {
        for (var i = 0; i < 2000; i++)
        {
            if (await isSo()) return true;
            await Task.Delay(25);
        }
        return false;
    }
}
