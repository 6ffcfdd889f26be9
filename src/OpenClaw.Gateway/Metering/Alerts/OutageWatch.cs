using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Metering.Alerts;

/// <summary>Looks at the targets every few seconds and tells when one has stopped answering, and when it answers again.</summary>
internal sealed class OutageWatch : IAsyncDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(5);
    private readonly Func<IEnumerable<Target>> _targets;
    private readonly AlertState _alerts;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, bool> _down = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly ITimer _timer;

    /// <param name="targets">Those in force now.</param>
    public OutageWatch(Func<IEnumerable<Target>> targets, AlertState alerts, TimeProvider time)
    {
        (_targets, _alerts, _time) = (targets, alerts, time);
        _timer = time.CreateTimer(_ => Look(), null, s_period, s_period);
    }

    /// <summary>A target that is down in two looks is told; one that was down once may only have slipped.</summary>
    public void Look()
    {
        if (_alerts.IsOff) return;
        var now = _time.GetUtcNow();
        lock (_lock)
        {
            var gone = _down.Keys.ToHashSet(StringComparer.Ordinal);
            foreach (var target in _targets())
            {
                var (name, state) = (target.Name, target.Health);
                gone.Remove(name);
                var isUp = state.Snapshot().State == BreakerState.Closed;
                if (!_down.TryGetValue(name, out var told))
                {
                    if (!isUp) _down[name] = false;
                }
                else if (isUp)
                {
                    _down.Remove(name);
                    if (told) _alerts.Raise(OutageAlert.Of(name, isUp: true, "", now));
                }
                else if (!told)
                {
                    _down[name] = true;
                    _alerts.Raise(OutageAlert.Of(name, isUp: false, state.Snapshot().Describe(now), now));
                }
            }
            // Out of the configuration: nobody waits for it.
            foreach (var name in gone) _down.Remove(name);
        }
    }

    public ValueTask DisposeAsync() => _timer.DisposeAsync();
}
