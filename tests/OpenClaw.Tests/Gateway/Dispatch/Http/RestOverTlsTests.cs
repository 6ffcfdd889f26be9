using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpenClaw.Gateway.Dispatch.Http;

namespace OpenClaw.Tests.Gateway.Dispatch.Http;

/// <summary>Bytes that nobody asked for are not the next request's answer, also where TLS has taken them off the kernel's hands.</summary>
public sealed class RestOverTlsTests : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConnectionPool _pool = new(new HttpOrigin("localhost", 443, IsTls: true), TimeProvider.System, isOurs: true);
    private SslStream? _server;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _pool.Dispose();
        if (_server is not null) await _server.DisposeAsync();
        _listener.Dispose();
    }

    [Fact]
    public async Task A_connection_with_bytes_left_over_is_not_used_again()
    {
        var connection = await ConnectAsync();
        await _server!.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"u8.ToArray(), Cancel);
        connection.Begin(CancellationToken.None);
        Assert.True(await connection.FillAsync() && connection.TryTakeHead());
        // The body, and behind it, in the same record, another answer.
        await _server.WriteAsync("goodHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"u8.ToArray(), Cancel);
        Assert.Equal("good", await BodyAsync(connection));
        Assert.False(_pool.TryTake(out _));
    }

    [Fact]
    public async Task A_clean_one_is_and_gives_the_next_answer()
    {
        var connection = await ConnectAsync();
        foreach (var word in (string[])["good", "well"])
        {
            connection.Begin(CancellationToken.None);
            await _server!.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{word}"), Cancel);
            Assert.True(await connection.FillAsync() && connection.TryTakeHead());
            Assert.Equal(word, await BodyAsync(connection));
            Assert.True(_pool.TryTake(out var again));
            Assert.Same(connection, again);
        }
    }

    private async Task<string> BodyAsync(UpstreamConnection connection)
    {
        await using var body = new ResponseBody(connection, _pool);
        var bytes = new byte[100];
        var count = 0;
        while (await body.ReadAsync(bytes.AsMemory(count), Cancel) is var read and > 0) count += read;
        return System.Text.Encoding.ASCII.GetString(bytes, 0, count);
    }

    private async Task<UpstreamConnection> ConnectAsync()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        _listener.Start();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_listener.LocalEndpoint, Cancel);
        _server = new SslStream(new NetworkStream(await _listener.AcceptSocketAsync(Cancel), ownsSocket: true));
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        var thumbprint = certificate.Thumbprint;
        await Task.WhenAll(
            _server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, Cancel),
            tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == thumbprint }, Cancel));
        return new UpstreamConnection(socket, tls, TimeProvider.System.GetTimestamp());
    }
}
