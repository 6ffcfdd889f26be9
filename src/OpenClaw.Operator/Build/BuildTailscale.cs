using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Build;

/// <summary>
/// <c>spec.tailscale</c>: the gateway in a tailnet, with Tailscale's own certificate. It runs without root and without a device,
/// and keeps its state on the gateway's volume: so the pod needs no rights on a Secret, and no token.
/// </summary>
internal static class BuildTailscale
{
    private const string State = "/var/lib/tailscale";
    private const string Folder = "/tailscale-config";

    public static string? AuthKeySecret(InstancePlan plan) => plan.HasTailscale ? plan.Spec.Text("tailscale.authKeySecretRef.name") : null;

    /// <summary><c>NAME-tailscale</c>: what is served. Tailscale puts its own name in, and looks again when the file changes.</summary>
    public static JsonObject? ConfigMap(InstancePlan plan)
    {
        if (!plan.HasTailscale) return null;
        const string Door = "${TS_CERT_DOMAIN}:443";
        var serve = new JsonObject
        {
            ["TCP"] = new JsonObject { ["443"] = new JsonObject { ["HTTPS"] = true } },
            ["Web"] = new JsonObject { [Door] = new JsonObject { ["Handlers"] = new JsonObject { ["/"] = new JsonObject { ["Proxy"] = $"http://127.0.0.1:{plan.Config.Port}" } } } },
        };
        if (plan.Spec.Text("tailscale.mode") == "funnel") serve["AllowFunnel"] = new JsonObject { [Door] = true };
        var map = Draw.Object(plan, "v1", "ConfigMap", plan.Name + "-tailscale");
        map["data"] = new JsonObject { ["serve.json"] = PrettyJson.Write(serve) };
        return map;
    }

    public static JsonObject? Of(InstancePlan plan)
    {
        if (!plan.HasTailscale) return null;
        var env = new JsonArray(
            Draw.Variable("HOME", "/tmp"), Draw.Variable("TS_USERSPACE", "true"), Draw.Variable("TS_AUTH_ONCE", "true"), Draw.Variable("TS_STATE_DIR", State), Draw.Variable("TS_SOCKET", "/tmp/tailscaled.sock"),
            Draw.Variable("TS_SERVE_CONFIG", Folder + "/serve.json"), Draw.Variable("TS_HOSTNAME", plan.Spec.Text("tailscale.hostname") ?? plan.Name),
            // Both empty: it would otherwise look for the API server and a Secret.
            Draw.Variable("TS_KUBE_SECRET", ""), Draw.Variable("KUBERNETES_SERVICE_HOST", ""));
        if (AuthKeySecret(plan) is { } secret) env.Put(Draw.SecretVariable("TS_AUTHKEY", secret, plan.Spec.Text("tailscale.authKeySecretKey")!));
        return new JsonObject
        {
            ["name"] = "tailscale",
            ["image"] = Images.Beside(plan, "tailscale.image"),
            ["imagePullPolicy"] = "IfNotPresent",
            ["env"] = env,
            ["resources"] = BuildGateway.Resources(plan.Spec, "tailscale.resources"),
            ["securityContext"] = Draw.Restricted(),
            ["volumeMounts"] = new JsonArray(Draw.Mount("data", State, subPath: ".tailscale"), Draw.Mount("tailscale-config", Folder, isReadOnly: true), Draw.Mount("tmp", "/tmp", subPath: "tailscale")),
        };
    }

    public static JsonObject? Volume(InstancePlan plan) =>
        plan.HasTailscale ? new JsonObject { ["name"] = "tailscale-config", ["configMap"] = new JsonObject { ["name"] = plan.Name + "-tailscale" } } : null;

    /// <summary>How nodes find and meet each other directly; without it everything goes through Tailscale's relays at port 443.</summary>
    public static EgressRule? Way(SpecView spec) => spec.Flag("tailscale.enabled")
        ? new EgressRule(new JsonObject { ["ports"] = new JsonArray(EgressPlan.Port("UDP", 3478), EgressPlan.Port("UDP", 41641)) }, "UDP 3478 and 41641 anywhere: Tailscale's nodes find and meet each other")
        : null;
}
