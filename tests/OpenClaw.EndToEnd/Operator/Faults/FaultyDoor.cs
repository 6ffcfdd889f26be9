using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenClaw.EndToEnd.Cluster;

namespace OpenClaw.EndToEnd.Operator.Faults;

/// <summary>What a <see cref="FaultyDoor"/> does to a request.</summary>
internal enum DoorFault
{
    None,

    /// <summary>Refused with 500, 503, or 429 and Retry-After; the server never hears of it.</summary>
    Refuse,

    /// <summary>The connection breaks before the server hears of it.</summary>
    Cut,

    /// <summary>It is carried out, and the connection breaks instead of an answer.</summary>
    LoseAnswer,

    /// <summary>It is carried out, and the connection breaks within the answer.</summary>
    CutBody,

    /// <summary>It is carried out, and the answer is half of the JSON, in good order.</summary>
    Truncate,

    /// <summary>The answer comes late.</summary>
    Slow,
}

/// <summary>
/// A door before a real API server that speaks HTTP/1.1 without TLS, so that a test sees every request, and that does harm to a
/// share of them. The same seed draws the same faults, in the order in which requests come.
/// </summary>
internal sealed class FaultyDoor : IAsyncDisposable
{
    private static readonly DoorFault[] s_faults = [DoorFault.Refuse, DoorFault.Cut, DoorFault.LoseAnswer, DoorFault.CutBody, DoorFault.Truncate, DoorFault.Slow];

    private readonly WebApplication _app;
    private readonly HttpMessageInvoker _server;
    private readonly Uri _target;
    private readonly Lock _lock = new();
    private Random _random = new(0);
    private double _share;
    private long _writes;
    private int _harmed;
    private int _conflicts;

    private FaultyDoor(WebApplication app, ApiServer server)
    {
        (_app, _target) = (app, server.Url);
        var roots = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(File.ReadAllText(server.RootsPath));
        _server = new HttpMessageInvoker(new SocketsHttpHandler
        {
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(2),
            SslOptions = { CertificateChainPolicy = new() { TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { roots }, RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck } },
        });
    }

    public Uri Url { get; private set; } = null!;

    /// <summary>Requests that something was done to.</summary>
    public int Harmed => Volatile.Read(ref _harmed);

    /// <summary>Writes that the server took, but for events and leases.</summary>
    public long Writes => Interlocked.Read(ref _writes);

    /// <summary>Writes that the server refused because the object had changed.</summary>
    public int Conflicts => Volatile.Read(ref _conflicts);

    /// <summary>These writes, as method and path.</summary>
    public ConcurrentQueue<string> Written { get; } = [];

    /// <summary>Told of each of these with its number, before whoever wrote it has the answer.</summary>
    public Func<long, Task> AfterWrite { get; set; } = static _ => Task.CompletedTask;

    public static async Task<FaultyDoor> OpenAsync(ApiServer server)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddLogging();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var door = new FaultyDoor(app, server);
        app.Run(door.HandleAsync);
        await app.StartAsync();
        door.Url = new Uri(app.Urls.First());
        return door;
    }

    /// <summary>From now on so many of a hundred requests come to harm.</summary>
    public void Harm(int percent, int seed)
    {
        lock (_lock) (_share, _random) = (percent / 100.0, new Random(seed));
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        _server.Dispose();
    }

    private async Task HandleAsync(HttpContext http)
    {
        var (fault, number) = Draw();
        try
        {
            if (fault is DoorFault.Refuse) await RefuseAsync(http, number);
            else if (fault is DoorFault.Cut) http.Abort();
            else await PassAsync(http, fault, number);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // The server is away, or whoever asked.
            http.Abort();
        }
    }

    private (DoorFault Fault, int Number) Draw()
    {
        lock (_lock)
        {
            if (_share <= 0 || _random.NextDouble() >= _share) return (DoorFault.None, 0);
            Interlocked.Increment(ref _harmed);
            return (s_faults[_random.Next(s_faults.Length)], _random.Next(1000));
        }
    }

    private static async Task RefuseAsync(HttpContext http, int number)
    {
        var code = (number % 3) switch { 0 => 500, 1 => 503, _ => 429 };
        http.Response.StatusCode = code;
        if (code != 500) http.Response.Headers.RetryAfter = "1";
        await http.Response.WriteAsync($$"""{"kind":"Status","apiVersion":"v1","status":"Failure","message":"not now","code":{{code}}}""", http.RequestAborted);
    }

    private async Task PassAsync(HttpContext http, DoorFault fault, int number)
    {
        using var request = await CopyAsync(http);
        using var answer = await _server.SendAsync(request, http.RequestAborted);
        if (IsWrite(request) && answer.IsSuccessStatusCode)
        {
            Written.Enqueue($"{request.Method} {request.RequestUri!.AbsolutePath}");
            await AfterWrite(Interlocked.Increment(ref _writes));
        }
        if (answer.StatusCode == HttpStatusCode.Conflict) Interlocked.Increment(ref _conflicts);
        if (fault == DoorFault.Slow) await Task.Delay(TimeSpan.FromMilliseconds(100 + number), http.RequestAborted);
        http.Response.StatusCode = (int)answer.StatusCode;
        http.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        await using var body = await answer.Content.ReadAsStreamAsync(http.RequestAborted);
        if (request.RequestUri!.Query.Contains("watch=true", StringComparison.Ordinal)) await WatchAsync(http, body, fault, number);
        else await AnswerAsync(http, body, fault);
    }

    private async Task<HttpRequestMessage> CopyAsync(HttpContext http)
    {
        var target = http.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var request = new HttpRequestMessage(new HttpMethod(http.Request.Method), new Uri(_target, target)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower };
        foreach (var name in (string[])["Authorization", "Accept", "User-Agent"]) request.Headers.TryAddWithoutValidation(name, http.Request.Headers[name].ToString());
        if (http.Request.ContentType is not { } type) return request;
        using var copy = new MemoryStream();
        await http.Request.Body.CopyToAsync(copy, http.RequestAborted);
        request.Content = new ByteArrayContent(copy.ToArray());
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return request;
    }

    private static bool IsWrite(HttpRequestMessage request)
    {
        var path = request.RequestUri!.AbsolutePath;
        return request.Method != HttpMethod.Get && !path.Contains("/events", StringComparison.Ordinal) && !path.Contains("/leases", StringComparison.Ordinal) && !path.EndsWith("reviews", StringComparison.Ordinal);
    }

    private static async Task AnswerAsync(HttpContext http, Stream body, DoorFault fault)
    {
        using var whole = new MemoryStream();
        await body.CopyToAsync(whole, http.RequestAborted);
        var bytes = whole.GetBuffer().AsMemory(0, (int)whole.Length);
        if (fault == DoorFault.LoseAnswer)
        {
            http.Abort();
            return;
        }
        var sent = fault is DoorFault.CutBody or DoorFault.Truncate ? bytes[..(bytes.Length / 2)] : bytes;
        http.Response.ContentLength = fault == DoorFault.CutBody ? bytes.Length : sent.Length;
        await http.Response.Body.WriteAsync(sent, http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
        if (fault == DoorFault.CutBody) http.Abort();
    }

    /// <summary>A harmed watch lives for up to two seconds: then it is cut, in a line or between two, ends in order, says half a JSON, or says that its version is gone.</summary>
    private static async Task WatchAsync(HttpContext http, Stream body, DoorFault fault, int number)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        if (fault is not (DoorFault.None or DoorFault.Slow)) limit.CancelAfter(TimeSpan.FromMilliseconds(2 * number));
        var buffer = new byte[16 << 10];
        try
        {
            await http.Response.StartAsync(http.RequestAborted);
            int read;
            while ((read = await body.ReadAsync(buffer, limit.Token)) > 0)
            {
                await http.Response.Body.WriteAsync(buffer.AsMemory(0, read), http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
            }
            return;
        }
        catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
        {
            // Its time has come.
        }
        var last = fault switch
        {
            DoorFault.CutBody => "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"na",
            DoorFault.Truncate => "{\"type\":\"MODIFIED\",\"object\":{\"metadata\"\n",
            DoorFault.LoseAnswer => "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\"Expired\",\"code\":410,\"message\":\"too old resource version\"}}\n",
            _ => "",
        };
        await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(last), http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
        if (fault is DoorFault.CutBody) http.Abort();
    }
}
