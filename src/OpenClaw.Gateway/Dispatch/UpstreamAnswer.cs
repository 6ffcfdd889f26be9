using OpenClaw.Gateway.Dispatch.Http;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>A provider's answer with a good status, its body not yet read. Dispose closes it: an unread body closes the connection, which stops the provider.</summary>
/// <param name="status">HTTP status.</param>
/// <param name="contentType">Media type without parameters; empty when absent.</param>
/// <param name="body">Decoded.</param>
/// <param name="owner">Disposed after the body.</param>
/// <param name="clock">Disposed last.</param>
internal sealed class UpstreamAnswer(int status, string contentType, Stream body, IDisposable owner, AttemptClock clock) : IDisposable
{
    private bool _disposed;

    public Stream Body => body;

    public AttemptClock Clock => clock;

    public int Status => status;

    public string ContentType => contentType;

    /// <summary>The provider has said its last word: what the body still owes may be waited for, out of the way.</summary>
    public void ContentIsWhole() => (owner as ResponseBody)?.ContentIsWhole();

    public void Dispose()
    {
        // A clock is used again by another attempt.
        if (_disposed) return;
        _disposed = true;
        body.Dispose();
        owner.Dispose();
        clock.Dispose();
    }
}
