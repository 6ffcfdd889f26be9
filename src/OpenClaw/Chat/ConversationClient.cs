using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using OpenClaw.Client;

namespace OpenClaw.Chat;

/// <summary>How a message fared.</summary>
internal enum SaidKind
{
    /// <summary>A whole answer.</summary>
    Answered,

    /// <summary>The gateway itself answered a slash command.</summary>
    Command,

    /// <summary>Part of an answer, then an error.</summary>
    Interrupted,

    /// <summary>The user stopped it.</summary>
    Stopped,

    /// <summary>An error and no answer.</summary>
    Refused,

    TokenRefused,

    Unreachable,
}

/// <summary>What came of a message.</summary>
/// <param name="Text">What was said, perhaps in part.</param>
/// <param name="Problem">Why it is not whole; empty when it is.</param>
/// <param name="Decision">The decision's id, or null.</param>
internal sealed record Said(SaidKind Kind, string Text, string Problem, string? Model, string? Decision);

/// <summary>A conversation that the gateway holds, over its sessions API. Never throws for what a network can do.</summary>
internal sealed class ConversationClient : IDisposable
{
    private readonly GatewayAddress _address;
    private readonly HttpClient _http;
    private readonly GatewayClient _control;
    private readonly string _path;

    public ConversationClient(GatewayAddress address, string session)
    {
        (_address, Session) = (address, session);
        _path = "/openclaw/v1/sessions/" + Uri.EscapeDataString(session);
        _http = GatewayClient.Open(address.Url, Timeout.InfiniteTimeSpan);
        _control = new GatewayClient(address);
    }

    public string Session { get; }

    /// <summary>The session as the gateway knows it; refused while nothing was said in it yet.</summary>
    public Task<Reach> AboutAsync(CancellationToken cancel) => _control.GetAsync(_path, cancel);

    /// <summary>Why no message can be said under this key, or null. Asked with an empty message, which is refused under any key; the gateway looks at the key first.</summary>
    public async Task<string?> WhyNoKeyAsync(CancellationToken cancel)
    {
        var reach = await _control.SendAsync(HttpMethod.Post, _path + "/messages", "{\"text\":\"\"}"u8.ToArray(), cancel).ConfigureAwait(false);
        return reach is { Kind: ReachKind.Refused, Param: "key" } ? reach.Message : null;
    }

    /// <summary>What may be asked for.</summary>
    public Task<Reach> ModelsAsync(CancellationToken cancel) => _control.GetAsync("/openclaw/v1/models", cancel);

    /// <summary>The session once the message of <paramref name="decision"/> is counted in it.</summary>
    public async Task<JsonElement> AfterAsync(string decision, CancellationToken cancel)
    {
        JsonElement about = default;
        // It is counted when the last byte is out: the client may be a moment quicker.
        for (var i = 0; i < 20; i++)
        {
            about = (await AboutAsync(cancel).ConfigureAwait(false)).Json;
            if (about.Child("last").Text("decision") == decision) break;
            await Task.Delay(15, cancel).ConfigureAwait(false);
        }
        return about;
    }

    /// <param name="onText">Called with each piece of the answer.</param>
    /// <param name="onSeam">Called when another model goes on with the answer.</param>
    public async Task<Said> SayAsync(string text, Action<string> onText, Action<string> onSeam, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _path + "/messages") { Content = Body(text) };
        if (_address.Token is { } token && !request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token))
        {
            return new Said(SaidKind.TokenRefused, "", "the token has characters in it that no token has", null, null);
        }
        var answer = new StringBuilder();
        string? model = null, decision = null;
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
            model = Header(response, "x-openclaw-model");
            decision = Header(response, "x-openclaw-decision");
            if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden && decision is null or "none")
            {
                return new Said(SaidKind.TokenRefused, "", GatewayClient.WhyRefused(_address, response.StatusCode), null, null);
            }
            if (!response.IsSuccessStatusCode)
            {
                return new Said(SaidKind.Refused, "", ErrorIn(await response.Content.ReadAsStringAsync(cancel).ConfigureAwait(false)) ?? $"what answers at {_address} is not this gateway", model, decision);
            }
            var problem = await ReadAsync(response, answer, onText, onSeam, cancel).ConfigureAwait(false);
            var kind = problem is not null ? SaidKind.Interrupted : model == "openclaw" ? SaidKind.Command : SaidKind.Answered;
            return new Said(kind, answer.ToString(), problem ?? "", model, decision);
        }
        catch (OperationCanceledException)
        {
            return new Said(SaidKind.Stopped, answer.ToString(), "stopped", model, decision);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return decision is null
                ? new Said(SaidKind.Unreachable, "", $"no gateway answers at {_address}", null, null)
                : new Said(SaidKind.Interrupted, answer.ToString(), "the connection to the gateway broke", model, decision);
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _control.Dispose();
    }

    private static async Task<string?> ReadAsync(HttpResponseMessage response, StringBuilder answer, Action<string> onText, Action<string> onSeam, CancellationToken cancel)
    {
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false), Encoding.UTF8);
        var isDone = false;
        while (await reader.ReadLineAsync(cancel).ConfigureAwait(false) is { } line)
        {
            if (SeamIn(line) is { } to) onSeam(to);
            if (!line.StartsWith("data: ", StringComparison.Ordinal)) continue;
            if (line == "data: [DONE]")
            {
                isDone = true;
                continue;
            }
            if (ErrorIn(line[6..]) is { } error) return error;
            if (PieceIn(line[6..]) is not { Length: > 0 } piece) continue;
            answer.Append(piece);
            onText(piece);
        }
        return isDone ? null : "the answer stopped before its end";
    }

    // ": openclaw {"from":"a/m","to":"b/m","because":"cut"}", a comment of the stream.
    private static string? SeamIn(string line)
    {
        if (!line.StartsWith(':')) return null;
        var at = line.IndexOf('{', StringComparison.Ordinal);
        if (at < 0) return null;
        try
        {
            using var note = JsonDocument.Parse(line[at..]);
            return note.RootElement.Text("to");
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? ErrorIn(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.Child("error").Text("message");
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string PieceIn(string json)
    {
        using var chunk = JsonDocument.Parse(json);
        return string.Concat(chunk.RootElement.Items("choices").Select(static c => c.Child("delta").Text("content")));
    }

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    private static ByteArrayContent Body(string text)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("text"u8, text);
            json.WriteBoolean("stream"u8, true);
            json.WriteEndObject();
        }
        return new ByteArrayContent(buffer.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
    }
}
