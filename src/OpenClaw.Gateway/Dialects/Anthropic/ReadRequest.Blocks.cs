using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>Content blocks: one switch, one method a kind.</summary>
internal sealed partial class ReadRequest
{
    private void Block(string path, JsonElement block, ChatRole role, List<ChatPart> parts)
    {
        switch (JsonRead.String(block, "type"))
        {
            case null: Fail($"{path}.type", "Field required"); break;
            case "text": Text(path, block, parts); break;
            case "image": Media(path, block, MediaKind.Image, parts); break;
            case "document": Media(path, block, MediaKind.Document, parts); break;
            case "search_result": SearchResult(path, block, role, parts); break;
            case "tool_use": ToolUse(path, block, parts); break;
            case "tool_result": ToolResult(path, block, parts); break;
            case "thinking": Thinking(block, parts); break;
            case "redacted_thinking": parts.Add(new ReasoningPart("", null) { RedactedData = JsonRead.String(block, "data") ?? "" }); break;
            // Of tools that Anthropic runs, or newer than this: where nothing else is said, the target is not asked.
            case { } type:
                parts.Add(new UnmappedPart(type));
                Unmapped(type);
                break;
        }
    }

    private void Text(string path, JsonElement block, List<ChatPart> parts)
    {
        if (JsonRead.String(block, "text") is { } text) parts.Add(new TextPart(text) { CacheControl = CacheControl(block) });
        else Fail($"{path}.text", "Field required");
    }

    private void Media(string path, JsonElement block, MediaKind kind, List<ChatPart> parts)
    {
        if (!block.TryGetProperty("source"u8, out var source) || source.ValueKind != JsonValueKind.Object)
        {
            Fail($"{path}.source", "Field required");
            return;
        }
        var mediaType = JsonRead.String(source, "media_type") ?? "";
        var data = JsonRead.String(source, "data");
        var url = JsonRead.String(source, "url");
        var cache = CacheControl(block);
        var title = JsonRead.String(block, "title");
        // Only Claude cites, and only it is told what a document is for.
        if (WantsCitations(block)) Unmapped("citations");
        if (JsonRead.String(block, "context") is { Length: > 0 }) Unmapped("document context");
        switch (JsonRead.String(source, "type"))
        {
            case "base64" when data is not null: parts.Add(new MediaPart(kind, mediaType, data, null) { CacheControl = cache, FileName = title }); break;
            case "url" when url is not null: parts.Add(new MediaPart(kind, mediaType, null, url) { CacheControl = cache, FileName = title }); break;
            // Plain text reads the same everywhere as text.
            case "text" when data is not null: parts.Add(new TextPart(title is null ? data : $"{title}\n\n{data}") { CacheControl = cache }); break;
            case "content" when source.TryGetProperty("content"u8, out var content): Inner($"{path}.source", content, parts); break;
            case "file":
                var what = kind == MediaKind.Image ? "image by file_id" : "document by file_id";
                parts.Add(new UnmappedPart(what));
                Unmapped(what);
                break;
            case "base64" or "text": Fail($"{path}.source.data", "Field required"); break;
            case "url": Fail($"{path}.source.url", "Field required"); break;
            default: Fail($"{path}.source.type", "Input should be 'base64', 'url', 'text', 'content' or 'file'"); break;
        }
    }

    private static bool WantsCitations(JsonElement block) =>
        block.TryGetProperty("citations"u8, out var citations) && citations.ValueKind == JsonValueKind.Object
        && citations.TryGetProperty("enabled"u8, out var enabled) && enabled.ValueKind == JsonValueKind.True;

    private void SearchResult(string path, JsonElement block, ChatRole role, List<ChatPart> parts)
    {
        parts.Add(new TextPart($"{JsonRead.String(block, "title")}\n{JsonRead.String(block, "source")}"));
        if (!block.TryGetProperty("content"u8, out var content)) Fail($"{path}.content", "Field required");
        else if (role == ChatRole.User) Inner(path, content, parts);
    }

    // The content of a block: a string or blocks.
    private void Inner(string path, JsonElement content, List<ChatPart> parts)
    {
        if (JsonRead.String(content) is { } text)
        {
            parts.Add(new TextPart(text));
            return;
        }
        if (content.ValueKind == JsonValueKind.Null) return;
        if (content.ValueKind != JsonValueKind.Array)
        {
            Fail($"{path}.content", "Input should be a string or an array of content blocks");
            return;
        }
        var i = 0;
        foreach (var block in content.EnumerateArray()) Block($"{path}.content.{i++}", block, ChatRole.User, parts);
    }

    private void ToolUse(string path, JsonElement block, List<ChatPart> parts)
    {
        if (JsonRead.String(block, "id") is not { Length: > 0 } id) Fail($"{path}.id", "Field required");
        else if (JsonRead.String(block, "name") is not { Length: > 0 } name) Fail($"{path}.name", "Field required");
        else
        {
            var input = block.TryGetProperty("input"u8, out var value) && value.ValueKind == JsonValueKind.Object ? value.GetRawText() : "{}";
            parts.Add(new ToolCallPart(id, name, input) { CacheControl = CacheControl(block) });
            _callNames[id] = name;
        }
    }

    private void ToolResult(string path, JsonElement block, List<ChatPart> parts)
    {
        if (JsonRead.String(block, "tool_use_id") is not { Length: > 0 } id)
        {
            Fail($"{path}.tool_use_id", "Field required");
            return;
        }
        var content = new List<ChatPart>();
        if (block.TryGetProperty("content"u8, out var inner)) Inner(path, inner, content);
        var isError = block.TryGetProperty("is_error"u8, out var flag) && flag.ValueKind == JsonValueKind.True;
        parts.Add(new ToolResultPart(id, content, isError) { Name = _callNames.GetValueOrDefault(id), CacheControl = CacheControl(block) });
    }

    private static void Thinking(JsonElement block, List<ChatPart> parts)
    {
        var signature = JsonRead.String(block, "signature");
        parts.Add(new ReasoningPart(JsonRead.String(block, "thinking") ?? "", string.IsNullOrEmpty(signature) || ReasoningMark.IsOurs(signature) ? null : signature));
    }
}
