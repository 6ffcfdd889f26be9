using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.Gemini;

/// <summary>
/// Writes <c>contents</c>: turns of the roles user and model in turn, so neighbours of one role become one. The results of
/// parallel calls are in one turn and come first in it. A last model turn is left as it is: the model goes on from it.
/// Earlier reasoning is left out: Google's guide asks only for signatures of calls to be returned, and a signature of another issuer
/// would be refused.
/// </summary>
internal sealed class GeminiContentWriter(Utf8JsonWriter writer, GeminiModel model, ICollection<string> unsupported)
{
    /// <summary>
    /// Stands for the signature of a call that another model made. Documented for this in Google's guide to thought signatures.
    /// </summary>
    private static ReadOnlySpan<byte> UnknownSignature => "skip_thought_signature_validator"u8;

    private readonly Dictionary<string, string> _callNames = [];
    private bool _hasContent;

    public void Write(ChatRequest request)
    {
        writer.WriteStartArray("contents"u8);
        // The API demands a turn: instructions alone become one.
        if (request.Turns.Count == 0) WriteContent(ChatRole.User, [.. request.System]);
        var i = 0;
        while (i < request.Turns.Count)
        {
            var role = request.Turns[i].Role;
            var parts = new List<ChatPart>();
            for (; i < request.Turns.Count && request.Turns[i].Role == role; i++)
            {
                parts.AddRange(request.Turns[i].Parts);
                if (request.Turns[i].Name is not null) unsupported.Note("participant name");
            }
            WriteContent(role, parts);
        }
        unsupported.NoteSilence(request, IsWritable);
        if (!_hasContent)
        {
            WriteContent(ChatRole.User, [new TextPart(ChatRequest.Beginning)]);
            unsupported.Note(ChatRequest.WithoutBeginning);
        }
        writer.WriteEndArray();
    }

    public static void WriteText(Utf8JsonWriter writer, string text)
    {
        writer.WriteStartObject();
        writer.WriteString("text"u8, text);
        writer.WriteEndObject();
    }

    // A turn of which nothing can be written is left out: the API refuses one without parts.
    private void WriteContent(ChatRole role, List<ChatPart> parts)
    {
        var ordered = parts.Where(p => p is ToolResultPart).Concat(parts.Where(p => p is not ToolResultPart)).Where(IsWritable).ToList();
        if (ordered.Count == 0) return;
        _hasContent = true;
        writer.WriteStartObject();
        writer.WriteString("role"u8, role == ChatRole.User ? "user"u8 : "model"u8);
        writer.WriteStartArray("parts"u8);
        var isFirstCall = true;
        foreach (var part in ordered)
        {
            switch (part)
            {
                case TextPart text: WriteText(writer, text.Text); break;
                case MediaPart media: WriteMedia(media); break;
                case ToolCallPart call:
                    WriteCall(call, isFirstCall);
                    isFirstCall = false;
                    break;
                case ToolResultPart result: WriteResult(result); break;
                default: break;
            }
        }
        if (!model.IsThirdGeneration) WriteMediaOfResults(parts);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private bool IsWritable(ChatPart part)
    {
        switch (part)
        {
            case TextPart text: return text.Text.Length > 0;
            case MediaPart media: return CanCarry(media);
            case UnmappedPart unmapped:
                unsupported.Note(unmapped.What);
                return false;
            case ReasoningPart reasoning:
                if (reasoning.SaysSomething) unsupported.Note(ChatRequest.EarlierReasoning);
                return false;
            default: return true;
        }
    }

    private bool CanCarry(MediaPart media)
    {
        if (media.Base64 is not null)
        {
            if (media.MediaType.Length > 0) return true;
            unsupported.Note($"{Word(media)} without a media type");
            return false;
        }
        var url = media.Url ?? "";
        // Addresses of uploads and of videos need no type; others are fetched by the provider and must name theirs.
        if (IsOwnAddress(url)) return true;
        if (url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) && GeminiMediaTypes.Of(media) is not null) return true;
        unsupported.Note($"{Word(media)} by URL");
        return false;
    }

    private static bool IsOwnAddress(string url) =>
        url.StartsWith("gs://", StringComparison.Ordinal)
        || url.StartsWith("https://generativelanguage.googleapis.com/", StringComparison.Ordinal)
        || url.StartsWith("https://www.youtube.com/", StringComparison.Ordinal)
        || url.StartsWith("https://youtu.be/", StringComparison.Ordinal);

    private static string Word(MediaPart media) => media.Kind switch
    {
        MediaKind.Image => "image input",
        MediaKind.Audio => "audio input",
        MediaKind.Video => "video input",
        _ => "document input",
    };

    private void WriteMedia(MediaPart media)
    {
        if (media.HasDetail) unsupported.Note("image detail");
        writer.WriteStartObject();
        if (media.Base64 is not null)
        {
            writer.WriteStartObject("inlineData"u8);
            writer.WriteString("mimeType"u8, GeminiMediaTypes.Of(media));
            writer.WriteString("data"u8, media.Base64);
        }
        else
        {
            writer.WriteStartObject("fileData"u8);
            if (GeminiMediaTypes.Of(media) is { } type) writer.WriteString("mimeType"u8, type);
            writer.WriteString("fileUri"u8, media.Url);
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private void WriteCall(ToolCallPart call, bool isFirst)
    {
        if (call.Id.Length > 0) _callNames[call.Id] = call.Name;
        writer.WriteStartObject();
        writer.WriteStartObject("functionCall"u8);
        if (call.Id.Length > 0) writer.WriteString("id"u8, call.Id);
        writer.WriteString("name"u8, call.Name);
        using var arguments = RawJson.TryParseObject(call.ArgumentsJson);
        if (arguments is not null)
        {
            RawJson.Write(writer, "args"u8, arguments.RootElement);
        }
        else
        {
            writer.WriteStartObject("args"u8);
            writer.WriteEndObject();
            unsupported.Note("tool call arguments that are not a JSON object");
        }
        writer.WriteEndObject();
        if (call.Signature is not null) writer.WriteString("thoughtSignature"u8, call.Signature);
        else if (isFirst && model.DemandsSignatures) writer.WriteString("thoughtSignature"u8, UnknownSignature);
        writer.WriteEndObject();
    }

    private void WriteResult(ToolResultPart result)
    {
        var name = result.Name ?? _callNames.GetValueOrDefault(result.CallId);
        if (name is null) unsupported.Note("tool result without its call");
        writer.WriteStartObject();
        writer.WriteStartObject("functionResponse"u8);
        if (result.CallId.Length > 0) writer.WriteString("id"u8, result.CallId);
        writer.WriteString("name"u8, name ?? "unknown");
        writer.WriteStartObject("response"u8);
        writer.WritePropertyName(result.IsError ? "error"u8 : "result"u8);
        WriteResultValue(result);
        writer.WriteEndObject();
        var media = model.IsThirdGeneration ? MediaOf(result) : [];
        if (media.Count > 0)
        {
            writer.WriteStartArray("parts"u8);
            foreach (var part in media) WriteMedia(part);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    // What a tool gave as a JSON object stays one; all else is text.
    private void WriteResultValue(ToolResultPart result)
    {
        var text = new StringBuilder();
        foreach (var part in result.Content)
        {
            if (part is not TextPart t) continue;
            if (text.Length > 0) text.Append('\n');
            text.Append(t.Text);
        }
        var whole = text.ToString();
        using var json = RawJson.TryParseObject(whole);
        if (json is not null && !result.IsError) json.RootElement.WriteTo(writer);
        else writer.WriteStringValue(whole);
    }

    // Generation 2 takes no media inside a response: they follow it in the same turn.
    private void WriteMediaOfResults(List<ChatPart> parts)
    {
        foreach (var part in parts)
        {
            if (part is not ToolResultPart result) continue;
            foreach (var media in MediaOf(result)) WriteMedia(media);
        }
    }

    private List<MediaPart> MediaOf(ToolResultPart result) => [.. result.Content.OfType<MediaPart>().Where(CanCarry)];
}
