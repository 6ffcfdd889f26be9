using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>The <c>input</c> of a tool call: an object here, text in other dialects, and models do write broken text.</summary>
internal static class ToolInput
{
    /// <summary>
    /// Writes the arguments as the object they are. Others are written as <c>{"raw_arguments":"…"}</c>, and the result is
    /// false: an empty object could be run by a tool that needs no arguments, this one fails where it should.
    /// </summary>
    public static bool Write(Utf8JsonWriter json, string arguments)
    {
        if (IsObject(arguments))
        {
            json.WriteRawValue(arguments, skipInputValidation: true);
            return true;
        }
        json.WriteStartObject();
        var isBlank = string.IsNullOrWhiteSpace(arguments);
        if (!isBlank) json.WriteString("raw_arguments"u8, arguments);
        json.WriteEndObject();
        return isBlank;
    }

    private static bool IsObject(string arguments)
    {
        var utf8 = Encoding.UTF8.GetBytes(arguments);
        var reader = new Utf8JsonReader(utf8, JsonRead.Options);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            reader.Skip();
            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
