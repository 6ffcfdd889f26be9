using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Gateway.Metering.Budgets;

/// <summary>What budgets need of the ledger: the boundary to a database, which may be shared, slow or away.</summary>
internal interface ICounterStore
{
    /// <summary>True when other gateways count in the same database: what may be spent is then leased.</summary>
    bool IsShared { get; }

    /// <summary>Why nothing that costs money may begin now, or null.</summary>
    string? WhyNotAccepting { get; }

    /// <summary>Nothing is written down: no opening is taken.</summary>
    bool IsOff => false;

    /// <summary>What was settled a while ago may still not be in the database.</summary>
    bool IsBehind => false;

    void Opened(LedgerOpening opening);

    ValueTask<CounterValue> ReadCounterAsync(CounterKey key, CancellationToken cancel);

    /// <summary>Whose counters of a budget are the highest in a window, highest first.</summary>
    ValueTask<IReadOnlyList<string>> DearestAsync(string budget, string window, int most, CancellationToken cancel) => new([]);

    /// <summary>The counter, and the sum over the rows since <paramref name="from"/>, of the same instant.</summary>
    ValueTask<(CounterValue Counter, CounterValue Rows)> ReadWithRowsAsync(CounterKey key, CounterScope scope, DateTimeOffset from, CancellationToken cancel);

    ValueTask<LeaseGrant> LeaseAsync(CounterKey key, LeaseWish wish, CancellationToken cancel);

    ValueTask ReturnLeaseAsync(CounterKey key, decimal amount, CancellationToken cancel);

    ValueTask<IReadOnlyList<LeaseLeft>> HeartbeatAsync(IReadOnlyCollection<LeaseExposure> exposures, CancellationToken cancel);

    /// <summary>Ends when everything settled before the call is in the database.</summary>
    Task FlushAsync();
}

/// <summary>The ledger as budgets see it.</summary>
internal sealed class LedgerCounters(LedgerState ledger) : ICounterStore
{
    public bool IsShared => ledger.IsShared;

    public string? WhyNotAccepting => ledger.WhyNotAccepting;

    public bool IsOff => ledger.IsOff;

    public bool IsBehind => ledger.IsBehind;

    public void Opened(LedgerOpening opening) => ledger.Opened(opening);

    public ValueTask<CounterValue> ReadCounterAsync(CounterKey key, CancellationToken cancel) => ledger.ReadCounterAsync(key, cancel);

    public ValueTask<IReadOnlyList<string>> DearestAsync(string budget, string window, int most, CancellationToken cancel) => ledger.DearestAsync(budget, window, most, cancel);

    public ValueTask<(CounterValue Counter, CounterValue Rows)> ReadWithRowsAsync(CounterKey key, CounterScope scope, DateTimeOffset from, CancellationToken cancel) =>
        ledger.ReadWithRowsAsync(key, scope, from, cancel);

    public ValueTask<LeaseGrant> LeaseAsync(CounterKey key, LeaseWish wish, CancellationToken cancel) => ledger.LeaseAsync(key, wish, cancel);

    public ValueTask ReturnLeaseAsync(CounterKey key, decimal amount, CancellationToken cancel) => ledger.ReturnLeaseAsync(key, amount, cancel);

    public ValueTask<IReadOnlyList<LeaseLeft>> HeartbeatAsync(IReadOnlyCollection<LeaseExposure> exposures, CancellationToken cancel) => ledger.HeartbeatAsync(exposures, cancel);

    public Task FlushAsync() => ledger.FlushAsync();
}
