using System.Collections.Concurrent;

namespace OpenClaw.Gateway.Providers;

/// <summary>
/// When a remote server is to be asked what it serves: an hour after its last answer, and before there was one in every round,
/// whether it did not answer or there was no key to ask it with. By a clock that nobody sets. Thread-safe.
/// </summary>
internal sealed class RemoteRounds(TimeProvider time)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromHours(1);
    private readonly ConcurrentDictionary<ServedPlace, long> _answered = new();

    public bool IsDue(ServedPlace place) => !_answered.TryGetValue(place, out var at) || time.GetElapsedTime(at) >= s_interval;

    public void Answered(ServedPlace place) => _answered[place] = time.GetTimestamp();

    /// <summary>Where another comes back, nothing is known of it any more.</summary>
    public void KeepOnly(IReadOnlySet<ServedPlace> places)
    {
        foreach (var place in _answered.Keys) if (!places.Contains(place)) _answered.TryRemove(place, out _);
    }
}
