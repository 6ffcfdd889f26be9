using System.Text.Json;

namespace OpenClaw.EndToEnd;

/// <summary>Puts a stream together and notes what a strict reader would object to.</summary>
internal abstract class StreamAssembler(ChatReply reply)
{
    protected ChatReply Reply { get; } = reply;

    public void Event(string name, string data)
    {
        if (Reply.Ended) Reply.Violations.Add("an event after the end: " + data);
        try
        {
            Read(name, data);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            Reply.Violations.Add($"an event that is not the protocol's: {data} ({e.Message})");
        }
    }

    public virtual void Close()
    {
    }

    protected abstract void Read(string name, string data);

    protected static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    protected static void ReadError(JsonElement error, ChatReply reply)
    {
        reply.Error = Text(error, "message") ?? "";
        reply.ErrorType = Text(error, "code") ?? Text(error, "type");
        if (reply.Error.Length == 0) reply.Violations.Add("an error without a message");
    }
}

internal sealed class OpenAiAssembler(ChatReply reply) : StreamAssembler(reply)
{
    private string? _id;

    public static void Whole(JsonElement root, ChatReply reply)
    {
        if (root.TryGetProperty("error", out var error))
        {
            ReadError(error, reply);
            return;
        }
        var choice = root.GetProperty("choices")[0];
        var message = choice.GetProperty("message");
        reply.TextBuilder.Append(Text(message, "content"));
        reply.Reasoning.Append(Text(message, "reasoning_content"));
        if (message.TryGetProperty("tool_calls", out var tools)) AddTools(tools, reply, whole: true);
        reply.Finish = Text(choice, "finish_reason");
        reply.Model = Text(root, "model");
        Usage(root, reply);
    }

    protected override void Read(string name, string data)
    {
        if (data == "[DONE]")
        {
            if (Reply.Error is null) Reply.Ended = true;
            return;
        }
        using var document = JsonDocument.Parse(data);
        var root = document.RootElement;
        if (root.TryGetProperty("error", out var error))
        {
            ReadError(error, Reply);
            return;
        }
        // Azure begins with a chunk of what its filters found, whose id is empty.
        if (string.IsNullOrEmpty(_id)) _id = Text(root, "id");
        if (_id != Text(root, "id")) Reply.Violations.Add("the id changes");
        Reply.Model ??= Text(root, "model");
        Usage(root, Reply);
        var choices = root.GetProperty("choices");
        if (choices.GetArrayLength() == 0) return;
        var delta = choices[0].GetProperty("delta");
        if (Reply.Finish is not null && (Text(delta, "content") is { Length: > 0 } || delta.TryGetProperty("tool_calls", out _))) Reply.Violations.Add("content after the finish");
        Reply.TextBuilder.Append(Text(delta, "content"));
        Reply.Reasoning.Append(Text(delta, "reasoning_content"));
        if (delta.TryGetProperty("tool_calls", out var tools)) AddTools(tools, Reply, whole: false);
        if (Text(choices[0], "finish_reason") is not { } finish) return;
        if (Reply.Finish is not null) Reply.Violations.Add("two finishes");
        Reply.Finish = finish;
    }

    private static void AddTools(JsonElement tools, ChatReply reply, bool whole)
    {
        foreach (var tool in tools.EnumerateArray())
        {
            var index = whole ? reply.Tools.Count : tool.GetProperty("index").GetInt32();
            if (index > reply.Tools.Count) reply.Violations.Add($"tool index {index} after {reply.Tools.Count} tools");
            if (index >= reply.Tools.Count) reply.Tools.Add(new ToolReply());
            var target = reply.Tools[Math.Min(index, reply.Tools.Count - 1)];
            if (Text(tool, "id") is { Length: > 0 } id) target.Id = id;
            if (!tool.TryGetProperty("function", out var function))
            {
                reply.Violations.Add("a piece of a call without its function");
                continue;
            }
            if (Text(function, "name") is { Length: > 0 } toolName) target.Name = toolName;
            target.Arguments.Append(Text(function, "arguments"));
        }
    }

    private static void Usage(JsonElement root, ChatReply reply)
    {
        if (!root.TryGetProperty("usage", out var usage) || usage.ValueKind != JsonValueKind.Object) return;
        reply.InputTokens = usage.GetProperty("prompt_tokens").GetInt32();
        reply.OutputTokens = usage.GetProperty("completion_tokens").GetInt32();
    }
}

internal sealed class AnthropicAssembler(ChatReply reply) : StreamAssembler(reply)
{
    private bool _started;
    private int _last = -1;
    private int? _open;
    private ToolReply? _tool;
    private string _input = "{}";

    public static void Whole(JsonElement root, ChatReply reply)
    {
        if (Text(root, "type") == "error")
        {
            ReadError(root.GetProperty("error"), reply);
            return;
        }
        foreach (var block in root.GetProperty("content").EnumerateArray())
        {
            reply.TextBuilder.Append(Text(block, "text"));
            reply.Reasoning.Append(Text(block, "thinking"));
            if (Text(block, "type") != "tool_use") continue;
            var tool = new ToolReply { Id = Text(block, "id") ?? "", Name = Text(block, "name") ?? "" };
            tool.Arguments.Append(block.GetProperty("input").GetRawText());
            reply.Tools.Add(tool);
        }
        reply.Finish = Text(root, "stop_reason");
        reply.Model = Text(root, "model");
        Usage(root, reply);
    }

    public override void Close()
    {
        if (Reply.Ended && _open is not null) Reply.Violations.Add("a block is still open at the end");
    }

    protected override void Read(string name, string data)
    {
        using var document = JsonDocument.Parse(data);
        var root = document.RootElement;
        var type = Text(root, "type") ?? "";
        if (type != name) Reply.Violations.Add($"event {name} carries type {type}");
        if (!_started && type is not ("message_start" or "error" or "ping")) Reply.Violations.Add(type + " before message_start");
        switch (type)
        {
            case "message_start":
                if (_started) Reply.Violations.Add("a second message_start");
                _started = true;
                Reply.Model = Text(root.GetProperty("message"), "model");
                Usage(root.GetProperty("message"), Reply);
                break;
            case "content_block_start": StartBlock(root); break;
            case "content_block_delta": Delta(root); break;
            case "content_block_stop":
                if (_open != root.GetProperty("index").GetInt32()) Reply.Violations.Add("a stop for a block that is not open");
                if (_tool is { Arguments.Length: 0 }) _tool.Arguments.Append(_input);
                (_open, _tool) = (null, null);
                break;
            case "message_delta":
                if (_open is not null) Reply.Violations.Add("message_delta while a block is open");
                Reply.Finish = Text(root.GetProperty("delta"), "stop_reason") ?? Reply.Finish;
                Usage(root, Reply);
                break;
            case "message_stop":
                if (Reply.Error is null) Reply.Ended = true;
                break;
            case "error": ReadError(root.GetProperty("error"), Reply); break;
            default: break;
        }
    }

    private void StartBlock(JsonElement root)
    {
        var index = root.GetProperty("index").GetInt32();
        if (_open is not null) Reply.Violations.Add("a block starts inside another");
        if (index != _last + 1) Reply.Violations.Add($"block {index} after {_last}");
        (_open, _last) = (index, index);
        var block = root.GetProperty("content_block");
        Reply.TextBuilder.Append(Text(block, "text"));
        if (Text(block, "type") != "tool_use") return;
        _tool = new ToolReply { Id = Text(block, "id") ?? "", Name = Text(block, "name") ?? "" };
        Reply.Tools.Add(_tool);
        // Whole here when no delta follows.
        _input = block.TryGetProperty("input", out var input) ? input.GetRawText() : "{}";
    }

    private void Delta(JsonElement root)
    {
        if (_open != root.GetProperty("index").GetInt32()) Reply.Violations.Add("a delta for a block that is not open");
        var delta = root.GetProperty("delta");
        Reply.TextBuilder.Append(Text(delta, "text"));
        Reply.Reasoning.Append(Text(delta, "thinking"));
        if (Text(delta, "partial_json") is { Length: > 0 } json) _tool?.Arguments.Append(json);
    }

    private static void Usage(JsonElement root, ChatReply reply)
    {
        if (!root.TryGetProperty("usage", out var usage) || usage.ValueKind != JsonValueKind.Object) return;
        if (usage.TryGetProperty("input_tokens", out var input) && input.ValueKind == JsonValueKind.Number) reply.InputTokens = input.GetInt32();
        if (usage.TryGetProperty("output_tokens", out var output) && output.ValueKind == JsonValueKind.Number) reply.OutputTokens = output.GetInt32();
    }
}
