using System.Text.Json.Nodes;
using OpenClaw.Operator.Judge;

namespace OpenClaw.Operator.Build;

/// <summary>
/// What a pod needs under <c>gateway</c>: it must listen where its Service and the kubelet reach it, and ask for a token. What
/// is written is kept but for an address that only the pod itself could reach.
/// </summary>
internal static class GatewayEntry
{
    private static readonly string[] s_loopback = ["loopback", "localhost", "127.0.0.1", "::1"];

    public static void Put(JsonObject file, string path, List<Finding> findings)
    {
        if (file["gateway"] is null) file["gateway"] = new JsonObject();
        // Anything else than an object is a problem that the reader tells.
        if (file["gateway"] is not JsonObject gateway) return;
        var bind = gateway["bind"] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
        if (bind is not null && s_loopback.Contains(bind))
        {
            findings.Add(Finding.Tell("BindWidened", path + ".gateway.bind", $"in a pod \"{bind}\" would be out of reach of the Service and of the probes, so the file there says \"lan\"; the network policy and the token guard it"));
        }
        if (gateway["bind"] is null || (bind is not null && s_loopback.Contains(bind))) gateway["bind"] = "lan";
        if (gateway["auth"] is null) gateway["auth"] = true;
    }
}
