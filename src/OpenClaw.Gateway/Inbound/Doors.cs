using System.Buffers;
using System.Collections;
using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.State;
using OpenClaw.Gateway.Telemetry;

namespace OpenClaw.Gateway.Inbound;

/// <summary>
/// Which path leads to which endpoint: exact, or one last segment left open (<c>/v1/models/*</c>). A table of our own, because
/// it is read on every request and an unknown path must be answered in the shape of the protocol it looks like.
/// </summary>
internal sealed class Doors(Drain drain, Metrics metrics, StateHolder states) : IEnumerable
{
    private readonly Dictionary<string, (string Method, RequestDelegate Handle)> _exact = new(StringComparer.Ordinal);
    private readonly List<(string Prefix, string Method, RequestDelegate Handle)> _open = [];

    public void Add(string method, string path, RequestDelegate handle)
    {
        if (path.EndsWith('*')) _open.Add((path[..^1], method, handle));
        else _exact.Add(path, (method, handle));
    }

    public IEnumerator GetEnumerator() => _exact.Keys.GetEnumerator();

    public Task HandleAsync(HttpContext http)
    {
        var path = http.Request.Path.Value ?? "/";
        if (!Find(path, out var door)) return RefuseAsync(http, path, NotFound(path));
        var method = http.Request.Method;
        if (method != door.Method && !(method == "HEAD" && door.Method == "GET"))
        {
            http.Response.Headers.Allow = door.Method;
            return RefuseAsync(http, path, new GatewayError(GatewayErrorKind.MethodNotAllowed, $"{path} takes {door.Method}, not {method}"));
        }
        if (drain.IsDraining && door.Method == "POST")
        {
            http.Response.Headers.Connection = "close";
            return RefuseAsync(http, path, new GatewayError(GatewayErrorKind.Draining, "the gateway is shutting down; send the request again") { RetryAfter = TimeSpan.FromSeconds(1) });
        }
        if (door.Method == "POST" && metrics.InFlight >= states.Current.Config.Gateway.MaxConcurrentRequests)
        {
            return RefuseAsync(http, path, new GatewayError(GatewayErrorKind.Overloaded, "too many requests are being answered at once (gateway.maxConcurrentRequests)") { RetryAfter = TimeSpan.FromSeconds(1) });
        }
        return door.Handle(http);
    }

    private bool Find(string path, out (string Method, RequestDelegate Handle) door)
    {
        if (_exact.TryGetValue(path, out door)) return true;
        foreach (var (prefix, method, handle) in _open)
        {
            if (!path.StartsWith(prefix, StringComparison.Ordinal) || path.Length == prefix.Length) continue;
            door = (method, handle);
            return true;
        }
        return false;
    }

    private static GatewayError NotFound(string path)
    {
        if (path.StartsWith("/v1/responses", StringComparison.Ordinal) || path is "/v1/completions" or "/v1/embeddings" || path.StartsWith("/v1beta/", StringComparison.Ordinal) || path.StartsWith("/api/", StringComparison.Ordinal))
        {
            return new GatewayError(GatewayErrorKind.NotServed, $"{path} is not served by this version; it serves /v1/chat/completions and /v1/messages");
        }
        var twice = path.StartsWith("/v1/v1/", StringComparison.Ordinal) ? "; the base URL has /v1 twice" : "";
        return new GatewayError(GatewayErrorKind.NotFound, $"no endpoint at {path}{twice}");
    }

    private static async Task RefuseAsync(HttpContext http, string path, GatewayError error)
    {
        var dialect = DialectTable.Of(
            path.StartsWith("/v1/messages", StringComparison.Ordinal) ? DialectKind.Anthropic
            : path.StartsWith("/v1beta/", StringComparison.Ordinal) ? DialectKind.Gemini
            : path.StartsWith("/api/", StringComparison.Ordinal) ? DialectKind.Ollama
            : DialectKind.OpenAiChat);
        await ErrorAnswer.WriteAsync(http, dialect, error, new Decision("none", default, "none")).ConfigureAwait(false);
    }
}
