using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Sessions;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Control;

/// <summary><c>/openclaw/v1/sessions</c>: what is known of sessions, what is set in them, and conversations that the gateway holds. The owner's token only.</summary>
internal sealed class SessionsApi(StateHolder states, SessionState sessions, SpendingView spending, ChatEndpoint chat, TimeProvider time)
{
    private const string Root = "/openclaw/v1/sessions/";
    private const int MaxBody = 2 * 1024 * 1024;
    private const int MaxTitle = 200;
    private const int MostListed = 500;

    // As deep as the door lets it be.
    private static readonly JsonDocumentOptions s_parsing = new() { MaxDepth = 128 };

    private readonly ModelCommands _models = new(sessions, time);

    /// <summary><c>?limit=</c> (50, at most 500) and <c>?cursor=</c> from the answer before.</summary>
    public async Task ListAsync(HttpContext http)
    {
        if (await IsRefusedAsync(http).ConfigureAwait(false)) return;
        var limit = 50;
        if (Query(http, "limit") is { Length: > 0 } text && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MostListed))
        {
            await RefuseAsync(http, Bad("limit", $"is a number from 1 to {MostListed}")).ConfigureAwait(false);
            return;
        }
        DateTimeOffset? before = null;
        if (Query(http, "cursor") is { Length: > 0 } cursor)
        {
            if (!long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) || ticks > DateTimeOffset.MaxValue.Ticks)
            {
                await RefuseAsync(http, Bad("cursor", "is one that a list before gave")).ConfigureAwait(false);
                return;
            }
            before = new DateTimeOffset(ticks, TimeSpan.Zero);
        }
        if (await sessions.ListAsync(limit, before, http.RequestAborted).ConfigureAwait(false) is not { } found)
        {
            await RefuseAsync(http, s_away).ConfigureAwait(false);
            return;
        }
        await JsonAnswer.WriteAsync(http, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("sessions"u8);
            foreach (var session in found)
            {
                json.WriteStartObject();
                SessionJson.WriteMembers(json, session);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            if (found.Count == limit) json.WriteString("cursor"u8, found[^1].Updated.UtcTicks.ToString(CultureInfo.InvariantCulture));
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    /// <summary>With <c>?transcript=true</c> the conversation too, with <c>?archive=NAME</c> one that was put away.</summary>
    public async Task ShowAsync(HttpContext http)
    {
        if (await FindAsync(http).ConfigureAwait(false) is not { } session) return;
        var archive = Query(http, "archive");
        if (archive is not null && !session.Data.Archives.Contains(archive))
        {
            await RefuseAsync(http, new GatewayError(GatewayErrorKind.NotFound, "this session has put away no such conversation")).ConfigureAwait(false);
            return;
        }
        if ((archive ?? Query(http, "transcript")) is null or "false" or "0")
        {
            await AnswerAsync(http, session, session.Data).ConfigureAwait(false);
            return;
        }
        var (data, transcript) = archive is not null
            ? (session.Data, await sessions.ReadTranscriptAsync(session, http.RequestAborted, archive).ConfigureAwait(false))
            : await sessions.ReadWholeAsync(session, http.RequestAborted).ConfigureAwait(false);
        if (transcript is null) await RefuseAsync(http, s_away).ConfigureAwait(false);
        else await AnswerAsync(http, session, data, transcript).ConfigureAwait(false);
    }

    /// <summary><c>{override, strict, usage, title}</c>; null takes an override or a title back. Makes the session when there is none.</summary>
    public async Task PatchAsync(HttpContext http)
    {
        if (await IsRefusedAsync(http).ConfigureAwait(false)) return;
        var (key, error) = await KeyAsync(http, "").ConfigureAwait(false);
        if (error is not null)
        {
            await RefuseAsync(http, error).ConfigureAwait(false);
            return;
        }
        var (envelope, refused) = await RequestEnvelope.ReadAsync(http.Request, MaxBody, http.RequestAborted).ConfigureAwait(false);
        using var _ = envelope;
        Session? session = null;
        if (refused is null)
        {
            using var body = JsonDocument.Parse(envelope!.Body, s_parsing);
            session = await sessions.OpenAsync(key, http.RequestAborted).ConfigureAwait(false);
            refused = session.IsKept ? Understood(() => Patch(session, body.RootElement)) : s_away;
        }
        if (refused is not null) await RefuseAsync(http, refused).ConfigureAwait(false);
        else await AnswerAsync(http, session!, session!.Data).ConfigureAwait(false);
    }

    public async Task DeleteAsync(HttpContext http)
    {
        if (await FindAsync(http).ConfigureAwait(false) is not { } session) return;
        sessions.Delete(session);
        await JsonAnswer.WriteAsync(http, json =>
        {
            json.WriteStartObject();
            json.WriteString("key"u8, session.Key.ToString());
            json.WriteBoolean("deleted"u8, true);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    public async Task ResetAsync(HttpContext http)
    {
        if (await FindAsync(http, "/reset").ConfigureAwait(false) is not { } session) return;
        sessions.Reset(session);
        await AnswerAsync(http, session, session.Data).ConfigureAwait(false);
    }

    /// <summary><c>{text, model, stream}</c>: says it in the conversation that the gateway holds. The answer is a chat completion, whole or streamed.</summary>
    public async Task MessageAsync(HttpContext http)
    {
        if (await IsRefusedAsync(http).ConfigureAwait(false)) return;
        var (key, error) = await KeyAsync(http, "/messages").ConfigureAwait(false);
        if (error is null && !key.IsOwners) error = new GatewayError(GatewayErrorKind.BadRequest, $"this session is {key.Caller}'s, who holds its conversation") { Param = "key" };
        Message message = default;
        if (error is null) (message, error) = await ReadMessageAsync(http).ConfigureAwait(false);
        if (error is not null)
        {
            await RefuseAsync(http, error).ConfigureAwait(false);
            return;
        }
        var session = await sessions.OpenAsync(key, http.RequestAborted).ConfigureAwait(false);
        var state = states.Current;
        var isTurn = !(SlashCommands.OnlyShows(message.Text) && SessionDesk.TakesCommands(http.Request.Headers, state));
        if (isTurn && !await session.BeginTurnAsync(http.RequestAborted).ConfigureAwait(false))
        {
            await RefuseAsync(http, s_busy).ConfigureAwait(false);
            return;
        }
        try
        {
            using var turn = await HeldTurn.OpenAsync(sessions, session, state, message.Text, message.Stream, message.Model, time, http.RequestAborted).ConfigureAwait(false);
            if (turn is null)
            {
                await RefuseAsync(http, s_away).ConfigureAwait(false);
                return;
            }
            await chat.HandleAsync(http, turn).ConfigureAwait(false);
        }
        finally
        {
            if (isTurn) session.EndTurn();
        }
    }

    private GatewayError? Patch(Session session, JsonElement body)
    {
        var changes = new List<Func<SessionData, SessionData>>();
        (string? Model, bool IsSet) pin = default;
        bool? strict = null;
        foreach (var member in body.EnumerateObject())
        {
            var (name, value) = (member.Name, member.Value);
            switch (name, value.ValueKind)
            {
                case ("override", JsonValueKind.String or JsonValueKind.Null): pin = (value.GetString() is { } named && !ModelCommands.IsDefault(named) ? named : null, true); break;
                case ("strict", JsonValueKind.True or JsonValueKind.False): strict = value.GetBoolean(); break;
                case ("usage", JsonValueKind.String) when SessionJson.FooterOf(value.GetString()) is { } footer: changes.Add(d => d with { Footer = footer }); break;
                case ("title", JsonValueKind.Null): changes.Add(static d => d with { Title = null }); break;
                case ("title", JsonValueKind.String) when value.GetString()!.Length <= MaxTitle:
                    var title = value.GetString();
                    changes.Add(d => d with { Title = title });
                    break;
                case ("title", JsonValueKind.String): return Bad(name, $"has at most {MaxTitle} characters");
                default: return Bad(name, "is not a member of {\"override\": text or null, \"strict\": true or false, \"usage\": \"off\", \"tokens\" or \"full\", \"title\": text or null}");
            }
        }
        if (strict is true && (pin.IsSet ? pin.Model is null : session.Data.Override is null)) return Bad("strict", "goes with an override: {\"override\": \"provider/model\", \"strict\": true}");
        if (pin is { IsSet: true, Model: { } model })
        {
            var state = states.Current;
            var (reply, isSet) = _models.Set(new CommandContext(state, CallerOf(session.Key, state), session, IsHeld: true, default), session, model, strict ?? false);
            if (!isSet) return new GatewayError(GatewayErrorKind.ModelNotAllowed, string.Join(". ", reply.Text.Split('\n').Select(static l => l.TrimEnd('.')))) { Param = "override", Status = 400 };
        }
        else if (pin.IsSet) changes.Add(static d => d with { Override = null, Strict = false });
        if (strict is { } only && pin.Model is null) changes.Add(d => d with { Strict = only && d.Override is not null });
        sessions.Change(session, data => changes.Aggregate(data, static (d, change) => change(d)) with { Updated = time.GetUtcNow() });
        return null;
    }

    // What is set in a client's session must be something the client may ask for.
    private static Caller CallerOf(SessionKey key, GatewayState state) =>
        state.Config.Clients.FirstOrDefault(c => c.Name == key.Caller) is { Allow.IsEmpty: false } client ? new Caller(key.Caller) { Allow = client.Allow } : Caller.Owner;

    private async Task<(Message, GatewayError?)> ReadMessageAsync(HttpContext http)
    {
        var (envelope, error) = await RequestEnvelope.ReadAsync(http.Request, MaxBody, http.RequestAborted).ConfigureAwait(false);
        if (error is not null) return (default, error);
        using (envelope)
        {
            using var body = JsonDocument.Parse(envelope!.Body, s_parsing);
            Message message = default;
            error = Understood(() =>
            {
                (message, var problem) = Read(body.RootElement);
                return problem;
            });
            return (message, error);
        }
    }

    private static (Message, GatewayError?) Read(JsonElement root)
    {
        if (!root.TryGetProperty("text"u8, out var text) || text.ValueKind != JsonValueKind.String || string.IsNullOrWhiteSpace(text.GetString())) return (default, Bad("text", "is the message, and not empty"));
        string? model = null;
        if (root.TryGetProperty("model"u8, out var named) && named.ValueKind != JsonValueKind.Null)
        {
            if (named.ValueKind != JsonValueKind.String) return (default, Bad("model", "is a reference or an alias"));
            model = named.GetString() is { Length: > 0 } written ? written : null;
            if (model?.Length > RequestEnvelope.MaxModel) return (default, RequestEnvelope.ModelTooLong);
        }
        var stream = root.TryGetProperty("stream"u8, out var flag) && flag.ValueKind == JsonValueKind.True;
        if (flag.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.True or JsonValueKind.False)) return (default, Bad("stream", "must be true or false"));
        return (new Message(text.GetString()!, model, stream), null);
    }

    private static GatewayError? Understood(Func<GatewayError?> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair: the reader lets it pass, the text it would be does not exist.
            return new GatewayError(GatewayErrorKind.BadRequest, "the request body holds text that is not Unicode");
        }
    }

    private async Task<Session?> FindAsync(HttpContext http, string suffix = "")
    {
        if (await IsRefusedAsync(http).ConfigureAwait(false)) return null;
        var (key, error) = await KeyAsync(http, suffix).ConfigureAwait(false);
        var session = error is null ? await sessions.OpenAsync(key, http.RequestAborted).ConfigureAwait(false) : null;
        if (session is { IsStored: true }) return session;
        await RefuseAsync(http, error ?? (session is { IsKept: false } ? s_away : new GatewayError(GatewayErrorKind.NotFound, $"there is no session \"{key}\""))).ConfigureAwait(false);
        return null;
    }

    private async ValueTask<(SessionKey Key, GatewayError? Error)> KeyAsync(HttpContext http, string suffix)
    {
        var text = NameInPath.Read(http, Root, suffix);
        var key = SessionKey.Parse(text, states.Current.Config);
        // A client that is revoked or was removed has left its sessions behind, under the keys that they had.
        if (SessionKey.Written(text) is { } left && left != key && SessionNames.IsWellWritten(left.Name)
            && await sessions.FindAsync(left, http.RequestAborted).ConfigureAwait(false) is not null) return (left, null);
        return SessionNames.IsWellWritten(key.Name) ? (key, null) : (default, Bad("key", $"is a name of 1 to {SessionNames.MaxLength} characters without control characters, and not a dot or two"));
    }

    private async Task<bool> IsRefusedAsync(HttpContext http)
    {
        if (ControlApi.WhyRefused(http, states.Current) is not { } error) return false;
        await RefuseAsync(http, error).ConfigureAwait(false);
        return true;
    }

    private Task AnswerAsync(HttpContext http, Session session, SessionData data, Transcript? transcript = null)
    {
        var state = states.Current;
        var plan = ModelCommands.PlanOf(new CommandContext(state, CallerOf(session.Key, state), session, IsHeld: true, default));
        return JsonAnswer.WriteAsync(http, json =>
        {
            json.WriteStartObject();
            SessionJson.WriteMembers(json, data);
            json.WriteStartArray("plan"u8);
            foreach (var target in plan) json.WriteStringValue(target.Name);
            json.WriteEndArray();
            if (spending.WhyStopped(session.Key.ToString()) is { } why) json.WriteString("stopped"u8, why);
            if (transcript is not null)
            {
                json.WriteStartObject("transcript"u8);
                transcript.WriteMembers(json);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        });
    }

    private static Task RefuseAsync(HttpContext http, GatewayError error) => ControlApi.RefuseAsync(http, error);

    private static string? Query(HttpContext http, string name) => http.Request.Query.TryGetValue(name, out var value) ? value.ToString() : null;

    private static GatewayError Bad(string field, string what) => new(GatewayErrorKind.BadRequest, $"{field} {what}") { Param = field };

    private static readonly GatewayError s_busy = new(GatewayErrorKind.Overloaded, "another message is being answered in this conversation; wait for its end")
    {
        Status = 409, Code = "session_busy", RetryAfter = TimeSpan.FromSeconds(1),
    };

    private static readonly GatewayError s_away = new(GatewayErrorKind.Overloaded, "the store of sessions does not answer; ask again") { RetryAfter = TimeSpan.FromSeconds(1) };

    private readonly record struct Message(string Text, string? Model, bool Stream);
}
