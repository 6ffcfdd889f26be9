using System.Collections.Concurrent;
using OpenClaw.Kube.Client;

namespace OpenClaw.Operator.Running;

/// <summary>
/// How often the API server was called, by verb and code and by resource, and when it last answered. Bounded by the number of
/// verbs, codes and kinds that there are. Thread-safe.
/// </summary>
internal sealed class ApiCallCounts(TimeProvider time)
{
    private readonly ConcurrentDictionary<(string Verb, int Code), long> _calls = [];
    private readonly ConcurrentDictionary<string, long> _watches = [];
    private readonly ConcurrentDictionary<(string Verb, string Resource), long> _refused = [];
    private long _answeredAt = long.MinValue;

    /// <summary>Code 0: no answer.</summary>
    public IReadOnlyDictionary<(string Verb, int Code), long> Calls => _calls;

    /// <summary>Watches that were opened, by resource. More than one for each: they were resumed.</summary>
    public IReadOnlyDictionary<string, long> Watches => _watches;

    /// <summary>Calls that were forbidden (403), by verb and resource: rights that are missing.</summary>
    public IReadOnlyDictionary<(string Verb, string Resource), long> Forbidden => _refused;

    /// <summary>How long ago the API server answered anything; null: never.</summary>
    public TimeSpan? SinceAnswer => Interlocked.Read(ref _answeredAt) is var at && at == long.MinValue ? null : time.GetElapsedTime(at);

    public void Observe(KubeCall call)
    {
        Add(_calls, (call.Verb, call.Status));
        if (call.Status is > 0 and < 500) Interlocked.Exchange(ref _answeredAt, time.GetTimestamp());
        if (call.Verb == "watch" && call.IsSuccess) Add(_watches, NameOf(call));
        if (call.Status == 403) Add(_refused, (call.Verb, NameOf(call)));
    }

    private static string NameOf(KubeCall call) => call.Group.Length == 0 ? call.Resource : $"{call.Resource}.{call.Group}";

    private static void Add<TKey>(ConcurrentDictionary<TKey, long> counts, TKey key)
        where TKey : notnull => counts.AddOrUpdate(key, 1, static (_, n) => n + 1);
}
