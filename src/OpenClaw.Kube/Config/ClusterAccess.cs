using System.Security.Cryptography.X509Certificates;

namespace OpenClaw.Kube.Config;

/// <summary>How a cluster is reached and who one is there. Immutable; its text has no secret.</summary>
public sealed class ClusterAccess
{
    /// <summary>The API server, with a path when it lies behind one.</summary>
    public required Uri Server { get; init; }

    /// <summary>Where it came from, for messages: <c>context "x" of /home/me/.kube/config</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The namespace to work in when none is said.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>The roots that are trusted, read anew for every handshake, so that a rotated file is used; null: those of the machine.</summary>
    public Func<X509Certificate2Collection>? TrustedRoots { get; init; }

    public bool SkipTlsVerification { get; init; }

    /// <summary>The name to ask and to look for in the server's certificate instead of the host's.</summary>
    public string? TlsServerName { get; init; }

    public Uri? Proxy { get; init; }

    public required Credential Credential { get; init; }

    public override string ToString() => $"{Server} ({Source})";
}
