using System.Globalization;
using System.Net.Sockets;
using System.Text;
using OpenClaw.Tests.Docs;

namespace OpenClaw.Tests.Gateway.Inbound;

/// <summary><c>gateway.maxConnections</c>, over sockets.</summary>
public sealed class ConnectionLimitTests
{
    [Fact]
    public async Task One_connection_too_many_is_closed_without_an_answer_and_room_comes_back()
    {
        await using var gateway = await RunningGateway.StartAsync("""
            {
              "defaultModel": "p/m",
              "models": { "providers": { "p": { "api": "openai-completions", "baseUrl": "http://127.0.0.1:9/v1", "apiKey": "sk-of-p" } } },
              "gateway": { "maxConnections": 2 }
            }
            """);
        using var one = new TcpClient();
        using var two = new TcpClient();
        Assert.Equal((200, 200), (await AskAsync(gateway, one), await AskAsync(gateway, two)));
        using var three = new TcpClient();
        Assert.Equal(0, await AskAsync(gateway, three));

        // The gateway learns a moment later that the caller hung up.
        one.Close();
        var status = 0;
        for (var attempt = 0; attempt < 5000 && status == 0; attempt++)
        {
            using var next = new TcpClient();
            status = await AskAsync(gateway, next);
        }
        Assert.Equal(200, status);
    }

    // The status of the answer; 0 = the connection was closed.
    private static async Task<int> AskAsync(RunningGateway gateway, TcpClient client)
    {
        try
        {
            await client.ConnectAsync(gateway.Address.Host, gateway.Address.Port);
            var stream = client.GetStream();
            await stream.WriteAsync("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
            var head = new byte[12];
            var read = await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false);
            return read < head.Length ? 0 : int.Parse(Encoding.ASCII.GetString(head, 9, 3), CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return 0;
        }
    }
}
