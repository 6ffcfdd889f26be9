using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Gateway.Admission;

/// <summary>
/// How many gateways work on the shared store now, and whether they count under the same budgets. Each says every few seconds that it
/// lives; one that was not heard of for twenty is gone. No clock is compared with another's: what counts is that a gateway's record changes. Without a shared store it
/// is one, and while the store is away it stays what it was.
/// </summary>
internal sealed class FleetSize(LedgerState ledger, BudgetStrays strays, TimeProvider time) : IAsyncDisposable
{
    private const int MaxGateways = 1000;
    private const int LooksPerWord = 2;
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_gone = TimeSpan.FromSeconds(20);

    private readonly Dictionary<string, (DateTimeOffset Said, long Heard)> _others = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private Task _following = Task.CompletedTask;
    private volatile int _count = 1;

    public int Count => _count;

    public void Follow()
    {
        if (!ledger.IsShared) return;
        strays.WordChanged += Say;
        _following = FollowAsync();
    }

    public async ValueTask DisposeAsync()
    {
        strays.WordChanged -= Say;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _following.ConfigureAwait(false);
        // Who goes says so: the others need not wait.
        if (ledger.IsShared) ledger.DeleteRecord(RecordKind.Gateway, ledger.Facts.GatewayId);
        _stop.Dispose();
    }

    private void Say() => ledger.PutRecord(RecordKind.Gateway, ledger.Facts.GatewayId, Encoding.UTF8.GetBytes($$"""{"budgets":"{{strays.Word}}"}"""));

    private async Task FollowAsync()
    {
        using var timer = new PeriodicTimer(s_look, time);
        try
        {
            for (var look = 0; look == 0 || await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false); look++)
            {
                if (look % LooksPerWord == 0) Say();
                try
                {
                    Look(await ledger.LoadRecordsAsync(RecordKind.Gateway, MaxGateways, _stop.Token).ConfigureAwait(false));
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // The store is away.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The gateway ends.
        }
    }

    private void Look(IReadOnlyList<StoredRecord> records)
    {
        var (own, now) = (ledger.Facts.GatewayId, time.GetTimestamp());
        var alive = 1;
        foreach (var record in records)
        {
            if (record.Key == own) continue;
            var isNew = !_others.TryGetValue(record.Key, out var known);
            if (isNew || known.Said != record.Updated)
            {
                _others[record.Key] = known = (record.Updated, now);
                strays.Heard(record.Key, BudgetsIn(record.Json));
            }
            // Of one that is found at the first look it is not known whether it lives: it may take part until it is silent.
            if (time.GetElapsedTime(known.Heard) < s_gone) alive++;
            else if (time.GetElapsedTime(known.Heard) > s_gone * 3) ledger.DeleteRecord(RecordKind.Gateway, record.Key);
        }
        foreach (var key in _others.Keys.Except(records.Select(static r => r.Key)).ToList())
        {
            _others.Remove(key);
            strays.Gone(key);
        }
        _count = alive;
    }

    private static string? BudgetsIn(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var word = JsonDocument.Parse(json);
            return word.RootElement.TryGetProperty("budgets"u8, out var budgets) ? budgets.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
