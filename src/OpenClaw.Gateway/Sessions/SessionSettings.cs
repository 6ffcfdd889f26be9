using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;

namespace OpenClaw.Gateway.Sessions;

/// <summary>
/// What somebody set in a session, without its counters. Where gateways share a store it has a record of its own: a gateway
/// that only counts a request must not write an older setting over another's newer one.
/// </summary>
/// <param name="Since">The counters began here; an earlier count is over.</param>
/// <param name="IsDeleted">The session was forgotten at <paramref name="Since"/>.</param>
internal sealed record SessionSettings(string? Override, bool Strict, UsageFooter Footer, string? Title, DateTimeOffset Since, bool IsDeleted)
{
    public ImmutableArray<string> Archives { get; init; } = [];

    public static SessionSettings Of(SessionData data) => new(data.Override, data.Strict, data.Footer, data.Title, data.Since, false) { Archives = data.Archives };

    /// <summary>Of a session that is forgotten; after its beginning by any gateway's clock.</summary>
    public static SessionSettings Deleted(SessionData data, DateTimeOffset now) => new(null, false, UsageFooter.Off, null, now > data.Since ? now : data.Since.AddMilliseconds(1), true);

    /// <summary>Whether the session that began with these counters is the one that was forgotten.</summary>
    public bool Forgets(SessionData data) => IsDeleted && data.Since <= Since;

    /// <summary>The session as it is set now.</summary>
    public SessionData ApplyTo(SessionData data)
    {
        if (IsDeleted) return data;
        if (Since > data.Since) data = data.Restarted(Since);
        return data with { Override = Override, Strict = Strict, Footer = Footer, Title = Title, Archives = Archives };
    }

    public bool Equals(SessionSettings? other) =>
        other is not null && (Override, Strict, Footer, Title, Since, IsDeleted) == (other.Override, other.Strict, other.Footer, other.Title, other.Since, other.IsDeleted) && Archives.SequenceEqual(other.Archives);

    public override int GetHashCode() => HashCode.Combine(Override, Strict, Footer, Title, Since, IsDeleted);

    public ReadOnlyMemory<byte> Write()
    {
        var output = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            if (Override is not null) json.WriteString("override"u8, Override);
            json.WriteBoolean("strict"u8, Strict);
            json.WriteString("usageFooter"u8, SessionJson.FooterText(Footer));
            if (Title is not null) json.WriteString("title"u8, Title);
            json.WriteString("since"u8, Since);
            if (IsDeleted) json.WriteBoolean("deleted"u8, true);
            json.WriteStartArray("archives"u8);
            foreach (var name in Archives) json.WriteStringValue(name);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return output.WrittenMemory;
    }

    /// <summary>Null when it is no such record.</summary>
    public static SessionSettings? Read(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8);
            var root = document.RootElement;
            string? Text(string name) => root.TryGetProperty(name, out var value) ? value.GetString() : null;
            bool Flag(string name) => root.TryGetProperty(name, out var value) && value.GetBoolean();
            return new SessionSettings(Text("override"), Flag("strict"), SessionJson.FooterOf(Text("usageFooter")) ?? UsageFooter.Off, Text("title"), root.GetProperty("since"u8).GetDateTimeOffset(), Flag("deleted"))
            {
                Archives = root.TryGetProperty("archives"u8, out var archives) ? [.. archives.EnumerateArray().Select(static a => a.GetString()!)] : [],
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
