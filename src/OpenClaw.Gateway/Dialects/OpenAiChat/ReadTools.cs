using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary><c>tools</c>, <c>tool_choice</c> and their forms of 2023.</summary>
internal static class ReadTools
{
    private const string NoParameters = """{"type":"object","properties":{}}""";

    public static void Read(JsonElement tools, ChatRequest request, RequestProblem problem)
    {
        if (!IsList(tools, "tools", problem)) return;
        var i = 0;
        foreach (var tool in tools.EnumerateArray())
        {
            var path = $"tools.{i++}";
            var type = JsonRead.String(tool, "type") ?? "function";
            if (type != "function") request.AddUnmapped($"{type} tool");
            else if (tool.ValueKind == JsonValueKind.Object && tool.TryGetProperty("function"u8, out var function)) Add(function, path + ".function", ReadParts.CacheControl(tool), request, problem);
            else problem.Add(path + ".function", "missing; write an object with name, description and parameters");
        }
    }

    public static void ReadLegacy(JsonElement functions, ChatRequest request, RequestProblem problem)
    {
        if (!IsList(functions, "functions", problem)) return;
        var i = 0;
        foreach (var function in functions.EnumerateArray()) Add(function, $"functions.{i++}", null, request, problem);
    }

    public static ToolChoice Choice(string field, JsonElement value, ChatRequest request, RequestProblem problem)
    {
        if (value.ValueKind == JsonValueKind.String) return OfWord(field, JsonRead.String(value)!, problem);
        var type = JsonRead.String(value, "type");
        if (type == "allowed_tools")
        {
            request.AddUnmapped("tool_choice.allowed_tools");
            value.TryGetProperty("allowed_tools"u8, out var allowed);
            return OfWord(field + ".allowed_tools.mode", JsonRead.String(allowed, "mode") ?? "auto", problem);
        }
        if (type == "custom")
        {
            request.AddUnmapped("tool_choice.custom");
            return ToolChoice.Unset;
        }
        // {"type":"function","function":{"name":…}}, and {"name":…} of 2023.
        var name = JsonRead.String(value, "name");
        if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("function"u8, out var function)) name = JsonRead.String(function, "name");
        if (!string.IsNullOrEmpty(name)) return new ToolChoice(ToolChoiceKind.Named, name);
        problem.Add(field, "write none, auto, required or {\"type\":\"function\",\"function\":{\"name\":…}}");
        return ToolChoice.Unset;
    }

    private static ToolChoice OfWord(string field, string word, RequestProblem problem)
    {
        switch (word)
        {
            case "auto": return new ToolChoice(ToolChoiceKind.Auto);
            case "none": return new ToolChoice(ToolChoiceKind.None);
            // Mistral's word is any.
            case "required" or "any": return new ToolChoice(ToolChoiceKind.Required);
            default:
                problem.Add(field, $"'{word}' is not known; write none, auto or required");
                return ToolChoice.Unset;
        }
    }

    private static bool IsList(JsonElement value, string field, RequestProblem problem)
    {
        if (value.ValueKind == JsonValueKind.Array) return true;
        problem.Add(field, "write a list");
        return false;
    }

    private static void Add(JsonElement function, string path, string? cacheControl, ChatRequest request, RequestProblem problem)
    {
        if (JsonRead.String(function, "name") is not { Length: > 0 } name)
        {
            problem.Add(path + ".name", "missing; write the function's name");
            return;
        }
        var parameters = NoParameters;
        if (function.TryGetProperty("parameters"u8, out var schema) && schema.ValueKind != JsonValueKind.Null)
        {
            if (schema.ValueKind != JsonValueKind.Object) problem.Add(path + ".parameters", "write a JSON Schema object");
            if (schema.ValueKind == JsonValueKind.Object && schema.EnumerateObject().Any()) parameters = schema.GetRawText();
        }
        bool? strict = function.TryGetProperty("strict"u8, out var flag) && flag.ValueKind is JsonValueKind.True or JsonValueKind.False ? flag.GetBoolean() : null;
        request.Tools.Add(new ToolDefinition(name, JsonRead.String(function, "description"), parameters) { Strict = strict, CacheControl = cacheControl });
    }
}
