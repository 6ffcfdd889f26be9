using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Anthropic;
using OpenClaw.Gateway.Dispatch;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.Sessions;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Inbound;

/// <summary>
/// <c>POST /v1/messages/count_tokens</c>. Where the first target for the model speaks Messages, its provider counts; elsewhere,
/// and where that comes to nothing, the answer is an estimate. <c>x-openclaw-model</c> names who counted.
/// </summary>
internal sealed class CountTokensEndpoint(StateHolder states, SessionDesk desk, PromptCount count)
{
    public async Task HandleAsync(HttpContext http)
    {
        var state = states.Current;
        if (state.Authentication.Authenticate(http.Request) is not { } caller)
        {
            await RefuseAsync(http, state.Authentication.WhyNot(http.Request)).ConfigureAwait(false);
            return;
        }
        var (envelope, error) = await RequestEnvelope.ReadAsync(http.Request, state.Config.Gateway.MaxBodyBytes, http.RequestAborted).ConfigureAwait(false);
        if (error is not null)
        {
            await RefuseAsync(http, error).ConfigureAwait(false);
            return;
        }
        using (envelope)
        {
            var (target, unknown) = await TargetOfAsync(http, state, caller, envelope!).ConfigureAwait(false);
            if (target is null)
            {
                await RefuseAsync(http, unknown!).ConfigureAwait(false);
                return;
            }
            var tokens = await CountedAsync(http, target, envelope!).ConfigureAwait(false)
                // The envelope was read as an object, so there is an estimate.
                ?? AnthropicTokenCount.Estimate(envelope!.Body) ?? envelope.EstimatedTokens;
            await JsonAnswer.WriteAsync(http, json =>
            {
                json.WriteStartObject();
                json.WriteNumber("input_tokens"u8, tokens);
                json.WriteEndObject();
            }).ConfigureAwait(false);
        }
    }

    // What /v1/messages would refuse for its model is refused here, in the same words.
    private async ValueTask<(Target? Target, GatewayError? Error)> TargetOfAsync(HttpContext http, GatewayState state, Caller caller, RequestEnvelope envelope)
    {
        var (session, problem) = await desk.FindAsync(http.Request, state, caller, envelope).ConfigureAwait(false);
        if (problem is not null) return (null, problem);
        var (asked, _) = SessionDesk.Asked(http.Request.Headers, envelope, session, held: null, NoDecision());
        if (asked.Length > RequestEnvelope.MaxModel) return (null, RequestEnvelope.ModelTooLong);
        var (chain, error) = RoutePlanner.Resolve(state, caller, asked, "anthropic");
        return error is not null ? (null, SessionDesk.Explain(error, session, asked)) : state.TargetOf(chain[0]);
    }

    private async Task<long?> CountedAsync(HttpContext http, Target target, RequestEnvelope envelope)
    {
        if (target.Dialect.Kind != DialectKind.Anthropic) return null;
        var counted = await count.AskAsync(target, envelope.Body, http.Request.Headers, http.RequestAborted).ConfigureAwait(false);
        if (counted is not null) AnswerHeaders.WriteModel(http.Response, target.Name);
        return counted;
    }

    private static Task RefuseAsync(HttpContext http, GatewayError error) =>
        ErrorAnswer.WriteAsync(http, DialectTable.Of(DialectKind.Anthropic), error, NoDecision());

    // Counting is no request of its own: nothing is kept of it.
    private static Decision NoDecision() => new("none", default, "none");
}
