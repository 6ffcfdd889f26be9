using System.Globalization;
using System.Text;
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
            var document = JsonDocument.Parse(Mended(json), JsonRead.Document);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            document.Dispose();
            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// The same text with <c>\ufffd</c> for every escaped half of a surrogate pair. Models cut emoji in half, the reader lets
    /// it pass, and the writer throws on it.
    /// </summary>
    public static string Mended(string json)
    {
        if (!json.Contains("\\ud", StringComparison.OrdinalIgnoreCase)) return json;
        var text = new StringBuilder(json);
        for (var i = 0; i < text.Length - 1; i++)
        {
            if (text[i] != '\\') continue;
            if (Escape(text, i) is not { } first)
            {
                i++;
                continue;
            }
            if (char.IsHighSurrogate(first) && Escape(text, i + 6) is { } second && char.IsLowSurrogate(second)) i += 6;
            else if (char.IsSurrogate(first)) text.Remove(i + 2, 4).Insert(i + 2, "fffd");
            i += 5;
        }
        return text.ToString();
    }

    // The character of an escape of six, or null.
    private static char? Escape(StringBuilder text, int at) =>
        at + 6 <= text.Length && text[at] == '\\' && text[at + 1] == 'u'
        && ushort.TryParse(text.ToString(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            ? (char)code
            : null;

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
