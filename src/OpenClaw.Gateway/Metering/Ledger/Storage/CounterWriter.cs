using System.Data.Common;
using System.Runtime.InteropServices;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>Adds what new entries cost to the counters, and takes it off the gateway's own leases, inside the entries' transaction.</summary>
internal sealed class CounterWriter(IStorage storage, DbConnection connection, DbTransaction transaction, string gateway, DateTimeOffset now)
{
    private const string Upsert =
        "INSERT INTO counters (budget, subject, window_start, usd, usd_rest, tokens, updated) VALUES (@budget, @subject, @window, @usd, @rest, @tokens, @updated) " +
        "ON CONFLICT (budget, subject, window_start) DO UPDATE SET usd = counters.usd + excluded.usd, usd_rest = counters.usd_rest + excluded.usd_rest, tokens = counters.tokens + excluded.tokens, updated = excluded.updated";

    public async Task AddAsync(IEnumerable<LedgerCharge> charges, CancellationToken cancel)
    {
        var sums = new Dictionary<CounterKey, CounterValue>();
        foreach (var charge in charges)
        {
            ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(sums, charge.Counter, out _);
            sum += new CounterValue(charge.Usd, charge.Tokens);
        }
        if (sums.Count == 0) return;
        // Each with parameters of its own: a command that Npgsql has prepared by itself goes on with those that it had when its text was read.
        List<Statement> changes = [];
        // In one order everywhere: gateways that change the same counters must not wait for each other in a circle.
        foreach (var (key, sum) in sums.OrderBy(static s => s.Key, KeyOrder.Instance))
        {
            var usd = Money.Of(sum.Usd);
            changes.Add(new Statement(Upsert, [("budget", key.Budget), ("subject", key.Subject), ("window", key.Window), ("usd", usd.Nano), ("rest", usd.Rest), ("tokens", sum.Tokens), ("updated", now.ToUnixTimeMilliseconds())]));
        }
        // Many gateways that add to one counter wait for each other.
        await Statement.RunAsync(connection, transaction, changes, cancel, isLong: true).ConfigureAwait(false);
        await SpendAsync(sums, cancel).ConfigureAwait(false);
    }

    /// <summary>Every entry of the gateway's earlier run is in the database: nothing of it needs to be presumed, and its old leases are void.</summary>
    public async Task ForgetPresumedAsync(CancellationToken cancel)
    {
        await using var command = connection.Command("DELETE FROM leases WHERE gateway = @gateway", transaction).With("gateway", gateway);
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    // The true charge first takes the place of what was presumed while this gateway was silent, then comes off its lease.
    private async Task SpendAsync(Dictionary<CounterKey, CounterValue> sums, CancellationToken cancel)
    {
        List<Statement> changes = [];
        foreach (var lease in await LeaseRow.ReadAsync(storage, connection, transaction, null, gateway, cancel).ConfigureAwait(false))
        {
            if (!sums.TryGetValue(lease.Counter, out var sum)) continue;
            var spent = lease.Unit == LeaseUnit.Tokens ? sum.Tokens : sum.Usd;
            var fromPresumed = Math.Min(spent, lease.Presumed);
            var changed = lease with { Presumed = lease.Presumed - fromPresumed, Amount = Math.Max(0, lease.Amount - (spent - fromPresumed)) };
            // A lease that is used up stays while its gateway lives: its heartbeat removes or renews it.
            changes.Add(changed.Write(storage, beats: true));
        }
        await Statement.RunAsync(connection, transaction, changes, cancel).ConfigureAwait(false);
    }

    private sealed class KeyOrder : IComparer<CounterKey>
    {
        public static readonly KeyOrder Instance = new();

        public int Compare(CounterKey a, CounterKey b)
        {
            var order = string.CompareOrdinal(a.Budget, b.Budget);
            if (order == 0) order = string.CompareOrdinal(a.Subject, b.Subject);
            return order != 0 ? order : string.CompareOrdinal(a.Window, b.Window);
        }
    }
}
