using System.Buffers;
using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Dispatch;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Sessions;

/// <summary>
/// One message to a conversation that the gateway holds: the request that is made of it, and what becomes of the answer.
/// Used by one request at a time.
/// </summary>
internal sealed class HeldTurn : IDisposable
{
    private readonly SessionState _sessions;
    private readonly GatewayState _state;
    private readonly bool _stream;
    private readonly TimeProvider _time;
    private Transcript _transcript = Transcript.Empty;
    private string _text = "";
    private DateTimeOffset _since;

    private HeldTurn(SessionState sessions, Session session, GatewayState state, bool stream, string? model, TimeProvider time)
    {
        (_sessions, Session, _state, _stream, Model, _time) = (sessions, session, state, stream, model, time);
        Envelope = null!;
    }

    public Session Session { get; }

    /// <summary>The model for this message alone, over the session's own; null = none.</summary>
    public string? Model { get; }

    /// <summary>The conversation so far with the message at its end, as a Chat Completions request.</summary>
    public RequestEnvelope Envelope { get; private set; }

    /// <summary>Turns that did not fit into the model's context.</summary>
    public int LeftOut { get; private set; }

    public ReplyText Reply { get; } = new();

    /// <summary>How the request went; null before it began.</summary>
    public Decision? Decision { get; set; }

    /// <returns>Null when the store of conversations does not answer.</returns>
    public static async ValueTask<HeldTurn?> OpenAsync(SessionState sessions, Session session, GatewayState state, string text, bool stream, string? model, TimeProvider time, CancellationToken cancel)
    {
        var turn = new HeldTurn(sessions, session, state, stream, model, time);
        return await turn.SayAsync(text, cancel).ConfigureAwait(false) ? turn : null;
    }

    /// <summary>Makes the request anew with another text: what was left of a slash command. False: the conversation cannot be read.</summary>
    public async ValueTask<bool> SayAsync(string text, CancellationToken cancel)
    {
        _since = Session.Data.Since;
        if (await _sessions.ReadTranscriptAsync(Session, cancel).ConfigureAwait(false) is not { } transcript) return false;
        (_text, _transcript) = (text, transcript);
        Envelope?.Dispose();
        Envelope = RequestEnvelope.Of(Body());
        return true;
    }

    /// <summary>Keeps the message and its answer, whole or in part; without any answer nothing was said, and a conversation that was reset meanwhile is another.</summary>
    public void Record()
    {
        var reply = Reply.ToString();
        if (Decision is null || reply.Length == 0) return;
        var now = _time.GetUtcNow();
        var isPartial = Decision.Outcome is not ("answered" or "healed");
        _sessions.WriteTranscript(Session, _transcript.With(
            [new TranscriptTurn(true, _text, Decision.Time), new TranscriptTurn(false, reply, now, Decision.Answered, Decision.Id, isPartial)],
            _state.Config.Sessions.MaxTranscript), _since);
    }

    public void Dispose() => Envelope.Dispose();

    private byte[] Body()
    {
        var turns = Fitting();
        var body = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("model"u8, Model ?? "openclaw");
            json.WriteBoolean("stream"u8, _stream);
            if (_stream)
            {
                json.WriteStartObject("stream_options"u8);
                json.WriteBoolean("include_usage"u8, true);
                json.WriteEndObject();
            }
            json.WriteStartArray("messages"u8);
            foreach (var turn in turns) Write(json, turn.IsUser, turn.Text);
            Write(json, isUser: true, _text);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return body.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, bool isUser, string text)
    {
        json.WriteStartObject();
        json.WriteString("role"u8, isUser ? "user"u8 : "assistant"u8);
        json.WriteString("content"u8, text);
        json.WriteEndObject();
    }

    // The newest turns that fit into the window of the model that answers, beginning with one of the user's.
    private ReadOnlySpan<TranscriptTurn> Fitting()
    {
        var turns = _transcript.Turns.AsSpan();
        var plan = ModelCommands.PlanOf(new CommandContext(_state, Caller.Owner, Session, IsHeld: true, default), Model is { } own && !RoutePlanner.MeansDefault(own) ? own : null);
        if (plan.IsEmpty || plan[0].ContextWindow is not { } window) return turns;
        // A fourth of it is left for the answer.
        var left = (window * 3L / 4) - TokensOf(_text);
        var first = turns.Length;
        while (first > 0 && (left -= TokensOf(turns[first - 1].Text)) >= 0) first--;
        while (first < turns.Length && !turns[first].IsUser) first++;
        LeftOut = first;
        return turns[first..];
    }

    // By what it is made of: four bytes a token for prose, of which the most that it can be counts 2.3, and less for dense scripts.
    private static long TokensOf(string text)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        var most = PromptBound.Of(bytes.AsSpan(0, Encoding.UTF8.GetBytes(text, bytes)));
        ArrayPool<byte>.Shared.Return(bytes);
        return most * 4 / 7;
    }
}
