using System.Net;
using System.Net.Sockets;

namespace OpenClaw.Gateway.Providers.Scripted;

/// <summary>
/// A provider that does what its models are called: <c>ok</c> answers, <c>cut-after-40</c> breaks off, <c>silent</c> says
/// nothing (<see cref="ScriptedFault.Catalogue"/> has them all). Listens on loopback only. It speaks OpenAI, Anthropic,
/// Gemini and Ollama, told apart by the request's path.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private static readonly string[] s_keyHeaders = ["authorization", "x-api-key", "x-goog-api-key", "cookie", "proxy-authorization"];
    private readonly Lock _lock = new();
    private readonly ScriptedOptions _options;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<Task> _connections = [];
    private readonly LinkedList<ScriptedCall> _calls = [];
    private readonly Dictionary<string, (int Count, long First)> _models = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Func<ScriptedExchange, Task>> _scripts = new(StringComparer.Ordinal);
    private readonly Task _accepting;
    private long _start;
    private int _open;

    private ScriptedServer(ScriptedOptions options)
    {
        _options = options;
        _start = options.Time.GetTimestamp();
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, options.Port));
        _listener.Listen(1024);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary><c>http://127.0.0.1:PORT</c>: the base URL of an Anthropic, Gemini or Ollama provider.</summary>
    public Uri Origin => new($"http://127.0.0.1:{Port}");

    /// <summary><c>http://127.0.0.1:PORT/v1</c>: the base URL of an OpenAI provider.</summary>
    public Uri BaseUrl => new(Origin, "/v1");

    /// <summary>Connections open now.</summary>
    public int OpenConnections => Volatile.Read(ref _open);

    /// <summary>What was asked since the start or the last reset, oldest first; at most <see cref="ScriptedOptions.LogCapacity"/>.</summary>
    public IReadOnlyList<ScriptedCall> Calls
    {
        get { lock (_lock) return [.. _calls]; }
    }

    public static ScriptedServer Start(ScriptedOptions? options = null) => new(options ?? new ScriptedOptions());

    public IReadOnlyList<ScriptedCall> CallsOf(string model) => [.. Calls.Where(c => c.Model == model)];

    /// <summary>How often a model was asked, forgotten calls included.</summary>
    public int CountOf(string model)
    {
        lock (_lock) return _models.GetValueOrDefault(model).Count;
    }

    /// <summary>Forgets every call and starts every model's count and outage anew. Scripts stay.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            _calls.Clear();
            _models.Clear();
            _start = _options.Time.GetTimestamp();
        }
    }

    /// <summary>
    /// Answers this model by <paramref name="script"/> instead of by its name: a whole name, or a beginning that ends with a
    /// star. A whole name wins.
    /// </summary>
    public void On(string model, Func<ScriptedExchange, Task> script)
    {
        lock (_lock) _scripts[model] = script;
    }

    /// <summary>Replays a recorded body to this model; with <paramref name="cutAt"/> the connection closes after so many bytes.</summary>
    public void Replay(string model, string contentType, ReadOnlyMemory<byte> body, int? cutAt = null) =>
        On(model, x => ReplayAsync(x, contentType, body, cutAt));

    /// <summary>For scripts: a recorded body, whole or up to a byte.</summary>
    public static async Task ReplayAsync(ScriptedExchange x, string contentType, ReadOnlyMemory<byte> body, int? cutAt)
    {
        await x.HeadAsync(200, contentType, null);
        await x.Connection.ChunkAsync(cutAt is { } n ? body[..Math.Min(n, body.Length)] : body);
        if (cutAt is not null) return;
        await x.Connection.EndChunksAsync();
        x.KeepOpen = true;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        Task[] open;
        lock (_lock) open = [.. _connections];
        await Task.WhenAll(open);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                var task = ServeAsync(socket);
                lock (_lock) _connections.Add(task);
                _ = task.ContinueWith(t => { lock (_lock) _connections.Remove(t); }, TaskScheduler.Default);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // One connection that died in the queue, or the end of the server: the loop's condition tells.
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await Task.Yield();
        Interlocked.Increment(ref _open);
        await using var connection = new ScriptedConnection(socket, _stop.Token);
        try
        {
            while (await connection.ReadRequestAsync().WaitAsync(_stop.Token) is { } request)
            {
                if (!await AnswerAsync(connection, request)) break;
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The caller left, or the server stops.
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private async Task<bool> AnswerAsync(ScriptedConnection connection, ScriptedRequest request)
    {
        var wire = request.Method == "POST" ? ScriptedWire.Of(request.Path) : null;
        var understood = wire is not null && request.Understand(wire);
        var (call, script, sinceFirst) = Note(request);
        var exchange = new ScriptedExchange(_options, connection, request, wire ?? ScriptedWire.OpenAi, call);
        try
        {
            await (wire is null ? ScriptedLists.AnswerAsync(exchange)
                : !understood ? exchange.ErrorAsync(ScriptedError.BadRequest)
                : script is not null ? script(exchange)
                : ScriptedPlay.PlayAsync(exchange, ScriptedFault.Parse(request.Model), sinceFirst));
            return exchange.KeepOpen;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            if (!_stop.IsCancellationRequested) call.PeerClosedAt = Elapsed();
            return false;
        }
        finally
        {
            call.EndedAt = Elapsed();
        }
    }

    private (ScriptedCall Call, Func<ScriptedExchange, Task>? Script, TimeSpan SinceFirst) Note(ScriptedRequest request)
    {
        var now = _options.Time.GetTimestamp();
        lock (_lock)
        {
            var (count, first) = _models.GetValueOrDefault(request.Model, (0, now));
            _models[request.Model] = (count + 1, first);
            var call = new ScriptedCall
            {
                At = _options.Time.GetElapsedTime(_start, now),
                Method = request.Method,
                Path = BlankKey(request.Target),
                Model = request.Model,
                Attempt = count + 1,
                Stream = request.Stream,
                IsPrefill = request.Prefill is not null,
                Headers = request.Headers.Where(h => !s_keyHeaders.Contains(h.Key, StringComparer.OrdinalIgnoreCase))
                    .ToDictionary(h => h.Key, h => h.Value, StringComparer.OrdinalIgnoreCase),
                KeyHeaders = [.. request.Headers.Keys.Where(h => s_keyHeaders.Contains(h, StringComparer.OrdinalIgnoreCase))],
                Body = _options.KeepBodies ? request.Body : [],
            };
            _calls.AddLast(call);
            if (_calls.Count > _options.LogCapacity) _calls.RemoveFirst();
            return (call, ScriptOf(request.Model), _options.Time.GetElapsedTime(first, now));
        }
    }

    private Func<ScriptedExchange, Task>? ScriptOf(string model)
    {
        if (_scripts.TryGetValue(model, out var script)) return script;
        foreach (var (name, other) in _scripts)
        {
            if (name.EndsWith('*') && model.StartsWith(name[..^1], StringComparison.Ordinal)) return other;
        }
        return null;
    }

    private TimeSpan Elapsed() => _options.Time.GetElapsedTime(_start);

    private static string BlankKey(string target)
    {
        var at = target.IndexOf("key=", StringComparison.Ordinal);
        if (at < 0) return target;
        var end = target.IndexOf('&', at);
        return target[..(at + 4)] + "…" + (end < 0 ? "" : target[end..]);
    }
}
