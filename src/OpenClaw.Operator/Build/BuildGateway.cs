using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Build;

/// <summary>The container <c>openclaw</c>.</summary>
internal static class BuildGateway
{
    public const string CaFile = "/etc/openclaw-ca/ca-bundle.crt";

    public static JsonObject Of(InstancePlan plan)
    {
        var container = new JsonObject { ["name"] = "openclaw", ["image"] = plan.Images.Gateway, ["imagePullPolicy"] = plan.Images.PullPolicy };
        if (!plan.IsOriginal) container["args"] = new JsonArray("gateway");
        container["ports"] = new JsonArray(new JsonObject { ["name"] = "gateway", ["containerPort"] = plan.Config.Port, ["protocol"] = "TCP" });
        container["env"] = new JsonArray([.. Env(plan).Select(static e => (JsonNode)e)]);
        if (plan.Environment.EnvFrom.Count > 0) container["envFrom"] = plan.Environment.EnvFrom.DeepClone();
        container["resources"] = Resources(plan.Spec, "resources");
        container["securityContext"] = SecurityContext(plan.Spec);
        Probe(container, plan, "startup", plan.IsOriginal ? "/healthz" : "/startupz");
        Probe(container, plan, "liveness", "/healthz");
        Probe(container, plan, "readiness", "/readyz");
        if (plan.IsOriginal) DiskProbe.Put(container, plan);
        // What a program says at its end is told in the instance's status.
        container["terminationMessagePolicy"] = "FallbackToLogsOnError";
        container["volumeMounts"] = Mounts(plan);
        return container;
    }

    /// <summary>A name that the user gives stands over the operator's own; each is there once.</summary>
    private static IEnumerable<JsonObject> Env(InstancePlan plan)
    {
        var own = plan.Environment.Env;
        var names = own.Select(static e => SpecView.Name(e)).ToHashSet();
        return OperatorEnv(plan).Where(e => !names.Contains(SpecView.Name(e))).Concat(own.Select(static e => (JsonObject)e.DeepClone()));
    }

    private static IEnumerable<JsonObject> OperatorEnv(InstancePlan plan)
    {
        yield return Draw.Variable("HOME", InstancePlan.Home);
        yield return Draw.Variable("OPENCLAW_STATE_DIR", InstancePlan.State);
        yield return Draw.Variable("OPENCLAW_CONFIG_PATH", (plan.IsOriginal || plan.Merges ? InstancePlan.State : InstancePlan.ConfigFolder) + "/openclaw.json");
        if (plan.TokenSecret is { } secret)
        {
            yield return new JsonObject
            {
                ["name"] = "OPENCLAW_GATEWAY_TOKEN",
                ["valueFrom"] = new JsonObject { ["secretKeyRef"] = new JsonObject { ["name"] = secret, ["key"] = "token" } },
            };
        }
        if (plan.HasOllama && !plan.IsOriginal) yield return Draw.Variable("OLLAMA_BASE_URL", $"http://127.0.0.1:{InstancePlan.OllamaPort}");
        if (plan.HasOllama && plan.IsOriginal) yield return Draw.Variable("OLLAMA_HOST", $"http://127.0.0.1:{InstancePlan.OllamaPort}");
        if (plan.IsOriginal) yield return Draw.Variable("OPENCLAW_DISABLE_BONJOUR", "1");
        if (!plan.IsOriginal) foreach (var bound in DiskProbe.Bounds(plan.Spec)) yield return bound;
        // A file of one's own is read beside the system's folder of certificates.
        if (plan.Spec.Has("security.caBundle")) yield return Draw.Variable(plan.IsOriginal ? "NODE_EXTRA_CA_CERTS" : "SSL_CERT_FILE", CaFile);
    }

    public static JsonObject Resources(SpecView spec, string path)
    {
        var requests = Quantities(spec, path + ".requests");
        var limits = Quantities(spec, path + ".limits");
        // What is limited and not requested is requested in full by Kubernetes; a default must not ask for more than the limit.
        foreach (var (name, value) in Defaults(path + ".requests"))
        {
            if (requests.ContainsKey(name)) continue;
            if (limits[name] is not { } limit) requests[name] = value;
            else if (QuantityText.TryParse(value, out var standard) && QuantityText.TryParse(SpecView.Scalar((JsonValue)limit), out var most)) requests[name] = standard <= most ? value : limit.DeepClone();
        }
        foreach (var (name, value) in Defaults(path + ".limits"))
        {
            if (limits.ContainsKey(name)) continue;
            var request = requests[name] is JsonValue written ? SpecView.Scalar(written) : value;
            limits[name] = QuantityText.TryParse(request, out var least) && QuantityText.TryParse(value, out var standard) && least > standard ? request : value;
        }
        return new JsonObject { ["requests"] = requests, ["limits"] = limits };
    }

    private static JsonObject Quantities(SpecView spec, string path) =>
        new((spec.Map(path) ?? []).Where(static m => m.Value is JsonValue).Select(static m => KeyValuePair.Create(m.Key, (JsonNode?)SpecView.Scalar((JsonValue)m.Value!))));

    private static IEnumerable<(string Name, string Value)> Defaults(string path) =>
        InstanceFields.Spec.Single(f => f.Path == path).Default!.Split(", ").Select(static p => p.Split(": ")).Select(static p => (p[0], p[1].Trim('"')));

    private static JsonObject SecurityContext(SpecView spec)
    {
        const string Path = "security.containerSecurityContext.";
        var context = Draw.Restricted();
        context["allowPrivilegeEscalation"] = spec.Flag(Path + "allowPrivilegeEscalation");
        context["readOnlyRootFilesystem"] = spec.Flag(Path + "readOnlyRootFilesystem");
        context["runAsNonRoot"] = spec.Has(Path + "runAsNonRoot") ? spec.Flag(Path + "runAsNonRoot") : spec.Flag("security.podSecurityContext.runAsNonRoot");
        if (spec.Number(Path + "runAsUser") is { } user) context["runAsUser"] = user;
        if (spec.Map(Path + "capabilities") is { } capabilities) context["capabilities"] = capabilities.DeepClone();
        return context;
    }

    private static void Probe(JsonObject container, InstancePlan plan, string name, string path)
    {
        if (!plan.Spec.Flag($"probes.{name}.enabled")) return;
        var probe = new JsonObject { ["httpGet"] = new JsonObject { ["path"] = path, ["port"] = plan.Config.Port } };
        foreach (var field in (string[])["initialDelaySeconds", "periodSeconds", "timeoutSeconds", "failureThreshold"])
        {
            if (plan.Spec.Number($"probes.{name}.{field}") is > 0 and var value) probe[field] = value;
        }
        container[name + "Probe"] = probe;
    }

    private static JsonArray Mounts(InstancePlan plan)
    {
        var mounts = new JsonArray(Draw.Mount("data", InstancePlan.State), Draw.Mount("config", InstancePlan.ConfigFolder, isReadOnly: true), Draw.Mount("tmp", "/tmp"));
        if (plan.IsOriginal)
        {
            foreach (var folder in (string[])[".local", ".cache", ".config"]) mounts.Put(Draw.Mount("data", $"{InstancePlan.Home}/{folder}", subPath: folder));
        }
        if (plan.Spec.Has("security.caBundle")) mounts.Put(Draw.Mount("ca-bundle", "/etc/openclaw-ca", isReadOnly: true));
        foreach (var own in plan.Spec.Objects("extraVolumeMounts")) mounts.Put(own.DeepClone());
        return mounts;
    }
}
