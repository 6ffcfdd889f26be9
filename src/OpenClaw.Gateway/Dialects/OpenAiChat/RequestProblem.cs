using OpenClaw.Gateway.Errors;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>The first thing in a request that cannot be understood; reading goes on, what it finds afterwards may be a consequence.</summary>
internal sealed class RequestProblem
{
    public GatewayError? First { get; private set; }

    /// <param name="field">Where, with dots and numbers: <c>messages.2.content</c>.</param>
    /// <param name="message">What is wrong and what to write instead.</param>
    public void Add(string field, string message) =>
        First ??= new GatewayError(GatewayErrorKind.BadRequest, $"{field}: {message}") { Param = field };
}
