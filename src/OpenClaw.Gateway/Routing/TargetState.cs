using System.Diagnostics.CodeAnalysis;
using OpenClaw.Config;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Gateway.Routing;

internal enum BreakerState
{
    /// <summary>Requests go through.</summary>
    Closed,

    /// <summary>Resting: no request goes through before its time is up.</summary>
    Open,

    /// <summary>The rest is over: one request at a time may find out.</summary>
    HalfOpen,
}

/// <summary>
/// The health of one target (model at an address) across all requests and reloads. A circuit breaker: a failure opens it
/// for a rest that doubles each time, then one request at a time probes; the first success closes it. Thread-safe, no I/O.
/// Rate limits and money are not here: they belong to keys (<see cref="Providers.KeyPool"/>).
/// </summary>
/// <param name="name">For status pages.</param>
/// <param name="routing">The current rests; read at each opening, so that a reload counts.</param>
/// <param name="time">By which what was learned of its prices fades; null = never.</param>
internal sealed class TargetState(string name, Backoff backoff, Func<RoutingConfig> routing, TimeProvider? time = null)
{
    /// <summary>After so many in a row a failure opens that would not open alone.</summary>
    private const int Threshold = 2;

    /// <summary>A probe whose owner never reported back is given up after this long.</summary>
    private static readonly TimeSpan s_longestProbe = TimeSpan.FromMinutes(15);

    /// <summary>More than two requests' views of now differ by.</summary>
    private static readonly TimeSpan s_setBack = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private BreakerState _state;
    private DateTimeOffset _until;
    private DateTimeOffset _restsSince;
    private DateTimeOffset _probeSince;
    private TargetPermit? _probe;
    private int _epoch;
    private int _openings;
    private int _failuresInARow;
    private UpstreamFailure? _lastFailure;
    private DateTimeOffset? _lastFailureAt;
    private long _successes;
    private long _failures;
    private long _abandoned;

    public string Name => name;

    /// <summary>How the model counts tokens, learned from its answers.</summary>
    public TokenCalibration Tokens { get; } = new(time);

    /// <summary>It has refused <c>max_tokens</c> and asked for <c>max_completion_tokens</c>, as OpenAI's models do wherever they are served.</summary>
    public bool WantsNewLimitName { get; set; }

    /// <summary>It has refused <c>max_completion_tokens</c>: it knows <c>max_tokens</c> alone.</summary>
    public bool WantsOldLimitName { get; set; }

    /// <summary>Fields that it has refused, and would refuse again.</summary>
    public RequestFields Refuses { get; set; }

    /// <summary>True with a permit when a request may go to the target now. Every permit must be ended.</summary>
    public bool TryEnter(DateTimeOffset now, [NotNullWhen(true)] out TargetPermit? permit)
    {
        lock (_lock)
        {
            permit = null;
            if (_state == BreakerState.Closed)
            {
                permit = new TargetPermit(this, PermitKind.Normal, _epoch);
                return true;
            }
            if (_state == BreakerState.Open)
            {
                if (IsResting_NeedsLock(now)) return false;
                _state = BreakerState.HalfOpen;
            }
            if (_probe is not null && now - _probeSince < s_longestProbe) return false;
            _probe = permit = new TargetPermit(this, PermitKind.Probe, _epoch);
            _probeSince = now;
            return true;
        }
    }

    /// <summary>A permit in any case, for a caller to whom no other target is left. Its success closes, its failure does not lengthen the doubling.</summary>
    public TargetPermit EnterAnyway()
    {
        lock (_lock) return new TargetPermit(this, PermitKind.Forced, _epoch);
    }

    /// <summary>True when <see cref="TryEnter"/> would grant a permit. Takes none.</summary>
    public bool IsAvailable(DateTimeOffset now)
    {
        lock (_lock)
        {
            return _state switch
            {
                BreakerState.Closed => true,
                BreakerState.Open => !IsResting_NeedsLock(now),
                _ => _probe is null || now - _probeSince >= s_longestProbe,
            };
        }
    }

    public TargetSnapshot Snapshot()
    {
        lock (_lock)
        {
            return new TargetSnapshot(
                name, _state, _state == BreakerState.Closed ? null : _until, _failuresInARow, _probe is not null,
                _lastFailure, _lastFailureAt, _successes, _failures, _abandoned);
        }
    }

    internal void Answering(TargetPermit permit)
    {
        lock (_lock)
        {
            if (permit.Epoch != _epoch || (permit.Kind != PermitKind.Forced && permit != _probe)) return;
            // Others may come already; but one more failure opens it again, with a longer rest.
            Close_NeedsLock();
            _failuresInARow = Threshold - 1;
        }
    }

    internal void Succeeded(TargetPermit permit)
    {
        lock (_lock)
        {
            _successes++;
            if (permit.Epoch != _epoch) return;
            if (_state != BreakerState.Closed && permit.Kind == PermitKind.Normal) return;
            Close_NeedsLock();
            _failuresInARow = 0;
            _openings = 0;
        }
    }

    internal void Abandoned(TargetPermit permit)
    {
        lock (_lock)
        {
            _abandoned++;
            if (permit == _probe) _probe = null;
        }
    }

    internal void Failed(TargetPermit permit, UpstreamFailure failure, DateTimeOffset now)
    {
        var weight = BreakerRules.WeightOf(failure);
        lock (_lock)
        {
            var isProbe = permit == _probe;
            if (isProbe) _probe = null;
            if (weight == BreakerWeight.None)
            {
                _abandoned++;
                return;
            }
            _failures++;
            _lastFailure = failure;
            _lastFailureAt = now;

            // It entered before the breaker opened: that news is old, and many such must not add up.
            if (permit.Epoch != _epoch) return;
            _failuresInARow++;
            if (_state == BreakerState.Closed)
            {
                if (weight == BreakerWeight.OpensAtOnce || _failuresInARow >= Threshold) Open_NeedsLock(failure, now, again: true);
                return;
            }
            Open_NeedsLock(failure, now, again: isProbe);
        }
    }

    // Behind the beginning of the rest, the clock was set back: the rest is over rather than as much longer.
    private bool IsResting_NeedsLock(DateTimeOffset now) => now < _until && now > _restsSince - s_setBack;

    private void Close_NeedsLock()
    {
        _state = BreakerState.Closed;
        _probe = null;
    }

    private void Open_NeedsLock(UpstreamFailure failure, DateTimeOffset now, bool again)
    {
        if (again)
        {
            _openings++;
            _epoch++;
        }
        var until = now + BreakerRules.Rest(failure, Math.Max(_openings, 1), routing(), backoff);
        if (again || until > _until || now < _restsSince) _until = until;
        _restsSince = now;
        _state = BreakerState.Open;
    }
}
