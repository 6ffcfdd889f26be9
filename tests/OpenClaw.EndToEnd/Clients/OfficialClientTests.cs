namespace OpenClaw.EndToEnd.Clients;

/// <summary>npm's <c>openai</c>.</summary>
public sealed class OpenAiNodeTests(ClientStage<OpenAiNodeClient> stage) : ClientContract<OpenAiNodeClient>(stage), IClassFixture<ClientStage<OpenAiNodeClient>>
{
    protected override string[] StreamErrors => ["APIError", "InternalServerError"];

    protected override string ErrorOf(int status) => NodeErrors.Of(status);
}

/// <summary>npm's <c>@anthropic-ai/sdk</c>.</summary>
public sealed class AnthropicNodeTests(ClientStage<AnthropicNodeClient> stage) : ClientContract<AnthropicNodeClient>(stage), IClassFixture<ClientStage<AnthropicNodeClient>>
{
    protected override string[] StreamErrors => ["APIError", "InternalServerError"];

    protected override string ErrorOf(int status) => NodeErrors.Of(status);
}

/// <summary>NuGet's <c>OpenAI</c>. It retries by status alone: three times, whatever <c>x-should-retry</c> says.</summary>
public sealed class OpenAiDotNetTests(ClientStage<OpenAiDotNetClient> stage) : ClientContract<OpenAiDotNetClient>(stage), IClassFixture<ClientStage<OpenAiDotNetClient>>
{
    protected override string[] StreamErrors => ["InvalidOperationException", "ClientResultException"];

    protected override bool ObeysShouldRetry => false;

    protected override int Retries => 3;

    protected override string ErrorOf(int status) => "ClientResultException";
}

/// <summary>NuGet's <c>Anthropic</c>. Its exceptions keep no headers.</summary>
public sealed class AnthropicDotNetTests(ClientStage<AnthropicDotNetClient> stage) : ClientContract<AnthropicDotNetClient>(stage), IClassFixture<ClientStage<AnthropicDotNetClient>>
{
    protected override string[] StreamErrors => ["AnthropicSseException", "Anthropic5xxException"];

    protected override bool ShowsRetryAfter => false;

    protected override string ErrorOf(int status) => status switch
    {
        400 => "AnthropicBadRequestException",
        401 => "AnthropicUnauthorizedException",
        404 => "AnthropicNotFoundException",
        429 => "AnthropicRateLimitException",
        _ => "Anthropic5xxException",
    };
}

/// <summary>Both JavaScript clients are generated and share their errors' names.</summary>
internal static class NodeErrors
{
    public static string Of(int status) => status switch
    {
        400 => "BadRequestError",
        401 => "AuthenticationError",
        404 => "NotFoundError",
        429 => "RateLimitError",
        _ => "InternalServerError",
    };
}
