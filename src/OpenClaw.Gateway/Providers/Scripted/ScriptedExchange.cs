using System.Globalization;
using System.Text;

namespace OpenClaw.Gateway.Providers.Scripted;

/// <summary>One request and the socket to answer it on; what a script is given to play with.</summary>
internal sealed class ScriptedExchange(ScriptedOptions options, ScriptedConnection connection, ScriptedRequest request, ScriptedWire wire, ScriptedCall call)
{
    public ScriptedOptions Options { get; } = options;

    public ScriptedConnection Connection { get; } = connection;

    public ScriptedRequest Request { get; } = request;

    public ScriptedWire Wire { get; } = wire;

    public ScriptedCall Call { get; } = call;

    /// <summary>Set when the answer ended so that another request may follow on the connection.</summary>
    public bool KeepOpen { get; set; }

    /// <summary>The base path that a redirect points back to.</summary>
    public string Origin => "http://" + Request.Headers.GetValueOrDefault("host", "127.0.0.1");

    /// <summary>Waits, less when the caller leaves (then it throws as any write would).</summary>
    public Task WaitAsync(TimeSpan time) =>
        time > TimeSpan.Zero ? Task.Delay(time, Options.Time, Connection.PeerClosed) : Task.CompletedTask;

    /// <summary>Status line and headers. <paramref name="length"/> null = the body is chunked.</summary>
    public Task HeadAsync(int status, string contentType, int? length, params (string Name, string Value)[] more)
    {
        var head = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} {Phrase(status)}\r\n")
            .Append("Server: scripted\r\n")
            .Append(CultureInfo.InvariantCulture, $"Content-Type: {contentType}\r\n")
            .Append(CultureInfo.InvariantCulture, $"x-request-id: req_scripted_{Call.Attempt}\r\n");
        foreach (var (name, value) in more) head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        head.Append(length is { } n ? string.Create(CultureInfo.InvariantCulture, $"Content-Length: {n}\r\n\r\n") : "Transfer-Encoding: chunked\r\n\r\n");
        return Connection.WriteAsync(head.ToString());
    }

    /// <summary>A whole answer with its length.</summary>
    public async Task WholeAsync(int status, string contentType, byte[] body, params (string Name, string Value)[] more)
    {
        await HeadAsync(status, contentType, body.Length, more);
        await Connection.WriteAsync(body);
        KeepOpen = Request.KeepAlive;
    }

    public Task ErrorAsync(ScriptedError error, int? status = null, TimeSpan? retryAfter = null)
    {
        var (code, body) = Wire.Error(error, Request.Model, status);
        return retryAfter is { } wait
            ? WholeAsync(code, "application/json", body, ("Retry-After", Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture)))
            : WholeAsync(code, "application/json", body);
    }

    private static string Phrase(int status) => status switch
    {
        200 => "OK",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        404 => "Not Found",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Status",
    };
}
