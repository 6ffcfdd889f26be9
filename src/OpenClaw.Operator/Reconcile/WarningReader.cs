using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;

namespace OpenClaw.Operator.Reconcile;

/// <summary>
/// Warnings about an instance's pods, set and claims. Events are not watched: they are read only of an instance that has not
/// been up for a while, and again, ever less often, since some reasons (a volume that cannot be mounted) stand nowhere else.
/// </summary>
internal sealed class WarningReader(KubeClient client, TimeProvider time)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_soonest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_latest = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<ObjectKey, long> _downSince = [];

    public void Forget(ObjectKey instance) => _downSince.TryRemove(instance, out _);

    /// <summary>Empty when it is up, or has not been down for long; then it is looked at again by itself.</summary>
    public async Task<ImmutableArray<JsonObject>> ReadAsync(ObjectKey instance, SetSeen? set, IEnumerable<string> names, JsonObject known, PassReport report, CancellationToken cancel)
    {
        if (set is null || set.IsRolledOut)
        {
            Forget(instance);
            return [];
        }
        var since = time.GetElapsedTime(_downSince.GetOrAdd(instance, time.GetTimestamp()));
        // Another process may have seen it down before this one did.
        if (Told(known) is { } told && time.GetUtcNow() - told > since) since = time.GetUtcNow() - told;
        report.LookAgain(since < s_patience ? s_patience - since : since < s_soonest ? s_soonest : since < s_latest ? since : s_latest);
        if (since < s_patience) return [];
        var heard = ImmutableArray.CreateBuilder<JsonObject>();
        foreach (var name in names)
        {
            var query = new ListQuery { Namespace = instance.Namespace, Fields = $"type=Warning,involvedObject.name={name}" };
            var found = await client.ListAsync(Kinds.Event, query, static (JsonElement e) => JsonObject.Create(e.Clone())!, cancel).ConfigureAwait(false);
            // Without the right to read them, what is in the statuses is told.
            if (found.IsSuccess) heard.AddRange(found.Value.Items);
        }
        return heard.ToImmutable();
    }

    private static DateTimeOffset? Told(JsonObject status)
    {
        var down = (status["conditions"] as JsonArray ?? []).OfType<JsonObject>().FirstOrDefault(static c => (string?)c["type"] == "StatefulSetReady" && (string?)c["status"] == "False");
        return DateTimeOffset.TryParse((string?)down?["lastTransitionTime"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var since) ? since : null;
    }
}
