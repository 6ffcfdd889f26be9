using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Build;

/// <summary>Ingress and HTTPRoute.</summary>
internal static class BuildRoutes
{
    private const string RouteApi = "gateway.networking.k8s.io/v1";

    public static JsonObject? Ingress(InstancePlan plan)
    {
        if (!plan.Spec.Flag("networking.ingress.enabled")) return null;
        var ingress = Draw.Object(plan, "networking.k8s.io/v1", "Ingress", plan.Name, Annotations(plan).Concat(plan.Spec.TextMap("networking.ingress.annotations")));
        var spec = new JsonObject();
        if (plan.Spec.Text("networking.ingress.className") is { } name) spec["ingressClassName"] = name;
        if (plan.Spec.List("networking.ingress.tls") is { Count: > 0 } tls) spec["tls"] = Draw.List(tls);
        spec["rules"] = new JsonArray([.. plan.Spec.Objects("networking.ingress.hosts").Select(h => (JsonNode)Rule(plan, h))]);
        ingress["spec"] = spec;
        return ingress;
    }

    public static JsonObject? HttpRoute(InstancePlan plan)
    {
        if (!plan.Spec.Flag("networking.httpRoute.enabled") || !plan.Facts.Serves(RouteApi, "HTTPRoute")) return null;
        var route = Draw.Object(plan, RouteApi, "HTTPRoute", plan.Name, plan.Spec.TextMap("networking.httpRoute.annotations"));
        var spec = new JsonObject { ["parentRefs"] = Draw.List(plan.Spec.List("networking.httpRoute.parentRefs")) };
        if (plan.Spec.List("networking.httpRoute.hostnames") is { Count: > 0 } names) spec["hostnames"] = Draw.List(names);
        spec["rules"] = new JsonArray(new JsonObject
        {
            ["matches"] = new JsonArray(new JsonObject { ["path"] = new JsonObject { ["type"] = "PathPrefix", ["value"] = "/" } }),
            ["backendRefs"] = new JsonArray(new JsonObject { ["name"] = plan.Name, ["port"] = plan.Spec.Number("networking.httpRoute.port") }),
        });
        route["spec"] = spec;
        return route;
    }

    private static JsonObject Rule(InstancePlan plan, JsonObject host)
    {
        var paths = (host["paths"] as JsonArray ?? []).OfType<JsonObject>().DefaultIfEmpty([]);
        return new JsonObject
        {
            ["host"] = (string?)host["host"],
            ["http"] = new JsonObject
            {
                ["paths"] = new JsonArray([.. paths.Select(p => (JsonNode)new JsonObject
                {
                    ["path"] = (string?)p["path"] ?? "/",
                    ["pathType"] = (string?)p["pathType"] ?? "Prefix",
                    ["backend"] = new JsonObject
                    {
                        ["service"] = new JsonObject { ["name"] = plan.Name, ["port"] = new JsonObject { ["number"] = SpecView.Integer(p["port"]) ?? InstancePlan.GatewayPort } },
                    },
                })]),
            },
        };
    }

    public static bool IsNginx(SpecView spec) => (spec.Text("networking.ingress.className") ?? "").Contains("nginx", StringComparison.OrdinalIgnoreCase);

    /// <summary>What a controller must know of streams that last: no buffering, long silences. Snippets are refused by controllers, so there are none.</summary>
    private static IEnumerable<KeyValuePair<string, string>> Annotations(InstancePlan plan)
    {
        var spec = plan.Spec;
        var name = spec.Text("networking.ingress.className") ?? "";
        if (name.Contains("traefik", StringComparison.OrdinalIgnoreCase) && spec.Flag("networking.ingress.security.forceHTTPS")) yield return new("traefik.ingress.kubernetes.io/router.entrypoints", "websecure");
        if (!IsNginx(spec)) yield break;
        static KeyValuePair<string, string> Nginx(string key, string value) => new("nginx.ingress.kubernetes.io/" + key, value);
        yield return Nginx("proxy-buffering", "off");
        yield return Nginx("proxy-http-version", "1.1");
        yield return Nginx("proxy-read-timeout", "3600");
        yield return Nginx("proxy-send-timeout", "3600");
        if (spec.Flag("networking.ingress.security.forceHTTPS"))
        {
            yield return Nginx("ssl-redirect", "true");
            yield return Nginx("force-ssl-redirect", "true");
        }
        if (spec.Has("networking.ingress.security.rateLimiting") && spec.Flag("networking.ingress.security.rateLimiting.enabled"))
        {
            yield return Nginx("limit-rps", $"{spec.Number("networking.ingress.security.rateLimiting.requestsPerSecond")}");
        }
        if (BuildBasicAuth.Secret(plan) is not { } secret) yield break;
        yield return Nginx("auth-type", "basic");
        yield return Nginx("auth-secret", secret);
        yield return Nginx("auth-realm", spec.Text("networking.ingress.security.basicAuth.realm")!);
    }
}
