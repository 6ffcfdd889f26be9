using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dispatch;

namespace OpenClaw.Gateway.Errors;

/// <summary>Answers with an error in the shape of the protocol that was called. The server sends it when the request is over, so that whoever has it finds its decision.</summary>
internal static class ErrorAnswer
{
    public static Task WriteAsync(HttpContext http, IDialect dialect, GatewayError error, Decision decision)
    {
        var response = http.Response;
        var row = GatewayErrorTable.Row(error.Kind);
        decision.Status = error.Status ?? row.Status;
        decision.Error = error.Message;
        if (decision.Outcome.Length == 0) decision.Outcome = "refused";
        if (response.HasStarted) return Task.CompletedTask;
        var body = new ArrayBufferWriter<byte>(512);
        dialect.WriteError(error, decision.Id, body);
        response.StatusCode = decision.Status;
        response.ContentType = "application/json";
        response.ContentLength = body.WrittenCount;
        AnswerHeaders.WriteDecision(response, decision);
        if (error.RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            // The official clients read this one first: a fraction of a second need not become a whole one.
            response.Headers["retry-after-ms"] = Math.Ceiling(wait.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        }
        // Everything worth retrying was retried here; the official clients honour this header.
        response.Headers["x-should-retry"] = error.RetryAfter is null ? "false" : "true";
        response.BodyWriter.Write(body.WrittenSpan);
        return Task.CompletedTask;
    }
}
