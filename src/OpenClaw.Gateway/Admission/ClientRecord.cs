using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using OpenClaw.Config;

namespace OpenClaw.Gateway.Admission;

/// <summary>A client as it is kept in the store, and as the control API shows it.</summary>
internal static class ClientRecord
{
    public static ReadOnlyMemory<byte> Write(StoredClient client)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            WriteMembers(json, client);
            json.WriteStartArray("tokens"u8);
            foreach (var token in client.Tokens)
            {
                json.WriteStartObject();
                json.WriteString("sha256"u8, token.Hash.Hex);
                if (token.Until is { } until) json.WriteString("until"u8, until);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }

    /// <summary>Everything but the tokens.</summary>
    public static void WriteMembers(Utf8JsonWriter json, StoredClient client)
    {
        json.WriteString("name"u8, client.Name);
        WriteRules(json, client.Allow, client.Budgets, client.Limits, client.Expires);
        json.WriteString("created"u8, client.Created);
        json.WriteString("changed"u8, client.Changed);
        if (client.Revoked is { } revoked) json.WriteString("revoked"u8, revoked);
    }

    /// <summary>What a client of the file and one of the store have in common.</summary>
    public static void WriteRules(Utf8JsonWriter json, ImmutableArray<AllowRule> allow, ImmutableArray<BudgetConfig> budgets, ImmutableArray<LimitConfig> limits, DateTimeOffset? expires)
    {
        json.WriteStartArray("allow"u8);
        foreach (var rule in allow) json.WriteStringValue(rule.ToString());
        json.WriteEndArray();
        json.WriteStartArray("budgets"u8);
        foreach (var budget in budgets) Write(json, budget);
        json.WriteEndArray();
        json.WriteStartArray("limits"u8);
        foreach (var limit in limits)
        {
            json.WriteStartObject();
            if (limit.RequestsPerMinute is { } requests) json.WriteNumber("requestsPerMinute"u8, requests);
            if (limit.TokensPerMinute is { } tokens) json.WriteNumber("tokensPerMinute"u8, tokens);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (expires is { } end) json.WriteString("expires"u8, end);
    }

    /// <summary>Null when it is none: a client of a later version, or a damaged one, lets nobody in.</summary>
    public static StoredClient? Read(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var reader = new Utf8JsonReader(utf8);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            var (rules, problem) = ClientDraft.ReadRules(root, null);
            if (problem is not null) return null;
            return rules!.Make(
                [.. root.GetProperty("tokens").EnumerateArray().Select(static t => new StoredToken(TokenHash.OfHex(t.GetProperty("sha256").GetString()!), Time(t, "until")))],
                Time(root, "created")!.Value) with
            {
                Changed = Time(root, "changed")!.Value, Revoked = Time(root, "revoked"),
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static DateTimeOffset? Time(JsonElement json, string name) => json.TryGetProperty(name, out var time) ? time.GetDateTimeOffset() : null;

    private static void Write(Utf8JsonWriter json, BudgetConfig budget)
    {
        json.WriteStartObject();
        if (budget.Name is { } name) json.WriteString("name"u8, name);
        json.WriteString("period"u8, budget.Period);
        json.WriteNumber("limit"u8, budget.Limit);
        json.WriteString("unit"u8, budget.Unit);
        json.WriteString("action"u8, budget.Action);
        if (budget.To is { } to) json.WriteString("to"u8, to);
        if (!budget.WarnAt.IsEmpty)
        {
            json.WriteStartArray("warnAt"u8);
            foreach (var share in budget.WarnAt) json.WriteNumberValue(share);
            json.WriteEndArray();
        }
        if (budget.TimeZone is { } zone) json.WriteString("timeZone"u8, zone);
        json.WriteEndObject();
    }
}
