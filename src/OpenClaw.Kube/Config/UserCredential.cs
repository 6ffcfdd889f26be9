using System.Security.Cryptography.X509Certificates;

namespace OpenClaw.Kube.Config;

/// <summary>What a user of a kubeconfig has to show.</summary>
internal static class UserCredential
{
    /// <exception cref="KubeConfigException">It is incomplete or of a form that is not known.</exception>
    public static Credential Build(KubeConfigEntry user, KubeConfigEntry cluster, KubeEnvironment environment)
    {
        if (user.Has("auth-provider"))
        {
            throw user.Wrong("auth-provider is gone from Kubernetes since 1.26; use an exec plugin, for example gke-gcloud-auth-plugin or kubelogin");
        }
        var certificate = CertificateOf(user);
        if (user.Section("exec") is { } exec)
        {
            return new ExecCredential(ExecPlugin.Read(exec, cluster), environment, certificate);
        }
        // client-go takes the file before the text when both are there.
        if (user.PathOf("tokenFile") is { } path) return new TokenFileCredential(path, environment.Time, certificate);
        if (user.Text("token") is { } token)
        {
            return token.Any(static c => c is < '!' or > '~') ? throw user.Wrong("the token has characters that no token has") : FixedCredential.Token(token, certificate);
        }
        if (user.Text("username") is { } name)
        {
            return FixedCredential.Basic(name, user.Text("password") ?? throw user.Wrong("there is a username and no password"), certificate);
        }
        return new CertificateCredential(certificate);
    }

    private static Func<X509Certificate2>? CertificateOf(KubeConfigEntry user)
    {
        var certificate = user.Bytes("client-certificate", "client-certificate-data");
        var key = user.Bytes("client-key", "client-key-data");
        if (certificate is null && key is null) return null;
        if (certificate is null) throw user.Wrong("there is a client-key and no client-certificate");
        if (key is null) throw user.Wrong("there is a client-certificate and no client-key");
        Pem.Client(certificate(), key(), user.What).Dispose();
        return () => Pem.Client(certificate(), key(), user.What);
    }
}
