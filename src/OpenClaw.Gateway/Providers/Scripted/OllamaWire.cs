using System.Text.Json;

namespace OpenClaw.Gateway.Providers.Scripted;

/// <summary>Ollama's own chat: a JSON object a line. Source: ollama's docs/api.md.</summary>
internal sealed class OllamaWire : ScriptedWire
{
    public override string StreamType => "application/x-ndjson";

    public override IEnumerable<ScriptedFrame> Stream(ScriptedTurn turn)
    {
        foreach (var token in ScriptedAnswer.Split(turn.Thinking ?? ""))
        {
            yield return Line(ScriptedMark.Thinking, turn, w => { w.WriteString("content", ""); w.WriteString("thinking", token); });
        }
        foreach (var token in ScriptedAnswer.Split(turn.Text)) yield return Line(ScriptedMark.Text, turn, w => w.WriteString("content", token));
        foreach (var tool in turn.Tools) yield return Line(ScriptedMark.Tool, turn, w => { w.WriteString("content", ""); Tools(w, [tool]); });
        yield return new(ScriptedMark.Finish, [.. Json(w => { Message(w, turn, m => m.WriteString("content", "")); End(w, turn); }), (byte)'\n']);
    }

    public override byte[] Whole(ScriptedTurn turn) => Json(w =>
    {
        Message(w, turn, m =>
        {
            m.WriteString("content", turn.Text);
            if (turn.Thinking is not null) m.WriteString("thinking", turn.Thinking);
            if (turn.Tools.Count > 0) Tools(m, turn.Tools);
        });
        End(w, turn);
    });

    public override (int Status, byte[] Body) Error(ScriptedError error, string model, int? status)
    {
        var code = error switch
        {
            ScriptedError.RateLimited => 429,
            ScriptedError.Overloaded => 503,
            ScriptedError.MoneyOut => 402,
            ScriptedError.BadKey => 401,
            ScriptedError.NoSuchModel => 404,
            ScriptedError.ServerError => status ?? 500,
            _ => 400,
        };
        var message = error switch
        {
            ScriptedError.ContextTooLong => "the input length exceeds the context length",
            ScriptedError.NoSuchModel => $"model '{model}' not found",
            ScriptedError.Overloaded => "server busy, please try again.  maximum pending requests exceeded",
            _ => Words(error, model),
        };
        return (code, Json(w => w.WriteString("error", message)));
    }

    public override byte[] ErrorFrame() => "{\"error\":\"an error was encountered while running the model: unexpected EOF\"}\n"u8.ToArray();

    public override byte[] BadFrame() => "{\"model\":\"scripted\",\"message\":{\"role\":\"assistant\",\"content\":\" bro\n"u8.ToArray();

    public override byte[] Models(IEnumerable<string> names, long created) => Json(w =>
    {
        w.WriteStartArray("models");
        foreach (var name in names)
        {
            w.WriteStartObject();
            w.WriteString("name", name);
            w.WriteString("model", name);
            w.WriteString("modified_at", DateTimeOffset.FromUnixTimeSeconds(created));
            w.WriteNumber("size", 0);
            w.WriteEndObject();
        }
        w.WriteEndArray();
    });

    private static ScriptedFrame Line(ScriptedMark mark, ScriptedTurn turn, Action<Utf8JsonWriter> message) =>
        new(mark, [.. Json(w => { Message(w, turn, message); w.WriteBoolean("done", false); }), (byte)'\n']);

    private static void Message(Utf8JsonWriter w, ScriptedTurn turn, Action<Utf8JsonWriter> message)
    {
        w.WriteString("model", turn.Model);
        w.WriteString("created_at", DateTimeOffset.FromUnixTimeSeconds(turn.Created));
        w.WriteStartObject("message");
        w.WriteString("role", "assistant");
        message(w);
        w.WriteEndObject();
    }

    private static void Tools(Utf8JsonWriter w, IReadOnlyList<ScriptedToolCall> tools)
    {
        w.WriteStartArray("tool_calls");
        foreach (var tool in tools)
        {
            w.WriteStartObject();
            w.WriteStartObject("function");
            w.WriteString("name", tool.Name);
            w.WritePropertyName("arguments");
            w.WriteRawValue(tool.Arguments);
            w.WriteEndObject();
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }

    private static void End(Utf8JsonWriter w, ScriptedTurn turn)
    {
        w.WriteString("done_reason", "stop");
        w.WriteBoolean("done", true);
        w.WriteNumber("total_duration", 1_000_000L);
        w.WriteNumber("load_duration", 1000L);
        w.WriteNumber("prompt_eval_count", turn.PromptTokens);
        w.WriteNumber("prompt_eval_duration", 1000L);
        w.WriteNumber("eval_count", turn.CompletionTokens);
        w.WriteNumber("eval_duration", 1000L);
    }
}
