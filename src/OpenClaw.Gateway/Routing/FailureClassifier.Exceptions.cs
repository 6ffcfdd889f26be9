using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;

namespace OpenClaw.Gateway.Routing;

/// <summary>How far an attempt had come when it failed.</summary>
internal enum AttemptPhase
{
    /// <summary>Name, TCP, TLS.</summary>
    Connecting,

    /// <summary>The request is out, no headers yet.</summary>
    Headers,

    /// <summary>Headers are here, no meaningful frame yet.</summary>
    FirstToken,

    /// <summary>In mid-answer.</summary>
    Streaming,
}

internal static partial class FailureClassifier
{
    /// <summary>Classifies what the network stack threw. The caller's own cancellation is not for here: only clocks that ran out.</summary>
    public static UpstreamFailure FromException(Exception exception, AttemptPhase phase)
    {
        // The stack's connect clock cancels from inside: a cancellation that wraps a timeout (SocketsHttpHandler.ConnectTimeout).
        if (exception is OperationCanceledException { InnerException: TimeoutException } && phase <= AttemptPhase.Headers)
        {
            return TimedOut(AttemptPhase.Connecting);
        }
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (Known(e, phase) is { } failure) return failure;
        }
        return exception is IOException or HttpRequestException
            ? Broken(phase, "connection_broken")
            : new UpstreamFailure(FailureReason.Internal, "the gateway failed: " + exception.GetType().Name, Code: "internal");
    }

    /// <summary>A clock of ours ran out in <paramref name="phase"/>.</summary>
    public static UpstreamFailure TimedOut(AttemptPhase phase) => phase switch
    {
        AttemptPhase.Connecting => new(FailureReason.Connect, "no connection in time", Code: "connect_timeout"),
        AttemptPhase.Headers => new(FailureReason.HeadersTimeout, "no answer in time", Code: "headers_timeout"),
        AttemptPhase.FirstToken => new(FailureReason.FirstTokenTimeout, "no first token in time", Code: "first_token_timeout"),
        _ => new(FailureReason.IdleTimeout, "silence in the middle of the answer", Code: "idle_timeout"),
    };

    private static UpstreamFailure? Known(Exception exception, AttemptPhase phase) => exception switch
    {
        AuthenticationException e => new UpstreamFailure(FailureReason.Tls, FailureText.Clean("TLS: " + e.Message), Code: "tls"),
        SocketException e => OfSocket(e.SocketErrorCode, phase),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } e => OfHandshake(e),
        HttpRequestException e => OfHttp(e.HttpRequestError, e.InnerException is not null, phase),
        HttpIOException e => OfHttp(e.HttpRequestError, hasInner: false, phase),
        TimeoutException or OperationCanceledException => TimedOut(phase),
        InvalidDataException or JsonException => new UpstreamFailure(FailureReason.Malformed, "the answer could not be read", Code: "malformed"),
        _ => null,
    };

    /// <summary>Null: the inner exception knows better.</summary>
    private static UpstreamFailure? OfHttp(HttpRequestError error, bool hasInner, AttemptPhase phase) => error switch
    {
        HttpRequestError.NameResolutionError => new(FailureReason.Dns, "the name does not resolve", Code: "dns"),
        HttpRequestError.SecureConnectionError => new(FailureReason.Tls, "TLS: the handshake failed", Code: "tls"),
        HttpRequestError.ConnectionError => hasInner ? null : new(FailureReason.Connect, "no connection", Code: "connect"),
        HttpRequestError.ProxyTunnelError or HttpRequestError.VersionNegotiationError or HttpRequestError.UserAuthenticationError =>
            new(FailureReason.Connect, "no connection: " + error, Code: "connect"),
        HttpRequestError.ResponseEnded or HttpRequestError.HttpProtocolError => Broken(phase, "connection_closed"),
        HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded =>
            new(FailureReason.Malformed, "the answer is not HTTP as it should be", Code: "malformed"),
        _ => null,
    };

    /// <summary>A handshake that was cut off wraps a broken connection; it is TLS all the same.</summary>
    private static UpstreamFailure OfHandshake(HttpRequestException exception)
    {
        Exception? inner = exception.InnerException;
        while (inner is not null and not AuthenticationException) inner = inner.InnerException;
        return new UpstreamFailure(FailureReason.Tls, FailureText.Clean("TLS: " + (inner?.Message ?? "the handshake was cut off")), Code: "tls");
    }

    private static UpstreamFailure OfSocket(SocketError error, AttemptPhase phase) => error switch
    {
        SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData or SocketError.NoRecovery =>
            new(FailureReason.Dns, "the name does not resolve", Code: "dns"),
        SocketError.ConnectionRefused => new(FailureReason.Connect, "connection refused", Code: "connection_refused"),
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => Broken(phase, "connection_reset"),
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.NetworkDown =>
            new(FailureReason.Connect, "the address is unreachable", Code: "unreachable"),
        _ when phase >= AttemptPhase.FirstToken => Broken(phase, "connection_broken"),
        SocketError.TimedOut => TimedOut(AttemptPhase.Connecting),
        _ => new(FailureReason.Connect, "no connection: " + error, Code: "connect"),
    };

    private static UpstreamFailure Broken(AttemptPhase phase, string code) => phase == AttemptPhase.Streaming
        ? new(FailureReason.Cut, "the connection broke in the middle of the answer", Code: code)
        : new(FailureReason.Reset, "the connection broke before the answer", Code: code);
}
