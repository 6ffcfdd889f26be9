using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpenClaw.Kube.Config;

namespace OpenClaw.Kube.Client;

/// <summary>Makes the pool of connections to one API server: trust, client certificate, signs of life.</summary>
internal static class Connections
{
    public static HttpMessageInvoker Open(ClusterAccess access, KubeLog log)
    {
        var sockets = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.GZip,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            // Rotated certificates and moved addresses are used by new connections; old ones must not live for ever.
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            EnableMultipleHttp2Connections = true,
            // A connection that died silently is found by these, as with client-go's http2 health check.
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            ConnectCallback = ConnectAsync,
            SslOptions = Tls(access, log),
        };
        if (access.Proxy is { } proxy) sockets.Proxy = new WebProxy(proxy);
        return new HttpMessageInvoker(sockets, disposeHandler: true);
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(context.DnsEndPoint, cancel).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static SslClientAuthenticationOptions Tls(ClusterAccess access, KubeLog log)
    {
        var options = new SslClientAuthenticationOptions
        {
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            LocalCertificateSelectionCallback = (_, _, _, _, _) => ClientCertificate(access, log)!,
        };
#pragma warning disable CA5359 // That is what insecure-skip-tls-verify asks for.
        if (access.SkipTlsVerification) options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        else if (access.TrustedRoots is { } roots) options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => IsTrusted(certificate, chain, errors, roots, log);
        return options;
    }

    private static X509Certificate2? ClientCertificate(ClusterAccess access, KubeLog log)
    {
        try
        {
            return access.Credential.Certificate();
        }
        catch (KubeConfigException e)
        {
            log(KubeLogLevel.Warning, e.Message);
            return null;
        }
    }

    private static bool IsTrusted(X509Certificate? certificate, X509Chain? presented, SslPolicyErrors errors, Func<X509Certificate2Collection> roots, KubeLog log)
    {
        // Only the chain is judged anew, against the roots that are trusted now; a wrong name stays wrong.
        if (certificate is not X509Certificate2 leaf || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0) return false;
        try
        {
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(roots());
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1"));
            chain.ChainPolicy.DisableCertificateDownloads = true;
            if (presented is not null) chain.ChainPolicy.ExtraStore.AddRange(presented.ChainPolicy.ExtraStore);
            return chain.Build(leaf);
        }
        catch (Exception e) when (e is KubeConfigException or CryptographicException)
        {
            log(KubeLogLevel.Warning, $"the server's certificate cannot be checked: {e.Message}");
            return false;
        }
    }
}
