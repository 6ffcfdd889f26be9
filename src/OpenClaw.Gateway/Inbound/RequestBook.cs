using System.Buffers.Binary;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Telemetry;

namespace OpenClaw.Gateway.Inbound;

/// <summary>Where every request for an answer is entered when it comes and closed when it is over: whatever happens between, one decision. Thread-safe.</summary>
internal sealed class RequestBook(DecisionLog decisions, Metrics metrics, TimeProvider time)
{
    /// <summary>Requests that were entered and not closed.</summary>
    public long InFlight => metrics.InFlight;

    /// <summary>A request has come. Call <see cref="Close"/> on every path.</summary>
    /// <param name="dialect">What its caller speaks.</param>
    /// <returns>Its decision, and the timestamp of its arrival.</returns>
    public (Decision Decision, long Arrived) Enter(IDialect dialect)
    {
        var (arrived, now) = (time.GetTimestamp(), time.GetUtcNow());
        metrics.RequestStarted();
        return (new Decision(NewId(now), now, dialect.Kind == DialectKind.Anthropic ? "messages" : "chat"), arrived);
    }

    /// <summary>It is over, well or not.</summary>
    public void Close(Decision decision, long arrived)
    {
        if (decision.Status == 0) decision.Status = decision.Outcome == "cancelled" ? 499 : 200;
        decision.TotalMs = time.GetElapsedTime(arrived).TotalMilliseconds;
        decisions.Add(decision);
        metrics.RequestEnded(decision);
    }

    // Unique, not secret: who reads a decision needs the gateway's token. It begins with its time, as a UUID of version 7 does
    // (RFC 9562, 5.7), so that a database's index of ids grows at its end and a batch of them touches few of its pages.
    public static string NewId(DateTimeOffset now) => string.Create(28, now.ToUnixTimeMilliseconds(), static (id, ms) =>
    {
        Span<byte> bytes = stackalloc byte[14];
        BinaryPrimitives.WriteInt64BigEndian(bytes, ms);
        bytes = bytes[2..];
        Random.Shared.NextBytes(bytes[6..]);
        "dec_".CopyTo(id);
        Convert.TryToHexStringLower(bytes, id[4..], out var _);
    });
}
