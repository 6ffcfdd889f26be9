// hot path: no allocation per text chunk
using System.Buffers;
using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Gateway.Dialects.Gemini;

/// <summary>
/// Writes <c>streamGenerateContent?alt=sse</c>. Every frame is complete in itself, so there is nothing to open or to close
/// and a stream is continued by writing the next frame. A call is written whole, once the answer goes on or ends.
/// </summary>
internal sealed class GeminiStreamWriter : DialectStreamWriter
{
    private readonly IBufferWriter<byte> _output;
    private readonly PendingCalls _pending = new();
    private string _id;
    private string _model;
    private byte[]? _tail;
    private Usage _usage;
    private FinishReason _reason;
    private bool _hasBrokenCall;

    public GeminiStreamWriter(IBufferWriter<byte> output, StreamPosition position)
    {
        _output = output;
        _id = position.Id ?? "";
        _model = position.Model ?? "";
    }

    public override void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model)
    {
        if (_id.Length == 0) _id = Encoding.UTF8.GetString(id);
        if (_model.Length == 0) _model = Encoding.UTF8.GetString(model);
        _tail = null;
    }

    public override void Text(ReadOnlySpan<byte> utf8) => Part("\"text\":\""u8, utf8);

    /// <summary>There is no word for a refusal: it is text.</summary>
    public override void RefusalText(ReadOnlySpan<byte> utf8) => Part("\"text\":\""u8, utf8);

    public override void Reasoning(ReadOnlySpan<byte> utf8) => Part("\"thought\":true,\"text\":\""u8, utf8);

    public override void ReasoningSignature(ReadOnlySpan<byte> signature) => Part("\"text\":\"\",\"thought\":true,\"thoughtSignature\":\""u8, signature);

    /// <summary>Only its issuer can read it, and that is not Google: left out.</summary>
    public override void RedactedReasoning(ReadOnlySpan<byte> data)
    {
    }

    public override void ToolCall(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name) => _pending.Begin(index, id, name);

    public override void ToolArguments(int index, ReadOnlySpan<byte> json) => _pending.Append(index, json);

    public override void ToolSignature(int index, ReadOnlySpan<byte> signature) => _pending.Sign(index, signature);

    public override void Usage(in Usage usage) => _usage = usage;

    public override void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence) => _reason = reason;

    public override void End()
    {
        FlushCalls();
        _output.Write("data: "u8);
        using (var writer = new Utf8JsonWriter(_output, JsonWrite.Options))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("candidates"u8);
            writer.WriteStartObject();
            writer.WriteStartObject("content"u8);
            writer.WriteStartArray("parts"u8);
            GeminiContentWriter.WriteText(writer, "");
            writer.WriteEndArray();
            writer.WriteString("role"u8, "model"u8);
            writer.WriteEndObject();
            writer.WriteString("finishReason"u8, GeminiResponseWriter.FinishWord(_reason, _hasBrokenCall));
            writer.WriteNumber("index"u8, 0);
            writer.WriteEndObject();
            writer.WriteEndArray();
            GeminiResponseWriter.WriteUsage(writer, _usage);
            if (_model.Length > 0) writer.WriteString("modelVersion"u8, _model);
            if (_id.Length > 0) writer.WriteString("responseId"u8, _id);
            writer.WriteEndObject();
        }
        _output.Write("\r\n\r\n"u8);
    }

    public override void Error(GatewayError error, string requestId)
    {
        _output.Write("data: "u8);
        GeminiErrors.Write(error, requestId, _output);
        _output.Write("\r\n\r\n"u8);
    }

    public override void Seam(ReadOnlySpan<byte> note)
    {
        _output.Write(": "u8);
        _output.Write(note);
        _output.Write("\r\n\r\n"u8);
    }

    public override void KeepAlive() => _output.Write(": keep-alive\r\n\r\n"u8);

    private void Part(ReadOnlySpan<byte> head, ReadOnlySpan<byte> utf8)
    {
        if (_pending.Calls.Count > 0) FlushCalls();
        _output.Write("data: {\"candidates\":[{\"content\":{\"parts\":[{"u8);
        _output.Write(head);
        JsonWrite.Escaped(_output, utf8);
        _output.Write("\""u8);
        _output.Write(Tail());
    }

    private void FlushCalls()
    {
        foreach (var call in _pending.Calls)
        {
            if (!call.TryArguments(out var arguments))
            {
                _hasBrokenCall = true;
                continue;
            }
            _output.Write("data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{"u8);
            if (!call.Id.IsEmpty)
            {
                _output.Write("\"id\":\""u8);
                JsonWrite.Escaped(_output, call.Id);
                _output.Write("\","u8);
            }
            _output.Write("\"name\":\""u8);
            JsonWrite.Escaped(_output, call.Name);
            _output.Write("\",\"args\":"u8);
            _output.Write(arguments);
            _output.Write("}"u8);
            if (call.Signature is not null)
            {
                _output.Write(",\"thoughtSignature\":\""u8);
                JsonWrite.Escaped(_output, call.Signature);
                _output.Write("\""u8);
            }
            _output.Write(Tail());
        }
        _pending.Clear();
    }

    // What follows the part in every frame: the same bytes each time.
    private byte[] Tail()
    {
        if (_tail is not null) return _tail;
        var tail = new ArrayBufferWriter<byte>(128);
        tail.Write("}],\"role\":\"model\"},\"index\":0}]"u8);
        Field(tail, ",\"modelVersion\":\""u8, _model);
        Field(tail, ",\"responseId\":\""u8, _id);
        tail.Write("}\r\n\r\n"u8);
        return _tail = tail.WrittenSpan.ToArray();
    }

    private static void Field(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> head, string value)
    {
        if (value.Length == 0) return;
        output.Write(head);
        JsonWrite.Escaped(output, Encoding.UTF8.GetBytes(value));
        output.Write("\""u8);
    }
}
