using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace OpenClaw.Kube.Config;

/// <summary>What proves to the API server who is calling, at this moment. Thread-safe; its text has no secret.</summary>
public abstract class Credential
{
    /// <summary>What to send with a request; null: nothing (a certificate, or nobody).</summary>
    /// <exception cref="KubeConfigException">It cannot be had.</exception>
    public abstract ValueTask<AuthenticationHeaderValue?> HeaderAsync(CancellationToken cancel);

    /// <summary>The client certificate for a new connection; null when there is none.</summary>
    public virtual X509Certificate2? Certificate() => null;

    /// <summary>The server refused this.</summary>
    /// <param name="sent">What <see cref="HeaderAsync"/> gave; others may have been refused, and have asked anew, at the same time.</param>
    /// <returns>Whether asking again gives something else, or may.</returns>
    public virtual bool Refused(AuthenticationHeaderValue? sent) => false;

    public sealed override string ToString() => GetType().Name;
}

/// <summary>Nobody, or somebody with a certificate only.</summary>
public sealed class CertificateCredential(Func<X509Certificate2>? certificate) : Credential
{
    public override ValueTask<AuthenticationHeaderValue?> HeaderAsync(CancellationToken cancel) => new((AuthenticationHeaderValue?)null);

    public override X509Certificate2? Certificate() => certificate?.Invoke();
}

/// <summary>A fixed token or a user name and password.</summary>
public sealed class FixedCredential : Credential
{
    private readonly AuthenticationHeaderValue _header;
    private readonly Func<X509Certificate2>? _certificate;

    private FixedCredential(AuthenticationHeaderValue header, Func<X509Certificate2>? certificate)
    {
        _header = header;
        _certificate = certificate;
    }

    public static FixedCredential Token(string token, Func<X509Certificate2>? certificate = null) => new(new AuthenticationHeaderValue("Bearer", token), certificate);

    public static FixedCredential Basic(string user, string password, Func<X509Certificate2>? certificate = null) =>
        new(new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))), certificate);

    public override ValueTask<AuthenticationHeaderValue?> HeaderAsync(CancellationToken cancel) => new(_header);

    public override X509Certificate2? Certificate() => _certificate?.Invoke();
}

/// <summary>
/// A token in a file that somebody rotates (the kubelet, an agent). It is read again after <see cref="Freshness"/>, at once when
/// the server refuses it, and a moment in which the file is missing or empty does not lose the token in use.
/// </summary>
public sealed class TokenFileCredential(string path, TimeProvider time, Func<X509Certificate2>? certificate = null) : Credential
{
    /// <summary>client-go keeps a token for a minute at most; the kubelet rotates at 80 % of an hour or more.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private AuthenticationHeaderValue? _header;
    private long _readAt;

    public override ValueTask<AuthenticationHeaderValue?> HeaderAsync(CancellationToken cancel)
    {
        lock (_lock)
        {
            if (_header is not null && time.GetElapsedTime(_readAt) < Freshness) return new(_header);
            return new(ReadNeedsLock() ?? _header ?? throw new KubeConfigException($"the token file {path} is missing, empty or unreadable"));
        }
    }

    public override bool Refused(AuthenticationHeaderValue? sent)
    {
        lock (_lock) return ReadNeedsLock() is { } now && now.Parameter != sent?.Parameter;
    }

    public override X509Certificate2? Certificate() => certificate?.Invoke();

    private AuthenticationHeaderValue? ReadNeedsLock()
    {
        try
        {
            var token = File.ReadAllText(path).Trim();
            if (token.Length == 0 || token.Any(static c => c is < '!' or > '~')) return null;
            _readAt = time.GetTimestamp();
            return _header = new AuthenticationHeaderValue("Bearer", token);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
