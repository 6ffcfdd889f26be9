using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace OpenClaw.Operator.Running;

/// <summary>Health, readiness and metrics over HTTP. No token: kubelets and scrapers have none, and nothing here names a tenant or a secret.</summary>
internal sealed class OperatorDoors(Readiness readiness, Leadership leadership, OperatorMetrics metrics, Func<bool> isAlive)
{
    public Task HandleAsync(HttpContext http)
    {
        if (!HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method)) return SendAsync(http, 405, "text/plain", "only GET\n"u8.ToArray());
        return http.Request.Path.Value switch
        {
            "/healthz" or "/livez" => HealthAsync(http),
            "/readyz" => ReadyAsync(http),
            "/metrics" => SendAsync(http, 200, "text/plain; version=0.0.4; charset=utf-8", Encoding.UTF8.GetBytes(metrics.Write())),
            _ => SendAsync(http, 404, "text/plain", "there are /healthz, /readyz and /metrics\n"u8.ToArray()),
        };
    }

    private Task HealthAsync(HttpContext http)
    {
        var ok = isAlive();
        return SendAsync(http, ok ? 200 : 503, "application/json", Json(json =>
        {
            json.WriteBoolean("ok"u8, ok);
            json.WriteString("status"u8, ok ? "live"u8 : "ended"u8);
        }));
    }

    private Task ReadyAsync(HttpContext http)
    {
        var failing = readiness.Failing();
        return SendAsync(http, failing.Count == 0 ? 200 : 503, "application/json", Json(json =>
        {
            json.WriteBoolean("ready"u8, failing.Count == 0);
            json.WriteString("role"u8, leadership.Role switch { OperatorRole.Leader => "leader"u8, OperatorRole.Standby => "standby"u8, _ => "alone"u8 });
            json.WriteStartArray("failing"u8);
            foreach (var sentence in failing) json.WriteStringValue(sentence);
            json.WriteEndArray();
        }));
    }

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static async Task SendAsync(HttpContext http, int status, string type, byte[] body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = type;
        http.Response.ContentLength = body.Length;
        http.Response.Headers.CacheControl = "no-store";
        if (!HttpMethods.IsHead(http.Request.Method)) await http.Response.Body.WriteAsync(body, http.RequestAborted).ConfigureAwait(false);
    }
}
