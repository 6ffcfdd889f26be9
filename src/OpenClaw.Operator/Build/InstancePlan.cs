using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;
using OpenClaw.Operator.Judge;

namespace OpenClaw.Operator.Build;

/// <summary>All decisions about an instance, made once; the objects are drawn from it.</summary>
internal sealed record InstancePlan
{
    public const int GatewayPort = 18789;
    public const int OllamaPort = 11434;
    public const string Home = "/home/openclaw";
    public const string State = Home + "/.openclaw";
    public const string ConfigFolder = "/operator-config";

    public required string Name { get; init; }

    public required string Namespace { get; init; }

    /// <summary>Null when drawn without a cluster: nothing is owned then.</summary>
    public string? Uid { get; init; }

    public required SpecView Spec { get; init; }

    public required InstanceFacts Facts { get; init; }

    public required RuntimeKind Runtime { get; init; }

    public required Images Images { get; init; }

    public required PodEnvironment Environment { get; init; }

    public required ConfigPlan Config { get; init; }

    public required EgressPlan Egress { get; init; }

    public bool IsOriginal => Runtime == RuntimeKind.Original;

    public bool IsScaled => Spec.Flag("availability.autoScaling.enabled");

    public bool HasMetrics => !IsOriginal && Spec.Flag("observability.metrics.enabled");

    public bool Merges => Spec.Text("config.mergeMode") == "merge";

    public bool HasOllama => Spec.Flag("ollama.enabled");

    public bool HasTerminal => Spec.Flag("webTerminal.enabled");

    public bool HasTailscale => Spec.Flag("tailscale.enabled");

    /// <summary>Upstream's agent has a browser; this gateway has no agent.</summary>
    public bool HasChromium => IsOriginal && Spec.Flag("chromium.enabled");

    public bool MountsToken => Spec.List("security.rbac.additionalRules").Count > 0;

    public string ServiceAccount => Spec.Text("security.rbac.serviceAccountName") ?? Name;

    /// <summary>The Secret whose key <c>token</c> is the gateway token; null when the user brings it another way.</summary>
    public string? TokenSecret => Config.HasOwnToken ? null : Spec.Text("gateway.existingSecret") ?? GeneratedTokenSecret;

    public string GeneratedTokenSecret => Name + "-gateway-token";

    /// <summary>The ConfigMap with the file that the pod gets. The user's own may have the usual name already.</summary>
    public string ConfigMapName => Spec.Text("config.configMapRef.name") == Name + "-config" ? Name + "-config-rendered" : Name + "-config";

    public bool GeneratesToken => TokenSecret == GeneratedTokenSecret && !Spec.Has("gateway.existingSecret");

    public static InstancePlan Of(InstanceFacts facts, List<Finding> findings)
    {
        var metadata = facts.Instance["metadata"] as JsonObject;
        var spec = new SpecView(facts.Instance["spec"] as JsonObject ?? []);
        var space = Text(metadata, "namespace") ?? "default";
        var runtime = spec.Text("runtime") == "original" ? RuntimeKind.Original : RuntimeKind.OpenClaw;
        var environment = PodEnvironment.Of(spec, facts, findings);
        if (spec.Flag("ollama.enabled") && !environment.Variables.ContainsKey("OLLAMA_BASE_URL"))
        {
            environment = environment with { Variables = environment.Variables.Add("OLLAMA_BASE_URL", $"http://127.0.0.1:{OllamaPort}") };
        }
        var config = ConfigPlan.Of(spec, facts, runtime, environment, findings);
        return new InstancePlan
        {
            Name = Text(metadata, "name") ?? "",
            Namespace = space,
            Uid = Text(metadata, "uid"),
            Spec = spec,
            Facts = facts,
            Runtime = runtime,
            Images = Images.Of(spec, facts.ClusterDefaults, runtime, facts.OperatorVersion),
            Environment = environment,
            Config = config,
            Egress = EgressPlan.Of(spec, facts, space, config, findings),
        };
    }

    private static string? Text(JsonObject? map, string name) => map?[name] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;
}
