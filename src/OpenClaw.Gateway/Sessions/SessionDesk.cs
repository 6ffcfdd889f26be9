using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Sessions;

/// <summary>
/// What sessions do on the way of a request, in the order in which a door asks: which session is it, is it a command, which
/// model answers, and at the end: what did it cost. A request that names no session passes through.
/// </summary>
internal sealed class SessionDesk(SessionState sessions, SlashCommands commands)
{
    /// <summary>The session that the request names, or null.</summary>
    public async ValueTask<(Session? Session, GatewayError? Error)> OpenAsync(HttpRequest request, GatewayState state, Caller caller, RequestEnvelope envelope, Decision decision)
    {
        var (name, error) = SessionNames.Find(request.Headers, envelope, state.Config.Sessions.From);
        if (name is null) return (null, error);
        var key = new SessionKey(caller.Name, name);
        decision.Session = key.ToString();
        var session = await sessions.OpenAsync(key, request.HttpContext.RequestAborted).ConfigureAwait(false);
        if (!session.IsKept) decision.Notes.Add("the store of sessions does not answer: this request goes without what was set in its session");
        return (session, null);
    }

    /// <summary>The session that the request names, where one is kept; else null. For what is no request to a model.</summary>
    public async ValueTask<(Session? Session, GatewayError? Error)> FindAsync(HttpRequest request, GatewayState state, Caller caller, RequestEnvelope envelope)
    {
        var (name, error) = SessionNames.Find(request.Headers, envelope, state.Config.Sessions.From);
        return name is null ? (null, error) : (await sessions.FindAsync(new SessionKey(caller.Name, name), request.HttpContext.RequestAborted).ConfigureAwait(false), null);
    }

    /// <summary>Answers a slash command. False: the request goes on to a model, perhaps with what the command left of its text.</summary>
    public async ValueTask<bool> TryAnswerAsync(HttpContext http, IDialect dialect, GatewayState state, Caller caller, RequestEnvelope envelope, Session? session, Decision decision, HeldTurn? held)
    {
        if (!TakesCommands(http.Request.Headers, state)) return false;
        if (SlashCommands.Find(state, dialect, envelope) is not { } command) return false;
        var reply = await commands.RunAsync(new CommandContext(state, caller, session, held is not null, http.RequestAborted), command).ConfigureAwait(false);
        decision.Notes.Add($"/{ModelCommands.CutWord(command).Word} was answered by the gateway");
        if (reply.Forward is { } text)
        {
            var isOnItsWay = held is not null ? await held.SayAsync(text, http.RequestAborted).ConfigureAwait(false) : envelope.TryReplaceSlashText("/" + command, text);
            if (isOnItsWay) return false;
            reply = new CommandReply(reply.Text + "\n" + CommandText.TextNotSent);
        }
        await CommandAnswer.WriteAsync(http, dialect, envelope, decision, reply.Text).ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// Which model is asked for, and whether another may answer: the header, else the model of this message, else what is set
    /// in the session, else the body's. What a session is pinned to is meant for clients that always send a name.
    /// </summary>
    public static (string Asked, bool MayFallBack) Asked(IHeaderDictionary headers, RequestEnvelope envelope, Session? session, HeldTurn? held, Decision decision)
    {
        var own = headers.TryGetValue("x-openclaw-model", out var named) && named.Count > 0 ? named[0]!.Trim() : held?.Model;
        // "default" asks for what is set in the session; only a name is another wish.
        if (own is not null && !RoutePlanner.MeansDefault(own)) return (own, true);
        if (session?.Data is not { Override: { } pinned } data) return (own ?? envelope.Model, true);
        var instead = RoutePlanner.MeansDefault(envelope.Model) || envelope.Model == pinned ? "" : $", the request names {Short(envelope.Model)}";
        decision.Notes.Add($"the session is set to {pinned}{(data.Strict ? ", strict" : "")}{instead}");
        return (pinned, !data.Strict);
    }

    /// <summary>Says, in the error, how to get away from what the session is set to.</summary>
    public static GatewayError Explain(GatewayError error, Session? session, string asked) =>
        session?.Data.Override == asked && error.Kind is GatewayErrorKind.ModelNotAllowed or GatewayErrorKind.ModelUnknown
            ? error with { Message = $"{error.Message}; this session is set to it: /model default takes that back" }
            : error;

    /// <summary>Counts the finished request.</summary>
    /// <param name="since">Of which conversation it is: <see cref="SessionData.Since"/> as it began.</param>
    public void Settle(Session session, Decision decision, DateTimeOffset since) => sessions.Settle(session, decision, since);

    /// <summary>False: what looks like a command is text for the model.</summary>
    public static bool TakesCommands(IHeaderDictionary headers, GatewayState state) => state.Config.Sessions.Commands && !IsOff(headers);

    private static bool IsOff(IHeaderDictionary headers) =>
        headers.TryGetValue("x-openclaw-commands", out var value) && string.Equals(value.ToString().Trim(), "off", StringComparison.OrdinalIgnoreCase);

    private static string Short(string model) => model.Length > 100 ? model[..100] + "…" : model;
}
