using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;
using OpenClaw.Operator.Build;

namespace OpenClaw.Operator.Status;

/// <summary>Where the instance is reached, and what its objects are called. While it is refused, what runs stays, and so does what was told of it.</summary>
internal static class StatusNames
{
    private static readonly string[] s_all = ["gatewayEndpoint", "endpoints", "image", "managedResources"];

    public static void Put(JsonObject status, InstanceDrawing drawing, string name, string space, JsonObject? known)
    {
        if (drawing.Objects.IsEmpty)
        {
            foreach (var field in s_all.Where(f => known?[f] is not null)) status[field] = known![field]!.DeepClone();
            return;
        }
        var endpoints = Endpoints(drawing, name, space).Distinct().ToList();
        if (Port(drawing) is { } port) status["gatewayEndpoint"] = $"{name}.{space}.svc:{port}";
        status["endpoints"] = new JsonArray([.. endpoints.Select(static e => (JsonNode)e)]);
        if (Gateway(drawing) is { } gateway) status["image"] = (string?)gateway["image"];
        var managed = new JsonObject();
        foreach (var drawn in drawing.Objects)
        {
            if (SpecView.Name(drawn["metadata"]) is { } of && Field((string?)drawn["kind"] ?? "", of, name) is { } field) managed[field] = of;
        }
        // A token that is there is not drawn again, and belongs to the instance all the same.
        if (Gateway(drawing) is { } container && TokenSecret(container) == name + "-gateway-token") managed["gatewayTokenSecret"] = name + "-gateway-token";
        if (One(drawing, "Ingress")?["metadata"]?["annotations"] is JsonObject annotations && annotations.Any(a => a.Value is JsonValue value && SpecView.Scalar(value) == BuildBasicAuth.Name(name))) managed["basicAuthSecret"] = BuildBasicAuth.Name(name);
        status["managedResources"] = managed;
    }

    private static string? Field(string kind, string of, string name) => (kind, of[Math.Min(name.Length, of.Length)..]) switch
    {
        ("ConfigMap", "-config" or "-config-rendered") => "configMap",
        ("ConfigMap", "-dashboard-instance") => "grafanaDashboardInstance",
        ("ConfigMap", _) => null,
        ("PersistentVolumeClaim", "-chromium-data") => "chromiumPVC",
        ("PersistentVolumeClaim", _) => "pvc",
        ("Secret", "-gateway-token") => "gatewayTokenSecret",
        ("Secret", "-basic-auth") => "basicAuthSecret",
        ("Secret", "-ts-state") => "tailscaleStateSecret",
        ("Secret", _) => null,
        ("HTTPRoute", _) => "httpRoute",
        ("CronJob", _) => "backupCronJob",
        ("Service", "") => "service",
        ("Service", _) => null,
        _ => char.ToLowerInvariant(kind[0]) + kind[1..],
    };

    private static IEnumerable<string> Endpoints(InstanceDrawing drawing, string name, string space)
    {
        if (Port(drawing) is { } port) yield return $"http://{name}.{space}.svc:{port}";
        if (One(drawing, "Ingress")?["spec"] is JsonObject ingress)
        {
            var secure = Items(ingress["tls"]).SelectMany(static t => Words(t["hosts"])).ToHashSet(StringComparer.Ordinal);
            foreach (var host in Items(ingress["rules"]).Select(static r => (string?)r["host"]).OfType<string>()) yield return (secure.Contains(host) ? "https://" : "http://") + host;
        }
        // The listener knows whether it is HTTPS; a public one is.
        foreach (var host in Words(One(drawing, "HTTPRoute")?["spec"]?["hostnames"])) yield return "https://" + host;
    }

    private static long? Port(InstanceDrawing drawing)
    {
        var ports = Items(One(drawing, "Service")?["spec"]?["ports"]).ToList();
        return SpecView.Integer((ports.Find(static p => SpecView.Name(p) == "gateway") ?? ports.FirstOrDefault())?["port"]);
    }

    private static JsonObject? Gateway(InstanceDrawing drawing) => Items(One(drawing, "StatefulSet")?["spec"]?["template"]?["spec"]?["containers"]).FirstOrDefault(static c => SpecView.Name(c) == "openclaw");

    private static string? TokenSecret(JsonObject container) =>
        Items(container["env"]).Where(static e => SpecView.Name(e) == "OPENCLAW_GATEWAY_TOKEN").Select(static e => SpecView.Name(e["valueFrom"]?["secretKeyRef"])).FirstOrDefault();

    private static JsonObject? One(InstanceDrawing drawing, string kind) => drawing.Objects.FirstOrDefault(o => (string?)o["kind"] == kind);

    private static IEnumerable<JsonObject> Items(JsonNode? list) => (list as JsonArray ?? []).OfType<JsonObject>();

    private static IEnumerable<string> Words(JsonNode? list) => (list as JsonArray ?? []).Select(static w => (string?)w).OfType<string>();
}
