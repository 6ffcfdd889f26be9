using OpenClaw.Config;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Providers;

/// <summary>Why a key is not used just now.</summary>
/// <param name="Reason">RateLimited, QuotaExhausted or Credential.</param>
/// <param name="Until">Null: until the secret's value changes.</param>
internal sealed record KeyPark(FailureReason Reason, DateTimeOffset? Until, string Message)
{
    /// <summary>When the provider said so last.</summary>
    public DateTimeOffset Since { get; init; }
}

/// <summary>
/// The health of one key at one provider across requests and reloads: rate limits by model, spent quotas, rejection.
/// A new value of the secret starts afresh. Thread-safe.
/// </summary>
internal sealed class KeyState(SecretConfig? config, SecretStore secrets)
{
    private static readonly TimeSpan s_rateBase = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_rateMax = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_quotaBase = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_quotaMax = TimeSpan.FromHours(24);

    /// <summary>Who waited as long as was asked for is not turned away because clocks differ by a tick.</summary>
    private static readonly TimeSpan s_slack = TimeSpan.FromMilliseconds(20);

    /// <summary>A clock that is behind the moment of a park by more than this was set back, and nobody knows how long the park still is.</summary>
    private static readonly TimeSpan s_setBack = TimeSpan.FromSeconds(1);

    private const int MaxParks = 512;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (KeyPark Park, int Strikes)> _parks = [];
    private KeyPark? _rejected;
    private SecretReading _reading;
    private int _seen = -1;

    /// <summary>Where the key is from; null for a provider that needs none.</summary>
    public SecretConfig? Config => config;

    /// <summary>Why the secret's file could not be read again, so that an old value is in use; null when it could.</summary>
    public string? Loss => config is null ? null : secrets.Loss(config);

    /// <summary>True when the secret is there and cannot be sent.</summary>
    public bool IsMalformed
    {
        get
        {
            lock (_lock)
            {
                Refresh_NeedsLock();
                return _reading is { Value: null, IsMalformed: true };
            }
        }
    }

    /// <summary>The value, or null and why not: a park, or (no park) a problem with the secret itself.</summary>
    public (Secret? Value, KeyPark? Park, string? Problem) Look(string model, DateTimeOffset now)
    {
        lock (_lock)
        {
            Refresh_NeedsLock();
            if (config is not null && _reading.Value is null) return (null, null, _reading.Problem);
            var park = _rejected ?? Later(ParkOf_NeedsLock("", now), ParkOf_NeedsLock(model, now));
            return park is null ? (_reading.Value, null, null) : (null, park, null);
        }
    }

    /// <summary>Parks the key for what befell the value that was used; a failure of an older value says nothing about this one.</summary>
    public void Failed(Secret? used, string model, UpstreamFailure failure, DateTimeOffset now)
    {
        var scope = FailureDisposition.Of(failure).Cooldown;
        if (scope is not (CooldownScope.Key or CooldownScope.KeyAndModel)) return;
        // Where there is no key, none can be rejected or empty, and no secret could bring it back: the target rests (BreakerRules).
        if (config is null && failure.Reason != FailureReason.RateLimited) return;
        lock (_lock)
        {
            Refresh_NeedsLock();
            if (!ReferenceEquals(used, _reading.Value)) return;
            if (failure.Reason == FailureReason.Credential && scope == CooldownScope.Key)
            {
                _rejected = new KeyPark(FailureReason.Credential, null, failure.Message);
                return;
            }
            Park_NeedsLock(scope == CooldownScope.Key ? "" : model, failure, now);
        }
    }

    /// <summary>An answer came: what was counted against the key for this model before it was asked for is forgotten. What befell the key meanwhile stays.</summary>
    /// <param name="taken">When the key was taken for the call.</param>
    public void Succeeded(Secret? used, string model, DateTimeOffset taken)
    {
        lock (_lock)
        {
            if (_parks.Count == 0 || !ReferenceEquals(used, _reading.Value)) return;
            Forgive_NeedsLock("", taken);
            Forgive_NeedsLock(model, taken);
        }
    }

    /// <summary>What the key is parked for now, by model; "" is every model.</summary>
    public IReadOnlyList<(string Model, KeyPark Park)> Parks(DateTimeOffset now)
    {
        lock (_lock)
        {
            Refresh_NeedsLock();
            var parks = _parks.Where(p => p.Value.Park.Until > now && IsOfThisClock(p.Value.Park, now)).Select(static p => (p.Key, p.Value.Park)).ToList();
            if (_rejected is not null) parks.Insert(0, ("", _rejected));
            return parks;
        }
    }

    private void Refresh_NeedsLock()
    {
        if (config is null || _seen == secrets.Version) return;
        _seen = secrets.Version;
        var reading = secrets.Read(config);
        var isSame = reading.Value is null ? _reading.Value is null : reading.Value.IsSame(_reading.Value);
        if (isSame && reading.Value is not null) return;
        _reading = reading;
        _rejected = null;
        _parks.Clear();
    }

    private void Forgive_NeedsLock(string model, DateTimeOffset taken)
    {
        if (_parks.TryGetValue(model, out var entry) && entry.Park.Since <= taken) _parks.Remove(model);
    }

    private KeyPark? ParkOf_NeedsLock(string model, DateTimeOffset now) =>
        _parks.TryGetValue(model, out var entry) && entry.Park.Until - s_slack > now && IsOfThisClock(entry.Park, now) ? entry.Park : null;

    // Waited for to the end, a park would last for as long as the clock was set back. The provider says it again where it still holds.
    private static bool IsOfThisClock(KeyPark park, DateTimeOffset now) => now > park.Since - s_setBack;

    private void Park_NeedsLock(string model, UpstreamFailure failure, DateTimeOffset now)
    {
        var known = _parks.TryGetValue(model, out var old) && IsOfThisClock(old.Park, now);
        // Several requests that were under way together are one strike.
        var running = known && old.Park.Until > now && old.Park.Reason == failure.Reason;
        var strikes = running ? old.Strikes : known ? old.Strikes + 1 : 1;
        var own = failure.Reason == FailureReason.RateLimited
            ? failure.RetryAfter is { Ticks: > 0 } asked ? asked : Backoff.Doubled(s_rateBase, strikes - 1, s_rateMax)
            : Backoff.Doubled(s_quotaBase, strikes - 1, s_quotaMax);
        var until = now + (failure.RetryAfter > own ? failure.RetryAfter.Value : own);

        // Of several deadlines the latest holds (a shorter one would send requests into a wall).
        if (known && old.Park.Until > until) until = old.Park.Until.Value;
        if (!known && _parks.Count >= MaxParks) Forget_NeedsLock(now);
        _parks[model] = (new KeyPark(failure.Reason, until, failure.Message) { Since = now }, strikes);
    }

    private void Forget_NeedsLock(DateTimeOffset now)
    {
        foreach (var model in _parks.Where(p => p.Value.Park.Until <= now).Select(static p => p.Key).ToArray()) _parks.Remove(model);
        if (_parks.Count >= MaxParks) _parks.Clear();
    }

    private static KeyPark? Later(KeyPark? one, KeyPark? other) => one is null || other?.Until > one.Until ? other : one;
}
