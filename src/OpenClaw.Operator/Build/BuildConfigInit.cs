using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Build;

/// <summary>
/// The init container <c>init-config</c>, where the file must lie on the volume: upstream's program writes into it, and with
/// merge the gateway's own changes stay. It fails when it cannot do its work; the gateway then does not start on an old file.
/// </summary>
internal static class BuildConfigInit
{
    public static JsonObject? Of(InstancePlan plan)
    {
        if (!plan.IsOriginal && !plan.Merges) return null;
        const string Source = InstancePlan.ConfigFolder + "/openclaw.json";
        const string Target = InstancePlan.State + "/openclaw.json";
        var container = new JsonObject { ["name"] = "init-config" };
        if (plan.Merges)
        {
            // Merging is ours, whichever program reads the file afterwards.
            container["image"] = plan.IsOriginal ? OwnImage(plan) : plan.Images.Gateway;
            var args = new JsonArray("operator", "merge", Target, Source);
            foreach (var path in plan.Spec.Texts("config.forcePaths"))
            {
                args.Put("--force");
                args.Put(path);
            }
            container["args"] = args;
        }
        else
        {
            container["image"] = plan.Images.Gateway;
            container["command"] = new JsonArray("sh", "-ec", $"cp {Source} {Target}.new && mv {Target}.new {Target}");
        }
        container["imagePullPolicy"] = plan.Images.PullPolicy;
        container["terminationMessagePolicy"] = "FallbackToLogsOnError";
        container["resources"] = Small();
        container["securityContext"] = Draw.Restricted();
        container["volumeMounts"] = new JsonArray(Draw.Mount("data", InstancePlan.State), Draw.Mount("config", InstancePlan.ConfigFolder, isReadOnly: true), Draw.Mount("tmp", "/tmp"));
        return container;
    }

    private static string OwnImage(InstancePlan plan) => Images.Override($"{Images.OwnRepository}:{plan.Facts.OperatorVersion}", plan.Spec.Text("registry"));

    public static JsonObject Small() => new()
    {
        ["requests"] = new JsonObject { ["cpu"] = "50m", ["memory"] = "64Mi" },
        ["limits"] = new JsonObject { ["cpu"] = "500m", ["memory"] = "256Mi" },
    };
}
