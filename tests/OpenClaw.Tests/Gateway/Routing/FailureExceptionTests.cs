using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Gateway.Routing;

public class FailureExceptionTests
{
    private static readonly AttemptPhase[] s_phases = Enum.GetValues<AttemptPhase>();

    public static TheoryData<string> Cases => [.. Exceptions().Select(static e => e.Name)];

    private static IEnumerable<(string Name, Exception Exception, AttemptPhase Phase, FailureReason Reason)> Exceptions()
    {
        yield return ("refused", Http(HttpRequestError.ConnectionError, new SocketException((int)SocketError.ConnectionRefused)), AttemptPhase.Headers, FailureReason.Connect);
        yield return ("unreachable", Http(HttpRequestError.ConnectionError, new SocketException((int)SocketError.NetworkUnreachable)), AttemptPhase.Headers, FailureReason.Connect);
        yield return ("no name", Http(HttpRequestError.NameResolutionError, new SocketException((int)SocketError.HostNotFound)), AttemptPhase.Headers, FailureReason.Dns);
        yield return ("no name, untyped", new HttpRequestException("x", new SocketException((int)SocketError.TryAgain)), AttemptPhase.Connecting, FailureReason.Dns);
        yield return ("certificate", Http(HttpRequestError.SecureConnectionError, new AuthenticationException("The remote certificate is invalid")), AttemptPhase.Headers, FailureReason.Tls);
        yield return ("handshake cut", Http(HttpRequestError.SecureConnectionError, null), AttemptPhase.Headers, FailureReason.Tls);
        yield return ("reset before headers", Http(HttpRequestError.Unknown, new IOException("x", new SocketException((int)SocketError.ConnectionReset))), AttemptPhase.Headers, FailureReason.Reset);
        yield return ("ended before headers", Http(HttpRequestError.ResponseEnded, new HttpIOException(HttpRequestError.ResponseEnded)), AttemptPhase.Headers, FailureReason.Reset);
        yield return ("ended before the first token", new HttpIOException(HttpRequestError.ResponseEnded), AttemptPhase.FirstToken, FailureReason.Reset);
        yield return ("cut", new HttpIOException(HttpRequestError.ResponseEnded), AttemptPhase.Streaming, FailureReason.Cut);
        yield return ("goaway", new HttpIOException(HttpRequestError.HttpProtocolError), AttemptPhase.Streaming, FailureReason.Cut);
        yield return ("broken pipe", new IOException("x", new SocketException((int)SocketError.Shutdown)), AttemptPhase.Headers, FailureReason.Reset);
        yield return ("odd error in mid-answer", new SocketException((int)SocketError.TimedOut), AttemptPhase.Streaming, FailureReason.Cut);
        yield return ("the stack's connect clock", new TaskCanceledException("x", new TimeoutException()), AttemptPhase.Headers, FailureReason.Connect);
        yield return ("kernel connect timeout", Http(HttpRequestError.ConnectionError, new SocketException((int)SocketError.TimedOut)), AttemptPhase.Headers, FailureReason.Connect);
        yield return ("headers clock", new OperationCanceledException(), AttemptPhase.Headers, FailureReason.HeadersTimeout);
        yield return ("first token clock", new TimeoutException(), AttemptPhase.FirstToken, FailureReason.FirstTokenTimeout);
        yield return ("idle clock", new TimeoutException(), AttemptPhase.Streaming, FailureReason.IdleTimeout);
        yield return ("bad gzip", new InvalidDataException(), AttemptPhase.FirstToken, FailureReason.Malformed);
        yield return ("bad json", new JsonException(), AttemptPhase.FirstToken, FailureReason.Malformed);
        yield return ("bad status line", Http(HttpRequestError.InvalidResponse, null), AttemptPhase.Headers, FailureReason.Malformed);
        yield return ("a bug", new InvalidOperationException("secret detail"), AttemptPhase.Headers, FailureReason.Internal);
    }

    private static HttpRequestException Http(HttpRequestError error, Exception? inner) => new(error, "https://user:pw@host/", inner);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Classifies_what_the_network_throws(string name)
    {
        var (_, exception, phase, reason) = Exceptions().Single(e => e.Name == name);
        var failure = FailureClassifier.FromException(exception, phase);
        Assert.Equal(reason, failure.Reason);
        Assert.NotNull(failure.Code);
        Assert.DoesNotContain("pw", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret detail", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_phase_has_its_own_clock() =>
        Assert.Equal(
            [FailureReason.Connect, FailureReason.HeadersTimeout, FailureReason.FirstTokenTimeout, FailureReason.IdleTimeout],
            s_phases.Select(static p => FailureClassifier.TimedOut(p).Reason));
}
