using System.Buffers;
using System.Collections;
using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Inbound;

/// <summary>
/// Which path leads to which endpoint: exact, or with one part left open, the last (<c>/v1/models/*</c>) or one in the middle
/// (<c>/openclaw/v1/sessions/*/resume</c>). A table of our own, because it is read on every request and an unknown path must be
/// answered in the shape of the protocol it looks like.
/// </summary>
internal sealed class Doors(Drain drain, RequestBook book, StateHolder states) : IEnumerable
{
    private readonly Dictionary<string, Door> _exact = new(StringComparer.Ordinal);
    private readonly List<(string Prefix, string Suffix, Door Door)> _open = [];

    public void Add(string method, string path, RequestDelegate handle)
    {
        var door = new Door(method, handle);
        var star = path.IndexOf('*', StringComparison.Ordinal);
        if (star < 0)
        {
            if (!_exact.TryAdd(path, door)) _exact[path].Beside(door);
            return;
        }
        var (prefix, suffix) = (path[..star], path[(star + 1)..]);
        var known = _open.FindIndex(o => o.Prefix == prefix && o.Suffix == suffix);
        if (known >= 0) _open[known].Door.Beside(door);
        // What says more about the path is asked first.
        else if (suffix.Length > 0) _open.Insert(0, (prefix, suffix, door));
        else _open.Add((prefix, suffix, door));
    }

    public IEnumerator GetEnumerator() => _exact.Keys.GetEnumerator();

    public Task HandleAsync(HttpContext http)
    {
        var path = http.Request.Path.Value ?? "/";
        if (Find(path) is not { } first) return RefuseAsync(http, path, NotFound(path));
        var method = http.Request.Method;
        if (first.For(method) is not { } door)
        {
            http.Response.Headers.Allow = first.Methods;
            return RefuseAsync(http, path, new GatewayError(GatewayErrorKind.MethodNotAllowed, $"{path} takes {first.Methods}, not {method}"));
        }
        if (states.Current.Authentication.IsOpen && path is not ("/healthz" or "/readyz") && PageGuard.Check(http.Request) is { } refusal) return RefuseAsync(http, path, refusal);
        if (drain.IsDraining && door.Method == "POST")
        {
            http.Response.Headers.Connection = "close";
            return TurnAwayAsync(http, path, new GatewayError(GatewayErrorKind.Draining, "the gateway is shutting down; send the request again") { RetryAfter = TimeSpan.FromSeconds(1) });
        }
        if (door.Method == "POST" && book.InFlight >= states.Current.Config.Gateway.MaxConcurrentRequests)
        {
            return TurnAwayAsync(http, path, new GatewayError(GatewayErrorKind.Overloaded, "too many requests are being answered at once (gateway.maxConcurrentRequests)") { RetryAfter = TimeSpan.FromSeconds(1) });
        }
        return door.Handle(http);
    }

    private Door? Find(string path)
    {
        if (_exact.TryGetValue(path, out var exact)) return exact;
        foreach (var (prefix, suffix, door) in _open)
        {
            if (path.Length > prefix.Length + suffix.Length && path.StartsWith(prefix, StringComparison.Ordinal) && path.EndsWith(suffix, StringComparison.Ordinal)) return door;
        }
        return null;
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

    private static Task RefuseAsync(HttpContext http, string path, GatewayError error) =>
        ErrorAnswer.WriteAsync(http, DialectOf(path), error, new Decision("none", default, "none"));

    // Who asked for an answer at the right door and is not let in has a decision like everybody else.
    private async Task TurnAwayAsync(HttpContext http, string path, GatewayError error)
    {
        if (path is not ("/v1/chat/completions" or "/v1/messages"))
        {
            await RefuseAsync(http, path, error).ConfigureAwait(false);
            return;
        }
        var dialect = DialectOf(path);
        var (decision, arrived) = book.Enter(dialect);
        try
        {
            await ErrorAnswer.WriteAsync(http, dialect, error, decision).ConfigureAwait(false);
        }
        finally
        {
            book.Close(decision, arrived);
        }
    }

    private static IDialect DialectOf(string path) => DialectTable.Of(
        path.StartsWith("/v1/messages", StringComparison.Ordinal) ? DialectKind.Anthropic
        : path.StartsWith("/v1beta/", StringComparison.Ordinal) ? DialectKind.Gemini
        : path.StartsWith("/api/", StringComparison.Ordinal) ? DialectKind.Ollama
        : DialectKind.OpenAiChat);

    /// <summary>One method of a path, and the others beside it.</summary>
    private sealed class Door(string method, RequestDelegate handle)
    {
        private Door? _next;

        public string Method => method;

        public RequestDelegate Handle => handle;

        /// <summary>For the header <c>Allow</c>.</summary>
        public string Methods => _next is null ? method : method + ", " + _next.Methods;

        public void Beside(Door other)
        {
            if (other.Method == method) throw new ArgumentException("two doors for the same method and path");
            if (_next is null) _next = other;
            else _next.Beside(other);
        }

        public Door? For(string asked) => asked == method || (asked == "HEAD" && method == "GET") ? this : _next?.For(asked);
    }
}
