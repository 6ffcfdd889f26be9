using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using OpenClaw.Config;
using OpenClaw.Gateway.Admission;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dispatch;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.Sessions;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Inbound;

/// <summary>
/// The door of one chat protocol (<c>/v1/chat/completions</c>, <c>/v1/messages</c>): authentication, body, plan, dispatch,
/// and whatever happens, one decision.
/// </summary>
/// <param name="dialect">What the caller speaks here.</param>
/// <param name="nativeProvider">Whose bare model names this protocol's clients send.</param>
internal sealed class ChatEndpoint(IDialect dialect, string nativeProvider, StateHolder states, SessionDesk desk, AdmissionChain admission, Dispatcher dispatcher, Till till, RequestBook book, TimeProvider time, Action<string> log)
{
    // What providers put before a prompt with tools, beside the tools themselves.
    private const int ToolsPrompt = 512;

    public Task HandleAsync(HttpContext http) => HandleAsync(http, held: null);

    /// <param name="held">A message to a conversation that the gateway holds: its request was made here and is not in the body.</param>
    public async Task HandleAsync(HttpContext http, HeldTurn? held)
    {
        var (decision, arrived) = book.Enter(dialect);
        held?.Decision = decision;
        try
        {
            await AnswerAsync(http, held, decision, arrived).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or BadHttpRequestException && http.RequestAborted.IsCancellationRequested)
        {
            decision.Outcome = "cancelled";
        }
        catch (BadHttpRequestException e)
        {
            await ErrorAnswer.WriteAsync(http, dialect, new GatewayError(GatewayErrorKind.BadRequest, e.StatusCode == 408 ? "the request body came too slowly; send it at 240 bytes a second or more" : "the request body could not be read: " + e.Message) { Status = e.StatusCode }, decision).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // A bug of ours: the caller gets its protocol's error, the operator the stack, and the gateway lives on.
            log($"bug in request {decision.Id}: {e}");
            decision.Outcome = "failed";
            // An answer that has begun cannot become an error any more: it is cut, so that nobody takes it for a whole one.
            if (http.Response.HasStarted || http.Response.ContentLength is not null) http.Abort();
            else await ErrorAnswer.WriteAsync(http, dialect, new GatewayError(GatewayErrorKind.Internal, $"the gateway failed; its log has the reason under {decision.Id}"), decision).ConfigureAwait(false);
        }
        finally
        {
            book.Close(decision, arrived);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AnswerAsync(HttpContext http, HeldTurn? held, Decision decision, long arrived)
    {
        var state = states.Current;
        if (state.Authentication.Authenticate(http.Request) is not { } caller)
        {
            await ErrorAnswer.WriteAsync(http, dialect, state.Authentication.WhyNot(http.Request), decision).ConfigureAwait(false);
            return;
        }
        decision.Caller = caller.Name;
        var (envelope, error) = held is not null ? (held.Envelope, null)
            : await RequestEnvelope.ReadAsync(http.Request, state.Config.Gateway.MaxBodyBytes, http.RequestAborted).ConfigureAwait(false);
        using var read = held is null ? envelope : null;
        // How long the caller took to send it is no target's doing.
        var received = held is null ? time.GetTimestamp() : arrived;
        var session = held?.Session;
        if (held is not null) decision.Session = held.Session.Key.ToString();
        else if (error is null) (session, error) = await desk.OpenAsync(http.Request, state, caller, envelope!, decision).ConfigureAwait(false);
        error ??= SwitchHeaders.Problem(http.Request.Headers);
        if (error is null && envelope!.SlashWord is not null)
        {
            (decision.Requested, decision.Stream) = (Short(envelope.Model), envelope.Stream);
            if (await desk.TryAnswerAsync(http, dialect, state, caller, envelope, session, decision, held).ConfigureAwait(false)) return;
            // What is left of the command's text makes another request.
            if (held is not null) envelope = held.Envelope;
        }
        // After the command, which may have begun anew. The caller may do so as soon as it has the answer, before the request is counted.
        var since = session?.Data.Since ?? default;
        RoutePlan? plan = null;
        if (error is null) error = MoneyHeaders.Problem(http.Request.Headers);
        if (error is null) (plan, error) = Plan(http.Request, state, caller, envelope!, session, held, decision);
        if (error is not null)
        {
            await ErrorAnswer.WriteAsync(http, dialect, error, decision).ConfigureAwait(false);
            return;
        }
        var (admitted, refusal) = admission.Enter(state, envelope!, plan!, decision, http.Response, dialect.Kind);
        if (refusal is not null)
        {
            await ErrorAnswer.WriteAsync(http, dialect, refusal, decision).ConfigureAwait(false);
            return;
        }
        var entry = session is null ? null : new SessionEntry(desk, session, held, decision, since);
        try
        {
            using var money = till.Open(state, Facts(http.Request, envelope!, decision, state));
            try
            {
                await dispatcher.AnswerAsync(new Exchange
                {
                    Http = http, Dialect = dialect, State = state, Caller = caller, Envelope = envelope!, Decision = decision, Plan = plan!, Admitted = admitted!, Money = money, Arrived = arrived, Received = received,
                    Reply = held?.Reply, Session = entry,
                }).ConfigureAwait(false);
            }
            finally
            {
                // Before what is still held is given back.
                var took = time.GetElapsedTime(arrived);
                till.Close(decision, money, took);
                decision.TotalMs = took.TotalMilliseconds;
            }
        }
        finally
        {
            // On every path: what it took of rates and of the guard's patience.
            admitted!.Leave(decision);
            entry?.Write(time.GetElapsedTime(arrived));
        }
    }

    private RequestFacts Facts(HttpRequest request, RequestEnvelope envelope, Decision decision, GatewayState state)
    {
        // What only a hold needs is not asked where none is made.
        var isHeld = !state.Config.Budgets.IsEmpty || request.Headers.ContainsKey("x-openclaw-max-cost");
        return new RequestFacts(
            decision.Id, decision.Caller, decision.Session, state.Config.Models.Aliases.ContainsKey(decision.Requested) ? decision.Requested : null,
            MoneyHeaders.Tags(request.Headers), decision.Protocol, envelope.EstimatedTokens, envelope.MaxTokens, envelope.Stream, MoneyHeaders.MaxCost(request.Headers))
        {
            Calls = decision.Attempts,
            Dialect = dialect.Kind, Images = envelope.Images, PictureSizes = isHeld && envelope.HasImages ? PictureParts.Sizes(envelope.Body.Span) : [], Choices = envelope.Choices, MayThink = envelope.WantsReasoning,
            PromptMost = isHeld ? envelope.MostTokens() + (envelope.HasTools ? ToolsPrompt : 0) : null,
            Documents = envelope.Documents, MediaBytes = envelope.MediaBytes, ServiceTier = envelope.ServiceTier, Searches = envelope.Searches, Predicted = envelope.Predicted,
            Sounds = isHeld && envelope.Documents > 0 ? SoundParts.Of(envelope.Body.Span) : default,
            HasUnseen = isHeld && envelope.Documents > 0 && UnseenParts.Any(envelope.Body.Span),
        };
    }

    private (RoutePlan?, GatewayError?) Plan(HttpRequest request, GatewayState state, Caller caller, RequestEnvelope envelope, Session? session, HeldTurn? held, Decision decision)
    {
        var headers = request.Headers;
        var (asked, fallback) = SessionDesk.Asked(headers, envelope, session, held, decision);
        fallback &= !SwitchHeaders.IsOff(headers, SwitchHeaders.Fallback);
        if (asked.Length > RequestEnvelope.MaxModel) return (null, RequestEnvelope.ModelTooLong);
        decision.Requested = Short(asked);
        decision.Stream = envelope.Stream;
        if (held is { LeftOut: > 0 }) decision.Notes.Add($"{held.LeftOut} of the oldest turns do not fit the model's context and were left out");
        var needs = new RequestNeeds(envelope.HasImages, envelope.EstimatedTokens, envelope.MaxTokens, nativeProvider);
        var (plan, error) = RoutePlanner.Plan(state, caller, asked, fallback, needs, decision);
        if (plan is null) return (null, SessionDesk.Explain(error!, session, asked));
        var mayContinue = fallback && state.Config.Routing.Continuation == ContinuationMode.Auto && !SwitchHeaders.IsOff(headers, SwitchHeaders.Continuation);
        return (plan with { MayContinue = mayContinue }, null);
    }

    private static string Short(string model) => model.Length > 200 ? model[..200] : model;
}
