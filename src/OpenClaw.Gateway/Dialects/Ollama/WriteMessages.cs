using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.Ollama;

/// <summary>
/// Writes <c>messages</c>: one system message before the conversation, one message a tool result, and a final assistant message left as it is (the
/// model goes on from it).
/// </summary>
internal sealed class OllamaMessageWriter(Utf8JsonWriter writer, ICollection<string> unsupported)
{
    private readonly Dictionary<string, string> _callNames = [];

    public void Write(ChatRequest request)
    {
        writer.WriteStartArray("messages"u8);
        WriteSystem(request.System);
        foreach (var turn in request.Turns)
        {
            if (turn.Name is not null) unsupported.Note("participant name");
            if (turn.Role == ChatRole.Assistant) WriteAssistant(turn.Parts);
            else if (turn.IsSystem) WriteSystem(turn.Parts.OfType<TextPart>());
            else WriteUser(turn.Parts);
        }
        unsupported.NoteSilence(request, static part => part is TextPart { Text.Length: > 0 } or ToolResultPart or MediaPart { Kind: MediaKind.Image, Base64: not null } || Words(part) is { Length: > 0 });
        writer.WriteEndArray();
    }

    private void WriteSystem(IEnumerable<TextPart> texts)
    {
        var system = string.Join("\n\n", texts.Select(p => p.Text).Where(t => t.Length > 0));
        if (system.Length == 0) return;
        writer.WriteStartObject();
        writer.WriteString("role"u8, "system"u8);
        writer.WriteString("content"u8, system);
        writer.WriteEndObject();
    }

    private void WriteUser(List<ChatPart> parts)
    {
        foreach (var part in parts)
        {
            if (part is ToolResultPart result) WriteResult(result);
        }
        var rest = parts.Where(p => p is not ToolResultPart).ToList();
        if (rest.Count > 0) WriteMessage("user"u8, rest);
    }

    private void WriteMessage(ReadOnlySpan<byte> role, IReadOnlyList<ChatPart> parts)
    {
        writer.WriteStartObject();
        writer.WriteString("role"u8, role);
        writer.WriteString("content"u8, TextOf(parts, "\n"));
        WriteImages(parts);
        writer.WriteEndObject();
    }

    private void WriteResult(ToolResultPart result)
    {
        var name = result.Name ?? _callNames.GetValueOrDefault(result.CallId);
        if (name is null) unsupported.Note("tool result without its call");
        writer.WriteStartObject();
        writer.WriteString("role"u8, "tool"u8);
        var text = TextOf(result.Content, "\n");
        writer.WriteString("content"u8, result.IsError ? "Error: " + text : text);
        if (name is not null) writer.WriteString("tool_name"u8, name);
        if (result.CallId.Length > 0) writer.WriteString("tool_call_id"u8, result.CallId);
        WriteImages(result.Content);
        writer.WriteEndObject();
    }

    private void WriteAssistant(List<ChatPart> parts)
    {
        writer.WriteStartObject();
        writer.WriteString("role"u8, "assistant"u8);
        // Pieces of one answer: nothing may come between them when the model goes on from here.
        writer.WriteString("content"u8, TextOf(parts, ""));
        var thinking = string.Concat(parts.OfType<ReasoningPart>().Select(p => p.Text));
        if (thinking.Length > 0) writer.WriteString("thinking"u8, thinking);
        if (parts.Exists(static p => p is ReasoningPart { IsSealed: true })) unsupported.Note(ChatRequest.EarlierReasoning);
        WriteImages(parts);
        var calls = parts.OfType<ToolCallPart>().ToList();
        if (calls.Count > 0)
        {
            writer.WriteStartArray("tool_calls"u8);
            foreach (var call in calls) WriteCall(call);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }

    // Arguments are an object here, where the common form holds text.
    private void WriteCall(ToolCallPart call)
    {
        if (call.Id.Length > 0) _callNames[call.Id] = call.Name;
        writer.WriteStartObject();
        if (call.Id.Length > 0) writer.WriteString("id"u8, call.Id);
        writer.WriteStartObject("function"u8);
        writer.WriteString("name"u8, call.Name);
        using var arguments = RawJson.TryParseObject(call.ArgumentsJson);
        if (arguments is not null)
        {
            RawJson.Write(writer, "arguments"u8, arguments.RootElement);
        }
        else
        {
            writer.WriteStartObject("arguments"u8);
            writer.WriteEndObject();
            unsupported.Note("tool call arguments that are not a JSON object");
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static string TextOf(IReadOnlyList<ChatPart> parts, string separator)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
        {
            if (Words(part) is not { Length: > 0 } words) continue;
            if (text.Length > 0) text.Append(separator);
            text.Append(words);
        }
        return text.ToString();
    }

    private static string? Words(ChatPart part) => part switch
    {
        TextPart text => text.Text,
        MediaPart media => media.DocumentText(),
        _ => null,
    };

    private void WriteImages(IReadOnlyList<ChatPart> parts)
    {
        var isOpen = false;
        foreach (var part in parts)
        {
            if (part is UnmappedPart unmapped) unsupported.Note(unmapped.What);
            if (part is not MediaPart media || Words(media) is not null) continue;
            if (media is not { Kind: MediaKind.Image, Base64: { } data })
            {
                unsupported.Note(media.Kind switch
                {
                    MediaKind.Image => "image input by URL",
                    MediaKind.Audio => "audio input",
                    MediaKind.Video => "video input",
                    _ => "document input",
                });
                continue;
            }
            if (media.HasDetail) unsupported.Note("image detail");
            if (!isOpen) writer.WriteStartArray("images"u8);
            isOpen = true;
            writer.WriteStringValue(data);
        }
        if (isOpen) writer.WriteEndArray();
    }
}
