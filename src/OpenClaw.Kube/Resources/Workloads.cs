using System.Collections.Immutable;
using System.Text.Json;

namespace OpenClaw.Kube.Resources;

/// <summary>A StatefulSet, as far as a rollout is followed by it.</summary>
public sealed record StatefulSet
{
    public required ObjectMeta Meta { get; init; }

    /// <summary>What was asked for; the server's default is 1.</summary>
    public int Replicas { get; init; }

    public int ReadyReplicas { get; init; }

    public int UpdatedReplicas { get; init; }

    public int CurrentReplicas { get; init; }

    public long ObservedGeneration { get; init; }

    public string CurrentRevision { get; init; } = "";

    public string UpdateRevision { get; init; } = "";

    public ImmutableDictionary<string, string> TemplateAnnotations { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The images of the template's containers, in order.</summary>
    public ImmutableArray<string> Images { get; init; } = [];

    /// <summary>The controller has seen this generation and every replica runs it and is ready.</summary>
    public bool IsRolledOut => ObservedGeneration >= Meta.Generation && ReadyReplicas >= Replicas && UpdatedReplicas >= Replicas
        && (UpdateRevision.Length == 0 || UpdateRevision == CurrentRevision || Replicas == 0);

    public static StatefulSet Read(JsonElement json)
    {
        var (spec, status) = (json.Field("spec"), json.Field("status"));
        return new StatefulSet
        {
            Meta = ObjectMeta.Read(json),
            Replicas = spec.Int("replicas", 1),
            ReadyReplicas = status.Int("readyReplicas"),
            UpdatedReplicas = status.Int("updatedReplicas"),
            CurrentReplicas = status.Int("currentReplicas"),
            ObservedGeneration = status.Number("observedGeneration") ?? 0,
            CurrentRevision = status.Text("currentRevision"),
            UpdateRevision = status.Text("updateRevision"),
            TemplateAnnotations = spec.Field("template", "metadata").Map("annotations"),
            Images = spec.Field("template", "spec").Items("containers", static c => c.Text("image")),
        };
    }
}

public sealed record Deployment(ObjectMeta Meta, int Replicas, int ReadyReplicas, int UpdatedReplicas, long ObservedGeneration)
{
    public bool IsRolledOut => ObservedGeneration >= Meta.Generation && ReadyReplicas >= Replicas && UpdatedReplicas >= Replicas;

    public static Deployment Read(JsonElement json) => new(
        ObjectMeta.Read(json), json.Field("spec").Int("replicas", 1), json.Field("status").Int("readyReplicas"),
        json.Field("status").Int("updatedReplicas"), json.Field("status").Number("observedGeneration") ?? 0);
}

public sealed record Job(ObjectMeta Meta, int Active, int Succeeded, int Failed, ImmutableArray<Condition> Conditions)
{
    public bool IsComplete => Conditions.Any(static c => c is { Type: "Complete", IsTrue: true });

    public Condition? Failure => Conditions.FirstOrDefault(static c => c is { Type: "Failed", IsTrue: true });

    public static Job Read(JsonElement json)
    {
        var status = json.Field("status");
        return new Job(ObjectMeta.Read(json), status.Int("active"), status.Int("succeeded"), status.Int("failed"), status.Items("conditions", Condition.Read));
    }
}

public sealed record HorizontalPodAutoscaler(ObjectMeta Meta, int CurrentReplicas, int DesiredReplicas, ImmutableArray<Condition> Conditions)
{
    public static HorizontalPodAutoscaler Read(JsonElement json)
    {
        var status = json.Field("status");
        return new HorizontalPodAutoscaler(
            ObjectMeta.Read(json), status.Int("currentReplicas"), status.Int("desiredReplicas"), status.Items("conditions", Condition.Read));
    }
}

public sealed record PodDisruptionBudget(ObjectMeta Meta, int CurrentHealthy, int DisruptionsAllowed)
{
    public static PodDisruptionBudget Read(JsonElement json) =>
        new(ObjectMeta.Read(json), json.Field("status").Int("currentHealthy"), json.Field("status").Int("disruptionsAllowed"));
}
