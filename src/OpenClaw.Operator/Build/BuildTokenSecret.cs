using System.Text;
using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Build;

/// <summary>
/// <c>NAME-gateway-token</c>, key <c>token</c>. Made once; one that is there is never changed. Drawn without a cluster it has no
/// key, so that nobody applies a token that was printed: the pod then waits until the Secret has one.
/// </summary>
internal static class BuildTokenSecret
{
    public static JsonObject? Of(InstancePlan plan)
    {
        if (!plan.GeneratesToken || plan.Facts.Secret(plan.GeneratedTokenSecret).Data.ContainsKey("token")) return null;
        var secret = Draw.Object(plan, "v1", "Secret", plan.GeneratedTokenSecret);
        secret["type"] = "Opaque";
        if (plan.Facts.NewToken is { } token) secret["data"] = new JsonObject { ["token"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(token)) };
        return secret;
    }
}
