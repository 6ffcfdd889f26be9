using System.Collections.Immutable;
using System.Text.Json.Nodes;
using OpenClaw.Operator.Judge;

namespace OpenClaw.Operator.Build;

/// <summary>
/// What an instance becomes: the objects in the order in which they are applied, and everything there is to say. With a refusal
/// there are no objects: what runs stays as it is.
/// </summary>
internal sealed record InstanceDrawing(ImmutableArray<JsonObject> Objects, ImmutableArray<Finding> Findings)
{
    /// <summary>What was decided; null when the shape was refused. It knows the Secrets' content: keep it no longer than the pass.</summary>
    public InstancePlan? Plan { get; init; }

    public bool IsRefused => Findings.Any(static f => f.Severity == FindingSeverity.Refused);

    public static InstanceDrawing Of(InstanceFacts facts)
    {
        var findings = InstanceChecks.OfShape(facts);
        // A field of the wrong type cannot be read, so nothing is concluded from it.
        if (findings.Any(static f => f.Severity == FindingSeverity.Refused)) return new InstanceDrawing([], Sorted(findings));
        var plan = InstancePlan.Of(facts, findings);
        findings.AddRange(InstanceChecks.OfPlan(plan));
        return findings.Any(static f => f.Severity == FindingSeverity.Refused) || plan.Config.Text is null
            ? new InstanceDrawing([], Sorted(findings)) { Plan = plan }
            : new InstanceDrawing([.. Draw(plan)], Sorted(findings)) { Plan = plan };
    }

    private static IEnumerable<JsonObject> Draw(InstancePlan plan)
    {
        JsonObject?[] drawn =
        [
            .. BuildRbac.Of(plan),
            BuildNetworkPolicy.Of(plan),
            BuildTokenSecret.Of(plan),
            BuildBasicAuth.Of(plan),
            BuildConfigMap.Of(plan),
            BuildWorkspace.ConfigMap(plan),
            BuildTailscale.ConfigMap(plan),
            BuildStorage.Claim(plan),
            BuildChromium.Claim(plan),
            BuildAvailability.Budget(plan),
            BuildServices.Of(plan),
            BuildStatefulSet.Of(plan),
            BuildAvailability.Autoscaler(plan),
            BuildRoutes.Ingress(plan),
            BuildRoutes.HttpRoute(plan),
            BuildObservability.Monitor(plan),
            BuildObservability.Alerts(plan),
            BuildObservability.Dashboard(plan),
        ];
        return drawn.OfType<JsonObject>();
    }

    private static ImmutableArray<Finding> Sorted(IEnumerable<Finding> findings) => [.. findings.Distinct().OrderBy(static f => f.Severity)];
}
