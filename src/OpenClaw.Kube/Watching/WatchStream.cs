using System.Text.Json;
using OpenClaw.Kube.Client;

namespace OpenClaw.Kube.Watching;

/// <summary>
/// One watch, as long as it lasts. Not thread-safe; dispose it. It ends with null (the server closed it in order, or it was cut:
/// both are resumed the same way) or with a problem: Gone means list anew.
/// </summary>
public sealed class WatchStream : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly KubeRequest _request;
    private readonly TimeProvider _time;
    private readonly TimeSpan _silence;
    private readonly LineReader _lines;
    private JsonDocument? _current;

    internal WatchStream(HttpResponseMessage response, Stream body, KubeRequest request, KubeClientOptions options, TimeSpan silence)
    {
        _response = response;
        _request = request;
        _time = options.Time;
        _silence = silence;
        _lines = new LineReader(body, options.MaxResponseBytes);
    }

    /// <summary>The next event; null at the end.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<KubeResult<WatchEvent?>> NextAsync(CancellationToken cancel)
    {
        while (true)
        {
            var (line, problem) = await LineAsync(cancel).ConfigureAwait(false);
            if (problem is not null) return problem;
            if (line is not { } bytes) return KubeResult.Of<WatchEvent?>(null);
            if (bytes.Span.Trim(" \r\t"u8).IsEmpty) continue;
            return Read(bytes);
        }
    }

    public void Dispose()
    {
        _current?.Dispose();
        _lines.Dispose();
        _response.Dispose();
    }

    private async Task<(ReadOnlyMemory<byte>? Line, KubeProblem? Problem)> LineAsync(CancellationToken cancel)
    {
        using var clock = new CancellationTokenSource(_silence, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, clock.Token);
        try
        {
            return (await _lines.ReadAsync(both.Token).ConfigureAwait(false), null);
        }
        catch (InvalidDataException e)
        {
            return (null, Problem(KubeProblemKind.TooLarge, e.Message));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or HttpRequestException)
        {
            cancel.ThrowIfCancellationRequested();
            return (null, Problem(KubeProblemKind.Unreachable, e is OperationCanceledException ? $"the watch was silent for {_silence.TotalSeconds:F0} s" : $"the watch was cut: {e.Message}"));
        }
    }

    private KubeResult<WatchEvent?> Read(ReadOnlyMemory<byte> line)
    {
        _current?.Dispose();
        _current = KubeJson.TryOpen(line);
        if (_current is null) return Problem(KubeProblemKind.Malformed, "the watch sent something that is not JSON");
        var json = _current.RootElement;
        var what = json.Field("object");
        if (what.ValueKind != JsonValueKind.Object) return Problem(KubeProblemKind.Malformed, "the watch sent an event without an object");
        switch (json.Text("type"))
        {
            case "ADDED": return Event(WatchEventKind.Added, what);
            case "MODIFIED": return Event(WatchEventKind.Modified, what);
            case "DELETED": return Event(WatchEventKind.Deleted, what);
            case "BOOKMARK": return Event(WatchEventKind.Bookmark, what);
            case "ERROR": return StatusReader.ReadEvent(_request, what);
            default: return Problem(KubeProblemKind.Malformed, "the watch sent an event of an unknown type");
        }
    }

    private KubeResult<WatchEvent?> Event(WatchEventKind kind, JsonElement what) => what.Field("metadata").Text("resourceVersion").Length > 0
        ? KubeResult.Of<WatchEvent?>(new WatchEvent(kind, what))
        : Problem(KubeProblemKind.Malformed, "the watch sent an object without a resource version");

    private KubeProblem Problem(KubeProblemKind kind, string message) => new(kind, message) { Request = _request.Text };
}
