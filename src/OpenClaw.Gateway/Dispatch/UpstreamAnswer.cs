namespace OpenClaw.Gateway.Dispatch;

/// <summary>A provider's answer with a good status, its body not yet read. Dispose closes it: an unread body closes the connection, which stops the provider.</summary>
internal sealed class UpstreamAnswer(HttpResponseMessage response, Stream body, AttemptClock clock) : IDisposable
{
    private bool _disposed;

    public Stream Body { get; } = body;

    public AttemptClock Clock { get; } = clock;

    public int Status => (int)response.StatusCode;

    public string ContentType => response.Content.Headers.ContentType?.MediaType ?? "";

    public void Dispose()
    {
        // A clock is used again by another attempt.
        if (_disposed) return;
        _disposed = true;
        response.Dispose();
        Clock.Dispose();
    }
}
