using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Kube.Control;
using OpenClaw.Operator.Status;

namespace OpenClaw.Operator.Reconcile;

/// <summary>
/// Writes <c>/status</c> when it says something else than before, and tells an event when a condition does. Thread-safe for
/// different instances.
/// </summary>
internal sealed class StatusTeller(KubeClient client, EventRecorder? events, InstanceCounters counters)
{
    private readonly ConcurrentDictionary<ObjectKey, Told> _told = [];

    /// <summary>True when this is what was told, last or just before: the echo of an own write.</summary>
    public bool IsOwnEcho(InstanceSeen seen) => _told.TryGetValue(seen.Key, out var told) && (told.Made == seen.ResourceVersion || told.Before.Contains(seen.ResourceVersion));

    public void Forget(ObjectKey key) => _told.TryRemove(key, out _);

    /// <summary>The status as it is known: what was told last may not have been seen yet.</summary>
    public JsonObject Known(InstanceSeen seen, JsonObject instance) =>
        _told.TryGetValue(seen.Key, out var told) && told.Uid == seen.Uid && told.Before.Contains(seen.ResourceVersion)
            ? (JsonObject)JsonNode.Parse(told.Status)! : instance["status"] as JsonObject ?? [];

    /// <returns>What went wrong; null when it is told, or was.</returns>
    public async Task<KubeProblem?> TellAsync(InstanceSeen seen, JsonObject known, JsonObject status, CancellationToken cancel)
    {
        if (JsonNode.DeepEquals(known, status)) return null;
        var patch = new JsonObject { ["status"] = Patch(known, status) };
        var result = await client.MergePatchAsync(WatchedKinds.Instance, seen.Key, patch, "status", cancel).ConfigureAwait(false);
        counters.Wrote(WatchedKinds.Instance, "status", result.IsSuccess);
        // Deleted meanwhile: there is nobody to tell.
        if (result.Is(KubeProblemKind.NotFound)) return null;
        if (!result.TryGet(out var made, out var problem)) return problem;
        // Told twice before the first was seen: its echo is of before as well.
        var before = _told.TryGetValue(seen.Key, out var last) && last.Uid == seen.Uid && last.Before.Contains(seen.ResourceVersion) ? last.Before.Add(last.Made) : [seen.ResourceVersion];
        _told[seen.Key] = new Told(seen.Uid, before, made.Meta.ResourceVersion, Encoding.UTF8.GetBytes(status.ToJsonString()));
        TellEvents(seen, known, status);
        return null;
    }

    /// <summary>What happened once.</summary>
    public void Happened(InstanceSeen seen, string reason, string sentence) => events?.Normal(seen.Subject, reason, sentence);

    /// <summary>What takes one status to the other; fields that somebody else put in go.</summary>
    private static JsonObject Patch(JsonObject known, JsonObject status)
    {
        var patch = (JsonObject)status.DeepClone();
        foreach (var (name, old) in known)
        {
            if (!status.TryGetPropertyValue(name, out var next)) patch[name] = null;
            else if (old is JsonObject before && next is JsonObject after) patch[name] = Patch(before, after);
        }
        return patch;
    }

    private void TellEvents(InstanceSeen seen, JsonObject known, JsonObject status)
    {
        if (events is null) return;
        var before = Conditions(known).ToDictionary(static c => (string?)c["type"] ?? "", static c => ((string?)c["status"], (string?)c["reason"]), StringComparer.Ordinal);
        var said = new HashSet<string?>(StringComparer.Ordinal);
        foreach (var condition in Conditions(status))
        {
            var now = ((string?)condition["status"], (string?)condition["reason"]);
            var type = (string?)condition["type"] ?? "";
            var isTrue = now.Item1 == "True";
            // At first only what is amiss is worth a word, and that the whole is ready.
            if (before.TryGetValue(type, out var then) ? then == now : isTrue && type != "Ready") continue;
            var (reason, sentence) = ((string?)condition["reason"] ?? type, (string?)condition["message"] ?? "");
            // One condition may say what another says; it is one event.
            if (!isTrue && !said.Add(sentence)) continue;
            if (isTrue) events.Normal(seen.Subject, reason, sentence);
            else if (IsUnderWay(type, reason)) events.Normal(seen.Subject, reason, sentence);
            else events.Warning(seen.Subject, reason, sentence);
        }
    }

    // Ready says again what another condition says.
    private static bool IsUnderWay(string type, string reason) => type == "Ready" || PodTrouble.IsBusyWith(reason) || reason is "StatefulSetNotReady" or "ClaimPending" or "Suspended" or "Waiting" or "RolloutWaits";

    private static IEnumerable<JsonObject> Conditions(JsonObject status) => (status["conditions"] as JsonArray ?? []).OfType<JsonObject>();

    /// <param name="Before">The version that was seen when it was told, and those of own writes since.</param>
    /// <param name="Made">The version that it became.</param>
    /// <param name="Status">As bytes: it is kept for every instance.</param>
    private sealed record Told(string Uid, ImmutableArray<string> Before, string Made, byte[] Status);
}
