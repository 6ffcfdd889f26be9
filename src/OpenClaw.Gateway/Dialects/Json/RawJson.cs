using System.Text.Json;

namespace OpenClaw.Gateway.Dialects.Json;

/// <summary>JSON that passes through requests as text: schemas and arguments.</summary>
internal static class RawJson
{
    /// <summary>The text as a document when it is a JSON object, else null. The caller disposes.</summary>
    public static JsonDocument? TryParseObject(string? json)
    {
        if (string.IsNullOrWhiteSpace(json)) return null;
        try
        {
            var document = JsonDocument.Parse(json, JsonRead.Document);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            document.Dispose();
            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes a parsed value compactly, its numbers as they were.</summary>
    public static void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> name, JsonElement value)
    {
        writer.WritePropertyName(name);
        value.WriteTo(writer);
    }

    /// <summary>Writes a finite number; nothing for null, NaN and infinity, which JSON cannot say.</summary>
    public static void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> name, double? value)
    {
        if (value is { } number && double.IsFinite(number)) writer.WriteNumber(name, number);
    }
}
