using System.Collections.Immutable;
using static OpenClaw.Operator.Api.Row;

namespace OpenClaw.Operator.Api;

/// <summary>The fields of <c>OpenClawInstance.spec</c>: upstream's, and first of all what is ours. One row a field.</summary>
internal static partial class InstanceFields
{
    public static ImmutableArray<ApiField> Spec { get; } =
    [
        .. Gateway(), .. Config(), .. Pod(), .. Storage(), .. Ollama(), .. Security(), .. Networking(), .. Observability(), .. Availability(), .. Beside(), .. OfTheOriginal(), .. Later(),
    ];

    private static IEnumerable<ApiField> Gateway() =>
    [
        Text("runtime", "openclaw: this gateway. original: upstream's image, with the configuration converted to its schema.", "openclaw", "openclaw", "original"),
        Group("image", "The gateway's image."),
        Repository("image.repository", "Registry and name. Default: this gateway's image; ghcr.io/openclaw/openclaw with runtime original."),
        Tag("image.tag", "The tag; not read when a digest is given. Default: the operator's own version; latest with runtime original."),
        Digest("image.digest", "sha256:…; stands over the tag."),
        Text("image.pullPolicy", "When the node asks the registry.", "IfNotPresent", "Always", "IfNotPresent", "Never"),
        AnyList("image.pullSecrets", "Secrets with registry credentials, by name."),
        Registry("registry", "A registry that stands in for the one of every image the operator names: mirror.example.com/cache."),
        Group("gateway", "The gateway's door."),
        .. Needless("There is no proxy container: the gateway listens itself and sees its clients' addresses.", [Flag("gateway.enabled", "Upstream's proxy container.", true)]),
        Text("gateway.existingSecret", "A Secret whose key token is the gateway token, instead of a generated one."),
        Texts("gateway.controlUiOrigins", "Further origins that the original's control UI accepts.", 20),
        Flag("suspended", "No pod runs; everything else stays.", false),
    ];

    private static IEnumerable<ApiField> Config() =>
    [
        Group("config", "openclaw.json."),
        Any("config.raw", "The configuration itself, in any dialect the gateway reads."),
        Group("config.configMapRef", "The configuration in a ConfigMap; config.raw is then not read."),
        Name("config.configMapRef.name", "The ConfigMap, in the same namespace."),
        Text("config.configMapRef.key", "Its key.", "openclaw.json"),
        Text("config.mergeMode", "overwrite: the file is what is written here. merge: what the gateway or an agent wrote into its own file stays where this says nothing.", "overwrite", "overwrite", "merge"),
        .. Needless("The operator reads comments and trailing commas either way.", [Text("config.format", "How the ConfigMap's text is written.", "json", "json", "json5")]),
        Texts("config.forcePaths", "With merge: paths with dots that are taken out of the gateway's own file first.", 20, isSet: true) with { Pattern = @"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$", MaxLength = 253, Form = "names with dots, such as gateway.auth" },
    ];

    private static IEnumerable<ApiField> Pod() =>
    [
        AnyList("env", "Environment of the gateway, after the operator's own; a name given here stands over it.", key: "name"),
        AnyList("envFrom", "Secrets and ConfigMaps whose keys become the environment."),
        .. Resources("resources", "cpu: 500m, memory: 1Gi", "cpu: \"2\", memory: 4Gi"),
        Map("podAnnotations", "Annotations of the pod."),
        Map("podLabels", "Labels of the pod; the operator's own stand over them."),
        Flag("shareProcessNamespace", "One process namespace for all containers of the pod.", true),
        AnyList("sidecars", "Further containers, as they are."),
        AnyList("sidecarVolumes", "Volumes for them, as they are."),
        AnyList("initContainers", "Containers that run first, as they are.", 10),
        AnyList("extraVolumes", "Further volumes.", 10),
        AnyList("extraVolumeMounts", "Further mounts of the gateway.", 10),
    ];

    private static IEnumerable<ApiField> Storage() =>
    [
        Group("storage", "The gateway's data."),
        Group("storage.persistence", "Its volume."),
        Flag("storage.persistence.enabled", "false: the data lives and dies with the pod.", true),
        Quantity("storage.persistence.size", "It can grow later where the storage class can.", "10Gi"),
        Text("storage.persistence.storageClass", "The class; default: the cluster's."),
        Texts("storage.persistence.accessModes", "Access modes.") with { Default = "ReadWriteOnce", Words = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"] },
        Text("storage.persistence.existingClaim", "A claim of yours, instead of one that the operator makes."),
        Flag("storage.persistence.orphan", "The claim outlives the instance.", true),
    ];

    private static IEnumerable<ApiField> Ollama() =>
    [
        Group("ollama", "Ollama beside the gateway, in the same pod."),
        Flag("ollama.enabled", "Whether it runs.", false),
        .. Image("ollama.image", "docker.io/ollama/ollama", "latest"),
        Texts("ollama.models", "Models to pull before the gateway starts. A failed pull fails the init container named after it, and is seen.", 10) with { Pattern = "^[A-Za-z0-9][A-Za-z0-9._:/@-]*$", MaxLength = 253, Form = "a model such as llama3.2 or qwen2.5:7b" },
        .. Resources("ollama.resources", "cpu: 500m, memory: 1Gi", "cpu: \"2\", memory: 4Gi"),
        Number("ollama.gpu", "How many nvidia.com/gpu it gets.", min: 0),
        Group("ollama.storage", "Where the models lie."),
        Quantity("ollama.storage.sizeLimit", "Bound of the pod's own volume.", "20Gi"),
        Text("ollama.storage.existingClaim", "A claim of yours: models are then pulled once, not at every start of a pod."),
    ];

    private static IEnumerable<ApiField> Availability() =>
    [
        Group("availability", "Where and how surely it runs."),
        Group("availability.podDisruptionBudget", "What a drain of a node may interrupt."),
        Flag("availability.podDisruptionBudget.enabled", "Whether there is one.", true),
        Number("availability.podDisruptionBudget.maxUnavailable", "Pods that may be down at once.", "1", 0),
        Group("availability.autoScaling", "More gateways under load. Each has its own data: sessions and budgets are not shared."),
        Flag("availability.autoScaling.enabled", "Whether there is a HorizontalPodAutoscaler.", false),
        Number("availability.autoScaling.minReplicas", "At least.", "1", 1),
        Number("availability.autoScaling.maxReplicas", "At most.", "5", 1),
        Number("availability.autoScaling.targetCPUUtilization", "Percent of the requested cpu.", "80", 1, 100),
        Number("availability.autoScaling.targetMemoryUtilization", "Percent of the requested memory.", null, 1, 100),
        Map("availability.nodeSelector", "Labels that a node must have."),
        AnyList("availability.tolerations", "Taints that are tolerated."),
        Any("availability.affinity", "Affinity, as Kubernetes has it."),
        AnyList("availability.topologySpreadConstraints", "Spread, as Kubernetes has it."),
        Text("availability.runtimeClassName", "RuntimeClass of the pod."),
        Text("availability.priorityClassName", "PriorityClass of the pod."),
        Group("probes", "How the kubelet asks whether the gateway is well."),
        .. Probe("liveness", "/healthz", ("0", "10", "5", "3")),
        .. Probe("readiness", "/readyz", ("0", "5", "3", "3")),
        .. Probe("startup", "/startupz", ("0", "2", "5", "150")),
        Group("probes.diskReadiness", "Not ready while the disk is nearly full: no new requests come, and nothing is ended for it."),
        Flag("probes.diskReadiness.enabled", "Whether readiness asks for it.", false),
        Text("probes.diskReadiness.path", "The path whose disk is meant.", "/home/openclaw/.openclaw"),
        Quantity("probes.diskReadiness.minFree", "What must be free.", "64Mi"),
    ];

    private static IEnumerable<ApiField> Probe(string name, string path, (string Delay, string Period, string Timeout, string Failures) standard) =>
    [
        Group($"probes.{name}", $"GET {path}."),
        Flag($"probes.{name}.enabled", "Whether it is asked.", true),
        Number($"probes.{name}.initialDelaySeconds", "First after.", standard.Delay, 0),
        Number($"probes.{name}.periodSeconds", "Again after.", standard.Period, 1),
        Number($"probes.{name}.timeoutSeconds", "Counts as failed after.", standard.Timeout, 1),
        Number($"probes.{name}.failureThreshold", "Failures in a row that count.", standard.Failures, 1),
    ];
}
