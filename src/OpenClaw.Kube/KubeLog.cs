namespace OpenClaw.Kube;

/// <summary>How loud a line is.</summary>
public enum KubeLogLevel
{
    Debug,
    Information,
    Warning,
    Error,
}

/// <summary>Where this library says what it does. It is called from any thread, must not throw, and never gets a secret.</summary>
public delegate void KubeLog(KubeLogLevel level, string message);

/// <summary>What to do when nobody listens.</summary>
public static class KubeLogs
{
    public static KubeLog None { get; } = static (_, _) => { };
}
