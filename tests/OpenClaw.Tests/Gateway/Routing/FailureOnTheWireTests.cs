using System.Net;
using System.Net.Sockets;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Gateway.Routing;

/// <summary>What the real network stack throws, played by a raw socket.</summary>
public sealed class FailureOnTheWireTests : IDisposable
{
    private const string Headers = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { UseProxy = false });

    public FailureOnTheWireTests() => _listener.Start();

    public void Dispose()
    {
        _http.Dispose();
        _listener.Dispose();
    }

    private int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Answers one connection with these bytes and ends it, by FIN or by RST.</summary>
    private async Task PlayAsync(string answer, bool reset)
    {
        using var connection = await _listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        var buffer = new byte[4096];
        await connection.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
        if (answer.Length > 0) await connection.SendAsync(System.Text.Encoding.ASCII.GetBytes(answer), TestContext.Current.CancellationToken);
        if (reset) connection.LingerState = new LingerOption(true, 0);
        else connection.Shutdown(SocketShutdown.Send);
    }

    private async Task<UpstreamFailure?> CallAsync(string scheme, HttpMessageInvoker? http = null)
    {
        var phase = AttemptPhase.Headers;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{scheme}://127.0.0.1:{Port}/") { Content = new StringContent("{}") };
            using var response = await (http ?? _http).SendAsync(request, TestContext.Current.CancellationToken);
            await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
            phase = AttemptPhase.FirstToken;
            var buffer = new byte[4096];
            while (await body.ReadAsync(buffer, TestContext.Current.CancellationToken) > 0) phase = AttemptPhase.Streaming;
            return null;
        }
        catch (Exception e)
        {
            return FailureClassifier.FromException(e, phase);
        }
    }

    [Theory]
    [InlineData("", false, "Reset")]
    [InlineData("", true, "Reset")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-", false, "Reset")]
    [InlineData("good day to you\r\n\r\n", false, "Malformed")]
    [InlineData(Headers + "Transfer-Encoding: chunked\r\n\r\n", false, "Reset")]
    [InlineData(Headers + "Transfer-Encoding: chunked\r\n\r\n5\r\ndata:\r\n", false, "Cut")]
    [InlineData(Headers + "Content-Length: 100\r\n\r\ndata: {", false, "Cut")]
    [InlineData(Headers + "Transfer-Encoding: chunked\r\n\r\n5\r\ndata:\r\n0\r\n\r\n", false, null)]
    public async Task A_connection_that_breaks(string answer, bool reset, string? reason)
    {
        var played = PlayAsync(answer, reset);
        var failure = await CallAsync("http");
        await played;
        Assert.Equal(reason, failure?.Reason.ToString());
    }

    [Fact]
    public async Task A_reset_in_the_middle_is_a_failure_of_the_connection_whatever_was_read_before_it()
    {
        var played = PlayAsync(Headers + "Transfer-Encoding: chunked\r\n\r\n5\r\ndata:\r\n", reset: true);
        var failure = await CallAsync("http");
        await played;
        Assert.True(failure?.Reason is FailureReason.Cut or FailureReason.Reset, failure?.Reason.ToString());
    }

    [Fact]
    public async Task Nobody_listens()
    {
        var port = Port;
        _listener.Stop();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}/");
        var e = await Assert.ThrowsAsync<HttpRequestException>(() => _http.SendAsync(request, TestContext.Current.CancellationToken));
        var failure = FailureClassifier.FromException(e, AttemptPhase.Headers);
        Assert.Equal((FailureReason.Connect, "connection refused"), (failure.Reason, failure.Message));
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("")]
    public async Task The_other_side_does_not_speak_TLS(string answer)
    {
        var played = PlayAsync(answer, reset: false);
        var failure = await CallAsync("https");
        await played;
        Assert.Equal(FailureReason.Tls, failure?.Reason);
    }

    [Fact]
    public async Task The_stacks_own_connect_clock_is_a_connect_failure_and_not_a_silent_target()
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromMilliseconds(1),
            ConnectCallback = static async (_, token) =>
            {
                await Task.Delay(Timeout.Infinite, token);
                throw new InvalidOperationException();
            },
        });
        var failure = await CallAsync("http", http);
        Assert.Equal((FailureReason.Connect, "connect_timeout"), (failure?.Reason, failure?.Code));
    }

    [Fact]
    public async Task A_name_that_does_not_resolve()
    {
        // The stack's own resolver error, without asking a name server.
        using var http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = static (_, _) => throw new SocketException((int)SocketError.HostNotFound),
        });
        Assert.Equal(FailureReason.Dns, (await CallAsync("http", http))?.Reason);
    }
}
