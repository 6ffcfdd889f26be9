using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace OpenClaw.EndToEnd.Running;

/// <summary>An answer as it came over the socket.</summary>
internal sealed record RawAnswer(int Status, string Head, string Body)
{
    /// <summary>Nothing came: the connection was closed or reset.</summary>
    public static RawAnswer Nothing { get; } = new(0, "", "");

    public string? Header(string name) => Head.Split("\r\n").Where(l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)).Select(l => l[(name.Length + 1)..].Trim()).FirstOrDefault();
}

/// <summary>Requests no HTTP library would send.</summary>
internal static class RawHttp
{
    /// <summary>Sends the bytes, in pieces if several, and reads until the other side closes or has said all.</summary>
    public static async Task<RawAnswer> SendAsync(Uri gateway, TimeSpan longest, params string[] pieces)
    {
        using var client = new TcpClient();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(longest);
        await client.ConnectAsync(gateway.Host, gateway.Port, limit.Token);
        var stream = client.GetStream();
        try
        {
            foreach (var piece in pieces) await stream.WriteAsync(Encoding.Latin1.GetBytes(piece), limit.Token);
        }
        catch (IOException)
        {
            // Refused while still being sent; what was answered can be read all the same.
        }
        return Parse(await ReadAsync(stream, limit.Token));
    }

    /// <summary>How long the other side waits for bytes that never come.</summary>
    public static async Task<(RawAnswer Answer, TimeSpan Waited)> StallAsync(Uri gateway, TimeSpan longest, string beginning)
    {
        var watch = Stopwatch.StartNew();
        return (await SendAsync(gateway, longest, beginning), watch.Elapsed);
    }

    private static async Task<string> ReadAsync(NetworkStream stream, CancellationToken cancel)
    {
        var text = new StringBuilder();
        var buffer = new byte[16 * 1024];
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer, cancel)) > 0)
            {
                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
                if (IsWhole(text.ToString())) break;
            }
        }
        catch (IOException)
        {
            // Reset: what came before counts.
        }
        return text.ToString();
    }

    private static bool IsWhole(string text)
    {
        var answer = Parse(text);
        return answer.Header("Content-Length") is { } length && answer.Body.Length >= int.Parse(length, CultureInfo.InvariantCulture);
    }

    private static RawAnswer Parse(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0) return RawAnswer.Nothing;
        return new RawAnswer(int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture), text[..end], text[(end + 4)..]);
    }
}
