using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Errors;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>
/// Understands a Messages request for a target of another dialect. The first problem found is the answer, named by its path
/// as Anthropic names it (<c>messages.1.content.0.type: …</c>). Messages: see ReadRequest.Messages.cs; blocks: ReadRequest.Blocks.cs.
/// </summary>
internal sealed partial class ReadRequest
{
    private readonly ChatRequest _request = new();
    private GatewayError? _error;

    private ReadRequest()
    {
    }

    public static (ChatRequest? Request, GatewayError? Error) Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, JsonRead.Document);
            var read = new ReadRequest();
            read.Body(document.RootElement);
            return read._error is null ? (read._request, null) : (null, read._error);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperation: text that is not UTF-8.
            return (null, new GatewayError(GatewayErrorKind.BadRequest, "the request body is not valid JSON"));
        }
    }

    private void Body(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            _error = new GatewayError(GatewayErrorKind.BadRequest, "the request body must be a JSON object");
            return;
        }
        foreach (var field in body.EnumerateObject()) Field(field.Name, field.Value);
        _request.Model = JsonRead.String(body, "model") ?? "";
        Reasoning(body);
        if (body.TryGetProperty("messages"u8, out var messages)) Messages(messages);
        else Fail("messages", "Field required");
    }

    private void Field(string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null) return;
        switch (name)
        {
            case "model" or "messages" or "thinking": break;
            case "max_tokens": _request.MaxTokens = Integer(name, value, 1); break;
            case "temperature": _request.Temperature = Number(name, value); break;
            case "top_p": _request.TopP = Number(name, value); break;
            case "top_k": _request.TopK = Integer(name, value, 0); break;
            case "stream": _request.Stream = Boolean(name, value) ?? false; break;
            case "stop_sequences": StopSequences(value); break;
            case "system": System(value); break;
            case "tools": Tools(value); break;
            case "tool_choice": Choice(value); break;
            case "metadata": _request.User = JsonRead.String(value, "user_id"); break;
            case "output_format": Format("output_format", value); break;
            case "output_config" when value.ValueKind == JsonValueKind.Object:
                if (value.TryGetProperty("format"u8, out var format)) Format("output_config.format", format);
                break;
            case "thread" when value.ValueKind == JsonValueKind.Object: Thread(value); break;
            case "service_tier" when JsonRead.String(value) == "auto": break;
            default: Unmapped(name); break;
        }
    }

    // A thread is kept by the provider that began it: its later requests hold only what is new (beta message-threads-2026-08-12).
    // Anthropic's clients know these two codes: they send the whole conversation again, and then without a thread.
    private void Thread(JsonElement thread)
    {
        var continues = JsonRead.String(thread, "type") == "continue";
        _error ??= new GatewayError(GatewayErrorKind.BadRequest, continues
            ? "thread: it is kept by the provider that answered before, which is not asked here; send the whole conversation"
            : "thread: only Anthropic keeps message threads; send the request without it")
        {
            Param = "thread",
            DetailCode = continues ? "thread_not_found" : "thread_unsupported_request",
        };
    }

    private void Reasoning(JsonElement body)
    {
        var effort = body.TryGetProperty("output_config"u8, out var config) ? JsonRead.String(config, "effort") : null;
        if (!body.TryGetProperty("thinking"u8, out var thinking) || thinking.ValueKind == JsonValueKind.Null)
        {
            if (effort is not null) _request.Reasoning = new ReasoningRequest(true, effort);
            return;
        }
        // Who asks Claude to think gets the thoughts unless they say otherwise; elsewhere that must be asked for.
        var shown = JsonRead.String(thinking, "display") != "omitted";
        switch (JsonRead.String(thinking, "type"))
        {
            case "disabled": _request.Reasoning = new ReasoningRequest(false); break;
            case "adaptive": _request.Reasoning = new ReasoningRequest(true, effort, null, shown); break;
            case "enabled" when thinking.TryGetProperty("budget_tokens"u8, out var budget):
                _request.Reasoning = new ReasoningRequest(true, effort, Integer("thinking.enabled.budget_tokens", budget, 1), shown);
                break;
            case "enabled": Fail("thinking.enabled.budget_tokens", "Field required"); break;
            default: Fail("thinking.type", "Input should be 'enabled', 'adaptive' or 'disabled'"); break;
        }
    }

    private void Format(string path, JsonElement format)
    {
        if (format.ValueKind != JsonValueKind.Object) return;
        if (JsonRead.String(format, "type") != "json_schema" || !format.TryGetProperty("schema"u8, out var schema))
        {
            Fail(path, "a json_schema format with a schema is expected");
            return;
        }
        _request.Output = new OutputFormat(OutputFormatKind.JsonSchema, "answer", schema.GetRawText(), Strict: true);
    }

    private void StopSequences(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            Fail("stop_sequences", "Input should be a valid array");
            return;
        }
        foreach (var sequence in value.EnumerateArray())
        {
            if (JsonRead.String(sequence) is { } text) _request.StopSequences.Add(text);
            else Fail("stop_sequences", "Input should be an array of strings");
        }
    }

    private void Tools(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            Fail("tools", "Input should be a valid array");
            return;
        }
        var i = 0;
        foreach (var tool in value.EnumerateArray()) Tool($"tools.{i++}", tool);
    }

    private void Tool(string path, JsonElement tool)
    {
        // Any other type is a tool that only Anthropic defines or runs (web_search_20250305, bash_20250124, …).
        if (JsonRead.String(tool, "type") is { } type && type != "custom")
        {
            Unmapped(type);
            return;
        }
        if (JsonRead.String(tool, "name") is not { Length: > 0 } name)
        {
            Fail($"{path}.name", "Field required");
            return;
        }
        var schema = tool.TryGetProperty("input_schema"u8, out var s) && s.ValueKind == JsonValueKind.Object
            ? s.GetRawText() : """{"type":"object","properties":{}}""";
        _request.Tools.Add(new ToolDefinition(name, JsonRead.String(tool, "description"), schema)
        {
            Strict = tool.TryGetProperty("strict"u8, out var strict) ? strict.ValueKind == JsonValueKind.True : null,
            CacheControl = CacheControl(tool),
        });
    }

    private void Choice(JsonElement choice)
    {
        _request.ToolChoice = JsonRead.String(choice, "type") switch
        {
            "auto" => new ToolChoice(ToolChoiceKind.Auto),
            "any" => new ToolChoice(ToolChoiceKind.Required),
            "none" => new ToolChoice(ToolChoiceKind.None),
            "tool" when JsonRead.String(choice, "name") is { } name => new ToolChoice(ToolChoiceKind.Named, name),
            "tool" => FailChoice("tool_choice.tool.name", "Field required"),
            _ => FailChoice("tool_choice.type", "Input should be 'auto', 'any', 'tool' or 'none'"),
        };
        if (choice.ValueKind == JsonValueKind.Object && choice.TryGetProperty("disable_parallel_tool_use"u8, out var single))
        {
            _request.ParallelToolCalls = single.ValueKind != JsonValueKind.True;
        }
    }

    private ToolChoice FailChoice(string path, string what)
    {
        Fail(path, what);
        return ToolChoice.Unset;
    }

    private int? Integer(string path, JsonElement value, int least)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var number)) Fail(path, "Input should be a valid integer");
        else if (number < least) Fail(path, $"Input should be greater than or equal to {least}");
        else return number;
        return null;
    }

    private double? Number(string path, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number)) return number;
        Fail(path, "Input should be a valid number");
        return null;
    }

    private bool? Boolean(string path, JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.ValueKind == JsonValueKind.True;
        Fail(path, "Input should be a valid boolean");
        return null;
    }

    private static string? CacheControl(JsonElement owner) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty("cache_control"u8, out var control) && control.ValueKind == JsonValueKind.Object
            ? control.GetRawText() : null;

    private void Unmapped(string what) => _request.Unmapped.Note(what);

    private void Fail(string path, string what) =>
        _error ??= new GatewayError(GatewayErrorKind.BadRequest, $"{path}: {what}") { Param = path };
}
