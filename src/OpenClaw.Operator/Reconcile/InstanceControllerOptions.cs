using System.Collections.Immutable;
using OpenClaw.Kube;
using OpenClaw.Kube.Control;

namespace OpenClaw.Operator.Reconcile;

/// <summary>How the loop behaves. Immutable.</summary>
internal sealed record InstanceControllerOptions
{
    /// <summary>The namespaces that are watched; none: all of the cluster.</summary>
    public ImmutableArray<string> Namespaces { get; init; } = [];

    /// <summary>Whether a write may be sent now; asked before each one. A leader gives its <see cref="LeaderTerm.IsHeld"/>.</summary>
    public Func<bool> MayWrite { get; init; } = static () => true;

    /// <summary>Where events go; whoever made it runs it. Null: nowhere.</summary>
    public EventRecorder? Events { get; init; }

    public required string OperatorVersion { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public KubeLog Log { get; init; } = KubeLogs.None;

    /// <summary>Instances that are looked at at the same time.</summary>
    public int Workers { get; init; } = 4;

    /// <summary>How many healthy instances may restart at the same time because this operator draws differently from the last one.</summary>
    public int RolloutBound { get; init; } = 5;

    /// <summary>How long what is under way may go on after the stop.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);
}
