using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>A provider's answer with a good status, its body not yet read. Dispose closes it: an unread body closes the connection, which stops the provider.</summary>
internal sealed class UpstreamAnswer(HttpResponseMessage response, Stream body, AttemptClock clock, string target) : IDisposable
{
    public Stream Body { get; } = body;

    public AttemptClock Clock { get; } = clock;

    public int Status => (int)response.StatusCode;

    public string ContentType => response.Content.Headers.ContentType?.MediaType ?? "";

    /// <summary>What it means that a clock ran out.</summary>
    public UpstreamFailure ClockFailure(ClockPhase phase) => FailureOf(phase, Clock, target);

    public static UpstreamFailure FailureOf(ClockPhase phase, AttemptClock clock, string target) => clock.TotalIsOver
        ? new UpstreamFailure(FailureReason.TotalTimeout, "the request's whole time is over")
        : phase switch
        {
            ClockPhase.Headers => new UpstreamFailure(FailureReason.HeadersTimeout, $"{target} sent no answer in time"),
            ClockPhase.FirstToken => new UpstreamFailure(FailureReason.FirstTokenTimeout, $"{target} began no answer in time"),
            ClockPhase.Answer => new UpstreamFailure(FailureReason.HeadersTimeout, $"{target} did not finish its answer in time"),
            _ => new UpstreamFailure(FailureReason.IdleTimeout, $"{target} fell silent in the middle of the answer"),
        };

    public void Dispose()
    {
        response.Dispose();
        Clock.Dispose();
    }
}
