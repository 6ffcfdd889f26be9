using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Providers;

/// <summary>Steps that the readers of listings share: tolerant of missing fields and of fields of other kinds.</summary>
internal static class DiscoveryJson
{
    /// <summary>The body as a JSON object; null when it is none. The caller disposes.</summary>
    public static JsonDocument? TryParse(ReadOnlyMemory<byte> body)
    {
        try
        {
            var document = JsonDocument.Parse(body, JsonRead.Document);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            document.Dispose();
        }
        catch (JsonException)
        {
            return null;
        }
        return null;
    }

    public static IEnumerable<JsonElement> Array(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray()
            : [];

    public static JsonElement? Object(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;

    /// <summary>A positive whole number, or null.</summary>
    public static long? Count(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } o && o.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number is >= 1 and < 1e15
            ? (long)number
            : null;

    public static int? Tokens(JsonElement? element, string name) => Count(element, name) is { } count and <= int.MaxValue ? (int)count : null;
}
