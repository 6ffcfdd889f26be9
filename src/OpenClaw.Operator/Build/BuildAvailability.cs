using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Build;

/// <summary>PodDisruptionBudget and HorizontalPodAutoscaler, in the version that the cluster serves.</summary>
internal static class BuildAvailability
{
    public static JsonObject? Budget(InstancePlan plan)
    {
        if (!plan.Spec.Flag("availability.podDisruptionBudget.enabled")) return null;
        if (Served(plan, "PodDisruptionBudget", "policy/v1", "policy/v1beta1") is not { } api) return null;
        var budget = Draw.Object(plan, api, "PodDisruptionBudget", plan.Name);
        budget["spec"] = new JsonObject { ["maxUnavailable"] = plan.Spec.Number("availability.podDisruptionBudget.maxUnavailable"), ["selector"] = Draw.MatchLabels(plan) };
        return budget;
    }

    public static JsonObject? Autoscaler(InstancePlan plan)
    {
        if (!plan.IsScaled) return null;
        // v2beta2 has v2's shape; v1 knows cpu only.
        if (Served(plan, "HorizontalPodAutoscaler", "autoscaling/v2", "autoscaling/v2beta2", "autoscaling/v1") is not { } api) return null;
        var spec = new JsonObject
        {
            ["scaleTargetRef"] = new JsonObject { ["apiVersion"] = "apps/v1", ["kind"] = "StatefulSet", ["name"] = plan.Name },
            ["minReplicas"] = plan.Spec.Number("availability.autoScaling.minReplicas"),
            ["maxReplicas"] = plan.Spec.Number("availability.autoScaling.maxReplicas"),
        };
        var cpu = plan.Spec.Number("availability.autoScaling.targetCPUUtilization")!.Value;
        if (api == "autoscaling/v1")
        {
            spec["targetCPUUtilizationPercentage"] = cpu;
        }
        else
        {
            var metrics = new JsonArray(Utilization("cpu", cpu));
            if (plan.Spec.Number("availability.autoScaling.targetMemoryUtilization") is { } memory) metrics.Put(Utilization("memory", memory));
            spec["metrics"] = metrics;
        }
        var scaler = Draw.Object(plan, api, "HorizontalPodAutoscaler", plan.Name);
        scaler["spec"] = spec;
        return scaler;
    }

    public static string? Served(InstancePlan plan, string kind, params string[] versions) => versions.FirstOrDefault(v => plan.Facts.Serves(v, kind));

    private static JsonObject Utilization(string resource, long percent) => new()
    {
        ["type"] = "Resource",
        ["resource"] = new JsonObject { ["name"] = resource, ["target"] = new JsonObject { ["type"] = "Utilization", ["averageUtilization"] = percent } },
    };
}
