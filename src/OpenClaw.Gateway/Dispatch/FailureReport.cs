using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>Says in one sentence to the caller why no target answered.</summary>
internal static class FailureReport
{
    public static GatewayError Of(Decision decision, Target target, UpstreamFailure failure)
    {
        // Who was not asked, and why, belongs to the answer to "why did nobody answer".
        var passedOver = decision.Notes.Where(static n => n.Contains(": passed over, ", StringComparison.Ordinal)).ToList();
        var message = decision.Attempts.Count + passedOver.Count <= 1
            ? $"{target.Name}: {failure.Message}"
            : $"no target answered: {string.Join("; ", decision.Attempts.Select(Describe).Concat(passedOver))}";
        return failure.Reason switch
        {
            // The caller's own doing: the provider's status is the truth.
            FailureReason.BadRequest or FailureReason.Unsupported => new(failure.Status == 413 ? GatewayErrorKind.RequestTooLarge : GatewayErrorKind.BadRequest, message)
            {
                DetailCode = failure.DetailCode,
                Status = failure.Status is >= 400 and < 500 ? failure.Status : null,
                Param = Word(failure.Param),
                Code = Word(failure.OwnCode) is { } code && target.Dialect.Kind == DialectKind.OpenAiChat ? code : null,
            },
            FailureReason.ModelGone => new(GatewayErrorKind.ModelUnknown, message) { Param = "model" },
            FailureReason.ContextTooLong => new(GatewayErrorKind.ContextTooLong, message) { Param = "messages" },
            FailureReason.Policy => new(GatewayErrorKind.PolicyRefused, message),
            FailureReason.RateLimited => new(GatewayErrorKind.RateLimited, message) { RetryAfter = failure.RetryAfter },
            FailureReason.Overloaded => new(GatewayErrorKind.Overloaded, message) { RetryAfter = failure.RetryAfter },
            FailureReason.HeadersTimeout or FailureReason.FirstTokenTimeout or FailureReason.IdleTimeout or FailureReason.TotalTimeout
                => new(GatewayErrorKind.UpstreamTimeout, message),
            FailureReason.ShuttingDown => new(GatewayErrorKind.Draining, "the gateway stopped before the answer was complete; send the request again") { RetryAfter = TimeSpan.FromSeconds(1) },
            // A provider's 401 is our key's, not the caller's.
            _ => new(GatewayErrorKind.AllTargetsFailed, message),
        };
    }

    private static string? Word(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static string Describe(AttemptRecord attempt) =>
        $"{attempt.Target} ({(attempt.Status is { } status ? status + ", " : "")}{attempt.Message})";
}
