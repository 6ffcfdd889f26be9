using System.Text.Json;

namespace OpenClaw.Gateway.Providers.Scripted;

/// <summary>OpenAI's chat completions. Source: the OpenAI API description, <c>CreateChatCompletionStreamResponse</c>.</summary>
internal sealed class OpenAiWire : ScriptedWire
{
    public override string StreamType => "text/event-stream";

    public override byte[]? Ping => ": still here\n\n"u8.ToArray();

    public override IEnumerable<ScriptedFrame> Stream(ScriptedTurn turn)
    {
        yield return Chunk(turn, ScriptedMark.Frame, w => { w.WriteString("role", "assistant"); w.WriteString("content", ""); });
        foreach (var token in ScriptedAnswer.Split(turn.Thinking ?? ""))
        {
            yield return Chunk(turn, ScriptedMark.Thinking, w => w.WriteString("reasoning_content", token));
        }
        foreach (var token in ScriptedAnswer.Split(turn.Text))
        {
            yield return Chunk(turn, ScriptedMark.Text, w => w.WriteString("content", token));
        }
        for (var i = 0; i < turn.Tools.Count; i++)
        {
            var (index, tool) = (i, turn.Tools[i]);
            yield return Chunk(turn, ScriptedMark.Frame, w => ToolDelta(w, index, tool, ""));
            foreach (var piece in tool.Pieces()) yield return Chunk(turn, ScriptedMark.Tool, w => ToolDelta(w, index, null, piece));
        }
        yield return Chunk(turn, ScriptedMark.Finish, _ => { }, turn.Tools.Count > 0 ? "tool_calls" : "stop");
        if (turn.IncludeUsage)
        {
            yield return new(ScriptedMark.Frame, Data(Json(w =>
            {
                Head(w, turn, "chat.completion.chunk");
                w.WriteStartArray("choices");
                w.WriteEndArray();
                Usage(w, turn);
            })));
        }
        yield return new(ScriptedMark.Done, "data: [DONE]\n\n"u8.ToArray());
    }

    public override byte[] Whole(ScriptedTurn turn) => Json(w =>
    {
        Head(w, turn, "chat.completion");
        w.WriteStartArray("choices");
        w.WriteStartObject();
        w.WriteNumber("index", 0);
        w.WriteStartObject("message");
        w.WriteString("role", "assistant");
        if (turn.Text.Length > 0 || turn.Tools.Count == 0) w.WriteString("content", turn.Text);
        else w.WriteNull("content");
        if (turn.Thinking is not null) w.WriteString("reasoning_content", turn.Thinking);
        if (turn.Tools.Count > 0)
        {
            w.WriteStartArray("tool_calls");
            foreach (var tool in turn.Tools) WriteTool(w, null, tool, tool.Arguments);
            w.WriteEndArray();
        }
        w.WriteEndObject();
        w.WriteNull("logprobs");
        w.WriteString("finish_reason", turn.Tools.Count > 0 ? "tool_calls" : "stop");
        w.WriteEndObject();
        w.WriteEndArray();
        Usage(w, turn);
    });

    public override (int Status, byte[] Body) Error(ScriptedError error, string model, int? status)
    {
        var (code, type, name) = error switch
        {
            ScriptedError.RateLimited => (429, "requests", "rate_limit_exceeded"),
            ScriptedError.Overloaded => (503, "server_error", "overloaded"),
            ScriptedError.ContextTooLong => (400, "invalid_request_error", "context_length_exceeded"),
            ScriptedError.Policy => (400, "invalid_request_error", "content_policy_violation"),
            ScriptedError.MoneyOut => (429, "insufficient_quota", "insufficient_quota"),
            ScriptedError.BadKey => (401, "invalid_request_error", "invalid_api_key"),
            ScriptedError.NoPrefill => (400, "invalid_request_error", "invalid_prefill"),
            ScriptedError.NoSuchModel => (404, "invalid_request_error", "model_not_found"),
            ScriptedError.BadRequest => (400, "invalid_request_error", null),
            _ => (status ?? 500, "server_error", (string?)null),
        };
        return (code, ErrorBody(Words(error, model), type, name));
    }

    public override byte[] ErrorFrame() => Data(ErrorBody(Words(ScriptedError.ServerError, ""), "server_error", "server_error"));

    public override byte[] BadFrame() => "data: {\"id\":\"chatcmpl-scripted\",\"choices\":[{\"delta\":{\"content\":\" bro\n\n"u8.ToArray();

    public override byte[] Models(IEnumerable<string> names, long created) => Json(w =>
    {
        w.WriteString("object", "list");
        w.WriteStartArray("data");
        foreach (var name in names)
        {
            w.WriteStartObject();
            w.WriteString("id", name);
            w.WriteString("object", "model");
            w.WriteNumber("created", created);
            w.WriteString("owned_by", "scripted");
            w.WriteEndObject();
        }
        w.WriteEndArray();
    });

    private static byte[] ErrorBody(string message, string type, string? code) => Json(w =>
    {
        w.WriteStartObject("error");
        w.WriteString("message", message);
        w.WriteString("type", type);
        w.WriteNull("param");
        w.WriteString("code", code);
        w.WriteEndObject();
    });

    private static ScriptedFrame Chunk(ScriptedTurn turn, ScriptedMark mark, Action<Utf8JsonWriter> delta, string? finish = null) =>
        new(mark, Data(Json(w =>
        {
            Head(w, turn, "chat.completion.chunk");
            w.WriteStartArray("choices");
            w.WriteStartObject();
            w.WriteNumber("index", 0);
            w.WriteStartObject("delta");
            delta(w);
            w.WriteEndObject();
            w.WriteNull("logprobs");
            w.WriteString("finish_reason", finish);
            w.WriteEndObject();
            w.WriteEndArray();
            if (turn.IncludeUsage) w.WriteNull("usage");
        })));

    private static void Head(Utf8JsonWriter w, ScriptedTurn turn, string kind)
    {
        w.WriteString("id", "chatcmpl-" + turn.Id);
        w.WriteString("object", kind);
        w.WriteNumber("created", turn.Created);
        w.WriteString("model", turn.Model);
        w.WriteString("system_fingerprint", "fp_scripted");
    }

    private static void ToolDelta(Utf8JsonWriter w, int index, ScriptedToolCall? tool, string arguments)
    {
        w.WriteStartArray("tool_calls");
        WriteTool(w, index, tool, arguments);
        w.WriteEndArray();
    }

    private static void WriteTool(Utf8JsonWriter w, int? index, ScriptedToolCall? tool, string arguments)
    {
        w.WriteStartObject();
        if (index is { } i) w.WriteNumber("index", i);
        if (tool is not null)
        {
            w.WriteString("id", tool.Id);
            w.WriteString("type", "function");
        }
        w.WriteStartObject("function");
        if (tool is not null) w.WriteString("name", tool.Name);
        w.WriteString("arguments", arguments);
        w.WriteEndObject();
        w.WriteEndObject();
    }

    private static void Usage(Utf8JsonWriter w, ScriptedTurn turn)
    {
        w.WriteStartObject("usage");
        w.WriteNumber("prompt_tokens", turn.PromptTokens);
        w.WriteNumber("completion_tokens", turn.CompletionTokens);
        w.WriteNumber("total_tokens", turn.PromptTokens + turn.CompletionTokens);
        w.WriteEndObject();
    }
}
