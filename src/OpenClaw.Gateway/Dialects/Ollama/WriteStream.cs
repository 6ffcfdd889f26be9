// hot path: no allocation per text chunk
using System.Buffers;
using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Gateway.Dialects.Ollama;

/// <summary>
/// Writes Ollama's JSON lines. Each is complete in itself, so a stream is continued by writing the next. JSON lines have no
/// comments: seams and signs of life are empty messages, which clients append to the answer without a change.
/// </summary>
internal sealed class OllamaStreamWriter : DialectStreamWriter
{
    private readonly IBufferWriter<byte> _output;
    private readonly PendingCalls _pending = new();
    private readonly string _created;
    private string _model;
    private byte[]? _head;
    private Usage _usage;
    private FinishReason _reason;
    private bool _hasBrokenCall;

    public OllamaStreamWriter(IBufferWriter<byte> output, StreamPosition position)
    {
        _output = output;
        _model = position.Model ?? "";
        _created = OllamaResponseWriter.Time(position.Created);
    }

    public override void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model)
    {
        if (_model.Length == 0) _model = Encoding.UTF8.GetString(model);
        _head = null;
    }

    public override void Text(ReadOnlySpan<byte> utf8) => Message("\"content\":\""u8, utf8);

    /// <summary>There is no word for a refusal: it is text.</summary>
    public override void RefusalText(ReadOnlySpan<byte> utf8) => Message("\"content\":\""u8, utf8);

    public override void Reasoning(ReadOnlySpan<byte> utf8) => Message("\"content\":\"\",\"thinking\":\""u8, utf8);

    /// <summary>Ollama knows no signatures.</summary>
    public override void ReasoningSignature(ReadOnlySpan<byte> signature)
    {
    }

    public override void RedactedReasoning(ReadOnlySpan<byte> data)
    {
    }

    public override void ToolCall(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name) => _pending.Begin(index, id, name);

    public override void ToolArguments(int index, ReadOnlySpan<byte> json) => _pending.Append(index, json);

    public override void ToolSignature(int index, ReadOnlySpan<byte> signature)
    {
    }

    public override void Usage(in Usage usage) => _usage = usage;

    public override void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence) => _reason = reason;

    public override void End()
    {
        FlushCalls();
        if (_hasBrokenCall && _reason is not (FinishReason.Length or FinishReason.ContextFull))
        {
            Error(new GatewayError(GatewayErrorKind.AnswerInterrupted, "the model's tool call broke off"), "");
            return;
        }
        using (var writer = new Utf8JsonWriter(_output, JsonWrite.Options))
        {
            writer.WriteStartObject();
            writer.WriteString("model"u8, _model);
            writer.WriteString("created_at"u8, _created);
            writer.WriteStartObject("message"u8);
            writer.WriteString("role"u8, "assistant"u8);
            writer.WriteString("content"u8, ""u8);
            writer.WriteEndObject();
            OllamaResponseWriter.WriteEnd(writer, _reason, _usage);
            writer.WriteEndObject();
        }
        _output.Write("\n"u8);
    }

    public override void Error(GatewayError error, string requestId)
    {
        OllamaErrors.Write(error, _output);
        _output.Write("\n"u8);
    }

    public override void Seam(ReadOnlySpan<byte> note)
    {
        _output.Write(Head());
        _output.Write("\"content\":\"\"},\"done\":false,\"openclaw\":"u8);
        _output.Write(JsonSlice.IsWellFormed(note) ? note : "null"u8);
        _output.Write("}\n"u8);
    }

    public override void KeepAlive() => Message("\"content\":\""u8, default);

    private void Message(ReadOnlySpan<byte> field, ReadOnlySpan<byte> utf8)
    {
        if (_pending.Calls.Count > 0 && !utf8.IsEmpty) FlushCalls();
        _output.Write(Head());
        _output.Write(field);
        JsonWrite.Escaped(_output, utf8);
        _output.Write("\"},\"done\":false}\n"u8);
    }

    private void FlushCalls()
    {
        var isFirst = true;
        foreach (var call in _pending.Calls)
        {
            if (!call.TryArguments(out var arguments))
            {
                _hasBrokenCall = true;
                continue;
            }
            if (isFirst) _output.Write(Head());
            _output.Write(isFirst ? "\"content\":\"\",\"tool_calls\":[{"u8 : ",{"u8);
            isFirst = false;
            if (!call.Id.IsEmpty)
            {
                _output.Write("\"id\":\""u8);
                JsonWrite.Escaped(_output, call.Id);
                _output.Write("\","u8);
            }
            _output.Write("\"function\":{\"name\":\""u8);
            JsonWrite.Escaped(_output, call.Name);
            _output.Write("\",\"arguments\":"u8);
            _output.Write(arguments);
            _output.Write("}}"u8);
        }
        if (!isFirst) _output.Write("]},\"done\":false}\n"u8);
        _pending.Clear();
    }

    // The same bytes before every message.
    private byte[] Head()
    {
        if (_head is not null) return _head;
        var head = new ArrayBufferWriter<byte>(128);
        head.Write("{\"model\":\""u8);
        JsonWrite.Escaped(head, Encoding.UTF8.GetBytes(_model));
        head.Write("\",\"created_at\":\""u8);
        head.Write(Encoding.ASCII.GetBytes(_created));
        head.Write("\",\"message\":{\"role\":\"assistant\","u8);
        return _head = head.WrittenSpan.ToArray();
    }
}
