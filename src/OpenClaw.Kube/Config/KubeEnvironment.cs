namespace OpenClaw.Kube.Config;

/// <summary>What of the surroundings decides how the cluster is reached: variables, files, time.</summary>
public sealed record KubeEnvironment
{
    /// <summary>The value of a variable; null when it is not set.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>The home folder; empty when there is none.</summary>
    public string Home { get; init; } = "";

    /// <summary>Where the kubelet puts the service account's token, certificate and namespace.</summary>
    public string ServiceAccountFolder { get; init; } = "/var/run/secrets/kubernetes.io/serviceaccount";

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The surroundings of this process.</summary>
    public static KubeEnvironment OfProcess() => new()
    {
        Variable = Environment.GetEnvironmentVariable,
        Home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
    };
}
