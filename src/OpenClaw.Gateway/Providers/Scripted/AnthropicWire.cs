using System.Text.Json;

namespace OpenClaw.Gateway.Providers.Scripted;

/// <summary>Anthropic's messages. Source: the event types of Anthropic's API reference, "Streaming messages".</summary>
internal sealed class AnthropicWire : ScriptedWire
{
    public override string StreamType => "text/event-stream; charset=utf-8";

    public override byte[]? Ping => Data(Json(w => w.WriteString("type", "ping")), "ping");

    public override IEnumerable<ScriptedFrame> Stream(ScriptedTurn turn)
    {
        yield return Event("message_start", w =>
        {
            w.WriteStartObject("message");
            Head(w, turn);
            w.WriteStartArray("content");
            w.WriteEndArray();
            w.WriteNull("stop_reason");
            w.WriteNull("stop_sequence");
            Usage(w, turn.PromptTokens, 1);
            w.WriteEndObject();
        });
        yield return new(ScriptedMark.Frame, Ping!);
        var index = 0;
        if (turn.Thinking is not null)
        {
            yield return Start(index, w => { w.WriteString("type", "thinking"); w.WriteString("thinking", ""); w.WriteString("signature", ""); });
            foreach (var token in ScriptedAnswer.Split(turn.Thinking))
            {
                yield return Delta(index, ScriptedMark.Thinking, "thinking_delta", "thinking", token);
            }
            yield return Delta(index, ScriptedMark.Frame, "signature_delta", "signature", "c2NyaXB0ZWQ=");
            yield return Stop(index++);
        }
        if (turn.Text.Length > 0)
        {
            yield return Start(index, w => { w.WriteString("type", "text"); w.WriteString("text", ""); });
            foreach (var token in ScriptedAnswer.Split(turn.Text)) yield return Delta(index, ScriptedMark.Text, "text_delta", "text", token);
            yield return Stop(index++);
        }
        foreach (var tool in turn.Tools)
        {
            yield return Start(index, w => ToolUse(w, tool, "{}"));
            yield return Delta(index, ScriptedMark.Frame, "input_json_delta", "partial_json", "");
            foreach (var piece in tool.Pieces()) yield return Delta(index, ScriptedMark.Tool, "input_json_delta", "partial_json", piece);
            yield return Stop(index++);
        }
        yield return Event("message_delta", w =>
        {
            w.WriteStartObject("delta");
            w.WriteString("stop_reason", turn.Tools.Count > 0 ? "tool_use" : "end_turn");
            w.WriteNull("stop_sequence");
            w.WriteEndObject();
            w.WriteStartObject("usage");
            w.WriteNumber("output_tokens", turn.CompletionTokens);
            w.WriteEndObject();
        }, ScriptedMark.Finish);
        yield return Event("message_stop", _ => { }, ScriptedMark.Done);
    }

    public override byte[] Whole(ScriptedTurn turn) => Json(w =>
    {
        Head(w, turn);
        w.WriteStartArray("content");
        if (turn.Thinking is not null)
        {
            w.WriteStartObject();
            w.WriteString("type", "thinking");
            w.WriteString("thinking", turn.Thinking);
            w.WriteString("signature", "c2NyaXB0ZWQ=");
            w.WriteEndObject();
        }
        if (turn.Text.Length > 0)
        {
            w.WriteStartObject();
            w.WriteString("type", "text");
            w.WriteString("text", turn.Text);
            w.WriteEndObject();
        }
        foreach (var tool in turn.Tools)
        {
            w.WriteStartObject();
            ToolUse(w, tool, tool.Arguments);
            w.WriteEndObject();
        }
        w.WriteEndArray();
        w.WriteString("stop_reason", turn.Tools.Count > 0 ? "tool_use" : "end_turn");
        w.WriteNull("stop_sequence");
        Usage(w, turn.PromptTokens, turn.CompletionTokens);
    });

    public override (int Status, byte[] Body) Error(ScriptedError error, string model, int? status)
    {
        var (code, type) = error switch
        {
            ScriptedError.RateLimited => (429, "rate_limit_error"),
            ScriptedError.Overloaded => (529, "overloaded_error"),
            ScriptedError.MoneyOut => (402, "billing_error"),
            ScriptedError.BadKey => (401, "authentication_error"),
            ScriptedError.NoSuchModel => (404, "not_found_error"),
            ScriptedError.ContextTooLong or ScriptedError.Policy or ScriptedError.NoPrefill or ScriptedError.BadRequest => (400, "invalid_request_error"),
            _ => (status ?? 500, "api_error"),
        };
        var message = error switch
        {
            ScriptedError.ContextTooLong => "prompt is too long: 210000 tokens > 200000 maximum",
            ScriptedError.Policy => "Output blocked by content filtering policy",
            _ => Words(error, model),
        };
        return (code, ErrorBody(type, message));
    }

    public override byte[] ErrorFrame() => Data(ErrorBody("overloaded_error", "Overloaded"), "error");

    public override byte[] BadFrame() => "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\" bro\n\n"u8.ToArray();

    public override byte[] Models(IEnumerable<string> names, long created) => OpenAi.Models(names, created);

    private static byte[] ErrorBody(string type, string message) => Json(w =>
    {
        w.WriteString("type", "error");
        w.WriteStartObject("error");
        w.WriteString("type", type);
        w.WriteString("message", message);
        w.WriteEndObject();
        w.WriteString("request_id", "req_scripted");
    });

    private static ScriptedFrame Event(string type, Action<Utf8JsonWriter> rest, ScriptedMark mark = ScriptedMark.Frame) =>
        new(mark, Data(Json(w =>
        {
            w.WriteString("type", type);
            rest(w);
        }), type));

    private static ScriptedFrame Start(int index, Action<Utf8JsonWriter> block) => Event("content_block_start", w =>
    {
        w.WriteNumber("index", index);
        w.WriteStartObject("content_block");
        block(w);
        w.WriteEndObject();
    });

    private static ScriptedFrame Delta(int index, ScriptedMark mark, string type, string field, string text) => Event("content_block_delta", w =>
    {
        w.WriteNumber("index", index);
        w.WriteStartObject("delta");
        w.WriteString("type", type);
        w.WriteString(field, text);
        w.WriteEndObject();
    }, mark);

    private static ScriptedFrame Stop(int index) => Event("content_block_stop", w => w.WriteNumber("index", index));

    private static void Head(Utf8JsonWriter w, ScriptedTurn turn)
    {
        w.WriteString("id", "msg_" + turn.Id);
        w.WriteString("type", "message");
        w.WriteString("role", "assistant");
        w.WriteString("model", turn.Model);
    }

    private static void ToolUse(Utf8JsonWriter w, ScriptedToolCall tool, string input)
    {
        w.WriteString("type", "tool_use");
        w.WriteString("id", "toolu_" + tool.Id);
        w.WriteString("name", tool.Name);
        w.WritePropertyName("input");
        w.WriteRawValue(input);
    }

    private static void Usage(Utf8JsonWriter w, int input, int output)
    {
        w.WriteStartObject("usage");
        w.WriteNumber("input_tokens", input);
        w.WriteNumber("cache_creation_input_tokens", 0);
        w.WriteNumber("cache_read_input_tokens", 0);
        w.WriteNumber("output_tokens", output);
        w.WriteEndObject();
    }
}
