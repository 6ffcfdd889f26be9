using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dispatch;
using OpenClaw.Gateway.Inbound;

namespace OpenClaw.Gateway.Sessions;

/// <summary>Sends the gateway's own words as an answer of the protocol that was called, whole or streamed. Model <c>openclaw</c>, no tokens, no cost.</summary>
internal static class CommandAnswer
{
    private const string Model = "openclaw";

    public static async ValueTask WriteAsync(HttpContext http, IDialect dialect, RequestEnvelope envelope, Decision decision, string text)
    {
        decision.Outcome = "command";
        decision.FinishReason = FinishReason.Stop.ToString();
        var output = new ArrayBufferWriter<byte>(1024);
        if (envelope.Stream) Stream(dialect, envelope, decision, text, output);
        else Whole(dialect, decision, text, output);
        var response = http.Response;
        response.StatusCode = 200;
        if (envelope.Stream) AnswerHeaders.WriteStream(response, dialect.Kind, decision);
        else
        {
            response.ContentType = "application/json";
            response.ContentLength = output.WrittenCount;
            AnswerHeaders.WriteDecision(response, decision);
        }
        response.Headers["x-openclaw-model"] = Model;
        response.Headers["x-openclaw-cost"] = "0";
        await response.BodyWriter.WriteAsync(output.WrittenMemory, http.RequestAborted).ConfigureAwait(false);
    }

    private static void Whole(IDialect dialect, Decision decision, string text, IBufferWriter<byte> output)
    {
        var answer = new ChatAnswer { Id = decision.Id, Model = Model, Created = decision.Time.ToUnixTimeSeconds() };
        answer.Text(Encoding.UTF8.GetBytes(text));
        answer.Finish(FinishReason.Stop, default);
        dialect.WriteResponse(answer, output);
    }

    private static void Stream(IDialect dialect, RequestEnvelope envelope, Decision decision, string text, IBufferWriter<byte> output)
    {
        var writer = dialect.OpenWriter(output, StreamPosition.Beginning(decision.Id, Model, decision.Time.ToUnixTimeSeconds(), envelope.IncludeUsage));
        writer.Start(Encoding.UTF8.GetBytes(decision.Id), Encoding.UTF8.GetBytes(Model));
        writer.Text(Encoding.UTF8.GetBytes(text));
        writer.Usage(default);
        writer.Finish(FinishReason.Stop, default);
        writer.End();
    }
}
