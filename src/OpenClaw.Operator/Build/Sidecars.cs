using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Build;

/// <summary>
/// Containers of the user's own, as they are. One exception: a container that keeps its data below <c>/root</c> and says nothing
/// of its user would run as the pod's user, who may not enter that folder. It runs as root, without a single capability.
/// </summary>
internal static class Sidecars
{
    public static JsonObject Of(JsonObject sidecar)
    {
        var container = (JsonObject)sidecar.DeepClone();
        if (NeedsRoot(sidecar))
        {
            var context = Draw.Restricted();
            context["runAsNonRoot"] = false;
            context["runAsUser"] = 0;
            context["readOnlyRootFilesystem"] = false;
            container["securityContext"] = context;
        }
        return container;
    }

    public static bool NeedsRoot(JsonObject sidecar) =>
        sidecar["securityContext"] is null
        && (sidecar["volumeMounts"] as JsonArray ?? []).OfType<JsonObject>().Any(static m => (string?)m["mountPath"] is { } path && (path == "/root" || path.StartsWith("/root/", StringComparison.Ordinal)));
}
