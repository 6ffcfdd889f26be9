using System.Diagnostics;
using System.Globalization;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Money;

/// <summary>
/// What the clients and the provider know of the money, without asking a gateway: what ended calls came to, what may be held for
/// those under way, what died. By that a refusal is judged: in vain is one whose call would have fit all the same. Thread-safe.
/// </summary>
internal sealed class FleetBooks(decimal limit, CountingProvider provider)
{
    // A gateway settles a call a moment after its caller has the last byte, and hears a moment later that a caller has left.
    private static readonly TimeSpan s_lag = TimeSpan.FromMilliseconds(500);

    // What a call that was broken off is taken for may be a few tokens more than the provider counts.
    private const decimal Estimated = 0.00006m;

    private readonly Lock _lock = new();
    private readonly List<FleetCall> _calls = [];
    private readonly List<Absence> _leases = [];
    private readonly List<Absence> _database = [];
    private decimal _lost;

    public FleetCall Begin(int gateway, FleetAsk ask)
    {
        var call = new FleetCall(gateway, ask, ask.Hold(limit - provider.CostOfEnded), Stopwatch.GetTimestamp());
        lock (_lock) _calls.Add(call);
        return call;
    }

    /// <param name="isBroken">By its caller or by its provider: what it used was estimated.</param>
    public void End(FleetCall call, bool isBroken)
    {
        lock (_lock)
        {
            call.Ended = Stopwatch.GetTimestamp();
            if (isBroken) _lost += Estimated;
        }
    }

    /// <summary>A gateway is about to be killed: what it has leased, which may be everything, is out until it is back.</summary>
    public void Dies()
    {
        lock (_lock) _leases.Add(new Absence { Amount = limit });
    }

    /// <summary>It is dead: what was held for its calls counts as spent.</summary>
    public void Died(int gateway)
    {
        lock (_lock) _lost += _calls.Where(c => c.Gateway == gateway && IsHeld(c, Stopwatch.GetTimestamp())).Sum(static c => c.Hold);
    }

    /// <summary>What it had leased is known: dollars, as the database has it.</summary>
    public void Leased(decimal amount)
    {
        lock (_lock) _leases[^1].Amount = amount;
    }

    /// <summary>It has taken up its lease.</summary>
    public void IsBack()
    {
        lock (_lock) _leases[^1].Until = After(s_lag * 2);
    }

    public void Froze()
    {
        lock (_lock) _database.Add(new Absence());
    }

    public void Thawed()
    {
        lock (_lock) _database[^1].Until = After(s_lag * 2);
    }

    /// <summary>The call was refused for want of money, and should not have been.</summary>
    public bool IsInVain(FleetCall refused)
    {
        var (ended, held, lost, away) = Sums(refused);
        return ended + held + lost + away + refused.Ask.Least <= limit;
    }

    /// <summary>Why it should not have been.</summary>
    public string Words(FleetCall refused)
    {
        var (ended, held, lost, away) = Sums(refused);
        return string.Create(CultureInfo.InvariantCulture, $"after {Stopwatch.GetElapsedTime(refused.Began).TotalSeconds:0.0} s, {ended} ended, {held} held, {lost} lost, {away} leased by the dead, {refused.Ask.Least} needed of {limit}");
    }

    /// <summary>The database was away at some moment of the call.</summary>
    public bool WasAway(FleetCall call)
    {
        lock (_lock) return _database.Any(d => d.Until >= call.Began);
    }

    private (decimal Ended, decimal Held, decimal Lost, decimal Away) Sums(FleetCall refused)
    {
        lock (_lock)
        {
            var held = _calls.Where(c => c != refused && IsHeld(c, refused.Began)).Sum(static c => c.Hold);
            return (provider.CostOfEnded, held, _lost, _leases.Where(l => l.Until >= refused.Began).Sum(static l => l.Amount));
        }
    }

    private static bool IsHeld(FleetCall call, long since) => call.Ended is not { } ended || ended + (s_lag.TotalSeconds * Stopwatch.Frequency) >= since;

    private static long After(TimeSpan time) => Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);

    private sealed class Absence
    {
        public decimal Amount { get; set; }

        public long Until { get; set; } = long.MaxValue;
    }
}

/// <summary>A call under way, or just over.</summary>
/// <param name="Hold">The most that is held for it, dollars.</param>
internal sealed record FleetCall(int Gateway, FleetAsk Ask, decimal Hold, long Began)
{
    public long? Ended { get; set; }
}
