using System.Buffers;
using System.Text;
using OpenClaw.Config;
using OpenClaw.Gateway.Dialects;


using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>
/// The workshop: the body for one target, always from the caller's original bytes. Same dialect: patched, every unknown
/// byte kept. Another: understood, then written anew; what the target cannot carry is reported.
/// </summary>
internal static class RequestBodies
{
    public static (OutgoingBody? Body, UpstreamFailure? Refused) Build(Exchange x, Target target, AttemptOptions options, bool stream)
    {
        var output = new ArrayBufferWriter<byte>(x.Envelope.Body.Length + 256);
        var prefill = options.Prefill ? PrefillText(options.Goal.Continuation!) : null;
        UpstreamFailure? refused = null;
        if (target.Dialect.Kind == x.Dialect.Kind && prefill is null && !options.Sanitize) ModelPatch.Write(x.Envelope.Body.Span, target.Ref.Model, output);
        else refused = Translate(x, target, options, prefill, stream, output);
        if (refused is not null) return (null, refused);
        var headers = x.Http.Request.Headers;
        return (new OutgoingBody(output.WrittenMemory)
        {
            AnthropicVersion = headers.TryGetValue("anthropic-version", out var version) ? version.ToString() : null,
            AnthropicBeta = headers.TryGetValue("anthropic-beta", out var beta) ? beta.ToString() : null,
        }, null);
    }

    // Some targets refuse a prefill that ends in white space; the aligner knows that it was left out.
    private static string PrefillText(Continuation continuation) => Encoding.UTF8.GetString(continuation.Sent.Span.TrimEnd(" \t\r\n"u8));

    private static UpstreamFailure? Translate(Exchange x, Target target, AttemptOptions options, string? prefill, bool stream, IBufferWriter<byte> output)
    {
        var (request, error) = x.Understand();
        if (request is null) return new UpstreamFailure(FailureReason.BadRequest, error!.Message, error.Status ?? 400);
        request.Stream = stream;
        var unsupported = new List<string>(request.Unmapped);
        ChatTurn? added = null;
        if (prefill is not null)
        {
            added = new ChatTurn(ChatRole.Assistant);
            added.Parts.Add(new TextPart(prefill));
            request.Turns.Add(added);
        }
        target.Dialect.WriteRequest(request, target.Request, output, unsupported);
        if (added is not null) request.Turns.Remove(added);
        if (unsupported.Count == 0) return null;
        var phrase = string.Join(", ", unsupported.Distinct());
        if (x.State.Config.Routing.Unsupported == UnsupportedMode.Reject)
        {
            return new UpstreamFailure(FailureReason.Unsupported, $"cannot carry {phrase}", 400);
        }
        x.Decision.Warnings.Add($"{target.Name} cannot carry {phrase}");
        return null;
    }
}
