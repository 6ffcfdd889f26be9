using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OpenClaw.Config;
using OpenClaw.Config.Text;
using OpenClaw.Gateway.Admission;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Control;

/// <summary>
/// <c>/openclaw/v1/clients</c>: named tokens. Those of the configuration are shown and cannot be changed here; those of the
/// store are made, rotated and revoked. A token is in the one answer that made it, and nowhere else.
/// </summary>
internal sealed class ClientsApi(StateHolder states, ClientDirectory clients, TimeProvider time)
{
    private const string Path = "/openclaw/v1/clients";
    private const int MaxBody = 64 * 1024;
    private static readonly TimeSpan s_overlap = TimeSpan.FromHours(24);
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(90);

    public Task ListAsync(HttpContext http) => AnswerAsync(http, () => Ok(json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("clients"u8);
        foreach (var client in states.Current.Written.Clients) Write(json, client);
        foreach (var client in clients.All) Write(json, client, null);
        json.WriteEndArray();
        json.WriteEndObject();
    }));

    public Task ShowAsync(HttpContext http) => AnswerAsync(http, () =>
    {
        var name = Name(http, "");
        if (Configured(name) is { } configured) return Ok(json => Write(json, configured));
        return clients.Find(name) is { } client ? Ok(json => Write(json, client, null)) : Unknown(name);
    });

    public Task CreateAsync(HttpContext http) => AnswerAsync(http, body =>
    {
        var (draft, problem) = ClientDraft.ReadRules(body, states.Current.Written);
        if (draft is null) return Bad(problem!);
        if (draft.Expires is { } end && end <= time.GetUtcNow()) return Bad($"expires: {end.UtcDateTime:yyyy-MM-dd HH:mm} UTC is over; write a day or a time to come");
        if (Configured(draft.Name) is not null) return Taken($"there is a client \"{draft.Name}\" in the configuration; choose another name");
        if (clients.WhyNotKept is { } why) return NotKept("made", why);
        var (client, token) = clients.Create(draft);
        if (client is not null) return Ok(json => Write(json, client, token), 201);
        return clients.Find(draft.Name) is { Revoked: null }
            ? Taken($"there is a client \"{draft.Name}\" already; choose another name, or rotate it")
            : Taken("there are as many clients as can be kept; revoke those that nobody uses: a day later their places are free");
    });

    public Task RotateAsync(HttpContext http) => AnswerAsync(http, body =>
    {
        var overlap = s_overlap;
        if (body.ValueKind == JsonValueKind.Object && body.TryGetProperty("overlap", out var asked)
            && (asked.ValueKind != JsonValueKind.String || !DurationText.TryParse(asked.GetString()!, out overlap) || overlap > s_longest))
        {
            return Bad("overlap is how long the old token is good for, such as \"24h\", at most 90 days; \"0s\" ends it now");
        }
        if (clients.WhyNotKept is { } why) return NotKept("given a new token", why);
        return Change(Name(http, "/rotate"), name => clients.Rotate(name, overlap));
    });

    public Task RevokeAsync(HttpContext http) => AnswerAsync(http, _ =>
    {
        var outcome = Change(Name(http, http.Request.Method == "DELETE" ? "" : "/revoke"), name => (clients.Revoke(name), null));
        // It holds from now on; that it would be forgotten must not stay unsaid.
        return outcome.Error is null && clients.WhyNotKept is { } why
            ? Unavailable($"the client is revoked in this process, and after a restart it would not be: {why}; revoke it again when the ledger takes entries") : outcome;
    });

    private Outcome Change(string name, Func<string, (StoredClient? Client, string? Token)> change)
    {
        if (Configured(name) is not null) return Taken($"client \"{name}\" is kept in the configuration; change it in the file");
        var (client, token) = change(name);
        return client is null ? Unknown(name) : Ok(json => Write(json, client, token));
    }

    private Task AnswerAsync(HttpContext http, Func<Outcome> answer)
    {
        if (WhyRefused(http) is { } error) return ControlApi.RefuseAsync(http, error);
        return SendAsync(http, answer());
    }

    private async Task AnswerAsync(HttpContext http, Func<JsonElement, Outcome> answer)
    {
        if (WhyRefused(http) is { } error)
        {
            await ControlApi.RefuseAsync(http, error).ConfigureAwait(false);
            return;
        }
        var hasBody = http.Request.ContentLength != 0 && http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != false;
        var (envelope, unread) = hasBody ? await RequestEnvelope.ReadAsync(http.Request, MaxBody, http.RequestAborted).ConfigureAwait(false) : (null, null);
        using var _ = envelope;
        await SendAsync(http, unread is null ? Understood(envelope, answer) : new Outcome(null, 0, unread)).ConfigureAwait(false);
    }

    // Who does not know what is there would make a second one in its place.
    private GatewayError? WhyRefused(HttpContext http) => ControlApi.WhyRefused(http, states.Current)
        ?? (clients.IsLoaded ? null : Unavailable("the store of clients has not been read yet: its database does not answer").Error);

    private static Outcome Understood(RequestEnvelope? envelope, Func<JsonElement, Outcome> answer)
    {
        try
        {
            using var document = envelope is null ? null : JsonDocument.Parse(envelope.Body, new JsonDocumentOptions { MaxDepth = 128 });
            return answer(document?.RootElement ?? default);
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair: the reader lets it pass, the text it would be does not exist.
            return Bad("the request body holds text that is not Unicode");
        }
    }

    private static Task SendAsync(HttpContext http, Outcome outcome)
    {
        if (outcome.Error is { } error) return ControlApi.RefuseAsync(http, error);
        // A token is in it, perhaps.
        http.Response.Headers.CacheControl = "no-store";
        return JsonAnswer.WriteAsync(http, outcome.Write!, outcome.Status);
    }

    private ClientConfig? Configured(string name) => states.Current.Written.Clients.FirstOrDefault(c => c.Name == name);

    private static string Name(HttpContext http, string suffix) => NameInPath.Read(http, Path + "/", suffix);

    private static void Write(Utf8JsonWriter json, ClientConfig client)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, client.Name);
        json.WriteString("from"u8, "configuration"u8);
        ClientRecord.WriteRules(json, client.Allow, client.Budgets, client.Limits, client.Expires);
        json.WriteEndObject();
    }

    private void Write(Utf8JsonWriter json, StoredClient client, string? token)
    {
        json.WriteStartObject();
        if (token is { Length: > 0 }) json.WriteString("token"u8, token);
        json.WriteString("from"u8, "store"u8);
        ClientRecord.WriteMembers(json, client);
        var now = time.GetUtcNow();
        json.WriteString("state"u8, client.Revoked is not null ? "revoked"u8 : client.IsOver(now) ? "expired"u8 : "active"u8);
        if (client.Tokens.Skip(1).Where(t => t.Until > now).Select(static t => t.Until).Max() is { } until) json.WriteString("oldTokenUntil"u8, until);
        json.WriteEndObject();
    }

    private static Outcome Ok(Action<Utf8JsonWriter> write, int status = 200) => new(write, status, null);

    private static Outcome Bad(string message) => new(null, 0, new GatewayError(GatewayErrorKind.BadRequest, message));

    private static Outcome NotKept(string what, string why) => Unavailable($"no client is {what} while it would be forgotten at the next start: {why}");

    private static Outcome Unavailable(string message) => new(null, 0, new GatewayError(GatewayErrorKind.Overloaded, message) { RetryAfter = TimeSpan.FromSeconds(5) });

    private static Outcome Taken(string message) => new(null, 0, new GatewayError(GatewayErrorKind.BadRequest, message) { Status = 409 });

    private static Outcome Unknown(string name) => new(null, 0, new GatewayError(GatewayErrorKind.NotFound, $"there is no client \"{(name.Length > 64 ? name[..64] : name)}\"; GET {Path} lists them"));

    private sealed record Outcome(Action<Utf8JsonWriter>? Write, int Status, GatewayError? Error);
}
