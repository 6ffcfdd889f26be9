using System.Buffers;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.Gemini;

/// <summary>
/// Writes a <c>GenerateContentRequest</c>: systemInstruction, contents, tools, toolConfig, generationConfig. Schemas go as
/// plain JSON Schema: <c>parametersJsonSchema</c> of a FunctionDeclaration ("describes the parameters in JSON Schema format
/// … mutually exclusive with parameters") and <c>responseJsonSchema</c> of GenerationConfig, so nothing is lost to the
/// OpenAPI subset that the older fields take.
/// </summary>
internal static class GeminiRequestWriter
{
    private const int MaxStopSequences = 5;

    public static void Write(ChatRequest request, RequestTarget target, IBufferWriter<byte> output, ICollection<string> unsupported)
    {
        var model = GeminiModel.Of(target.Model);
        using var writer = new Utf8JsonWriter(output, JsonWrite.Options);
        writer.WriteStartObject();
        if (request.Turns.Count > 0) WriteSystem(writer, request.System);
        new GeminiContentWriter(writer, model, unsupported).Write(request);
        WriteTools(writer, request, unsupported);
        WriteToolChoice(writer, request, unsupported);
        WriteGeneration(writer, request, model, unsupported);
        if (request.User is not null) unsupported.Note("user");
        if (request.HasCacheControl) unsupported.Note(ChatRequest.CacheControlName);
        writer.WriteEndObject();
    }

    private static void WriteSystem(Utf8JsonWriter writer, List<TextPart> system)
    {
        if (system.All(p => p.Text.Length == 0)) return;
        writer.WriteStartObject("systemInstruction"u8);
        writer.WriteStartArray("parts"u8);
        foreach (var part in system)
        {
            if (part.Text.Length > 0) GeminiContentWriter.WriteText(writer, part.Text);
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteTools(Utf8JsonWriter writer, ChatRequest request, ICollection<string> unsupported)
    {
        if (request.Tools.Count == 0) return;
        writer.WriteStartArray("tools"u8);
        writer.WriteStartObject();
        writer.WriteStartArray("functionDeclarations"u8);
        foreach (var tool in request.Tools)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, tool.Name);
            // Demanded by the API.
            writer.WriteString("description"u8, tool.Description ?? "");
            WriteParameters(writer, tool, unsupported);
            writer.WriteEndObject();
            if (tool.Strict == true) unsupported.Note("strict tool schema");
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndArray();
        if (request.ParallelToolCalls == false) unsupported.Note("parallel_tool_calls");
    }

    // An object without properties is refused; a function without parameters leaves the field out.
    private static void WriteParameters(Utf8JsonWriter writer, ToolDefinition tool, ICollection<string> unsupported)
    {
        using var schema = RawJson.TryParseObject(tool.ParametersJson);
        if (schema is null)
        {
            unsupported.Note("tool schema that is not a JSON object");
            return;
        }
        if (HasParameters(schema.RootElement)) RawJson.Write(writer, "parametersJsonSchema"u8, schema.RootElement);
    }

    private static bool HasParameters(JsonElement schema)
    {
        foreach (var property in schema.EnumerateObject())
        {
            if (property.NameEquals("type"u8) || property.NameEquals("$schema"u8)) continue;
            // A tool may take members of any name.
            if (property.NameEquals("additionalProperties"u8))
            {
                if (property.Value.ValueKind is JsonValueKind.True or JsonValueKind.Object) return true;
                continue;
            }
            if (property.NameEquals("required"u8) || property.NameEquals("title"u8) || property.NameEquals("description"u8)) continue;
            var isEmpty = property.Value.ValueKind == JsonValueKind.Object && !property.Value.EnumerateObject().Any();
            if (!isEmpty) return true;
        }
        return false;
    }

    private static void WriteToolChoice(Utf8JsonWriter writer, ChatRequest request, ICollection<string> unsupported)
    {
        if (request.ToolChoice.Kind == ToolChoiceKind.Unset || request.Tools.Count == 0) return;
        writer.WriteStartObject("toolConfig"u8);
        writer.WriteStartObject("functionCallingConfig"u8);
        writer.WriteString("mode"u8, request.ToolChoice.Kind switch
        {
            ToolChoiceKind.None => "NONE"u8,
            ToolChoiceKind.Required or ToolChoiceKind.Named => "ANY"u8,
            _ => "AUTO"u8,
        });
        if (request.ToolChoice is { Kind: ToolChoiceKind.Named, Name: { } name })
        {
            if (!request.Tools.Exists(t => t.Name == name)) unsupported.Note("tool_choice of a tool that is not there");
            writer.WriteStartArray("allowedFunctionNames"u8);
            writer.WriteStringValue(name);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteGeneration(Utf8JsonWriter writer, ChatRequest request, GeminiModel model, ICollection<string> unsupported)
    {
        writer.WriteStartObject("generationConfig"u8);
        if (request.MaxTokens is { } max) writer.WriteNumber("maxOutputTokens"u8, max);
        RawJson.Write(writer, "temperature"u8, request.Temperature);
        RawJson.Write(writer, "topP"u8, request.TopP);
        if (request.TopK is { } topK) writer.WriteNumber("topK"u8, topK);
        WritePenalty(writer, "frequencyPenalty"u8, request.FrequencyPenalty, "frequency_penalty", model, unsupported);
        WritePenalty(writer, "presencePenalty"u8, request.PresencePenalty, "presence_penalty", model, unsupported);
        if (request.Seed is { } seed)
        {
            if (seed is >= int.MinValue and <= int.MaxValue) writer.WriteNumber("seed"u8, seed);
            else unsupported.Note("seed of more than 32 bits");
        }
        WriteStops(writer, request.StopSequences, unsupported);
        WriteOutput(writer, request, model, unsupported);
        GeminiThinkingWriter.Write(writer, request.Reasoning, request.MaxTokens, model, unsupported);
        writer.WriteEndObject();
    }

    private static void WritePenalty(Utf8JsonWriter writer, ReadOnlySpan<byte> name, double? penalty, string what, GeminiModel model, ICollection<string> unsupported)
    {
        if (!model.RefusesPenalties) RawJson.Write(writer, name, penalty);
        else if (penalty is not (null or 0)) unsupported.Note(what);
    }

    private static void WriteStops(Utf8JsonWriter writer, List<string> stops, ICollection<string> unsupported)
    {
        var written = 0;
        foreach (var stop in stops)
        {
            if (stop.Length == 0) continue;
            if (written == MaxStopSequences)
            {
                unsupported.Note("more than 5 stop sequences");
                break;
            }
            if (written++ == 0) writer.WriteStartArray("stopSequences"u8);
            writer.WriteStringValue(stop);
        }
        if (written > 0) writer.WriteEndArray();
    }

    // Before Gemini 3, "function calling with a response mime type application/json is unsupported" is a 400.
    private static void WriteOutput(Utf8JsonWriter writer, ChatRequest request, GeminiModel model, ICollection<string> unsupported)
    {
        if (request.Output.Kind == OutputFormatKind.Text) return;
        if (request.Tools.Count > 0 && !model.IsThirdGeneration)
        {
            unsupported.Note("response_format beside tools");
            return;
        }
        writer.WriteString("responseMimeType"u8, "application/json"u8);
        if (request.Output.Kind != OutputFormatKind.JsonSchema) return;
        using var schema = RawJson.TryParseObject(request.Output.SchemaJson);
        if (schema is null) unsupported.Note("response schema that is not a JSON object");
        else RawJson.Write(writer, "responseJsonSchema"u8, schema.RootElement);
    }
}
