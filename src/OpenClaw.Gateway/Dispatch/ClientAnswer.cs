using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Dialects;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>
/// The caller's side of one streamed answer. Until the commit, what is written is kept and can be thrown away, so that
/// another target can answer; afterwards it goes out with each flush. Written by one request at a time.
/// </summary>
/// <param name="exchange">Whose headers the answer bears; null = none.</param>
internal sealed class ClientAnswer(HttpContext context, Exchange? exchange) : IBufferWriter<byte>, IDisposable
{
    /// <summary>An end of more bytes is sent as the caller reads it, while the request lasts.</summary>
    public const int LongEnd = 32 * 1024;

    private readonly PooledBytes _kept = new();
    private readonly PipeWriter _pipe = context.Response.BodyWriter;
    private int _unsent;
    private TimeProvider _time = TimeProvider.System;
    private long _ends = long.MaxValue;

    /// <summary>True once the status line and headers are on their way: from here on there is no other answer than this one.</summary>
    public bool IsCommitted { get; private set; }

    /// <summary>Something was written since the last flush.</summary>
    public bool HasUnsent => _unsent > 0;

    /// <summary>The caller cannot be written to any more.</summary>
    public bool IsGone { get; private set; }

    public void Advance(int count)
    {
        if (IsCommitted) _pipe.Advance(count);
        else _kept.Advance(count);
        _unsent += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => IsCommitted ? _pipe.GetMemory(sizeHint) : _kept.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => IsCommitted ? _pipe.GetSpan(sizeHint) : _kept.GetSpan(sizeHint);

    /// <summary>Throws away what was written before the commit.</summary>
    public void Discard()
    {
        if (IsCommitted) throw new InvalidOperationException("the answer is already on its way");
        _kept.Clear();
        _unsent = 0;
    }

    /// <summary>Sends the headers, and with the next flush everything kept.</summary>
    /// <param name="left">What is left of the request's time: a caller who has not read by then what was written is given up.</param>
    public void Commit(TimeProvider time, TimeSpan left)
    {
        if (IsCommitted) return;
        IsCommitted = true;
        (_time, _ends) = (time, time.GetTimestamp() + (long)(left.TotalSeconds * time.TimestampFrequency));
        var response = context.Response;
        response.StatusCode = 200;
        if (exchange is not null) AnswerHeaders.WriteStream(response, exchange);
        _pipe.Write(_kept.Span);
        _kept.Dispose();
    }

    /// <summary>Returns the memory of what was kept.</summary>
    public void Dispose() => _kept.Dispose();

    /// <summary>Sends what was written since the last flush. A caller who left is noted, not thrown.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask FlushAsync(CancellationToken cancel)
    {
        if (!IsCommitted || _unsent == 0 || IsGone) return;
        _unsent = 0;
        try
        {
            var flushing = _pipe.FlushAsync(cancel);
            using var patience = flushing.IsCompleted ? null : AbortIn(_time.GetElapsedTime(_time.GetTimestamp(), _ends), _time, context);
            var result = await flushing.ConfigureAwait(false);
            IsGone |= result.IsCompleted || result.IsCanceled;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // What was answered until here must still be settled.
            IsGone = true;
        }
    }

    /// <summary>
    /// The end of an answer. The server sends it when the request is over and written down, so that whoever has it finds it in
    /// every report; only what is long goes out before.
    /// </summary>
    public ValueTask EndAsync(CancellationToken cancel) => _unsent > LongEnd ? FlushAsync(cancel) : ValueTask.CompletedTask;

    /// <summary>Ends the connection to a caller who does not read, at the end of the request's time: else it keeps what it holds for as long as it likes.</summary>
    public static ITimer AbortIn(TimeSpan left, TimeProvider time, HttpContext context) =>
        time.CreateTimer(static http => ((HttpContext)http!).Abort(), context, left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);

    /// <summary>Content type of a dialect's stream.</summary>
    public static string StreamType(DialectKind kind) =>
        kind == DialectKind.Ollama ? "application/x-ndjson" : "text/event-stream; charset=utf-8";
}
