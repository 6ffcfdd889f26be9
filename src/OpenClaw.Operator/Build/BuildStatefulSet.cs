using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Build;

/// <summary><c>NAME</c>: one pod (or several, scaled), none while suspended.</summary>
internal static class BuildStatefulSet
{
    public static JsonObject Of(InstancePlan plan)
    {
        var set = Draw.Object(plan, "apps/v1", "StatefulSet", plan.Name);
        var spec = new JsonObject
        {
            ["serviceName"] = plan.Name,
            ["podManagementPolicy"] = "Parallel",
            ["revisionHistoryLimit"] = 10,
            ["updateStrategy"] = new JsonObject { ["type"] = "RollingUpdate" },
            ["selector"] = Draw.MatchLabels(plan),
            ["template"] = new JsonObject { ["metadata"] = Metadata(plan), ["spec"] = BuildPod.Spec(plan) },
        };
        // With an autoscaler the number is the autoscaler's.
        if (!plan.IsScaled) spec.Insert(0, "replicas", plan.Spec.Flag("suspended") ? 0 : 1);
        if (plan.IsScaled && plan.Spec.Flag("storage.persistence.enabled"))
        {
            spec["volumeClaimTemplates"] = new JsonArray(new JsonObject
            {
                ["apiVersion"] = "v1", ["kind"] = "PersistentVolumeClaim",
                ["metadata"] = new JsonObject { ["name"] = "data", ["labels"] = Draw.Labels(plan) },
                ["spec"] = BuildStorage.ClaimSpec(plan),
            });
        }
        set["spec"] = spec;
        return set;
    }

    private static JsonObject Metadata(InstancePlan plan)
    {
        var labels = Draw.Map(plan.Spec.TextMap("podLabels"));
        foreach (var (key, value) in Draw.Labels(plan)) labels[key] = value?.DeepClone();
        var annotations = Draw.Map(plan.Spec.TextMap("podAnnotations"));
        annotations["openclaw.rocks/config-hash"] = PodHashes.Config(plan);
        annotations["openclaw.rocks/secret-hash"] = PodHashes.Secrets(plan);
        return new JsonObject { ["labels"] = labels, ["annotations"] = annotations };
    }
}
