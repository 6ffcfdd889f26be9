using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OpenClaw.Config.Text;

/// <summary>Writes a node back as plain JSON: no comments, variables as they now are.</summary>
internal static class NodeJson
{
    public static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The compact text, or null for an absent node.</summary>
    public static string? Text(ConfigNode? node)
    {
        if (node is null) return null;
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Compact)) Write(json, node);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static void Write(Utf8JsonWriter json, ConfigNode node)
    {
        switch (node.Kind)
        {
            case NodeKind.Object:
                json.WriteStartObject();
                foreach (var member in node.Members)
                {
                    if (member.IsDuplicate || member.Value.IsUnset) continue;
                    json.WritePropertyName(member.Name);
                    Write(json, member.Value);
                }
                json.WriteEndObject();
                break;
            case NodeKind.Array:
                json.WriteStartArray();
                foreach (var item in node.Items)
                {
                    if (!item.IsUnset) Write(json, item);
                }
                json.WriteEndArray();
                break;
            case NodeKind.String:
                json.WriteStringValue(node.Text);
                break;
            case NodeKind.Number:
                json.WriteRawValue(node.Text);
                break;
            case NodeKind.True or NodeKind.False:
                json.WriteBooleanValue(node.Kind == NodeKind.True);
                break;
            default:
                json.WriteNullValue();
                break;
        }
    }
}
