namespace OpenClaw.Kube.Config;

/// <summary>A kubeconfig that cannot be used. The message names the file and the context, and says what to write.</summary>
public sealed class KubeConfigException(string message) : Exception(message);
