using System.Collections.Immutable;
using OpenClaw.Kube;
using OpenClaw.Kube.Config;
using OpenClaw.Operator.Packaging;
using OpenClaw.Operator.Running;

namespace OpenClaw.Operator;

/// <summary>What an operator is started with. Immutable; the defaults are those of the manifests.</summary>
internal sealed record OperatorOptions
{
    /// <summary>Only these namespaces; none: all.</summary>
    public ImmutableArray<string> WatchNamespaces { get; init; } = [];

    /// <summary>A kubeconfig that was named; null: as <see cref="ClusterFinder"/> finds the cluster.</summary>
    public string? KubeConfig { get; init; }

    /// <summary>A context that was named.</summary>
    public string? Context { get; init; }

    /// <summary>False: no lease is held; whoever starts two then has two that write.</summary>
    public bool LeaderElect { get; init; } = true;

    /// <summary>Where the lease is; null: in the Pod's namespace, outside of a cluster in that of the manifests.</summary>
    public string? LeaseNamespace { get; init; }

    /// <summary>Where health and metrics are served; null: nowhere.</summary>
    public BindAddress? Bind { get; init; } = BindAddress.Any(PackageNames.HttpPort);

    /// <summary>Instances that are looked at at the same time.</summary>
    public int Workers { get; init; } = 4;

    /// <summary>
    /// Requests to the API server, on average; twice as many at once. A bound against a bug: the API server keeps its clients
    /// apart by itself (priority and fairness).
    /// </summary>
    public int RequestsPerSecond { get; init; } = 200;

    /// <summary>The Pod or machine, as it is named in the lease and in events.</summary>
    public required string Host { get; init; }

    public required string Version { get; init; }

    public KubeEnvironment Environment { get; init; } = KubeEnvironment.OfProcess();

    public KubeLog Log { get; init; } = KubeLogs.None;

    public Random Random { get; init; } = Random.Shared;

    /// <summary>How long a stop may take: shorter than the Pod's grace time (<see cref="PackageNames.GraceSeconds"/>).</summary>
    public TimeSpan DrainLimit { get; init; } = TimeSpan.FromSeconds(PackageNames.GraceSeconds - 5);

    /// <summary>Whether the cluster is the one that this Pod runs in.</summary>
    public bool IsInCluster => KubeConfig is null && Context is null && string.IsNullOrEmpty(Environment.Variable("KUBECONFIG")) && InCluster.IsHere(Environment);
}

/// <summary>Why an operator did not start, or did not go on.</summary>
/// <param name="Hint">What to do; may be empty.</param>
internal sealed record OperatorRefusal(OperatorRefusalKind Kind, string Message, string Hint);

/// <summary>Whose fault it is.</summary>
internal enum OperatorRefusalKind
{
    /// <summary>What somebody wrote: options, variables, a kubeconfig, credentials.</summary>
    Configuration,

    /// <summary>The API server does not answer.</summary>
    Unreachable,

    /// <summary>The work ended though nobody asked it to; another process should start over.</summary>
    Broken,
}
