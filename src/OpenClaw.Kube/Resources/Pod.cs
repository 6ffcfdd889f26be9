using System.Collections.Immutable;
using System.Text.Json;

namespace OpenClaw.Kube.Resources;

/// <summary>A Pod, as far as it says why it does not run.</summary>
public sealed record Pod
{
    public required ObjectMeta Meta { get; init; }

    /// <summary><c>Pending</c>, <c>Running</c>, <c>Succeeded</c>, <c>Failed</c> or <c>Unknown</c>.</summary>
    public string Phase { get; init; } = "";

    /// <summary>For example <c>Evicted</c>.</summary>
    public string Reason { get; init; } = "";

    public string Message { get; init; } = "";

    public string NodeName { get; init; } = "";

    public string Ip { get; init; } = "";

    public ImmutableArray<Condition> Conditions { get; init; } = [];

    public ImmutableArray<ContainerState> InitContainers { get; init; } = [];

    public ImmutableArray<ContainerState> Containers { get; init; } = [];

    public bool IsReady => Conditions.Any(static c => c is { Type: "Ready", IsTrue: true });

    /// <summary>What keeps this Pod from running, the most telling first; null when nothing does.</summary>
    public PodTrouble? Trouble
    {
        get
        {
            if (Conditions.FirstOrDefault(static c => c is { Type: "PodScheduled", Status: "False" }) is { } unscheduled)
            {
                return new PodTrouble(PodTroubleKind.Unschedulable, "", unscheduled.Reason, unscheduled.Message);
            }
            if (Phase == "Failed") return new PodTrouble(PodTroubleKind.Failed, "", Reason, Message);
            return InitContainers.Concat(Containers).Select(static c => c.Trouble).FirstOrDefault(static t => t is not null);
        }
    }

    public static Pod Read(JsonElement json)
    {
        var status = json.Field("status");
        return new Pod
        {
            Meta = ObjectMeta.Read(json),
            Phase = status.Text("phase"),
            Reason = status.Text("reason"),
            Message = status.Text("message"),
            NodeName = json.Field("spec").Text("nodeName"),
            Ip = status.Text("podIP"),
            Conditions = status.Items("conditions", Condition.Read),
            InitContainers = status.Items("initContainerStatuses", ContainerState.Read),
            Containers = status.Items("containerStatuses", ContainerState.Read),
        };
    }
}

/// <summary>Why a Pod does not run.</summary>
public enum PodTroubleKind
{
    Unschedulable,
    ImagePull,
    CrashLoop,
    OutOfMemory,

    /// <summary>A volume, Secret or ConfigMap that the container names is not there.</summary>
    Config,

    Failed,
}

/// <param name="Container">Empty when it concerns the whole Pod.</param>
/// <param name="Reason">The kubelet's or the scheduler's own word.</param>
public sealed record PodTrouble(PodTroubleKind Kind, string Container, string Reason, string Message);

/// <summary>How a container of a Pod does.</summary>
public sealed record ContainerState
{
    public string Name { get; init; } = "";

    public string Image { get; init; } = "";

    public string ImageId { get; init; } = "";

    public bool IsReady { get; init; }

    public int RestartCount { get; init; }

    public string WaitingReason { get; init; } = "";

    public string WaitingMessage { get; init; } = "";

    /// <summary>The exit code of the run that ended last; null when none has.</summary>
    public int? ExitCode { get; init; }

    public string ExitReason { get; init; } = "";

    public string ExitMessage { get; init; } = "";

    public PodTrouble? Trouble => WaitingReason switch
    {
        "ErrImagePull" or "ImagePullBackOff" or "InvalidImageName" or "ErrImageNeverPull" or "RegistryUnavailable" or "ImageInspectError" =>
            new PodTrouble(PodTroubleKind.ImagePull, Name, WaitingReason, WaitingMessage),
        "CrashLoopBackOff" when ExitReason == "OOMKilled" => new PodTrouble(PodTroubleKind.OutOfMemory, Name, ExitReason, WaitingMessage),
        "CrashLoopBackOff" or "RunContainerError" or "PostStartHookError" =>
            new PodTrouble(PodTroubleKind.CrashLoop, Name, WaitingReason, ExitCode is { } code ? $"exit code {code}. {ExitMessage}{WaitingMessage}" : WaitingMessage),
        "CreateContainerConfigError" or "CreateContainerError" => new PodTrouble(PodTroubleKind.Config, Name, WaitingReason, WaitingMessage),
        _ => null,
    };

    public static ContainerState Read(JsonElement json)
    {
        var waiting = json.Field("state", "waiting");
        var ended = json.Field("state").Has("terminated") ? json.Field("state", "terminated") : json.Field("lastState", "terminated");
        return new ContainerState
        {
            Name = json.Text("name"),
            Image = json.Text("image"),
            ImageId = json.Text("imageID"),
            IsReady = json.Flag("ready"),
            RestartCount = json.Int("restartCount"),
            WaitingReason = waiting.Text("reason"),
            WaitingMessage = waiting.Text("message"),
            ExitCode = ended.Has("exitCode") ? ended.Int("exitCode") : null,
            ExitReason = ended.Text("reason"),
            ExitMessage = ended.Text("message"),
        };
    }
}
