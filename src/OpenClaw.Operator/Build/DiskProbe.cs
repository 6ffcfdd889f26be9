using System.Globalization;
using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Build;

/// <summary>
/// <c>spec.probes.diskReadiness</c>. This gateway looks itself, at /readyz; upstream's program does not, so its readiness is asked
/// by a script in its container.
/// </summary>
internal static class DiskProbe
{
    /// <summary>$1 is the path, $2 what must be free in KiB, $3 the address.</summary>
    private const string Script = """
        [ -w "$1" ] || { echo "$1 cannot be written"; exit 1; }
        free=$(df -Pk "$1" | awk 'NR==2 {print $4}')
        [ "$free" -ge "$2" ] || { echo "$1 has $free KiB free of $2 that it needs"; exit 1; }
        exec node -e 'fetch(process.argv[1]).then(answer => process.exit(answer.ok ? 0 : 1), () => process.exit(1))' "$3"
        """;

    public static IEnumerable<JsonObject> Bounds(SpecView spec)
    {
        if (!spec.Flag("probes.diskReadiness.enabled")) yield break;
        yield return Draw.Variable("OPENCLAW_READY_DISK", spec.Text("probes.diskReadiness.path")!);
        yield return Draw.Variable("OPENCLAW_READY_MIN_FREE", Bytes(spec).ToString(CultureInfo.InvariantCulture));
    }

    public static void Put(JsonObject container, InstancePlan plan)
    {
        if (!plan.Spec.Flag("probes.diskReadiness.enabled") || container["readinessProbe"] is not JsonObject probe) return;
        var kibibytes = (Bytes(plan.Spec) + 1023) / 1024;
        probe.Remove("httpGet");
        probe.Insert(0, "exec", new JsonObject
        {
            ["command"] = new JsonArray(
                "sh", "-c", Script, "ready", plan.Spec.Text("probes.diskReadiness.path"), kibibytes.ToString(CultureInfo.InvariantCulture), $"http://127.0.0.1:{plan.Config.Port}/readyz"),
        });
    }

    private static long Bytes(SpecView spec) => QuantityText.TryParse(spec.Quantity("probes.diskReadiness.minFree")!, out var bytes) ? (long)Math.Ceiling(bytes) : 0;
}
