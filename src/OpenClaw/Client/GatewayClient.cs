using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using OpenClaw.Gateway.Control;

namespace OpenClaw.Client;

/// <summary>How a question to a gateway ended.</summary>
internal enum ReachKind
{
    Answered,

    /// <summary>Nobody listens there, or not in time.</summary>
    Unreachable,

    /// <summary>401 or 403.</summary>
    TokenRefused,

    /// <summary>Something answers, and it is not this gateway.</summary>
    NotOpenClaw,

    /// <summary>The gateway says no; the message is its own.</summary>
    Refused,
}

/// <summary>The answer of a gateway, or why there is none in words for a person.</summary>
internal readonly record struct Reach(ReachKind Kind, JsonElement Json, string Message)
{
    public bool IsAnswered => Kind == ReachKind.Answered;

    /// <summary>Which part of the question the gateway refused; null = it does not say.</summary>
    public string? Param { get; init; }
}

/// <summary>Asks a running gateway's control API. Never throws for what a network can do.</summary>
/// <param name="time">Whose clock ends a question; null = the system's.</param>
internal sealed class GatewayClient(GatewayAddress address, TimeProvider? time = null) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    // Whoever is told by the gateway that its database does not answer knows more than who gave up before.
    private static readonly TimeSpan s_reportPatience = UsageApi.Longest + s_patience;

    private readonly HttpClient _http = Open(address.Url, Timeout.InfiniteTimeSpan);

    public GatewayAddress Address => address;

    /// <summary>A client with a short connect time; a proxy of the environment is not asked for this machine itself.</summary>
    public static HttpClient Open(Uri url, TimeSpan timeout) => new(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(1.5),
        UseProxy = !url.IsLoopback,
        AllowAutoRedirect = false,
        UseCookies = false,
    })
    { BaseAddress = url, Timeout = timeout };

    public Task<Reach> GetAsync(string path, CancellationToken cancel) => SendAsync(HttpMethod.Get, path, null, cancel);

    /// <summary>Asks for what the gateway may add up for as long as <see cref="UsageApi.Longest"/>.</summary>
    public Task<Reach> GetReportAsync(string path, CancellationToken cancel) => SendAsync(HttpMethod.Get, path, null, s_reportPatience, cancel);

    /// <param name="json">The body, or null for none.</param>
    public Task<Reach> SendAsync(HttpMethod method, string path, byte[]? json, CancellationToken cancel) => SendAsync(method, path, json, s_patience, cancel);

    public void Dispose() => _http.Dispose();

    private async Task<Reach> SendAsync(HttpMethod method, string path, byte[]? json, TimeSpan patience, CancellationToken cancel)
    {
        using var clock = new CancellationTokenSource(patience, time ?? TimeProvider.System);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancel);
        using var request = new HttpRequestMessage(method, path);
        if (json is not null) request.Content = new ByteArrayContent(json) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        if (address.Token is { } token) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        try
        {
            using var answer = await _http.SendAsync(request, enough.Token).ConfigureAwait(false);
            if (answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            {
                return new Reach(ReachKind.TokenRefused, default, WhyRefused(address, answer.StatusCode));
            }
            if (answer.Content.Headers.ContentType?.MediaType != "application/json") return Foreign();
            using var document = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(enough.Token).ConfigureAwait(false));
            if (answer.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.Created)) return document.RootElement.Child("error").Text("message") is { } why
                ? new Reach(ReachKind.Refused, default, why) { Param = document.RootElement.Child("error").Text("param") } : Foreign();
            return document.RootElement.ValueKind == JsonValueKind.Object ? new Reach(ReachKind.Answered, document.RootElement.Clone(), "") : Foreign();
        }
        catch (JsonException)
        {
            return Foreign();
        }
        catch (FormatException)
        {
            return new Reach(ReachKind.TokenRefused, default, "the token has characters in it that no token has");
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return new Reach(ReachKind.Unreachable, default, $"no gateway answers at {address}");
        }
    }

    /// <summary>What 401 and 403 of the control API mean, for a person.</summary>
    public static string WhyRefused(GatewayAddress address, HttpStatusCode status) => $"the gateway at {address} " + (address.Token is null ? "wants a token"
        : status == HttpStatusCode.Forbidden ? "takes its own token here, and this one is a client's" : "refused the token");

    private Reach Foreign() => new(ReachKind.NotOpenClaw, default, $"what answers at {address} is not this gateway");
}
