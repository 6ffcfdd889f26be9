using System.Globalization;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>
/// The <c>messages</c> list. System and developer messages before the first turn are collected, later ones are turns; results of tools that stand
/// next to each other become one user turn; an assistant turn is reasoning, text, calls - in this order.
/// </summary>
internal static class ReadMessages
{
    private sealed class State(ChatRequest request, RequestProblem problem)
    {
        public ChatRequest Request { get; } = request;

        public RequestProblem Problem { get; } = problem;

        /// <summary>The name of each call, by id: results need it in dialects that match by name.</summary>
        public Dictionary<string, string> Names { get; } = [];

        /// <summary>The last id made up for a function of 2023, by name.</summary>
        public Dictionary<string, string> LegacyIds { get; } = [];

        /// <summary>The turn that collects tool results, while they stand next to each other.</summary>
        public ChatTurn? Results { get; set; }
    }

    public static void Read(JsonElement messages, ChatRequest request, RequestProblem problem)
    {
        if (messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0)
        {
            problem.Add("messages", "write a list with at least one message");
            return;
        }
        var state = new State(request, problem);
        var i = 0;
        foreach (var message in messages.EnumerateArray()) ReadMessage(message, $"messages.{i++}", state);
    }

    private static void ReadMessage(JsonElement message, string path, State state)
    {
        if (message.ValueKind != JsonValueKind.Object)
        {
            state.Problem.Add(path, "write an object with role and content");
            return;
        }
        var role = JsonRead.String(message, "role");
        if (role is not ("tool" or "function")) state.Results = null;
        switch (role)
        {
            case "system" or "developer": ReadSystem(message, path, state); break;
            case "user": ReadUser(message, path, state); break;
            case "assistant": ReadAssistant(message, path, state); break;
            case "tool": ReadResult(message, JsonRead.String(message, "tool_call_id"), path, state); break;
            case "function": ReadResult(message, LegacyId(JsonRead.String(message, "name") ?? "", state), path, state); break;
            default: state.Problem.Add(path + ".role", $"{(role is null ? "missing" : $"'{role}' is not known")}; write system, developer, user, assistant or tool"); break;
        }
    }

    private static void ReadSystem(JsonElement message, string path, State state)
    {
        // In mid-conversation it stays in its place: what it says may hold from there on, and after an answer it is what is to be answered.
        var turn = state.Request.Turns.Count == 0 ? null : new ChatTurn(ChatRole.User) { IsSystem = true };
        foreach (var part in Content(message, path, state, mayBeNull: false))
        {
            if (part is TextPart text && turn is not null) turn.Parts.Add(text);
            else if (part is TextPart first) state.Request.System.Add(first);
            else state.Problem.Add(path + ".content", "write text only in a system message");
        }
        if (turn is not null && turn.Parts.Exists(static p => p is TextPart { Text.Length: > 0 })) state.Request.Turns.Add(turn);
    }

    private static void ReadUser(JsonElement message, string path, State state)
    {
        var turn = new ChatTurn(ChatRole.User) { Name = JsonRead.String(message, "name") };
        turn.Parts.AddRange(Content(message, path, state, mayBeNull: false));
        state.Request.Turns.Add(turn);
    }

    private static void ReadAssistant(JsonElement message, string path, State state)
    {
        var turn = new ChatTurn(ChatRole.Assistant) { Name = JsonRead.String(message, "name") };
        turn.Parts.AddRange(ReadReasoning.Of(message));
        // An empty text beside calls is nothing; other dialects refuse it.
        turn.Parts.AddRange(Content(message, path, state, mayBeNull: true).Where(p => p is not TextPart { Text: "" }));
        if (JsonRead.String(message, "refusal") is { Length: > 0 } refusal) turn.Parts.Add(new TextPart(refusal));
        if (message.TryGetProperty("tool_calls"u8, out var calls) && calls.ValueKind == JsonValueKind.Array)
        {
            var i = 0;
            foreach (var call in calls.EnumerateArray()) ReadCall(call, message, $"{path}.tool_calls.{i++}", turn, state);
        }
        if (message.TryGetProperty("function_call"u8, out var function) && function.ValueKind == JsonValueKind.Object) ReadLegacyCall(function, path, turn, state);
        if (message.TryGetProperty("audio"u8, out var audio) && audio.ValueKind == JsonValueKind.Object) Unmapped("audio", turn.Parts, state);
        if (turn.Parts.Count > 0) state.Request.Turns.Add(turn);
    }

    private static void ReadCall(JsonElement call, JsonElement message, string path, ChatTurn turn, State state)
    {
        if (JsonRead.String(call, "type") == "custom")
        {
            Unmapped("custom tool call", turn.Parts, state);
            return;
        }
        if (call.ValueKind != JsonValueKind.Object || !call.TryGetProperty("function"u8, out var function) || JsonRead.String(function, "name") is not { Length: > 0 } name)
        {
            state.Problem.Add(path + ".function.name", "missing; write the name of the function that was called");
            return;
        }
        var id = JsonRead.String(call, "id") ?? "";
        state.Names[id] = name;
        turn.Parts.Add(new ToolCallPart(id, name, Arguments(function)) { Signature = ReadReasoning.SignatureOfCall(call, message, id) });
    }

    private static void ReadLegacyCall(JsonElement function, string path, ChatTurn turn, State state)
    {
        if (JsonRead.String(function, "name") is not { Length: > 0 } name)
        {
            state.Problem.Add(path + ".function_call.name", "missing; write the name of the function that was called");
            return;
        }
        var id = string.Create(CultureInfo.InvariantCulture, $"call_function_{state.Names.Count}");
        state.LegacyIds[name] = id;
        state.Names[id] = name;
        turn.Parts.Add(new ToolCallPart(id, name, Arguments(function)));
    }

    // A string, kept even when the model wrote no JSON into it; an object from clients that parsed it.
    private static string Arguments(JsonElement function)
    {
        if (!function.TryGetProperty("arguments"u8, out var arguments)) return "{}";
        var text = arguments.ValueKind is JsonValueKind.Object ? arguments.GetRawText() : JsonRead.String(arguments);
        return string.IsNullOrWhiteSpace(text) ? "{}" : text;
    }

    private static string LegacyId(string name, State state) => state.LegacyIds.GetValueOrDefault(name, name);

    private static void ReadResult(JsonElement message, string? id, string path, State state)
    {
        if (string.IsNullOrEmpty(id))
        {
            state.Problem.Add(path + ".tool_call_id", "missing; write the id of the call that this answers");
            return;
        }
        if (state.Results is null) state.Request.Turns.Add(state.Results = new ChatTurn(ChatRole.User));
        var content = Content(message, path, state, mayBeNull: true);
        state.Results.Parts.Add(new ToolResultPart(id, content, IsError: false) { Name = state.Names.GetValueOrDefault(id) ?? JsonRead.String(message, "name") });
    }

    private static List<ChatPart> Content(JsonElement message, string path, State state, bool mayBeNull)
    {
        var parts = new List<ChatPart>();
        path += ".content";
        message.TryGetProperty("content"u8, out var content);
        switch (content.ValueKind)
        {
            case JsonValueKind.String:
                parts.Add(new TextPart(JsonRead.String(content)!) { CacheControl = ReadParts.CacheControl(message) });
                break;
            case JsonValueKind.Array:
                var i = 0;
                foreach (var part in content.EnumerateArray())
                {
                    if (ReadParts.Read(part, $"{path}.{i++}", state.Problem) is not { } read) continue;
                    if (read is UnmappedPart unmapped) state.Request.AddUnmapped(unmapped.What);
                    parts.Add(read);
                }
                break;
            case JsonValueKind.Null or JsonValueKind.Undefined when mayBeNull: break;
            default: state.Problem.Add(path, "write a string or a list of parts"); break;
        }
        return parts;
    }

    private static void Unmapped(string what, List<ChatPart> parts, State state)
    {
        parts.Add(new UnmappedPart(what));
        state.Request.AddUnmapped(what);
    }
}
