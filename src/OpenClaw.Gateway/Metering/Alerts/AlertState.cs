using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using OpenClaw.Config;
using OpenClaw.Gateway.Dispatch;
using OpenClaw.Gateway.Dispatch.Http;

namespace OpenClaw.Gateway.Metering.Alerts;

/// <summary>
/// Posts alerts to the configured webhooks, each at least once: signed, with time-outs, retried while that makes sense, never
/// following a redirect. One that is refused is tried again later, and those after it go out meanwhile. Bounded: a webhook that
/// hangs loses its oldest alerts and holds up nobody. Thread-safe.
/// </summary>
internal sealed class AlertState : IAsyncDisposable
{
    private const int MaxWaiting = 256;
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    // About five minutes; what is not taken by then, of a budget, is said again after a restart, as long as it is still so.
    private static readonly ImmutableArray<TimeSpan> s_waits =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(240)];

    private readonly Func<ImmutableArray<AlertConfig>> _webhooks;
    private readonly Func<string, string?> _variable;
    private readonly IAlertMemory _memory;
    private readonly TimeProvider _time;
    private readonly Action<string> _log;
    private readonly HttpClient _http;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _leaving = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);
    private ImmutableHashSet<string> _addresses;
    private readonly HashSet<string> _unsigned = new(StringComparer.Ordinal);
    private Task _takingUp = Task.CompletedTask;
    private long _delivered;
    private long _failed;
    private long _dropped;

    /// <param name="webhooks">Those in force now.</param>
    /// <param name="variable">Reads the environment, for the keys that sign.</param>
    public AlertState(Func<ImmutableArray<AlertConfig>> webhooks, Func<string, string?> variable, IAlertMemory memory, TimeProvider time, Action<string> log)
    {
        (_webhooks, _variable, _memory, _time, _log) = (webhooks, variable, memory, time, log);
        _addresses = Addresses();
        _http = new HttpClient(new SocketsHttpHandler { Proxy = OutwardProxy.Instance, AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(5), PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Nobody is to be told anything.</summary>
    public bool IsOff => _webhooks().IsEmpty;

    /// <summary>How alerts fared, for metrics: delivered, failed, dropped.</summary>
    public (long Delivered, long Failed, long Dropped) Results => (Interlocked.Read(ref _delivered), Interlocked.Read(ref _failed), Interlocked.Read(ref _dropped));

    /// <summary>Queues an alert for every webhook. Never waits.</summary>
    public void Raise(Alert alert)
    {
        foreach (var webhook in _webhooks())
        {
            if (alert.IsOfBudget) _memory.Due(IdAt(webhook.Url, alert), alert.Body);
            Queue(webhook.Url, alert);
        }
    }

    /// <summary>Says in the log, once a variable, which alerts are to be signed and cannot be. They go out all the same: better unsigned than untold.</summary>
    public void CheckKeys()
    {
        foreach (var webhook in _webhooks())
        {
            if (webhook.SecretEnv is not { } name || _variable(name) is { Length: > 0 }) continue;
            lock (_lock)
            {
                if (!_unsigned.Add(name)) continue;
            }
            _log($"alerts: the variable {name} is not set, so alerts to {Place(webhook.Url)} go out without a signature; set it, or remove secretEnv");
        }
    }

    /// <summary>True once after a reload that brought an address: what was told to others it has not heard. Each still hears everything once.</summary>
    public bool TakeNewAddress()
    {
        lock (_lock)
        {
            var now = Addresses();
            var isNew = !now.IsSubsetOf(_addresses);
            _addresses = now;
            return isNew;
        }
    }

    /// <summary>Tells in the background what an earlier process was to tell and could not: alerts of budgets whose window goes on.</summary>
    public void TakeUp() => _takingUp = TakeUpAsync();

    /// <summary><c>t=SECONDS,v1=HEX</c>: HMAC-SHA256 with the shared key over the seconds, a dot and the body.</summary>
    public static string Sign(string key, long seconds, ReadOnlySpan<byte> body)
    {
        var stamp = Encoding.ASCII.GetBytes(seconds.ToString(CultureInfo.InvariantCulture) + ".");
        byte[] signed = [.. stamp, .. body];
        return $"t={seconds.ToString(CultureInfo.InvariantCulture)},v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), signed))}";
    }

    public async ValueTask DisposeAsync()
    {
        await _leaving.CancelAsync().ConfigureAwait(false);
        await _takingUp.ConfigureAwait(false);
        Task[] sending;
        lock (_lock)
        {
            _stop.CancelAfter(TimeSpan.FromSeconds(2));
            sending = [.. _lines.Values.Select(static l => l.Sending)];
            foreach (var line in _lines.Values) line.Queue.Writer.TryComplete();
        }
        // What waits for its turn is sent; what waits for a better time is not.
        await Task.WhenAll(sending).ConfigureAwait(false);
        _http.Dispose();
        _stop.Dispose();
        _leaving.Dispose();
    }

    private static string IdAt(string url, Alert alert) => alert.Id + "@" + AlertId.Of(url);

    private void Queue(string url, Alert alert)
    {
        lock (_lock)
        {
            if (_stop.IsCancellationRequested) return;
            if (!_lines.TryGetValue(url, out var line))
            {
                _lines[url] = line = new Line(Channel.CreateBounded<(Alert, int)>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest }, _ => Interlocked.Increment(ref _dropped)));
                line.Sending = SendAllAsync(url, line);
            }
            line.Queue.Writer.TryWrite((alert, 0));
        }
    }

    private ImmutableHashSet<string> Addresses() => [.. _webhooks().Select(static w => w.Url)];

    private async Task TakeUpAsync()
    {
        try
        {
            foreach (var (id, body) in await _memory.DueAsync(_leaving.Token).ConfigureAwait(false))
            {
                var alert = AlertBody.Read(body, _time.GetUtcNow());
                var webhook = alert is null ? null : _webhooks().FirstOrDefault(w => IdAt(w.Url, alert) == id);
                if (webhook is null) _memory.Drop(id);
                else Queue(webhook.Url, alert!);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The store is away, or the gateway ends: it is told when the budget is next used.
        }
    }

    private async Task SendAllAsync(string url, Line line)
    {
        await Task.Yield();
        try
        {
            await foreach (var (alert, tries) in line.Queue.Reader.ReadAllAsync(_stop.Token).ConfigureAwait(false)) await SendSafelyAsync(url, line, alert, tries).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The gateway ends; what was not told of a budget is told by the next process.
        }
    }

    // One that cannot be sent, for whatever reason, must not keep its webhook from those after it.
    private async Task SendSafelyAsync(string url, Line line, Alert alert, int tries)
    {
        try
        {
            await SendAsync(url, line, alert, tries).ConfigureAwait(false);
        }
        catch (Exception e) when (!_stop.IsCancellationRequested)
        {
            Interlocked.Increment(ref _failed);
            _log($"the alert {alert.Event} could not be delivered to {Place(url)}: {e.Message}");
        }
    }

    private async Task SendAsync(string url, Line line, Alert alert, int tries)
    {
        var told = IdAt(url, alert);
        if (!Addresses().Contains(url))
        {
            // Whoever took it out of the file wants it told there no more.
            if (alert.IsOfBudget) _memory.Drop(told);
            return;
        }
        try
        {
            if (await _memory.WasToldAsync(told, _stop.Token).ConfigureAwait(false))
            {
                if (alert.IsOfBudget) _memory.Drop(told);
                return;
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Nobody remembers: twice is better than never.
        }
        if (await PostAsync(url, alert).ConfigureAwait(false) is not { } problem)
        {
            // Counted once it is remembered: who sees the count may rely on it that no restart repeats it.
            _memory.Told(told, alert.Body);
            Interlocked.Increment(ref _delivered);
        }
        else if (!problem.IsWorthTrying || tries >= s_waits.Length)
        {
            Interlocked.Increment(ref _failed);
            _log($"the alert {alert.Event} could not be delivered to {Place(url)}: {problem.Words}");
        }
        else if (Interlocked.Increment(ref line.Waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref line.Waiting);
            Interlocked.Increment(ref _dropped);
        }
        else
        {
            _ = TryAgainAsync(line, alert, tries);
        }
    }

    private async Task TryAgainAsync(Line line, Alert alert, int tries)
    {
        try
        {
            await Task.Delay(s_waits[tries], _time, _stop.Token).ConfigureAwait(false);
            line.Queue.Writer.TryWrite((alert, tries + 1));
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The gateway ends.
        }
        finally
        {
            Interlocked.Decrement(ref line.Waiting);
        }
    }

    private async Task<(bool IsWorthTrying, string Words)?> PostAsync(string url, Alert alert)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ReadOnlyMemoryContent(alert.Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("x-openclaw-event", alert.Event);
        request.Headers.TryAddWithoutValidation("x-openclaw-alert", alert.Id);
        if (KeyOf(url) is { } key) request.Headers.TryAddWithoutValidation("x-openclaw-signature", Sign(key, _time.GetUtcNow().ToUnixTimeSeconds(), alert.Body.Span));
        using var clock = new CancellationTokenSource(s_timeout, _time);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, _stop.Token);
        try
        {
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, enough.Token).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode) return null;
            var again = answer.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)answer.StatusCode >= 500;
            return (again, $"it answered {(int)answer.StatusCode}");
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            return (true, "it did not answer in time");
        }
        catch (Exception e) when (Upstream.IsOfCall(e) && e is not OperationCanceledException)
        {
            return (true, "it cannot be reached");
        }
    }

    private string? KeyOf(string url)
    {
        foreach (var webhook in _webhooks())
        {
            if (webhook.Url == url && webhook.SecretEnv is { } name) return _variable(name) is { Length: > 0 } key ? key : null;
        }
        return null;
    }

    /// <summary>What is to be posted to one address, in turn.</summary>
    private sealed class Line(Channel<(Alert Alert, int Tries)> queue)
    {
        /// <summary>Refused, and to be tried again later.</summary>
        public int Waiting;

        public Channel<(Alert Alert, int Tries)> Queue => queue;

        public Task Sending { get; set; } = Task.CompletedTask;
    }

    // The rest of the address may be the secret: chat services put it there.
    private static string Place(string url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri.GetLeftPart(UriPartial.Authority) : "its webhook";
}
