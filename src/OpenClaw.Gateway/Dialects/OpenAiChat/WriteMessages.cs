using System.Text;
using System.Text.Json;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>
/// The <c>messages</c> list: one system message first; of a user turn the tool results first, each a message, because they
/// must follow the calls; media that a tool returned go into the user message after it, where they are allowed.
/// </summary>
internal static class WriteMessages
{
    /// <summary>The last turn is an assistant's that the target is to continue.</summary>
    public static bool EndsWithPrefill(ChatRequest request) =>
        request.Turns is [.., { Role: ChatRole.Assistant } last] && !last.Parts.Any(p => p is ToolCallPart);

    public static void Write(Utf8JsonWriter json, ChatRequest request, RequestTarget target, ICollection<string> unsupported)
    {
        var prefix = target.Quirks.HasFlag(TargetQuirks.PrefixFlag) && EndsWithPrefill(request);
        json.WriteStartArray("messages"u8);
        var words = WriteRequest.SchemaInWords(request.Output, target);
        if (words is not null) WriteSystem(json, [.. request.System, new TextPart(words)], target);
        else if (request.System.Count > 0) WriteSystem(json, request.System, target);
        var turns = Joined(KeepsOrder(target) ? request.Turns : WithoutSystem(request.Turns));
        for (var i = 0; i < turns.Count; i++)
        {
            var turn = turns[i];
            foreach (var part in turn.Parts.OfType<UnmappedPart>()) unsupported.Note(part.What);
            if (turn.IsSystem) WriteSystem(json, [.. turn.Parts.OfType<TextPart>()], target);
            else if (turn.Role == ChatRole.User) WriteUser(json, turn, target, unsupported);
            else WriteAssistant(json, turn, target, prefix && i == turns.Count - 1, unsupported);
        }
        unsupported.NoteSilence(request, part => part is TextPart { Text.Length: > 0 } or ToolResultPart || (part is MediaPart media && CanWrite(media, target)));
        json.WriteEndArray();
    }

    // Chat templates of open models take instructions at the beginning alone, and turns in turn.
    private static bool KeepsOrder(RequestTarget target) =>
        (target.Quirks & (TargetQuirks.ContinueFinalMessage | TargetQuirks.ContinuousUsage | TargetQuirks.PrefixFlag | TargetQuirks.PlainCore)) == 0;

    private static List<ChatTurn> WithoutSystem(List<ChatTurn> turns)
    {
        if (!turns.Exists(static t => t.IsSystem)) return turns;
        var joined = new List<ChatTurn>();
        var after = false;
        foreach (var turn in turns)
        {
            var isNeighbour = joined.Count > 0 && joined[^1].Role == ChatRole.User && turn.Role == ChatRole.User && (after || turn.IsSystem);
            after = turn.IsSystem;
            if (!isNeighbour && !turn.IsSystem)
            {
                joined.Add(turn);
                continue;
            }
            var last = new ChatTurn(ChatRole.User) { Name = isNeighbour ? joined[^1].Name ?? turn.Name : null };
            if (isNeighbour)
            {
                last.Parts.AddRange(joined[^1].Parts);
                joined.RemoveAt(joined.Count - 1);
            }
            last.Parts.AddRange(turn.Parts);
            joined.Add(last);
        }
        return joined;
    }

    // What the client let the model begin with and what the model went on with are one message: only the last is continued.
    private static List<ChatTurn> Joined(List<ChatTurn> turns)
    {
        if (turns is not [.., { Role: ChatRole.Assistant } first, { Role: ChatRole.Assistant } second] || first.Parts.Any(p => p is ToolCallPart)) return turns;
        var joined = new ChatTurn(ChatRole.Assistant) { Name = first.Name };
        joined.Parts.AddRange(first.Parts);
        joined.Parts.AddRange(second.Parts);
        return [.. turns[..^2], joined];
    }

    private static void WriteSystem(Utf8JsonWriter json, List<TextPart> system, RequestTarget target)
    {
        json.WriteStartObject();
        json.WriteString("role"u8, "system"u8);
        if (target.Quirks.HasFlag(TargetQuirks.OpenRouter) && system.Any(p => p.CacheControl is not null)) WriteParts(json, system, target);
        else json.WriteString("content"u8, string.Join("\n\n", system.Select(p => p.Text)));
        json.WriteEndObject();
    }

    private static void WriteUser(Utf8JsonWriter json, ChatTurn turn, RequestTarget target, ICollection<string> unsupported)
    {
        var rest = new List<ChatPart>();
        foreach (var result in turn.Parts.OfType<ToolResultPart>())
        {
            WriteResult(json, result, target);
            rest.AddRange(result.Content.OfType<MediaPart>());
        }
        rest.AddRange(turn.Parts.Where(p => p is TextPart or MediaPart));
        var lost = rest.OfType<MediaPart>().Where(m => !CanWrite(m, target)).Select(NameOf).Distinct().ToList();
        foreach (var what in lost) unsupported.Note(what);
        rest.RemoveAll(p => p is MediaPart media && !CanWrite(media, target));
        if (rest.Count == 0 && turn.Parts.Any(p => p is ToolResultPart)) return;
        // A list of nothing is refused, and without the message two answers would follow one another.
        if (rest.Count == 0 && lost.Count > 0) rest.Add(new TextPart($"(left out: {string.Join(", ", lost)})"));
        json.WriteStartObject();
        json.WriteString("role"u8, "user"u8);
        if (turn.Name is { } name) json.WriteString("name"u8, name);
        WriteContent(json, rest, target);
        json.WriteEndObject();
    }

    private static void WriteResult(Utf8JsonWriter json, ToolResultPart result, RequestTarget target)
    {
        var text = string.Join('\n', result.Content.OfType<TextPart>().Select(p => p.Text));
        if (text.Length == 0 && result.Content.Any(p => p is MediaPart)) text = "(see the next message)";
        // There is no flag for it here; models know the word.
        if (result.IsError && !text.StartsWith("error", StringComparison.OrdinalIgnoreCase)) text = "Error: " + text;
        json.WriteStartObject();
        json.WriteString("role"u8, "tool"u8);
        json.WriteString("tool_call_id"u8, CallIds.Of(result.CallId, target.Quirks));
        json.WriteString("content"u8, text);
        json.WriteEndObject();
    }

    private static void WriteAssistant(Utf8JsonWriter json, ChatTurn turn, RequestTarget target, bool prefix, ICollection<string> unsupported)
    {
        var calls = turn.Parts.OfType<ToolCallPart>().ToList();
        var text = string.Concat(turn.Parts.OfType<TextPart>().Select(p => p.Text));
        if (turn.Parts.Any(p => p is MediaPart)) unsupported.Note("media in an assistant message");
        json.WriteStartObject();
        json.WriteString("role"u8, "assistant"u8);
        if (turn.Name is { } name) json.WriteString("name"u8, name);
        if (text.Length == 0 && calls.Count > 0) json.WriteNull("content"u8);
        else json.WriteString("content"u8, text);
        WriteReasoningOf(json, turn, calls, target, unsupported);
        if (calls.Count > 0)
        {
            json.WriteStartArray("tool_calls"u8);
            // OpenAI and others refuse fields that they do not know.
            foreach (var call in calls) WriteResponse.WriteToolCall(json, call, CallIds.Of(call.Id, target.Quirks), target.Quirks.HasFlag(TargetQuirks.CallSignatures));
            json.WriteEndArray();
        }
        if (prefix) json.WriteBoolean("prefix"u8, true);
        json.WriteEndObject();
    }

    // OpenRouter wants all of it back. DeepSeek and Kimi want the text with every call, and ignore it elsewhere. Nobody else takes it.
    private static void WriteReasoningOf(Utf8JsonWriter json, ChatTurn turn, List<ToolCallPart> calls, RequestTarget target, ICollection<string> unsupported)
    {
        var parts = turn.Parts.OfType<ReasoningPart>().ToList();
        if (target.Quirks.HasFlag(TargetQuirks.OpenRouter)) WriteReasoning.ForOpenRouter(json, parts, calls);
        else if (calls.Count > 0 && WithoutThoughts(target.Quirks, target.Model) is { } nothing)
        {
            var text = string.Concat(parts.Select(p => p.Text));
            json.WriteString("reasoning_content"u8, text.Length > 0 ? text : nothing);
            if (parts.Exists(static p => p.IsSealed)) unsupported.Note(ChatRequest.EarlierReasoning);
        }
        else if (parts.Exists(static p => p.SaysSomething)) unsupported.Note(ChatRequest.EarlierReasoning);
    }

    /// <summary>
    /// What stands for the thoughts before a call of another model where the target refuses a call without any
    /// (api-docs.deepseek.com: "Thinking Mode"; platform.kimi.ai: "Use Kimi K2 thinking model"); null: it does not.
    /// </summary>
    public static string? WithoutThoughts(TargetQuirks quirks, string model)
    {
        if ((quirks & TargetQuirks.DeepSeek) != 0) return "";
        // An empty text counts as none there (llmgateway#2093).
        return (quirks & TargetQuirks.Moonshot) != 0 && model.Contains("kimi", StringComparison.OrdinalIgnoreCase) ? " " : null;
    }

    private static void WriteContent(Utf8JsonWriter json, List<ChatPart> parts, RequestTarget target)
    {
        var cached = target.Quirks.HasFlag(TargetQuirks.OpenRouter) && parts.Any(p => p.CacheControl is not null);
        if (!cached && parts.All(p => p is TextPart) && (parts.Count <= 1 || target.Quirks.HasFlag(TargetQuirks.PlainCore)))
        {
            json.WriteString("content"u8, string.Join("\n\n", parts.OfType<TextPart>().Select(p => p.Text)));
        }
        else WriteParts(json, parts, target);
    }

    private static void WriteParts(Utf8JsonWriter json, IEnumerable<ChatPart> parts, RequestTarget target)
    {
        json.WriteStartArray("content"u8);
        foreach (var part in parts)
        {
            switch (part)
            {
                case TextPart text: WriteText(json, text, target); break;
                case MediaPart media: WriteMedia(json, media, target); break;
                default: break;
            }
        }
        json.WriteEndArray();
    }

    private static void WriteText(Utf8JsonWriter json, TextPart part, RequestTarget target)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "text"u8);
        json.WriteString("text"u8, part.Text);
        if (target.Quirks.HasFlag(TargetQuirks.OpenRouter) && part.CacheControl is { } cache)
        {
            json.WritePropertyName("cache_control"u8);
            json.WriteRawValue(cache, skipInputValidation: true);
        }
        json.WriteEndObject();
    }

    // What WriteMedia has a case for.
    private static bool CanWrite(MediaPart media, RequestTarget target) => media switch
    {
        { Kind: MediaKind.Image } => true,
        { Kind: MediaKind.Video } => target.Quirks.HasFlag(TargetQuirks.OpenRouter) || KnowsVideo(target),
        { Kind: MediaKind.Document, Url: not null } => target.Quirks.HasFlag(TargetQuirks.OpenRouter),
        _ => media.Base64 is not null,
    };

    private static string NameOf(MediaPart media) => media.Kind switch
    {
        MediaKind.Video => "video input",
        MediaKind.Audio => "audio by address",
        _ => "document by address",
    };

    private static void WriteMedia(Utf8JsonWriter json, MediaPart media, RequestTarget target)
    {
        var openRouter = target.Quirks.HasFlag(TargetQuirks.OpenRouter);
        switch (media)
        {
            case { Kind: MediaKind.Image }: WriteUrl(json, "image_url", media); break;
            case { Kind: MediaKind.Video } when openRouter || KnowsVideo(target): WriteUrl(json, "video_url", media); break;
            case { Kind: MediaKind.Audio, Base64: { } data }: WriteSound(json, media.MediaType, data); break;
            case { Kind: MediaKind.Document } when media.DocumentText() is { } text: WriteText(json, new TextPart(text), target); break;
            case { Kind: MediaKind.Document, Base64: { } data }: WriteFile(json, media.FileName, DataUrl.Write(media.MediaType, data)); break;
            case { Kind: MediaKind.Document, Url: { } url } when openRouter: WriteFile(json, media.FileName, url); break;
            default: break;
        }
    }

    private static bool KnowsVideo(RequestTarget target) => (target.Quirks & (TargetQuirks.ContinuousUsage | TargetQuirks.ContinueFinalMessage)) != 0;

    private static void WriteUrl(Utf8JsonWriter json, string type, MediaPart media)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, type);
        json.WriteStartObject(type);
        json.WriteString("url"u8, media.Url ?? DataUrl.Write(media.MediaType, media.Base64 ?? ""));
        if (media.Detail is { } detail) json.WriteString("detail"u8, detail);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteSound(Utf8JsonWriter json, string mediaType, string data)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "input_audio"u8);
        json.WriteStartObject("input_audio"u8);
        json.WriteString("data"u8, data);
        json.WriteString("format"u8, mediaType switch
        {
            "audio/mpeg" or "audio/mp3" => "mp3",
            "audio/x-wav" or "audio/wave" => "wav",
            _ => mediaType[(mediaType.IndexOf('/', StringComparison.Ordinal) + 1)..],
        });
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteFile(Utf8JsonWriter json, string? name, string data)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "file"u8);
        json.WriteStartObject("file"u8);
        json.WriteString("filename"u8, name ?? "document.pdf");
        json.WriteString("file_data"u8, data);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
