using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using OpenClaw.Kube.Config;

namespace OpenClaw.Kube.Client;

/// <summary>
/// The wire to one API server. Every exception of the network becomes a problem here and nowhere else. Thread-safe; shared by
/// all clients of a cluster.
/// </summary>
internal sealed class KubeTransport : IDisposable
{
    private readonly ClusterAccess _access;
    private readonly RequestBucket _bucket;
    private readonly string _prefix;
    private readonly Lock _lock = new();
    private HttpMessageInvoker _connections;

    public KubeTransport(ClusterAccess access, KubeClientOptions options)
    {
        _access = access;
        Options = options;
        _bucket = new RequestBucket(options.RequestsPerSecond, options.Burst, options.Time);
        _prefix = access.Server.GetLeftPart(UriPartial.Path).TrimEnd('/');
        _connections = Connections.Open(access, options.Log);
    }

    public KubeClientOptions Options { get; }

    public ClientCounters Counters { get; } = new();

    public void Dispose() => _connections.Dispose();

    /// <summary>
    /// Calls from now on go over new connections: the old ones may be dead without anybody having said so, and HTTP/2 puts every
    /// call on the same one. What runs on them may end in its own way.
    /// </summary>
    public void Reconnect()
    {
        lock (_lock) _connections = Connections.Open(_access, Options.Log);
    }

    /// <summary>The same for one call that got no answer: of many that wait on the same connections, the first one opens new ones.</summary>
    private void Reconnect(HttpMessageInvoker? over)
    {
        lock (_lock)
        {
            if (ReferenceEquals(over, _connections)) _connections = Connections.Open(_access, Options.Log);
        }
    }

    /// <summary>One call with its retries; the whole answer.</summary>
    /// <param name="mayWrite">Asked before every attempt of a write.</param>
    public async Task<KubeResult<KubeResponse>> SendAsync(KubeRequest request, Func<bool>? mayWrite, CancellationToken cancel)
    {
        for (var attempt = 0; ; attempt++)
        {
            await _bucket.WaitAsync(cancel).ConfigureAwait(false);
            if (request.IsWrite && mayWrite is not null && !mayWrite())
            {
                return new KubeProblem(KubeProblemKind.NotLeader, "this process may not write now: it does not hold the lease") { Request = request.Text };
            }
            var (problem, response, wasSent) = await AttemptAsync(request, cancel).ConfigureAwait(false);
            if (problem is null) return KubeResult.Of(response);
            if (RetryRules.After(problem, request, attempt, wasSent, Options) is not { } wait) return problem;
            Counters.Retried();
            Options.Log(KubeLogLevel.Debug, $"again in {wait.TotalMilliseconds:F0} ms: {problem}");
            await Task.Delay(wait, Options.Time, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Opens a stream, once; the caller disposes the answer. The clock runs until the headers are there.</summary>
    public async Task<KubeResult<HttpResponseMessage>> OpenAsync(KubeRequest request, CancellationToken cancel)
    {
        await _bucket.WaitAsync(cancel).ConfigureAwait(false);
        using var clock = new CancellationTokenSource(Options.Timeout, Options.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, clock.Token);
        var sent = new Sent();
        try
        {
            var response = await SendAuthorizedAsync(request, sent, both.Token).ConfigureAwait(false);
            Tell(request, isWatch: true, (int)response.StatusCode);
            if ((int)response.StatusCode == 200) return KubeResult.Of(response);
            using (response) return await ProblemAsync(request, response, both.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (IsExpected(e))
        {
            Tell(request, isWatch: true, 0);
            return ProblemOf(e, request, sent, cancel);
        }
    }

    private async Task<(KubeProblem? Problem, KubeResponse Response, bool WasSent)> AttemptAsync(KubeRequest request, CancellationToken cancel)
    {
        using var clock = new CancellationTokenSource(Options.Timeout, Options.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, clock.Token);
        var sent = new Sent();
        var status = 0;
        Counters.Began();
        try
        {
            using var response = await SendAuthorizedAsync(request, sent, both.Token).ConfigureAwait(false);
            status = (int)response.StatusCode;
            if ((int)response.StatusCode is < 200 or >= 300) return (await ProblemAsync(request, response, both.Token).ConfigureAwait(false), default, true);
            var body = await BoundedBody.ReadAsync(response.Content, Options.MaxResponseBytes, both.Token).ConfigureAwait(false);
            if (body is null) return (new KubeProblem(KubeProblemKind.TooLarge, $"the answer is larger than {Options.MaxResponseBytes >> 10} KiB") { Request = request.Text }, default, true);
            return (null, new KubeResponse((int)response.StatusCode, body.Value), true);
        }
        catch (Exception e) when (IsExpected(e))
        {
            return (ProblemOf(e, request, sent, cancel), default, sent.Value && !IsBeforeSending(e));
        }
        finally
        {
            Counters.Ended();
            Tell(request, isWatch: false, status);
        }
    }

    private void Tell(KubeRequest request, bool isWatch, int status) => Options.Observe?.Invoke(KubeCall.Of(request.Method, request.Path, isWatch, status));

    /// <summary>Sends with credentials; refused ones are asked for anew, once.</summary>
    private async Task<HttpResponseMessage> SendAuthorizedAsync(KubeRequest request, Sent sent, CancellationToken cancel)
    {
        var response = await SendOnceAsync(request, sent, cancel).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.Unauthorized || !_access.Credential.Refused(sent.Authorization)) return response;
        response.Dispose();
        Renew();
        return await SendOnceAsync(request, sent, cancel).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> SendOnceAsync(KubeRequest request, Sent sent, CancellationToken cancel)
    {
        var authorization = await _access.Credential.HeaderAsync(cancel).ConfigureAwait(false);
        using var message = new HttpRequestMessage(request.Method, _prefix + request.Path + request.Query)
        {
            Version = _access.Server.Scheme == "https" ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        message.Headers.Authorization = authorization;
        message.Headers.TryAddWithoutValidation("Accept", request.Accept);
        message.Headers.TryAddWithoutValidation("User-Agent", Options.UserAgent);
        // SocketsHttpHandler takes the name for TLS from here; the API server itself does not look at it.
        if (_access.TlsServerName is { } name) message.Headers.Host = name;
        if (request.Body is { } body) message.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(request.ContentType) } };
        Counters.Sent();
        HttpMessageInvoker connections;
        lock (_lock) connections = _connections;
        (sent.Value, sent.Authorization, sent.Over) = (true, authorization, connections);
        return await connections.SendAsync(message, cancel).ConfigureAwait(false);
    }

    /// <summary>New connections, for a client certificate that has changed. The old ones end with what runs on them.</summary>
    private void Renew()
    {
        try
        {
            if (_access.Credential.Certificate() is null) return;
        }
        catch (KubeConfigException)
        {
            return;
        }
        Reconnect();
    }

    private async Task<KubeProblem> ProblemAsync(KubeRequest request, HttpResponseMessage response, CancellationToken cancel)
    {
        var body = await BoundedBody.ReadAsync(response.Content, 1 << 20, cancel).ConfigureAwait(false);
        var retry = response.Headers.RetryAfter;
        var wait = retry?.Delta ?? (retry?.Date is { } date ? date - Options.Time.GetUtcNow() : null);
        Counters.Failed();
        return StatusReader.Read(request, (int)response.StatusCode, body ?? default, wait > TimeSpan.Zero ? wait : null);
    }

    // HttpClient lets the socket's own exception out when a connection dies between connecting and its first use.
    private static bool IsExpected(Exception e) =>
        e is OperationCanceledException or KubeConfigException or HttpRequestException or IOException or SocketException or AuthenticationException or InvalidDataException;

    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    private KubeProblem ProblemOf(Exception e, KubeRequest request, Sent sent, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        Counters.Failed();
        var host = _access.Server.Host;
        if (e is OperationCanceledException) Reconnect(sent.Over);
        var (kind, message) = e switch
        {
            OperationCanceledException => (KubeProblemKind.Unreachable, $"no answer within {Options.Timeout.TotalSeconds:F0} s"),
            KubeConfigException => (KubeProblemKind.Credentials, e.Message),
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } or AuthenticationException => (KubeProblemKind.Unreachable,
                $"no trust between us and {host}: its certificate does not fit the certificate-authority and the name of {_access.Source}, or it does not want ours"),
            HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => (KubeProblemKind.TooLarge, "the answer's headers are too large"),
            _ => (KubeProblemKind.Unreachable, $"{host}: {e.Message}"),
        };
        return new KubeProblem(kind, message) { Request = request.Text };
    }

    private static bool IsBeforeSending(Exception e) => e is KubeConfigException
        or HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError };

    /// <summary>Whether anything left this machine, as far as one can tell, and as whom.</summary>
    private sealed class Sent
    {
        public bool Value { get; set; }

        public AuthenticationHeaderValue? Authorization { get; set; }

        /// <summary>The connections that it went over; null before.</summary>
        public HttpMessageInvoker? Over { get; set; }
    }
}
