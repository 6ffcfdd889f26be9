using System.Collections.Concurrent;

namespace OpenClaw.Gateway.Metering.Ledger;

/// <summary>The till: takes every finished request and keeps it for good. For now in memory only: the signatures stand, the storage follows.</summary>
internal sealed class LedgerState : IAsyncDisposable
{
    private const int MaxEntries = 10_000;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LedgerEntry> _entries = [];
    private readonly Dictionary<CounterKey, CounterValue> _counters = [];
    private readonly Dictionary<CounterKey, decimal> _leases = [];
    private readonly ConcurrentDictionary<(string Kind, string Key), StoredRecord> _records = new();

    /// <summary>True when several gateways share the database (PostgreSQL): budgets then need leases.</summary>
    public bool IsShared => false;

    /// <summary>Why no request that costs money may begin now (the database is away and the queue is full), or null.</summary>
    public string? WhyNotAccepting => null;

    /// <summary>
    /// Notes that a request may cost money from now on. Survives the process. A later opening of the same id takes the place of
    /// the earlier one, so a second call's opening names everything the request may have cost by then.
    /// </summary>
    public void Opened(LedgerOpening opening)
    {
    }

    /// <summary>Takes a finished request. Survives the process once it returns; reaches the database soon after.</summary>
    public void Settled(LedgerEntry entry)
    {
        lock (_lock)
        {
            if (_entries.Count >= MaxEntries || !_entries.TryAdd(entry.Id, entry)) return;
            foreach (var charge in entry.Charges)
            {
                _counters[charge.Counter] = _counters.GetValueOrDefault(charge.Counter) + new CounterValue(charge.Usd, charge.Tokens);
            }
        }
    }

    /// <summary>
    /// The counter as it is written, by every gateway that shares the database. Waits until the database is open and the journal
    /// of the last run has been read; while the database is away it waits until <paramref name="cancel"/>.
    /// </summary>
    public ValueTask<CounterValue> ReadCounterAsync(CounterKey key, CancellationToken cancel)
    {
        lock (_lock) return new(_counters.GetValueOrDefault(key));
    }

    /// <summary>The exact sum over the rows since <paramref name="from"/>, for a budget that was configured after the money was spent.</summary>
    public ValueTask<CounterValue> SumAsync(CounterScope scope, DateTimeOffset from, CancellationToken cancel)
    {
        lock (_lock)
        {
            var sum = default(CounterValue);
            foreach (var entry in _entries.Values.Where(e => e.At >= from))
            {
                foreach (var hop in entry.Hops)
                {
                    if (IsIn(scope, entry, hop)) sum += new CounterValue(hop.Cost.Total, hop.Usage.Total);
                }
            }
            return new(sum);
        }
    }

    /// <summary>Asks for a part of a shared budget; one transaction, exact among all gateways.</summary>
    public ValueTask<LeaseGrant> LeaseAsync(CounterKey key, LeaseWish wish, CancellationToken cancel)
    {
        lock (_lock)
        {
            var counter = _counters.GetValueOrDefault(key);
            var spent = wish.Unit == LeaseUnit.Usd ? counter.Usd : counter.Tokens;
            var leased = _leases.GetValueOrDefault(key);
            var granted = Math.Min(wish.Want, wish.Limit - spent - leased);
            if (granted < wish.Least || granted <= 0) granted = 0;
            _leases[key] = leased + granted;
            return new(new LeaseGrant(granted, spent, leased + granted));
        }
    }

    /// <summary>Gives back a part of the own lease that is not needed.</summary>
    public ValueTask ReturnLeaseAsync(CounterKey key, decimal amount, CancellationToken cancel)
    {
        lock (_lock) _leases[key] = Math.Max(0, _leases.GetValueOrDefault(key) - amount);
        return default;
    }

    /// <summary>Keeps the own leases alive and commits their exposures. Call about once a second while there are leases; after 15 s of silence they are reclaimed.</summary>
    /// <returns>What the own leases still have. One that is missing was reclaimed.</returns>
    public ValueTask<IReadOnlyList<LeaseLeft>> HeartbeatAsync(IReadOnlyCollection<LeaseExposure> exposures, CancellationToken cancel)
    {
        lock (_lock) return new([.. _leases.Select(static l => new LeaseLeft(l.Key, LeaseUnit.Usd, l.Value))]);
    }

    /// <summary>The newest records of a kind, newest first.</summary>
    public Task<IReadOnlyList<StoredRecord>> LoadRecordsAsync(string kind, int limit, CancellationToken cancel = default) =>
        Task.FromResult<IReadOnlyList<StoredRecord>>([.. _records.Values.Where(r => r.Kind == kind).OrderByDescending(static r => r.Updated).Take(limit)]);

    public Task<StoredRecord?> FindRecordAsync(string kind, string key, CancellationToken cancel = default) => Task.FromResult(_records.GetValueOrDefault((kind, key)));

    /// <summary>Keeps a record: in the journal when this returns, in the database soon after, in the order of the calls. At most 256 KB; of a kind at most 10,000 are kept, the newest.</summary>
    public void PutRecord(string kind, string key, ReadOnlyMemory<byte> json) => _records[(kind, key)] = new StoredRecord(kind, key, json.ToArray(), DateTimeOffset.UtcNow);

    public void DeleteRecord(string kind, string key) => _records.TryRemove((kind, key), out _);

    /// <summary>What was used, by group. Exact sums; entries of the last fraction of a second may be missing.</summary>
    public Task<UsageReport> ReportAsync(UsageQuery query, CancellationToken cancel)
    {
        var nothing = new UsageRow("total", 0, 0, default, 0, 0, 0);
        return Task.FromResult(new UsageReport([], nothing, query.From, query.To));
    }

    /// <summary>Everything taken before the call is in the database when it ends.</summary>
    public Task FlushAsync() => Task.CompletedTask;

    public ValueTask DisposeAsync() => default;

    private static bool IsIn(CounterScope scope, LedgerEntry entry, LedgerHop hop) => scope.Kind switch
    {
        CounterScopeKind.Gateway => true,
        CounterScopeKind.Client => entry.Client == scope.Value,
        CounterScopeKind.Session => entry.Session == scope.Value,
        CounterScopeKind.Provider => hop.Provider == scope.Value,
        CounterScopeKind.Model => scope.Value == hop.Provider + "/" + hop.Model,
        CounterScopeKind.Alias => entry.Alias == scope.Value,
        _ => entry.Tags.Contains(scope.Value),
    };
}
