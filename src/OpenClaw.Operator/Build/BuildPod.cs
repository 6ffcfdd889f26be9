using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Build;

/// <summary>The pod: the gateway's container, what the instance puts beside it, and nothing else.</summary>
internal static class BuildPod
{
    public static JsonObject Spec(InstancePlan plan)
    {
        var spec = plan.Spec;
        var pod = new JsonObject
        {
            ["serviceAccountName"] = plan.ServiceAccount,
            ["automountServiceAccountToken"] = plan.MountsToken,
            // A Service called openclaw-gateway would set variables that the gateway reads as its own.
            ["enableServiceLinks"] = false,
            ["shareProcessNamespace"] = spec.Flag("shareProcessNamespace"),
            ["terminationGracePeriodSeconds"] = 30,
            ["securityContext"] = SecurityContext(spec),
        };
        if (plan.Images.PullSecrets.Count > 0) pod["imagePullSecrets"] = plan.Images.PullSecrets.DeepClone();
        Scheduling(pod, spec);
        var first = InitContainers(plan);
        if (first.Count > 0) pod["initContainers"] = first;
        pod["containers"] = Containers(plan);
        pod["volumes"] = Volumes(plan);
        return pod;
    }

    private static JsonObject SecurityContext(SpecView spec) => new()
    {
        ["runAsNonRoot"] = spec.Flag("security.podSecurityContext.runAsNonRoot"),
        ["runAsUser"] = spec.Number("security.podSecurityContext.runAsUser"),
        ["runAsGroup"] = spec.Number("security.podSecurityContext.runAsGroup"),
        ["fsGroup"] = spec.Number("security.podSecurityContext.fsGroup"),
        ["fsGroupChangePolicy"] = spec.Text("security.podSecurityContext.fsGroupChangePolicy"),
        ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
    };

    private static void Scheduling(JsonObject pod, SpecView spec)
    {
        foreach (var name in (string[])["nodeSelector", "tolerations", "affinity", "topologySpreadConstraints"])
        {
            if (spec.Json["availability"]?[name] is { } value) pod[name] = value.DeepClone();
        }
        if (spec.Text("availability.runtimeClassName") is { } runtimeClass) pod["runtimeClassName"] = runtimeClass;
        if (spec.Text("availability.priorityClassName") is { } priority) pod["priorityClassName"] = priority;
    }

    private static JsonArray InitContainers(InstancePlan plan)
    {
        var list = new JsonArray();
        if (BuildConfigInit.Of(plan) is { } config) list.Put(config);
        foreach (var pull in BuildOllama.Pulls(plan)) list.Put(pull);
        foreach (var beside in BuildBeside.InitContainers(plan)) list.Put(beside);
        foreach (var own in plan.Spec.Objects("initContainers")) list.Put(own.DeepClone());
        return list;
    }

    private static JsonArray Containers(InstancePlan plan)
    {
        var list = new JsonArray(BuildGateway.Of(plan));
        if (plan.HasOllama) list.Put(BuildOllama.Of(plan));
        foreach (var beside in BuildBeside.Containers(plan)) list.Put(beside);
        foreach (var sidecar in plan.Spec.Objects("sidecars")) list.Put(Sidecars.Of(sidecar));
        return list;
    }

    private static JsonArray Volumes(InstancePlan plan)
    {
        var list = new JsonArray();
        if (BuildStorage.Volume(plan) is { } data) list.Put(data);
        list.Put(new JsonObject { ["name"] = "config", ["configMap"] = new JsonObject { ["name"] = plan.ConfigMapName } });
        list.Put(new JsonObject { ["name"] = "tmp", ["emptyDir"] = new JsonObject() });
        if (CaBundle(plan.Spec) is { } bundle) list.Put(bundle);
        foreach (var volume in BuildOllama.Volumes(plan).Concat(BuildBeside.Volumes(plan))) list.Put(volume);
        foreach (var own in plan.Spec.Objects("sidecarVolumes").Concat(plan.Spec.Objects("extraVolumes"))) list.Put(own.DeepClone());
        return list;
    }

    private static JsonObject? CaBundle(SpecView spec)
    {
        var items = new JsonArray(new JsonObject { ["key"] = spec.Text("security.caBundle.key"), ["path"] = "ca-bundle.crt" });
        if (spec.Text("security.caBundle.configMapName") is { Length: > 0 } map) return new JsonObject { ["name"] = "ca-bundle", ["configMap"] = new JsonObject { ["name"] = map, ["items"] = items } };
        return spec.Text("security.caBundle.secretName") is { Length: > 0 } secret
            ? new JsonObject { ["name"] = "ca-bundle", ["secret"] = new JsonObject { ["secretName"] = secret, ["items"] = items } }
            : null;
    }
}
