using System.Buffers;
using System.Text;
using System.Text.Json;
using OpenClaw.Config.Text;
using OpenClaw.Config.Writing;

namespace OpenClaw.Config;

/// <summary>
/// The configuration in force as JSON in native keys, defaults included. Of a secret only its origin is shown:
/// <c>{ "from": "env:OPENAI_API_KEY" }</c>; passwords in addresses are cut out.
/// </summary>
public static class ConfigPrinter
{
    public static string Print(OpenClawConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, NodeJson.Indented)) Write(json, config);
        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    /// <summary>Writes it as one object.</summary>
    public static void Write(Utf8JsonWriter json, OpenClawConfig config)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(config);
        json.WriteStartObject();
        new NativeWriter(json, SecretText.WriteOrigin) { IsComplete = true }.WriteMembers(config);
        json.WriteEndObject();
    }
}
