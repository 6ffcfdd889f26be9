using System.Text.Json;

namespace OpenClaw.Demo;

/// <summary>The configuration of the show: no keys, no network, clocks short enough to watch.</summary>
internal static class DemoConfig
{
    /// <param name="nobody">Where nobody listens.</param>
    public static byte[] Write(Uri nobody)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true })) Write(json, nobody);
        return buffer.ToArray();
    }

    private static void Write(Utf8JsonWriter json, Uri nobody)
    {
        json.WriteStartObject();
        // The chain of the curl commands: it fails in the middle of every answer.
        json.WriteString("defaultModel"u8, "scripted/cut-after-40"u8);
        json.WriteStartObject("models"u8);
        WriteList(json, "fallbacks", DemoFault.Healthy);
        json.WriteStartObject("providers"u8);
        json.WriteStartObject(DemoFault.NobodyThere);
        json.WriteString("baseUrl"u8, nobody.ToString());
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("aliases"u8);
        foreach (var fault in DemoFault.All) WriteList(json, fault.Alias, fault.Primary, DemoFault.Healthy);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("routing"u8);
        json.WriteStartObject("timeouts"u8);
        json.WriteString("connect"u8, "1s"u8);
        json.WriteString("headers"u8, "2s"u8);
        json.WriteString("firstToken"u8, "2s"u8);
        json.WriteString("idle"u8, "1s"u8);
        json.WriteEndObject();
        json.WriteString("deadline"u8, "10s"u8);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter json, string name, params ReadOnlySpan<string> references)
    {
        json.WriteStartArray(name);
        foreach (var reference in references) json.WriteStringValue(reference);
        json.WriteEndArray();
    }
}
