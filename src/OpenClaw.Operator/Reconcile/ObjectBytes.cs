using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using OpenClaw.Kube;

namespace OpenClaw.Operator.Reconcile;

/// <summary>An object as compact JSON, without what changes by itself: versions, managed fields, and its status where that is another's.</summary>
internal static class ObjectBytes
{
    public static byte[] Of(JsonElement json, bool withStatus)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            var isWhole = json.Has("metadata");
            writer.WriteStartObject();
            foreach (var field in json.EnumerateObject())
            {
                if (field.NameEquals("status"u8) && !withStatus) continue;
                // A server leaves these out of what it lists, and puts them into what it watches.
                if (isWhole && (field.NameEquals("apiVersion"u8) || field.NameEquals("kind"u8))) continue;
                if (!field.NameEquals("metadata"u8) || field.Value.ValueKind != JsonValueKind.Object) field.WriteTo(writer);
                else WriteMetadata(writer, field.Value);
            }
            writer.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The same for the same content; short.</summary>
    public static string Print(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 12));

    private static void WriteMetadata(Utf8JsonWriter writer, JsonElement metadata)
    {
        writer.WriteStartObject("metadata"u8);
        foreach (var field in metadata.EnumerateObject())
        {
            if (field.NameEquals("managedFields"u8) || field.NameEquals("resourceVersion"u8) || field.NameEquals("generation"u8) || field.NameEquals("selfLink"u8)) continue;
            field.WriteTo(writer);
        }
        writer.WriteEndObject();
    }
}
