using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Faults;

/// <summary>A provider behind TLS that offers HTTP/2, as the public ones do.</summary>
public sealed class Http2UpstreamTests : IAsyncLifetime
{
    private readonly ScriptedServer _server = ScriptedServer.Start();
    private readonly List<string> _versions = [];
    private string _trust = "";
    private WebApplication _upstream = null!;
    private GatewayProcess _gateway = null!;
    private ChatClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(certificate)));
        _upstream = builder.Build();
        _upstream.MapPost("/v1/chat/completions", AnswerAsync);
        await _upstream.StartAsync();
        var port = new Uri(_upstream.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
        var providers = WallConfig.EveryWire(_server);
        providers["h2"] = WallConfig.Provider(Wire.OpenAi, new Uri($"https://localhost:{port}"), "h2");
        // Read when the first connection is made, not at the start.
        _trust = Path.Combine(Path.GetTempPath(), $"openclaw-trust-{port}.pem");
        await File.WriteAllTextAsync(_trust, certificate.ExportCertificatePem());
        _gateway = await GatewayProcess.StartAsync(
            new JsonObject
            {
                ["models"] = new JsonObject
                {
                    ["providers"] = providers,
                    ["aliases"] = new JsonObject { ["whole"] = new JsonArray("h2/ok"), ["reset"] = new JsonArray("h2/reset", "fopenai/ok"), ["early"] = new JsonArray("h2/early", "fopenai/ok") },
                },
            }.ToJsonString(),
            new Dictionary<string, string> { ["SSL_CERT_FILE"] = _trust });
        _client = new ChatClient(_gateway.Url);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_gateway is not null) await _gateway.DisposeAsync();
        await _upstream.DisposeAsync();
        File.Delete(_trust);
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("whole")]
    [InlineData("reset")]
    [InlineData("early")]
    public async Task Answers_whatever_happens_to_the_http2_stream(string alias)
    {
        var reply = await _client.AskAsync(new ChatAsk(alias, ClientProtocol.Chat, Stream: true), TestContext.Current.CancellationToken);
        Assert.True(FaultJudge.IsWhole(new FaultScenario("", "", "ok"), reply), $"{reply}\n{_gateway.Log}");
        Assert.Contains("HTTP/2", _versions);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        lock (_versions) _versions.Add(context.Request.Protocol);
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        var model = body.RootElement.GetProperty("model").GetString()!;
        if (model == "early")
        {
            context.Abort();
            return;
        }
        var frames = ScriptedWire.OpenAi.Stream(new ScriptedTurn("h2", model, 1_700_000_000, 4, IncludeUsage: true) { Text = ScriptedAnswer.Text }).ToList();
        context.Response.ContentType = "text/event-stream";
        foreach (var frame in model == "reset" ? frames.Take(30) : frames)
        {
            await context.Response.Body.WriteAsync(frame.Bytes);
            await context.Response.Body.FlushAsync();
        }
        if (model == "reset") context.Abort();
    }
}
