using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace OpenClaw.Kube.Config;

/// <summary>The way to the API server from inside a Pod, with the service account that the kubelet mounts and rotates.</summary>
public static class InCluster
{
    /// <summary>Whether this looks like a Pod with a service account.</summary>
    public static bool IsHere(KubeEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        return !string.IsNullOrEmpty(environment.Variable("KUBERNETES_SERVICE_HOST")) && File.Exists(Path.Combine(environment.ServiceAccountFolder, "token"));
    }

    /// <exception cref="KubeConfigException">This is not a Pod, or its service account is not mounted.</exception>
    public static ClusterAccess Access(KubeEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var host = environment.Variable("KUBERNETES_SERVICE_HOST");
        var port = environment.Variable("KUBERNETES_SERVICE_PORT") ?? "443";
        if (string.IsNullOrEmpty(host)) throw new KubeConfigException("this is not a Pod: KUBERNETES_SERVICE_HOST is not set");
        if (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is 0 or > 65535)
        {
            throw new KubeConfigException("KUBERNETES_SERVICE_PORT is not a port");
        }
        var folder = environment.ServiceAccountFolder;
        var token = Path.Combine(folder, "token");
        if (!File.Exists(token)) throw new KubeConfigException($"{token} is not there; is automountServiceAccountToken false?");
        var roots = Path.Combine(folder, "ca.crt");
        _ = Read(roots);
        var literal = IPAddress.TryParse(host, out var address) && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{host}]" : host;
        return new ClusterAccess
        {
            Server = Uri.TryCreate($"https://{literal}:{number}", UriKind.Absolute, out var server) ? server : throw new KubeConfigException("KUBERNETES_SERVICE_HOST is not a host"),
            Source = "the Pod's service account",
            Namespace = NamespaceIn(Path.Combine(folder, "namespace")),
            TrustedRoots = () => Read(roots),
            Credential = new TokenFileCredential(token, environment.Time),
        };
    }

    private static X509Certificate2Collection Read(string path)
    {
        try
        {
            return Pem.Roots(File.ReadAllBytes(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeConfigException($"{path} cannot be read");
        }
    }

    private static string NamespaceIn(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim() is { Length: > 0 } name ? name : "default";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "default";
        }
    }
}
