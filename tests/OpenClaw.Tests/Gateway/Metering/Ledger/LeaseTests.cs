using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Metering.Ledger.Journal;
using OpenClaw.Gateway.Metering.Ledger.Storage;

namespace OpenClaw.Tests.Gateway.Metering.Ledger;

/// <summary>Two gateways that share a budget: the arithmetic of leases, on SQLite, where it is the same.</summary>
public sealed class LeaseTests : IAsyncLifetime
{
    private static readonly CounterKey s_key = Entries.Monthly;
    private readonly LedgerFolder _folder = new();
    private readonly CancellationToken _cancel = TestContext.Current.CancellationToken;
    private readonly SqliteStorage _storage;
    private readonly LedgerStore _store;
    private readonly CounterStore _one;
    private readonly CounterStore _two;

    public LeaseTests()
    {
        _storage = new SqliteStorage(_folder.Database);
        _store = new LedgerStore(_storage, "one", TimeProvider.System, static _ => { });
        (_one, _two) = (new CounterStore(_storage, "one", TimeProvider.System), new CounterStore(_storage, "two", TimeProvider.System));
    }

    public async ValueTask InitializeAsync() => await _store.ConnectAsync(_cancel);

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _storage.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Together_gateways_are_never_granted_more_than_the_budget()
    {
        Assert.Equal(new LeaseGrant(4m, 0m, 4m), await _one.LeaseAsync(s_key, Wish(want: 4m), _cancel));
        Assert.Equal(new LeaseGrant(6m, 0m, 10m), await _two.LeaseAsync(s_key, Wish(want: 8m), _cancel));
        Assert.Equal(0m, (await _one.LeaseAsync(s_key, Wish(want: 1m), _cancel)).Granted);
        await _two.ReturnAsync(s_key, 2.5m, _cancel);
        Assert.Equal(2.5m, (await _one.LeaseAsync(s_key, Wish(want: 4m), _cancel)).Granted);
    }

    [Fact]
    public async Task Less_than_the_least_is_nothing()
    {
        await _one.LeaseAsync(s_key, Wish(want: 9.5m), _cancel);
        Assert.Equal(new LeaseGrant(0m, 0m, 9.5m), await _two.LeaseAsync(s_key, Wish(want: 4m, least: 1m), _cancel));
    }

    [Fact]
    public async Task What_is_spent_moves_from_the_lease_to_the_counter_in_one_step()
    {
        await _one.LeaseAsync(s_key, Wish(want: 4m), _cancel);
        await SettleAsync("one", "dec_1", 1.5m);
        Assert.Equal(new LeaseLeft(s_key, LeaseUnit.Usd, 2.5m), Assert.Single(await _one.HeartbeatAsync([new LeaseExposure(s_key, 1m, 0)], _cancel)));
        Assert.Equal(new LeaseGrant(6m, 1.5m, 8.5m), await _two.LeaseAsync(s_key, Wish(want: 6m), _cancel));
        // The same entry again takes nothing.
        await SettleAsync("one", "dec_1", 1.5m);
        Assert.Equal(1.5m, (await _one.ReadAsync(s_key, _cancel)).Usd);
    }

    [Fact]
    public async Task A_silent_gateways_lease_comes_back_but_for_what_it_may_have_spent()
    {
        await _one.LeaseAsync(s_key, Wish(want: 8m), _cancel);
        await _one.HeartbeatAsync([new LeaseExposure(s_key, 3m, 0)], _cancel);
        Assert.Equal(2m, (await _two.LeaseAsync(s_key, Wish(want: 10m), _cancel)).Granted);
        await SilenceAsync("one");
        Assert.Equal(new LeaseGrant(5m, 3m, 7m), await _two.LeaseAsync(s_key, Wish(want: 10m), _cancel));
        // It only slept: it learns that its lease is gone, and its true charge takes the place of what was presumed.
        Assert.Empty(await _one.HeartbeatAsync([new LeaseExposure(s_key, 3m, 0)], _cancel));
        await SettleAsync("one", "dec_1", 1m);
        Assert.Equal((0m, 3m), Spent(await _two.LeaseAsync(s_key, Wish(want: 1m), _cancel)));
        // Nothing more can come from it.
        Assert.Empty(await _one.HeartbeatAsync([], _cancel));
        Assert.Equal((1m, 1m), Spent(await _two.LeaseAsync(s_key, Wish(want: 1m), _cancel)));
    }

    [Fact]
    public async Task A_gateway_that_died_and_returned_replaces_what_was_presumed_by_its_journal()
    {
        await _one.LeaseAsync(s_key, Wish(want: 8m), _cancel);
        await _one.HeartbeatAsync([new LeaseExposure(s_key, 3m, 0)], _cancel);
        await SilenceAsync("one");
        Assert.Equal((7m, 3m), Spent(await _two.LeaseAsync(s_key, Wish(want: 10m), _cancel)));
        await _store.WriteAsync([Item("dec_1", 0.5m), Item("dec_2", 0.25m)], "one", presumedIsKnown: true, _cancel);
        Assert.Equal((2.25m, 0.75m), Spent(await _two.LeaseAsync(s_key, Wish(want: 10m), _cancel)));
    }

    [Fact]
    public async Task Tokens_are_leased_as_dollars_are()
    {
        var wish = new LeaseWish(LeaseUnit.Tokens, 1000, 800, 1);
        Assert.Equal(800m, (await _one.LeaseAsync(s_key, wish, _cancel)).Granted);
        await SettleAsync("one", "dec_1", 99m);
        Assert.Equal(new LeaseGrant(200m, 150m, 850m), await _two.LeaseAsync(s_key, wish, _cancel));
    }

    [Fact]
    public async Task Gateways_that_ask_at_once_are_granted_the_budget_and_not_a_cent_more()
    {
        var asked = Enumerable.Range(0, 40).Select(i => Task.Run(async () => (await new CounterStore(_storage, "gw" + i, TimeProvider.System).LeaseAsync(s_key, Wish(want: 0.3m), _cancel)).Granted, _cancel));
        var granted = await Task.WhenAll(asked);
        Assert.Equal(10m, granted.Sum());
        Assert.Equal(33, granted.Count(static g => g == 0.3m));
    }

    private static LeaseWish Wish(decimal want, decimal least = 0) => new(LeaseUnit.Usd, 10m, want, least);

    private static (decimal Granted, decimal Spent) Spent(LeaseGrant grant) => (grant.Granted, grant.Spent);

    private static PendingItem Item(string id, decimal usd) => new(Entries.Of(id, usd), null, default(JournalPosition), null, null);

    private Task SettleAsync(string gateway, string id, decimal usd) => _store.WriteAsync([Item(id, usd)], gateway, false, _cancel);

    private async Task SilenceAsync(string gateway)
    {
        await using var connection = await _storage.OpenAsync(_cancel);
        await using var command = connection.Command("UPDATE leases SET heartbeat = heartbeat - 16000 WHERE gateway = @gateway").With("gateway", gateway);
        Assert.Equal(1, await command.ExecuteNonQueryAsync(_cancel));
    }
}
