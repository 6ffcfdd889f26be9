using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>The headers that tell who answered and why.</summary>
internal static class AnswerHeaders
{
    private const int MaxWarnings = 2000;

    public static void WriteStream(HttpResponse response, Exchange x) => WriteStream(response, x.Dialect.Kind, x.Decision);

    public static void WriteStream(HttpResponse response, Dialects.DialectKind dialect, Control.Decision decision)
    {
        response.ContentType = ClientAnswer.StreamType(dialect);
        response.Headers.CacheControl = "no-cache";
        // nginx in front of us must not collect the stream.
        response.Headers["x-accel-buffering"] = "no";
        WriteDecision(response, decision);
    }

    public static void WriteWhole(HttpResponse response, Exchange x, long length, in Cost cost)
    {
        response.StatusCode = 200;
        response.ContentType = "application/json";
        response.ContentLength = length;
        WriteDecision(response, x.Decision);
        if (!cost.IsUnpriced) response.Headers["x-openclaw-cost"] = (x.Decision.Cost.Total + cost.Total).ToString("0.############", System.Globalization.CultureInfo.InvariantCulture);
    }

    public static void WriteDecision(HttpResponse response, Control.Decision decision)
    {
        var headers = response.Headers;
        headers["x-openclaw-decision"] = decision.Id;
        headers["x-request-id"] = decision.Id;
        // Where Anthropic's own clients look (_request_id).
        if (decision.Protocol == "messages") headers["request-id"] = decision.Id;
        headers["x-openclaw-attempts"] = decision.Attempts.Count.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (decision.Answered is not null) WriteModel(response, decision.Answered);
        if (decision.Warnings.Count > 0) headers["x-openclaw-warnings"] = Ascii(Joined(decision.Warnings));
    }

    // Proxies take heads of four to eight kilobytes. The decision has them all.
    private static string Joined(List<string> warnings)
    {
        var all = string.Join(", ", warnings);
        return all.Length <= MaxWarnings ? all : string.Concat(all.AsSpan(0, char.IsHighSurrogate(all[MaxWarnings - 1]) ? MaxWarnings - 1 : MaxWarnings), "... (see the decision)");
    }

    public static void WriteModel(HttpResponse response, string name) => response.Headers["x-openclaw-model"] = Ascii(name);

    // A header is ASCII; a model's name need not be.
    private static string Ascii(string text)
    {
        foreach (var c in text)
        {
            if (c is < ' ' or > '~') return Uri.EscapeDataString(text);
        }
        return text;
    }
}
