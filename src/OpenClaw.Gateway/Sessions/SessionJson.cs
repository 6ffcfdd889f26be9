using System.Buffers;
using System.Text.Json;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Gateway.Sessions;

/// <summary>A session as JSON: the one form in which it is kept and in which the control API shows it.</summary>
internal static class SessionJson
{
    public static ReadOnlyMemory<byte> Write(SessionData session)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            WriteMembers(json, session);
            json.WriteEndObject();
        }
        return output.WrittenMemory;
    }

    /// <summary>The members of an object that the caller opens and closes.</summary>
    public static void WriteMembers(Utf8JsonWriter json, SessionData s)
    {
        json.WriteString("key"u8, s.Key.ToString());
        json.WriteString("client"u8, s.Key.Caller);
        json.WriteString("name"u8, s.Key.Name);
        if (s.Title is not null) json.WriteString("title"u8, s.Title);
        json.WriteString("created"u8, s.Created);
        json.WriteString("updated"u8, s.Updated);
        json.WriteString("since"u8, s.Since);
        if (s.Override is not null) json.WriteString("override"u8, s.Override);
        json.WriteBoolean("strict"u8, s.Strict);
        json.WriteString("usageFooter"u8, FooterText(s.Footer));
        json.WriteNumber("requests"u8, s.Requests);
        json.WriteNumber("failed"u8, s.Failed);
        json.WritePropertyName("usage"u8);
        Write(json, s.Usage);
        json.WriteNumber("cost"u8, s.Cost);
        json.WriteNumber("unpriced"u8, s.Unpriced);
        json.WriteNumber("estimated"u8, s.Estimated);
        json.WriteStartArray("models"u8);
        foreach (var share in s.Models)
        {
            json.WriteStartObject();
            json.WriteString("model"u8, share.Model);
            json.WriteNumber("requests"u8, share.Requests);
            json.WriteNumber("tokens"u8, share.Tokens);
            json.WriteNumber("cost"u8, share.Cost);
            json.WriteNumber("unpriced"u8, share.Unpriced);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (s.Last is { } last) WriteLast(json, last);
        json.WriteNumber("fallbackCount"u8, s.FallbackCount);
        json.WriteStartArray("fallbacks"u8);
        foreach (var note in s.Fallbacks)
        {
            json.WriteStartObject();
            json.WriteString("at"u8, note.At);
            json.WriteString("from"u8, note.From);
            json.WriteString("to"u8, note.To);
            json.WriteString("why"u8, note.Why);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteNumber("turns"u8, s.Turns);
        json.WriteStartArray("archives"u8);
        foreach (var name in s.Archives) json.WriteStringValue(name);
        json.WriteEndArray();
    }

    /// <summary>Null when it is not a session as this version writes it; what is missing has its default.</summary>
    public static SessionData? Read(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8);
            var root = document.RootElement;
            var created = root.GetProperty("created"u8).GetDateTimeOffset();
            return new SessionData
            {
                Key = new SessionKey(root.GetProperty("client"u8).GetString()!, root.GetProperty("name"u8).GetString()!),
                Created = created,
                Updated = root.GetProperty("updated"u8).GetDateTimeOffset(),
                Since = root.TryGetProperty("since"u8, out var since) ? since.GetDateTimeOffset() : created,
                Title = Text(root, "title"),
                Override = Text(root, "override"),
                Strict = root.TryGetProperty("strict"u8, out var strict) && strict.GetBoolean(),
                Footer = FooterOf(Text(root, "usageFooter")) ?? UsageFooter.Off,
                Requests = Number(root, "requests"),
                Failed = Number(root, "failed"),
                Usage = root.TryGetProperty("usage"u8, out var usage) ? ReadUsage(usage) : default,
                Cost = Money(root, "cost"),
                Unpriced = Number(root, "unpriced"),
                Estimated = Number(root, "estimated"),
                Models = [.. Items(root, "models").Select(static m => new ModelShare(Text(m, "model")!, Number(m, "requests"), Number(m, "tokens"), Money(m, "cost"), Number(m, "unpriced")))],
                Last = root.TryGetProperty("last"u8, out var last) ? ReadLast(last) : null,
                FallbackCount = Number(root, "fallbackCount"),
                Fallbacks = [.. Items(root, "fallbacks").Select(static f => new FallbackNote(f.GetProperty("at"u8).GetDateTimeOffset(), Text(f, "from")!, Text(f, "to")!, Text(f, "why")!))],
                Turns = (int)Number(root, "turns"),
                Archives = [.. Items(root, "archives").Select(static a => a.GetString()!)],
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    public static string FooterText(UsageFooter footer) => footer switch
    {
        UsageFooter.Tokens => "tokens",
        UsageFooter.Full => "full",
        _ => "off",
    };

    /// <summary>Null when it is no such word.</summary>
    public static UsageFooter? FooterOf(string? text) => text switch
    {
        "off" => UsageFooter.Off,
        "tokens" => UsageFooter.Tokens,
        "full" => UsageFooter.Full,
        _ => null,
    };

    public static void Write(Utf8JsonWriter json, in Usage usage)
    {
        json.WriteStartObject();
        json.WriteNumber("input"u8, usage.Input);
        json.WriteNumber("cacheRead"u8, usage.CacheRead);
        json.WriteNumber("cacheWrite"u8, usage.CacheWrite);
        json.WriteNumber("cacheWrite1h"u8, usage.CacheWrite1h);
        json.WriteNumber("output"u8, usage.Output);
        json.WriteNumber("reasoning"u8, usage.Reasoning);
        json.WriteNumber("total"u8, usage.Total);
        if (usage.Estimated) json.WriteBoolean("estimated"u8, true);
        json.WriteEndObject();
    }

    private static void WriteLast(Utf8JsonWriter json, LastReply last)
    {
        json.WriteStartObject("last"u8);
        json.WriteString("decision"u8, last.Decision);
        json.WriteString("at"u8, last.At);
        json.WriteString("model"u8, last.Model);
        json.WritePropertyName("usage"u8);
        Write(json, last.Usage);
        json.WriteNumber("cost"u8, last.Cost.Total);
        json.WriteString("costSource"u8, EnumText.Camel(last.Cost.Source));
        json.WriteString("outcome"u8, last.Outcome);
        json.WriteNumber("totalMs"u8, Math.Round(last.TotalMs, 2));
        if (last.FellBackFrom is not null) json.WriteString("fellBackFrom"u8, last.FellBackFrom);
        if (last.Why is not null) json.WriteString("why"u8, last.Why);
        json.WriteEndObject();
    }

    private static LastReply ReadLast(JsonElement last) => new(
        Text(last, "decision")!, last.GetProperty("at"u8).GetDateTimeOffset(), Text(last, "model")!, ReadUsage(last.GetProperty("usage"u8)),
        Cost.Of(Money(last, "cost"), Enum.TryParse<CostSource>(Text(last, "costSource"), ignoreCase: true, out var source) ? source : CostSource.None),
        Text(last, "outcome") ?? "", last.TryGetProperty("totalMs"u8, out var ms) ? ms.GetDouble() : 0, Text(last, "fellBackFrom"), Text(last, "why"));

    private static Usage ReadUsage(JsonElement usage) => new()
    {
        Input = Number(usage, "input"),
        CacheRead = Number(usage, "cacheRead"),
        CacheWrite = Number(usage, "cacheWrite"),
        CacheWrite1h = Number(usage, "cacheWrite1h"),
        Output = Number(usage, "output"),
        Reasoning = Number(usage, "reasoning"),
        Estimated = usage.TryGetProperty("estimated"u8, out var estimated) && estimated.GetBoolean(),
    };

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static long Number(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetInt64() : 0;

    private static decimal Money(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetDecimal() : 0;

    private static JsonElement.ArrayEnumerator Items(JsonElement json, string name) => json.TryGetProperty(name, out var list) ? list.EnumerateArray() : default;
}
