using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace OpenClaw.Kube.Config;

/// <summary>Certificates and keys as PEM text or as bytes of it.</summary>
internal static class Pem
{
    /// <summary>All certificates of a bundle.</summary>
    /// <exception cref="KubeConfigException">There is none, or one is broken.</exception>
    public static X509Certificate2Collection Roots(byte[] bytes, string what)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPem(Encoding.UTF8.GetString(bytes));
        }
        catch (CryptographicException)
        {
            throw new KubeConfigException($"{what} is not a PEM certificate");
        }
        return roots.Count > 0 ? roots : throw new KubeConfigException($"{what} has no PEM certificate in it");
    }

    /// <summary>A certificate with its key: RSA or EC, PKCS#1, SEC1 or PKCS#8.</summary>
    /// <exception cref="KubeConfigException">They are broken or do not belong together.</exception>
    public static X509Certificate2 Client(byte[] certificate, byte[] key, string what)
    {
        try
        {
            return X509Certificate2.CreateFromPem(Encoding.UTF8.GetString(certificate), Encoding.UTF8.GetString(key));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // The exception's own text is not passed on: it may quote what it could not read.
            throw new KubeConfigException($"{what}: the client certificate and key are not PEM, or do not belong together");
        }
    }
}
