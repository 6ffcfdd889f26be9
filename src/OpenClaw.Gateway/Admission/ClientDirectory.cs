using System.Collections.Frozen;
using System.Collections.Immutable;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Gateway.Admission;

/// <summary>
/// The clients that are kept in the store. A change holds at once in this gateway, and within seconds in others on the same
/// database. Thread-safe, outlives snapshots; looking a token up takes no lock.
/// </summary>
internal sealed class ClientDirectory(TimeProvider time, Action<string> log, int most = ClientDirectory.MaxClients) : IAsyncDisposable
{

    /// <summary>As many as the store keeps records of a kind.</summary>
    public const int MaxClients = 10_000;

    // By then every gateway on the database has read that its tokens are not taken any more.
    private static readonly TimeSpan s_remembered = TimeSpan.FromDays(1);

    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _following = Task.CompletedTask;
    private LedgerState? _ledger;
    private volatile Book _book = Book.Empty;

    /// <summary>Budgets or limits of some client changed. Raised outside locks; must not throw.</summary>
    public event Action? RulesChanged;

    public ImmutableArray<StoredClient> All => _book.Clients;

    /// <summary>Ends when the store was read once.</summary>
    public Task Loaded => _loaded.Task;

    /// <summary>False while the store that is followed was never read: who is kept there is not known.</summary>
    public bool IsLoaded => _ledger is null || _loaded.Task.IsCompleted;

    /// <summary>Begins to read the store, and goes on where others may write to it.</summary>
    public void Follow(LedgerState ledger)
    {
        _ledger = ledger;
        _following = FollowAsync(ledger);
    }

    /// <summary>Why a change would end with the process, or null.</summary>
    public string? WhyNotKept => _ledger?.WhyNotKeeping;

    public StoredClient? Find(string name) => _book.ByName.GetValueOrDefault(name);

    /// <summary>Whose token this is; null when nobody's, or not any more.</summary>
    public Caller? CallerOf(in TokenHash hash)
    {
        if (!_book.ByHash.TryGetValue(hash, out var known)) return null;
        var now = time.GetUtcNow();
        return known.Client.IsOver(now) || known.Token.Until <= now ? null : known.Caller;
    }

    /// <summary>
    /// Makes a client; null when the name is taken, or when there are as many as can be kept. A revoked one's name is free
    /// again, and where room is short the one that was revoked first is forgotten, from a day after.
    /// </summary>
    public (StoredClient? Client, string Token) Create(ClientDraft draft)
    {
        var token = ClientToken.New();
        lock (_lock)
        {
            if (_book.ByName.TryGetValue(draft.Name, out var known) && known.Revoked is null) return (null, "");
            if (known is null && !HasRoom_NeedsLock()) return (null, "");
            var now = time.GetUtcNow();
            var client = draft.Make([new StoredToken(TokenHash.OfToken(token), null)], now) with { Changed = After(known, now) };
            Put(client);
            Changed(client, "created");
            return (client, token);
        }
    }

    /// <summary>A new token; those before it are good for <paramref name="overlap"/> more. Null when there is no such client.</summary>
    public (StoredClient? Client, string Token) Rotate(string name, TimeSpan overlap)
    {
        var token = ClientToken.New();
        lock (_lock)
        {
            if (Find(name) is not { Revoked: null } client) return (null, "");
            var now = time.GetUtcNow();
            var end = now + overlap;
            var old = client.Tokens.Where(t => overlap > TimeSpan.Zero && !(t.Until <= now)).Select(t => t.Until < end ? t : t with { Until = end });
            client = client with { Tokens = [new StoredToken(TokenHash.OfToken(token), null), .. old.Take(7)], Changed = After(client, now) };
            Put(client);
            Changed(client, "given a new token");
            return (client, token);
        }
    }

    /// <summary>From now on none of its tokens is taken. Null when there is no such client.</summary>
    public StoredClient? Revoke(string name)
    {
        lock (_lock)
        {
            if (Find(name) is not { Revoked: null } client) return null;
            var now = time.GetUtcNow();
            client = client with { Tokens = [], Revoked = now, Changed = After(client, now) };
            Put(client);
            Changed(client, "revoked");
            return client;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _following.ConfigureAwait(false);
        _stop.Dispose();
    }

    private bool HasRoom_NeedsLock()
    {
        var spare = _book.Clients.Length - most + 1;
        if (spare <= 0) return true;
        var before = time.GetUtcNow() - s_remembered;
        var forgotten = _book.Clients.Where(c => c.Revoked <= before).OrderBy(static c => c.Revoked).Take(spare).ToList();
        foreach (var client in forgotten) _ledger?.DeleteRecord(RecordKind.Client, client.Name);
        _book = Book.Of([.. _book.Clients.Except(forgotten)]);
        return forgotten.Count == spare;
    }

    private void Put(StoredClient client)
    {
        _ledger?.PutRecord(RecordKind.Client, client.Name, ClientRecord.Write(client));
        _book = Book.Of([.. _book.Clients.Where(c => c.Name != client.Name), client]);
    }

    // The audit: who, never with what.
    private void Changed(StoredClient client, string what)
    {
        log($"client {client.Name} was {what}");
        RulesChanged?.Invoke();
    }

    private async Task FollowAsync(LedgerState ledger)
    {
        using var timer = new PeriodicTimer(s_every, time);
        try
        {
            do
            {
                if (await ReadAsync(ledger).ConfigureAwait(false) && !ledger.IsShared) return;
            }
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    /// <summary>False: the store did not answer. What is known stays.</summary>
    private async Task<bool> ReadAsync(LedgerState ledger)
    {
        IReadOnlyList<StoredRecord> records;
        try
        {
            records = await ledger.LoadRecordsAsync(RecordKind.Client, MaxClients, _stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return false;
        }
        if (Merge(records.Select(static r => ClientRecord.Read(r.Json.Span)).OfType<StoredClient>())) RulesChanged?.Invoke();
        _loaded.TrySetResult();
        return true;
    }

    // Later than the version before it, by whose clock ever.
    private static DateTimeOffset After(StoredClient? known, DateTimeOffset now) => known is null || now > known.Changed ? now : known.Changed.AddMilliseconds(1);

    // What was changed here a moment ago may not be written yet: the later version holds. A revocation is final, whatever clock
    // it was made by: where another gateway has written over it, it is written again.
    private bool Merge(IEnumerable<StoredClient> read)
    {
        lock (_lock)
        {
            var all = _book.ByName.ToDictionary();
            var changed = false;
            foreach (var client in read)
            {
                if (all.TryGetValue(client.Name, out var known))
                {
                    var isOne = known.Created == client.Created;
                    if (isOne && known.Revoked is not null && client.Revoked is null) _ledger?.PutRecord(RecordKind.Client, known.Name, ClientRecord.Write(known));
                    var isRevokedNow = isOne && known.Revoked is null && client.Revoked is not null;
                    if (!isRevokedNow && (known.Changed >= client.Changed || (isOne && known.Revoked is not null))) continue;
                }
                all[client.Name] = client;
                changed = true;
            }
            if (changed) _book = Book.Of([.. all.Values]);
            return changed;
        }
    }

    /// <summary>All clients at one moment. Immutable.</summary>
    private sealed record Book(ImmutableArray<StoredClient> Clients, FrozenDictionary<string, StoredClient> ByName, FrozenDictionary<TokenHash, (StoredClient Client, StoredToken Token, Caller Caller)> ByHash)
    {
        public static readonly Book Empty = Of([]);

        public static Book Of(ImmutableArray<StoredClient> clients) => new(
            [.. clients.OrderBy(static c => c.Name, StringComparer.Ordinal)],
            clients.ToFrozenDictionary(static c => c.Name),
            clients.SelectMany(static c => c.Tokens.Select(t => (Client: c, Token: t, Caller: c.ToCaller()))).DistinctBy(static e => e.Token.Hash).ToFrozenDictionary(static e => e.Token.Hash));
    }
}
