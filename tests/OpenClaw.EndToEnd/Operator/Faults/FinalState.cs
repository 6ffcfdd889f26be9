using System.Text.Json;
using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;

namespace OpenClaw.EndToEnd.Operator.Faults;

/// <summary>
/// What a namespace has come to, as text that is the same however it came to it: without versions, times, addresses, hashes over a
/// token that is drawn by lot, and what others put in.
/// </summary>
internal static class FinalState
{
    private static readonly ResourceKind[] s_kinds =
    [
        Kinds.ServiceAccount, Kinds.Role, Kinds.RoleBinding, Kinds.NetworkPolicy, Kinds.ConfigMap, Kinds.PersistentVolumeClaim, Kinds.Service, Kinds.StatefulSet, Kinds.Secret,
    ];

    public static async Task<string> OfAsync(KubeClient admin, string ns)
    {
        var lines = new List<string>();
        var ours = new ListQuery { Namespace = ns, Labels = "app.kubernetes.io/managed-by=openclaw-operator" };
        foreach (var kind in s_kinds)
        {
            var found = await admin.ListAsync(kind, ours, static (JsonElement j) => JsonObject.Create(j.Clone())!, TestContext.Current.CancellationToken);
            if (!found.TryGet(out var list, out var problem)) return problem.ToString();
            lines.AddRange(list.Items.Select(o => Text(kind, o)));
        }
        var instances = await admin.ListAsync(UnboundCluster.Instances, new ListQuery { Namespace = ns }, static (JsonElement j) => JsonObject.Create(j.Clone())!, TestContext.Current.CancellationToken);
        if (!instances.TryGet(out var told, out var unread)) return unread.ToString();
        lines.AddRange(told.Items.Select(Told));
        lines.Sort(StringComparer.Ordinal);
        return string.Join('\n', lines).Replace(ns, "NS", StringComparison.Ordinal);
    }

    private static string Text(ResourceKind kind, JsonObject found)
    {
        var metadata = found["metadata"]!;
        var text = new JsonObject { ["kind"] = kind.Kind, ["name"] = metadata["name"]!.DeepClone(), ["labels"] = metadata["labels"]?.DeepClone(), ["annotations"] = Own(metadata["annotations"] as JsonObject) };
        text["owners"] = new JsonArray([.. (metadata["ownerReferences"] as JsonArray ?? []).Select(static o => o!["name"]!.DeepClone())]);
        text["keys"] = kind == Kinds.Secret ? string.Join(' ', (found["data"] as JsonObject ?? []).Select(static d => d.Key)) : null;
        foreach (var field in (string[])["spec", "data", "rules", "subjects", "roleRef"]) text[field] = kind == Kinds.Secret ? null : found[field]?.DeepClone();
        if (text["spec"] is not JsonObject spec) return text.ToJsonString();
        foreach (var given in (string[])["clusterIP", "clusterIPs", "volumeName"]) spec.Remove(given);
        if (spec["template"]?["metadata"] is JsonObject pod) pod["annotations"] = Own(pod["annotations"] as JsonObject);
        return text.ToJsonString();
    }

    /// <summary>Only the operator's own, and of its hashes only that they are there.</summary>
    private static JsonObject Own(JsonObject? annotations)
    {
        var own = new JsonObject();
        foreach (var name in (annotations ?? []).Select(static a => a.Key).Where(static k => k.StartsWith("openclaw.rocks/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)) own[name] = "·";
        return own;
    }

    private static string Told(JsonObject instance)
    {
        var status = instance["status"];
        var conditions = (status?["conditions"] as JsonArray ?? []).Select(static c => $"{c!["type"]}={c["status"]} {c["reason"]}").Order(StringComparer.Ordinal);
        var isOfNow = (long?)status?["observedGeneration"] == (long?)instance["metadata"]!["generation"];
        return $"instance {instance["metadata"]!["name"]} {status?["phase"]} {isOfNow} {(instance["metadata"]!["finalizers"] as JsonArray ?? []).Count} {string.Join(", ", conditions)}";
    }
}
