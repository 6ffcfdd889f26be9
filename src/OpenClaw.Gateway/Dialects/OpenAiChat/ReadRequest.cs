using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Errors;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>
/// A Chat Completions request in the common form. Messages: <see cref="ReadMessages"/>; tools: <see cref="ReadTools"/>.
/// A field without a counterpart is named in <see cref="ChatRequest.Unmapped"/>, unless it says what is the case anyway.
/// </summary>
internal static class ReadRequest
{
    public static (ChatRequest? Request, GatewayError? Error) Read(ReadOnlyMemory<byte> body)
    {
        if (body.Span.StartsWith("\uFEFF"u8)) body = body[3..];
        var problem = new RequestProblem();
        var request = new ChatRequest();
        try
        {
            using var document = JsonDocument.Parse(body, JsonRead.Document);
            ReadRoot(document.RootElement, request, problem);
        }
        catch (JsonException e)
        {
            problem.Add("body", $"not JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}; write one JSON object");
        }
        catch (InvalidOperationException)
        {
            // The document's own answer to a field name such as "\ud800".
            problem.Add("body", "a field name has half a \\u pair; write whole characters");
        }
        return problem.First is { } error ? (null, error) : (request, null);
    }

    private static void ReadRoot(JsonElement root, ChatRequest request, RequestProblem problem)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            problem.Add("body", "write a JSON object");
            return;
        }
        var hasMessages = false;
        foreach (var field in root.EnumerateObject())
        {
            if (field.Value.ValueKind == JsonValueKind.Null) continue;
            hasMessages |= field.NameEquals("messages"u8);
            ReadField(field.Name, field.Value, request, problem);
        }
        request.WantsFunctionCall = root.TryGetProperty("functions"u8, out var functions) && functions.ValueKind == JsonValueKind.Array && !OffersTools(root);
        if (!hasMessages) problem.Add("messages", "missing; write a list of messages");
        // The newer name wins, wherever it stands.
        if (root.TryGetProperty("max_completion_tokens"u8, out var limit) && limit.ValueKind != JsonValueKind.Null) request.MaxTokens = Limit("max_completion_tokens", limit, problem);
    }

    // A client library may write the field although it has nothing to put there.
    private static bool OffersTools(JsonElement root) =>
        root.TryGetProperty("tools"u8, out var tools) && tools.ValueKind != JsonValueKind.Null && !(tools.ValueKind == JsonValueKind.Array && tools.GetArrayLength() == 0);

    private static void ReadField(string name, JsonElement value, ChatRequest request, RequestProblem problem)
    {
        switch (name)
        {
            case "model": request.Model = Text(name, value, problem) ?? ""; break;
            case "messages": ReadMessages.Read(value, request, problem); break;
            case "stream": request.Stream = Flag(name, value, problem); break;
            case "stream_options": break;
            case "tools": ReadTools.Read(value, request, problem); break;
            case "functions": ReadTools.ReadLegacy(value, request, problem); break;
            case "tool_choice" or "function_call": request.ToolChoice = ReadTools.Choice(name, value, request, problem); break;
            case "parallel_tool_calls": request.ParallelToolCalls = Flag(name, value, problem); break;
            case "max_tokens": request.MaxTokens = Limit(name, value, problem); break;
            case "max_completion_tokens": break;
            case "temperature": request.Temperature = Number(name, value, problem); break;
            case "top_p": request.TopP = Number(name, value, problem); break;
            case "frequency_penalty": request.FrequencyPenalty = Number(name, value, problem); break;
            case "presence_penalty": request.PresencePenalty = Number(name, value, problem); break;
            case "top_k": request.TopK = (int?)Whole(name, value, problem); break;
            case "seed": request.Seed = Whole(name, value, problem); break;
            case "stop": ReadStop(value, request, problem); break;
            case "response_format": ReadFormat(value, request, problem); break;
            case "reasoning_effort": request.Reasoning = OfEffort(Text(name, value, problem)); break;
            case "reasoning" or "thinking": request.Reasoning = OfObject(name, value, problem) ?? request.Reasoning; break;
            case "user": request.User = Text(name, value, problem); break;
            case "safety_identifier": request.User ??= Text(name, value, problem); break;
            case "prompt_cache_key":
                if (Text(name, value, problem) is not null) request.AddUnmapped(ChatRequest.CacheKeyName);
                break;
            default:
                if (!SaysNothing(name, value)) request.AddUnmapped(name);
                break;
        }
    }

    // Written out by many clients although it is what happens without them.
    private static bool SaysNothing(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.False => true,
        JsonValueKind.Number => name switch
        {
            "n" => value.TryGetDouble(out var n) && n <= 1,
            _ => value.TryGetDouble(out var other) && other == 0,
        },
        // Without options it is a search all the same.
        JsonValueKind.Object => name != "web_search_options" && !value.EnumerateObject().Any(),
        JsonValueKind.Array => value.GetArrayLength() == 0 || (name == "modalities" && value.GetArrayLength() == 1 && JsonRead.String(value[0]) == "text"),
        JsonValueKind.String => name == "service_tier" && JsonRead.String(value) is "auto" or "default",
        _ => false,
    };

    private static void ReadStop(JsonElement value, ChatRequest request, RequestProblem problem)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                request.StopSequences.Add(JsonRead.String(value)!);
                break;
            case JsonValueKind.Array when value.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String):
                request.StopSequences.AddRange(value.EnumerateArray().Select(e => JsonRead.String(e)!));
                break;
            default:
                problem.Add("stop", "write a string or a list of strings");
                break;
        }
    }

    private static void ReadFormat(JsonElement value, ChatRequest request, RequestProblem problem)
    {
        switch (JsonRead.String(value, "type"))
        {
            case "text": break;
            case "json_object": request.Output = new OutputFormat(OutputFormatKind.JsonObject); break;
            case "json_schema" when value.TryGetProperty("json_schema"u8, out var schema) && schema.ValueKind == JsonValueKind.Object:
                var raw = schema.TryGetProperty("schema"u8, out var s) && s.ValueKind is not JsonValueKind.Null ? s.GetRawText() : null;
                bool? strict = schema.TryGetProperty("strict"u8, out var flag) && flag.ValueKind is JsonValueKind.True or JsonValueKind.False ? flag.GetBoolean() : null;
                request.Output = new OutputFormat(OutputFormatKind.JsonSchema, JsonRead.String(schema, "name"), raw, strict, JsonRead.String(schema, "description"));
                break;
            case "json_schema":
                problem.Add("response_format.json_schema", "write an object with name and schema");
                break;
            default:
                problem.Add("response_format.type", "write text, json_object or json_schema");
                break;
        }
    }

    private static ReasoningRequest? OfEffort(string? effort) => effort is null ? null : new ReasoningRequest(effort != "none", effort);

    // OpenRouter {effort, max_tokens, exclude, enabled}; DeepSeek, Zhipu and others {type: enabled|disabled, budget_tokens}.
    private static ReasoningRequest? OfObject(string name, JsonElement value, RequestProblem problem)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            problem.Add(name, "write an object");
            return null;
        }
        var effort = JsonRead.String(value, "effort");
        var budget = Budget(name, "max_tokens", value, problem) ?? Budget(name, "budget_tokens", value, problem);
        var off = effort == "none" || JsonRead.String(value, "type") == "disabled" || IsFalse(value, "enabled");
        // Both show what was thought unless it is excluded; reasoning_effort, OpenAI's own word, never does.
        bool? include = value.TryGetProperty("exclude"u8, out var exclude) && exclude.ValueKind is JsonValueKind.True or JsonValueKind.False ? !exclude.GetBoolean() : off ? null : true;
        return new ReasoningRequest(!off, effort, budget, include);
    }

    private static int? Budget(string name, string member, JsonElement value, RequestProblem problem) =>
        value.TryGetProperty(member, out var budget) && budget.ValueKind != JsonValueKind.Null ? Limit($"{name}.{member}", budget, problem) : null;

    private static bool IsFalse(JsonElement value, string member) => value.TryGetProperty(member, out var flag) && flag.ValueKind == JsonValueKind.False;

    private static string? Text(string name, JsonElement value, RequestProblem problem)
    {
        if (value.ValueKind == JsonValueKind.String) return JsonRead.String(value);
        problem.Add(name, "write a string");
        return null;
    }

    private static bool Flag(string name, JsonElement value, RequestProblem problem)
    {
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        problem.Add(name, "write true or false");
        return false;
    }

    private static double? Number(string name, JsonElement value, RequestProblem problem)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number)) return number;
        problem.Add(name, "write a number");
        return null;
    }

    private static long? Whole(string name, JsonElement value, RequestProblem problem)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && Math.Abs(number) < 9e15 && Math.Truncate(number) == number) return (long)number;
        problem.Add(name, "write a whole number");
        return null;
    }

    // Below zero is how some clients say "no limit".
    private static int? Limit(string name, JsonElement value, RequestProblem problem)
    {
        var number = Whole(name, value, problem);
        if (number == 0) problem.Add(name, "write a whole number above 0");
        return number is > 0 and var limit ? (int)Math.Min(limit, int.MaxValue) : null;
    }
}
