using System.Buffers;
using System.Text.Json;
using OpenClaw.Gateway.Control;

namespace OpenClaw.Gateway.Admission;

/// <summary>A stop as it is kept in the store.</summary>
internal static class GuardRecord
{
    public static string KeyOf(string caller, string session) => caller + "\n" + session;

    public static ReadOnlyMemory<byte> Write(GuardStop stop)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer)) WriteTo(json, stop);
        return buffer.WrittenMemory;
    }

    public static void WriteTo(Utf8JsonWriter json, GuardStop stop)
    {
        json.WriteStartObject();
        json.WriteString("caller"u8, stop.Caller);
        json.WriteString("session"u8, stop.Session);
        json.WriteString("kind"u8, stop.KindText);
        json.WriteString("saw"u8, stop.Saw);
        json.WriteString("since"u8, stop.Since);
        json.WriteString("until"u8, stop.Until);
        json.WriteEndObject();
    }

    /// <summary>Null when it is none.</summary>
    public static GuardStop? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            var kind = root.GetProperty("kind").GetString()!;
            var known = Enum.GetValues<GuardKind>().FirstOrDefault(k => EnumText.Snake(k) == kind);
            return new GuardStop(
                root.GetProperty("caller").GetString()!, root.GetProperty("session").GetString()!, known, root.GetProperty("saw").GetString()!,
                root.GetProperty("since").GetDateTimeOffset(), root.GetProperty("until").GetDateTimeOffset());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
