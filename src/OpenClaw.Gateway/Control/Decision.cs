using System.Text.Json;
using OpenClaw.Config;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Control;

/// <summary>How an attempt came to be.</summary>
internal enum AttemptKind
{
    First,
    Retry,
    Fallback,

    /// <summary>Goes on with a cut answer by prefill.</summary>
    Prefill,

    /// <summary>Goes on with a cut answer by asking again and skipping what was already sent.</summary>
    Restart,
}

/// <summary>One call to one target. Times are milliseconds since the request came in.</summary>
internal sealed class AttemptRecord(ModelRef called, string key, AttemptKind kind, double startedMs)
{
    /// <summary>Provider and model.</summary>
    public ModelRef Called { get; } = called;

    /// <summary><see cref="Called"/> as it is written.</summary>
    public string Target { get; } = called.ToString();

    /// <summary>The key's alias, never the key.</summary>
    public string Key { get; } = key;

    public AttemptKind Kind { get; } = kind;

    public double StartedMs { get; } = startedMs;

    /// <summary>Waited before this attempt (backoff, Retry-After).</summary>
    public double WaitedMs { get; init; }

    public int? Status { get; set; }

    public double? FirstTokenMs { get; set; }

    public double? EndedMs { get; set; }

    public FailureReason Reason { get; set; }

    public string? Message { get; set; }

    /// <summary>True when the caller got something of this attempt.</summary>
    public bool Served { get; set; }

    public Usage Usage { get; set; }

    public Cost Cost { get; set; }

    /// <summary>It came to nothing, after so many milliseconds of the request.</summary>
    public void Failed(UpstreamFailure failure, double endedMs)
    {
        (Reason, Message, EndedMs) = (failure.Reason, failure.Message, endedMs);
        Status ??= failure.Status;
    }

    /// <summary><see cref="Kind"/> as it is written.</summary>
    public string KindText => EnumText.Camel(Kind);

    /// <summary>ok, or the failure as it is written.</summary>
    public string ResultText => Reason == FailureReason.None ? "ok" : EnumText.Camel(Reason);
}

/// <summary>
/// Why a request went where it went: plan, attempts, who answered. Written by one request, read once it is done. Holds no
/// prompt, no answer, no secret.
/// </summary>
internal sealed class Decision(string id, DateTimeOffset time, string protocol)
{
    public string Id { get; } = id;

    public DateTimeOffset Time { get; } = time;

    public string Protocol { get; } = protocol;

    public string Caller { get; set; } = "";

    public string? Session { get; set; }

    public string Requested { get; set; } = "";

    public bool Stream { get; set; }

    public List<string> Plan { get; } = [];

    /// <summary>What the planner and dispatcher thought, one short sentence each.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>What a target could not carry.</summary>
    public List<string> Warnings { get; } = [];

    public List<AttemptRecord> Attempts { get; } = [];

    public string? Answered { get; set; }

    /// <summary>Who finished an answer that <see cref="Answered"/> began; null when it was the same.</summary>
    public string? FinishedBy { get; set; }

    /// <summary>answered, healed, failed, interrupted, refused, cancelled, command (answered by the gateway itself).</summary>
    public string Outcome { get; set; } = "";

    public int Status { get; set; }

    public string? Error { get; set; }

    public Usage Usage { get; set; }

    /// <summary>All hops together.</summary>
    public Cost Cost { get; set; }

    public double TotalMs { get; set; }

    public double? FirstTokenMs { get; set; }

    public string? FinishReason { get; set; }

    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, Id);
        json.WriteString("time"u8, Time);
        json.WriteString("protocol"u8, Protocol);
        json.WriteString("caller"u8, Caller);
        if (Session is not null) json.WriteString("session"u8, Session);
        json.WriteString("requested"u8, Requested);
        json.WriteBoolean("stream"u8, Stream);
        json.WriteString("outcome"u8, Outcome);
        json.WriteNumber("status"u8, Status);
        if (Answered is not null) json.WriteString("answered"u8, Answered);
        if (FinishedBy is not null) json.WriteString("finishedBy"u8, FinishedBy);
        if (FinishReason is not null) json.WriteString("finishReason"u8, FinishReason);
        if (Error is not null) json.WriteString("error"u8, Error);
        WriteStrings(json, "plan"u8, Plan);
        WriteStrings(json, "notes"u8, Notes);
        WriteStrings(json, "warnings"u8, Warnings);
        json.WriteStartArray("attempts"u8);
        foreach (var attempt in Attempts) Write(json, attempt);
        json.WriteEndArray();
        Write(json, Usage);
        Write(json, Cost);
        WriteMs(json, "firstTokenMs"u8, FirstTokenMs);
        WriteMs(json, "totalMs"u8, TotalMs);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, AttemptRecord attempt)
    {
        json.WriteStartObject();
        json.WriteString("target"u8, attempt.Target);
        if (attempt.Key.Length > 0) json.WriteString("key"u8, attempt.Key);
        json.WriteString("kind"u8, attempt.KindText);
        WriteMs(json, "startedMs"u8, attempt.StartedMs);
        if (attempt.WaitedMs > 0) WriteMs(json, "waitedMs"u8, attempt.WaitedMs);
        if (attempt.Status is { } status) json.WriteNumber("status"u8, status);
        WriteMs(json, "firstTokenMs"u8, attempt.FirstTokenMs);
        WriteMs(json, "endedMs"u8, attempt.EndedMs);
        json.WriteBoolean("served"u8, attempt.Served);
        if (attempt.Reason != FailureReason.None)
        {
            json.WriteString("failure"u8, attempt.ResultText);
            json.WriteString("message"u8, attempt.Message);
        }
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, in Usage usage)
    {
        if (usage.IsEmpty) return;
        json.WriteStartObject("usage"u8);
        json.WriteNumber("input"u8, usage.Input);
        json.WriteNumber("cacheRead"u8, usage.CacheRead);
        json.WriteNumber("cacheWrite"u8, usage.CacheWrite + usage.CacheWrite1h);
        json.WriteNumber("output"u8, usage.Output);
        json.WriteNumber("reasoning"u8, usage.Reasoning);
        if (usage.Estimated) json.WriteBoolean("estimated"u8, true);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, in Cost cost)
    {
        if (cost.Source == CostSource.None) return;
        json.WriteNumber("cost"u8, cost.Total);
        json.WriteString("costSource"u8, EnumText.Camel(cost.Source));
    }

    private static void WriteStrings(Utf8JsonWriter json, ReadOnlySpan<byte> name, List<string> values)
    {
        if (values.Count == 0) return;
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static void WriteMs(Utf8JsonWriter json, ReadOnlySpan<byte> name, double? ms)
    {
        if (ms is { } value) json.WriteNumber(name, Math.Round(value, 2));
    }
}
