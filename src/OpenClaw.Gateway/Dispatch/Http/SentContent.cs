using System.Net;
using System.Net.Http;

namespace OpenClaw.Gateway.Dispatch.Http;

/// <summary>A body for the platform's client that knows whether any of it was asked for: before there is a connection it is not.</summary>
internal sealed class SentContent(ReadOnlyMemory<byte> body) : HttpContent
{
    /// <summary>Some of it may have reached the provider.</summary>
    public bool HasBegun { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        HasBegun = true;
        return stream.WriteAsync(body, cancellationToken).AsTask();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }
}
