using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Build;

/// <summary>
/// <c>spec.chromium</c>: the browser of upstream's agent, on the pod's own loopback: whoever reaches its port drives it, so it is
/// no port of the Service. An init container that keeps running, so that it is there before the agent and ends after it.
/// </summary>
internal static class BuildChromium
{
    public const int Port = 9222;
    public const string Address = "http://127.0.0.1:9222";

    private const string Repository = "docker.io/chromedp/headless-shell";
    private const string Profile = "/chromium-data";

    private static readonly string[] s_flags =
    [
        "--no-sandbox", "--disable-gpu", "--disable-software-rasterizer", "--disable-blink-features=AutomationControlled", "--disable-features=AutomationControlled",
        "--no-first-run", "--disable-oom-score-adj", "--remote-debugging-address=127.0.0.1", "--remote-debugging-port=9222",
    ];

    public static JsonObject? Of(InstancePlan plan)
    {
        if (!plan.HasChromium) return null;
        var (image, isOwn) = Image(plan);
        var container = new JsonObject { ["name"] = "chromium", ["image"] = image, ["imagePullPolicy"] = "IfNotPresent", ["restartPolicy"] = "Always" };
        // The image's own entrypoint would put the port on every address. Another image brings its own.
        if (isOwn) container["command"] = new JsonArray("/headless-shell/headless-shell");
        container["args"] = new JsonArray([.. Arguments(plan).Select(static a => (JsonNode)a)]);
        container["env"] = new JsonArray([Draw.Variable("HOME", "/tmp"), .. plan.Spec.Objects("chromium.extraEnv").Select(static e => e.DeepClone())]);
        container["resources"] = BuildGateway.Resources(plan.Spec, "chromium.resources");
        var context = Draw.Restricted();
        // It writes caches beside itself.
        context["readOnlyRootFilesystem"] = false;
        container["securityContext"] = context;
        var mounts = new JsonArray(Draw.Mount("tmp", "/tmp", subPath: "chromium"), Draw.Mount("chromium-shm", "/dev/shm"));
        if (Keeps(plan)) mounts.Put(Draw.Mount("chromium-data", Profile));
        container["volumeMounts"] = mounts;
        return container;
    }

    public static IEnumerable<JsonObject> Volumes(InstancePlan plan)
    {
        if (!plan.HasChromium) yield break;
        yield return new JsonObject { ["name"] = "chromium-shm", ["emptyDir"] = new JsonObject { ["medium"] = "Memory", ["sizeLimit"] = "1Gi" } };
        if (Keeps(plan)) yield return new JsonObject { ["name"] = "chromium-data", ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = plan.Spec.Text("chromium.persistence.existingClaim") ?? plan.Name + "-chromium-data" } };
    }

    /// <summary><c>NAME-chromium-data</c>, which goes with the instance: a profile is not the gateway's data.</summary>
    public static JsonObject? Claim(InstancePlan plan)
    {
        if (!plan.HasChromium || !Keeps(plan) || plan.Spec.Has("chromium.persistence.existingClaim")) return null;
        var claim = Draw.Object(plan, "v1", "PersistentVolumeClaim", plan.Name + "-chromium-data");
        var spec = new JsonObject
        {
            ["accessModes"] = new JsonArray("ReadWriteOnce"),
            ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = plan.Spec.Quantity("chromium.persistence.size") } },
        };
        if (plan.Spec.Text("chromium.persistence.storageClass") is { } name) spec["storageClassName"] = name;
        claim["spec"] = spec;
        return claim;
    }

    /// <summary>What upstream's configuration must say of it; what is written already stays.</summary>
    public static void PutInto(JsonObject file)
    {
        if (file["browser"] is not JsonObject browser) file["browser"] = browser = new JsonObject();
        browser["enabled"] ??= true;
        browser["defaultProfile"] ??= "sidecar";
        if (browser["profiles"] is not JsonObject profiles) browser["profiles"] = profiles = new JsonObject();
        // attachOnly: it is there already, and is not to be started.
        profiles["sidecar"] ??= new JsonObject { ["cdpUrl"] = Address, ["attachOnly"] = true };
    }

    private static bool Keeps(InstancePlan plan) => plan.Spec.Flag("chromium.persistence.enabled");

    /// <summary>The flags, each with the user's own in its place; what has no place comes last.</summary>
    private static IEnumerable<string> Arguments(InstancePlan plan)
    {
        static string Key(string flag) => flag.Split('=')[0];
        var own = plan.Spec.Texts("chromium.extraArgs");
        var flags = Keeps(plan) ? s_flags.Append("--user-data-dir=" + Profile).ToArray() : s_flags;
        return flags.Select(f => own.LastOrDefault(o => Key(o) == Key(f)) ?? f).Concat(own.Where(o => !flags.Any(f => Key(f) == Key(o)))).Distinct(StringComparer.Ordinal);
    }

    private static (string Image, bool IsOwn) Image(InstancePlan plan)
    {
        // Objects of earlier versions of upstream's operator name images that are gone or that lack the registry.
        var isOwn = plan.Spec.Text("chromium.image.repository") is Repository or "chromedp/headless-shell" or "ghcr.io/browserless/chromium";
        if (!isOwn) return (Images.Beside(plan, "chromium.image"), false);
        var tag = plan.Spec.Text("chromium.image.tag") is "latest" ? "stable" : plan.Spec.Text("chromium.image.tag")!;
        return (Images.Beside(plan, "chromium.image", Repository, tag), true);
    }
}
