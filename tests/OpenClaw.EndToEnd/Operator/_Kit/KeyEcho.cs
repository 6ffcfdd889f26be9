using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OpenClaw.EndToEnd.Operator;

/// <summary>A provider on this machine, within reach of pods, whose answer is the key that it was asked with.</summary>
internal sealed class KeyEcho : IAsyncDisposable
{
    private readonly WebApplication _app;

    private KeyEcho(WebApplication app) => _app = app;

    public Uri BaseUrl => new(new Uri(_app.Urls.First()), "/v1");

    public static async Task<KeyEcho> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static k => k.Listen(RealNode.Host, 0));
        var app = builder.Build();
        app.MapPost("/v1/chat/completions", static async context =>
        {
            var key = context.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal);
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync($$$"""{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"echo","choices":[{"index":0,"message":{"role":"assistant","content":"{{{key}}}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""");
        });
        await app.StartAsync();
        return new KeyEcho(app);
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
