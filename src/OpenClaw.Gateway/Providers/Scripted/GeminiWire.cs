using System.Text.Json;

namespace OpenClaw.Gateway.Providers.Scripted;

/// <summary>Gemini's generateContent. Source: <c>GenerateContentResponse</c> and google.rpc.Status.</summary>
internal sealed class GeminiWire : ScriptedWire
{
    public override string StreamType => "text/event-stream";

    public override byte[]? Ping => ": still here\r\n\r\n"u8.ToArray();

    public override IEnumerable<ScriptedFrame> Stream(ScriptedTurn turn)
    {
        var frames = new List<(ScriptedMark Mark, Action<Utf8JsonWriter> Part)>();
        foreach (var token in ScriptedAnswer.Split(turn.Thinking ?? ""))
        {
            frames.Add((ScriptedMark.Thinking, w => { w.WriteString("text", token); w.WriteBoolean("thought", true); }));
        }
        foreach (var token in ScriptedAnswer.Split(turn.Text)) frames.Add((ScriptedMark.Text, w => w.WriteString("text", token)));
        foreach (var tool in turn.Tools) frames.Add((ScriptedMark.Tool, w => Call(w, tool)));
        foreach (var (mark, part) in frames) yield return new(mark, Frame(Response(turn, part, null)));
        // The finish travels in a frame of its own with empty text, as the real one often does.
        yield return new(ScriptedMark.Finish, Frame(Response(turn, w => w.WriteString("text", ""), "STOP")));
    }

    public override byte[] Whole(ScriptedTurn turn) => Json(w =>
    {
        w.WriteStartArray("candidates");
        w.WriteStartObject();
        w.WriteStartObject("content");
        w.WriteStartArray("parts");
        if (turn.Thinking is not null) Part(w, p => { p.WriteString("text", turn.Thinking); p.WriteBoolean("thought", true); });
        if (turn.Text.Length > 0) Part(w, p => p.WriteString("text", turn.Text));
        foreach (var tool in turn.Tools) Part(w, p => Call(p, tool));
        w.WriteEndArray();
        w.WriteString("role", "model");
        w.WriteEndObject();
        w.WriteString("finishReason", "STOP");
        w.WriteNumber("index", 0);
        w.WriteEndObject();
        w.WriteEndArray();
        Tail(w, turn, true);
    });

    public override (int Status, byte[] Body) Error(ScriptedError error, string model, int? status)
    {
        // Gemini refuses a prompt for its content with 200 and no candidates.
        if (error == ScriptedError.Policy)
        {
            return (200, Json(w =>
            {
                w.WriteStartObject("promptFeedback");
                w.WriteString("blockReason", "PROHIBITED_CONTENT");
                w.WriteEndObject();
                w.WriteString("modelVersion", model);
            }));
        }
        var (code, name) = error switch
        {
            ScriptedError.RateLimited or ScriptedError.MoneyOut => (429, "RESOURCE_EXHAUSTED"),
            ScriptedError.Overloaded => (503, "UNAVAILABLE"),
            ScriptedError.NoSuchModel => (404, "NOT_FOUND"),
            ScriptedError.ServerError => (status ?? 500, status == 503 ? "UNAVAILABLE" : "INTERNAL"),
            _ => (400, "INVALID_ARGUMENT"),
        };
        var message = error switch
        {
            ScriptedError.ContextTooLong => "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
            ScriptedError.BadKey => "API key not valid. Please pass a valid API key.",
            _ => Words(error, model),
        };
        return (code, ErrorBody(code, name, message, error));
    }

    public override byte[] ErrorFrame() => Frame(ErrorBody(503, "UNAVAILABLE", "The model is overloaded.", ScriptedError.Overloaded));

    public override byte[] BadFrame() => "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\" bro\r\n\r\n"u8.ToArray();

    public override byte[] Models(IEnumerable<string> names, long created) => Json(w =>
    {
        w.WriteStartArray("models");
        foreach (var name in names)
        {
            w.WriteStartObject();
            w.WriteString("name", "models/" + name);
            w.WriteString("displayName", name);
            w.WriteNumber("inputTokenLimit", 1048576);
            w.WriteNumber("outputTokenLimit", 65536);
            w.WriteStartArray("supportedGenerationMethods");
            w.WriteStringValue("generateContent");
            w.WriteEndArray();
            w.WriteEndObject();
        }
        w.WriteEndArray();
    });

    // Gemini ends its lines with CR LF.
    private static byte[] Frame(byte[] json) => [.. "data: "u8, .. json, .. "\r\n\r\n"u8];

    private static byte[] Response(ScriptedTurn turn, Action<Utf8JsonWriter> part, string? finish) => Json(w =>
    {
        w.WriteStartArray("candidates");
        w.WriteStartObject();
        w.WriteStartObject("content");
        w.WriteStartArray("parts");
        Part(w, part);
        w.WriteEndArray();
        w.WriteString("role", "model");
        w.WriteEndObject();
        if (finish is not null) w.WriteString("finishReason", finish);
        w.WriteNumber("index", 0);
        w.WriteEndObject();
        w.WriteEndArray();
        Tail(w, turn, finish is not null);
    });

    private static void Part(Utf8JsonWriter w, Action<Utf8JsonWriter> part)
    {
        w.WriteStartObject();
        part(w);
        w.WriteEndObject();
    }

    private static void Call(Utf8JsonWriter w, ScriptedToolCall tool)
    {
        w.WriteStartObject("functionCall");
        w.WriteString("name", tool.Name);
        w.WritePropertyName("args");
        w.WriteRawValue(tool.Arguments);
        w.WriteEndObject();
    }

    private static void Tail(Utf8JsonWriter w, ScriptedTurn turn, bool whole)
    {
        var thoughts = ScriptedAnswer.CountWords(turn.Thinking ?? "");
        w.WriteStartObject("usageMetadata");
        w.WriteNumber("promptTokenCount", turn.PromptTokens);
        if (whole)
        {
            w.WriteNumber("candidatesTokenCount", turn.CompletionTokens - thoughts);
            if (thoughts > 0) w.WriteNumber("thoughtsTokenCount", thoughts);
            w.WriteNumber("totalTokenCount", turn.PromptTokens + turn.CompletionTokens);
        }
        w.WriteEndObject();
        w.WriteString("modelVersion", turn.Model);
        w.WriteString("responseId", turn.Id);
    }

    private static byte[] ErrorBody(int code, string status, string message, ScriptedError error) => Json(w =>
    {
        w.WriteStartObject("error");
        w.WriteNumber("code", code);
        w.WriteString("message", message);
        w.WriteString("status", status);
        w.WriteStartArray("details");
        if (error == ScriptedError.BadKey)
        {
            Part(w, d => { d.WriteString("@type", "type.googleapis.com/google.rpc.ErrorInfo"); d.WriteString("reason", "API_KEY_INVALID"); });
        }
        if (error == ScriptedError.MoneyOut)
        {
            Part(w, d =>
            {
                d.WriteString("@type", "type.googleapis.com/google.rpc.QuotaFailure");
                d.WriteStartArray("violations");
                Part(d, v => v.WriteString("quotaId", "GenerateRequestsPerDayPerProjectPerModel-FreeTier"));
                d.WriteEndArray();
            });
        }
        w.WriteEndArray();
        w.WriteEndObject();
    });
}
