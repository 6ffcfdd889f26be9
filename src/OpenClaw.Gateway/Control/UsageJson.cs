using System.Text.Json;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Gateway.Control;

/// <summary>A usage report as JSON, both ways: the gateway writes it, the command line reads it.</summary>
internal static class UsageJson
{
    public static void Write(Utf8JsonWriter json, UsageQuery query, UsageReport report)
    {
        json.WriteStartObject();
        json.WriteString("by"u8, query.By.ToString().ToLowerInvariant());
        json.WriteString("from"u8, report.From);
        json.WriteString("to"u8, report.To);
        json.WriteString("timeZone"u8, query.TimeZone);
        json.WriteStartArray("rows"u8);
        foreach (var row in report.Rows) Write(json, row);
        json.WriteEndArray();
        json.WritePropertyName("total"u8);
        Write(json, report.Total);
        json.WriteEndObject();
    }

    /// <summary>Null when it is not such a report.</summary>
    public static UsageReport? Read(JsonElement json)
    {
        try
        {
            return new UsageReport(
                [.. json.GetProperty("rows").EnumerateArray().Select(Row)], Row(json.GetProperty("total")), json.GetProperty("from").GetDateTimeOffset(), json.GetProperty("to").GetDateTimeOffset());
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static void Write(Utf8JsonWriter json, UsageRow row)
    {
        json.WriteStartObject();
        json.WriteString("key"u8, row.Key);
        json.WriteNumber("requests"u8, row.Requests);
        json.WriteNumber("failed"u8, row.Failed);
        json.WriteNumber("input"u8, row.Usage.Input);
        json.WriteNumber("cacheRead"u8, row.Usage.CacheRead);
        json.WriteNumber("cacheWrite"u8, row.Usage.CacheWrite);
        json.WriteNumber("cacheWrite1h"u8, row.Usage.CacheWrite1h);
        json.WriteNumber("output"u8, row.Usage.Output);
        json.WriteNumber("reasoning"u8, row.Usage.Reasoning);
        json.WriteNumber("cost"u8, row.Cost);
        json.WriteNumber("unpricedRequests"u8, row.UnpricedRequests);
        json.WriteNumber("estimatedRequests"u8, row.EstimatedRequests);
        json.WriteEndObject();
    }

    private static UsageRow Row(JsonElement json)
    {
        long Number(string name) => json.GetProperty(name).GetInt64();
        var usage = new Usage
        {
            Input = Number("input"), CacheRead = Number("cacheRead"), CacheWrite = Number("cacheWrite"), CacheWrite1h = Number("cacheWrite1h"),
            Output = Number("output"), Reasoning = Number("reasoning"),
        };
        return new UsageRow(json.GetProperty("key").GetString() ?? "", Number("requests"), Number("failed"), usage, json.GetProperty("cost").GetDecimal(), Number("unpricedRequests"), Number("estimatedRequests"));
    }
}
