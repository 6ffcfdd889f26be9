namespace OpenClaw.Kube.Config;

/// <summary>Where to look for the cluster: the file that was named, <c>KUBECONFIG</c>, the Pod's service account, <c>~/.kube/config</c>.</summary>
public static class ClusterFinder
{
    /// <param name="path">A kubeconfig that somebody named; it must be there.</param>
    /// <param name="context">A context that somebody named; then the service account is not considered.</param>
    /// <exception cref="KubeConfigException">Nothing was found, or what was found is wrong.</exception>
    public static ClusterAccess Find(KubeEnvironment environment, string? path = null, string? context = null)
    {
        ArgumentNullException.ThrowIfNull(environment);
        if (path is not null) return KubeConfig.Load([path]).Resolve(context, environment);
        var listed = (environment.Variable("KUBECONFIG") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (listed.Length > 0) return KubeConfig.Load(listed).Resolve(context, environment);
        if (context is null && InCluster.IsHere(environment)) return InCluster.Access(environment);
        var home = Path.Combine(environment.Home, ".kube", "config");
        if (environment.Home.Length > 0 && File.Exists(home)) return KubeConfig.Load([home]).Resolve(context, environment);
        throw new KubeConfigException("no cluster is known: this is not a Pod with a service account, KUBECONFIG is not set, and there is no ~/.kube/config");
    }
}
