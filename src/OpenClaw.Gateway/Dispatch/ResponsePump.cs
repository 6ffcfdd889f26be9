// hot path: no allocation per chunk
using System.Buffers;
using System.Runtime.CompilerServices;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Frames;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dispatch;

internal enum PumpEnd
{
    /// <summary>The first meaningful frame is in hand; nothing was sent yet.</summary>
    FirstContent,

    /// <summary>The answer is complete.</summary>
    Complete,

    /// <summary>The hop failed; <see cref="ResponsePump.Failure"/> says how.</summary>
    Failed,

    ClientGone,

    /// <summary>The answer reached the limit of a budget.</summary>
    OutOfMoney,
}

/// <summary>
/// Moves one hop's stream to the caller. Two ways: <b>passing</b> (same dialect, first hop): whole frames go on as they
/// are, a reader only follows them; <b>relaying</b>: the reader's events go through a <see cref="RelaySink"/> to a writer.
/// <list type="number">
/// <item>read what the provider sent (under the phase's clock)</item>
/// <item>cut it into frames, let the reader understand each</item>
/// <item>passing: keep runs of good frames, leave out usage the caller did not ask for, hold frames back from the first tool call to the finish</item>
/// <item>flush once a read</item>
/// </list>
/// A stream ends well only by its dialect's finish; an end of file alone is a cut.
/// </summary>
internal sealed class ResponsePump : IDisposable
{
    private const int MaxFrame = Attempts.MaxWholeAnswer;
    private const int MaxHeld = 4 * 1024 * 1024;
    // Pings say that somebody is there, and nothing of an answer: they are believed for so many idle times, and no less than this.
    private const int PingPatience = 10;
    private static readonly TimeSpan s_leastPingPatience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_keepAlive = TimeSpan.FromSeconds(10);
    private static readonly byte[] s_doneLine = "data: [DONE]\n\n"u8.ToArray();
    private static readonly byte[] s_messageStop = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"u8.ToArray();

    private readonly UpstreamAnswer _upstream;
    private readonly DialectStreamReader _reader;
    private readonly AnswerTracker _tracker;
    private readonly ClientAnswer _client;
    private readonly RelaySink? _relay;
    private readonly DialectStreamWriter? _writer;
    private readonly PumpTimes _times;
    private readonly Reservation _money;
    private readonly TimeProvider _clock;
    private readonly byte[] _closing;
    private readonly bool _dropUsage;
    private readonly bool _cutUsage;
    private readonly bool _hold;
    private readonly int _choices = 1;
    private readonly FrameSplitter _splitter;
    private PooledBytes? _held;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
    private int _start;
    private int _end;
    private bool _atEnd;
    private bool _done;
    private bool _released;
    private bool _closed;
    private long _lastWrite;

    // Since the clock was started last: something came that is no ping, and when a wait for somebody else than the provider began.
    private bool _carried;
    private long? _waitsSince;
    private long? _pingsSince;
    private long? _closingSince;

    /// <summary>A passing pump.</summary>
    /// <param name="beginning">Where another writer would begin if this stream breaks before its first frame was sent.</param>
    /// <param name="dropUsage">The caller did not ask for a usage chunk: leave it out.</param>
    /// <param name="hold">Hold tool calls back until the answer is complete.</param>
    /// <param name="choices">As many were asked for (OpenAI's <c>n</c>).</param>
    /// <param name="cutUsage">The provider was made to report usage on every chunk, and the caller did not ask for that.</param>
    public ResponsePump(UpstreamAnswer upstream, IDialect dialect, AnswerTracker tracker, ClientAnswer client, PumpTimes times, TimeProvider clock, Reservation money, StreamPosition beginning, bool dropUsage, bool hold, int choices = 1, bool cutUsage = false)
        : this(upstream, dialect, tracker, client, times, clock, money)
    {
        Position = beginning;
        _dropUsage = dropUsage;
        _cutUsage = cutUsage;
        _hold = hold;
        _choices = choices;
    }

    /// <summary>A relaying pump.</summary>
    public ResponsePump(UpstreamAnswer upstream, IDialect dialect, AnswerTracker tracker, ClientAnswer client, PumpTimes times, TimeProvider clock, Reservation money, RelaySink relay, DialectStreamWriter writer)
        : this(upstream, dialect, tracker, client, times, clock, money)
    {
        _relay = relay;
        _writer = writer;
    }

    private ResponsePump(UpstreamAnswer upstream, IDialect dialect, AnswerTracker tracker, ClientAnswer client, PumpTimes times, TimeProvider clock, Reservation money)
    {
        _money = money;
        _upstream = upstream;
        _reader = dialect.OpenReader();
        _tracker = tracker;
        _client = client;
        _times = times;
        _clock = clock;
        _splitter = new FrameSplitter(dialect.Framing);
        _closing = dialect.Kind == DialectKind.Anthropic ? s_messageStop : s_doneLine;
        _lastWrite = clock.GetTimestamp();
    }

    public UpstreamFailure? Failure { get; private set; }

    /// <summary>Where the caller's stream stands (passing only): the place another writer can go on from.</summary>
    public StreamPosition Position { get; private set; }

    /// <summary>Bytes of the tracked text that the caller has.</summary>
    public int SentText { get; private set; }

    /// <summary>The stream carries what no other target could go on with.</summary>
    public bool IsUncontinuable => _reader.IsUncontinuable || _tracker.IsTextCut || _relay is { IsTextCut: true } || (_released && _tracker.HasTools && _tracker.Finished == FinishReason.None);

    // The answer is at its end, and nothing can spoil it any more: of several choices each, or the protocol's last word was said and none that began is open.
    private bool IsFinished => _tracker.Finished != FinishReason.None && (_choices == 1 || _reader.FinishedChoices >= _choices || (_done && !_reader.HasOpenChoices));

    /// <summary>Reads until the first meaningful frame is in hand.</summary>
    public ValueTask<PumpEnd> PrimeAsync() => RunAsync(untilContent: true);

    /// <summary>Moves everything to the caller. The commit must have been made.</summary>
    public ValueTask<PumpEnd> FinishAsync() => RunAsync(untilContent: false);

    public void Dispose()
    {
        _held?.Dispose();
        if (_buffer.Length == 0) return;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<PumpEnd> RunAsync(bool untilContent)
    {
        var clock = _upstream.Clock;
        while (true)
        {
            var more = ReadFrames();
            // What a later hop has said is on its way to the caller, also where the same read says that it failed: whoever goes on must know of it.
            if (untilContent && (Failure is null ? _tracker.HasContent || _tracker.Finished != FinishReason.None : _client.IsCommitted && _relay is { HasSpoken: true }))
            {
                clock.Pause();
                return PumpEnd.FirstContent;
            }
            if (!more && !untilContent && Failure is null)
            {
                await _client.EndAsync(clock.CallerToken).ConfigureAwait(false);
                return _client.IsGone || clock.CallerLeft ? PumpEnd.ClientGone : PumpEnd.Complete;
            }
            // Before the first content its clock runs on: nothing here would start it again.
            if (Failure is null || _client.IsCommitted) await Unhurried(SendAsync(clock), untilContent ? null : clock).ConfigureAwait(false);
            if (_client.IsGone) return PumpEnd.ClientGone;
            if (more && !untilContent && !IsFinished && !await Unhurried(_money.MayGoOnAsync(_tracker.GeneratedBytes, _tracker.Pieces), clock).ConfigureAwait(false)) return PumpEnd.OutOfMoney;
            if (!more) return Failure is null ? PumpEnd.Complete : clock.CallerLeft ? PumpEnd.ClientGone : PumpEnd.Failed;
            if (IsFinished || !untilContent) StartClock(clock);
            try
            {
                if (_start > 0) Compact();
                if (_end == _buffer.Length) Grow();
                if (Failure is not null) return PumpEnd.Failed;
                var read = await _upstream.Body.ReadAsync(_buffer.AsMemory(_end), clock.Token).ConfigureAwait(false);
                _atEnd = read == 0;
                _end += read;
            }
            catch (OperationCanceledException)
            {
                if (clock.CallerLeft) return PumpEnd.ClientGone;
                var ranOut = clock.Failure;
                EndOfBody(_pingsSince is not null && ranOut.Reason == FailureReason.IdleTimeout ? ranOut with { Message = "nothing but pings came, for too long" } : ranOut);
            }
            catch (Exception e) when (Upstream.IsOfBody(e))
            {
                if (clock.CallerLeft) return PumpEnd.ClientGone;
                EndOfBody(null);
            }
        }
    }

    private void StartClock(AttemptClock clock)
    {
        var waitsSince = _waitsSince;
        if (IsFinished)
        {
            if (clock.Phase == ClockPhase.Closing && waitsSince is null) return;
            // Once for all that comes then, or a provider that talks on would keep the caller waiting; a caller who reads slowly is not its fault.
            var begun = _clock.GetTimestamp();
            _closingSince = _closingSince is { } first ? first + (begun - waitsSince ?? 0) : begun;
            _waitsSince = null;
            clock.Start(ClockPhase.Closing, _times.Closing - _clock.GetElapsedTime(_closingSince.Value, begun));
            return;
        }
        // A part of a frame is on its way to be one.
        var carried = _carried || _end > _start;
        (_carried, _waitsSince) = (false, null);
        var time = _times.Idle;
        if (carried) _pingsSince = null;
        else
        {
            var now = _clock.GetTimestamp();
            _pingsSince = _pingsSince is { } since ? since + (now - (waitsSince ?? now)) : now;
            var patience = _times.Idle * PingPatience;
            var left = (patience > s_leastPingPatience ? patience : s_leastPingPatience) - _clock.GetElapsedTime(_pingsSince.Value, now);
            if (left < time) time = left;
        }
        clock.Start(ClockPhase.Idle, time);
    }

    // A caller who reads slowly, or a budget that must be asked for, is not the provider's silence. Most of it ends at once.
    private ValueTask Unhurried(ValueTask waiting, AttemptClock? clock)
    {
        if (!waiting.IsCompleted) Pause(clock);
        return waiting;
    }

    private ValueTask<bool> Unhurried(ValueTask<bool> waiting, AttemptClock clock)
    {
        if (!waiting.IsCompleted) Pause(clock);
        return waiting;
    }

    private void Pause(AttemptClock? clock)
    {
        clock?.Pause();
        _waitsSince ??= _clock.GetTimestamp();
    }

    // The body cannot be read further: after the finish that is no failure.
    private void EndOfBody(UpstreamFailure? ranOut)
    {
        _atEnd = true;
        if (IsFinished) return;
        Failure ??= ranOut ?? new UpstreamFailure(FailureReason.Cut, "the connection broke in the middle of the answer", _upstream.Status);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendAsync(AttemptClock clock)
    {
        // Tool calls that are held, or a continuation that has not caught up yet: the caller gets nothing though something comes.
        if (_client.HasUnsent) _lastWrite = _clock.GetTimestamp();
        else if (_client.IsCommitted && _clock.GetElapsedTime(_lastWrite) > s_keepAlive) KeepAlive();
        await _client.FlushAsync(clock.CallerToken).ConfigureAwait(false);
    }

    private void KeepAlive()
    {
        _lastWrite = _clock.GetTimestamp();
        if (_writer is not null) _writer.KeepAlive();
        else _client.Write(": waiting\n\n"u8);
    }

    // Understands every complete frame in the buffer. False: nothing more will come of this stream.
    private bool ReadFrames()
    {
        var sink = _relay as IChatEventSink ?? _tracker;
        while (Failure is null && !_done)
        {
            var window = _buffer.AsSpan(_start, _end - _start);
            if (!_splitter.TryRead(window, _atEnd, out var frame)) break;
            var outcome = frame.Data.IsEmpty ? FrameOutcome.Read : _reader.Read(frame.Event, frame.Data, sink);
            _carried |= !frame.Data.IsEmpty && !_reader.LastFrameWasPing;
            // After the finish nothing can spoil the answer any more.
            if (!IsFinished) Failure = FailureOf(outcome, frame.Length == window.Length && _atEnd);
            if (Failure is not null) return false;
            if (outcome == FrameOutcome.Done)
            {
                _done = true;
                _upstream.ContentIsWhole();
            }
            // Comments keep a waiting caller company; before the commit nobody waits for them. A last word that comes too early is not the caller's.
            if (_relay is null && (!_done || IsFinished) && outcome != FrameOutcome.Malformed && (!frame.Data.IsEmpty || _client.IsCommitted)) Pass(_cutUsage ? UsageCut.Of(window[..frame.Length], frame.Data, _reader) : window[..frame.Length]);
            _start += frame.Length;
        }
        if (_relay is { IsHolding: true, HeldBytes: > MaxHeld }) Release();
        if (Failure is not null) return false;
        if (!_done && !_atEnd) return true;
        _reader.BodyEnded(sink);
        // A server that knows nothing of several choices has ended its one in order.
        if (!IsFinished && (_tracker.Finished == FinishReason.None || _reader.HasOpenChoices)) Failure = EndWithoutFinish();
        else Close();
        return false;
    }

    private UpstreamFailure? FailureOf(FrameOutcome outcome, bool isFragment)
    {
        if (_tracker.Failure is { } failure) return failure;
        if (outcome != FrameOutcome.Malformed) return null;
        return isFragment && _tracker.HasContent
            ? EndWithoutFinish()
            : new UpstreamFailure(FailureReason.Malformed, "a frame of the stream is not what the protocol allows", _upstream.Status);
    }

    private UpstreamFailure EndWithoutFinish() => _tracker.HasContent
        ? new UpstreamFailure(FailureReason.Cut, "the stream ended before the answer did", _upstream.Status)
        : new UpstreamFailure(FailureReason.Empty, "the stream ended without an answer", _upstream.Status);

    private void Pass(ReadOnlySpan<byte> frame)
    {
        if (_dropUsage && _reader.LastFrameWasUsageOnly) return;
        if (_hold && !_released && _tracker.HasTools && _tracker.Finished == FinishReason.None)
        {
            (_held ??= new PooledBytes()).Write(frame);
            if (_held.Count > MaxHeld) Release();
            return;
        }
        if (_held is { Count: > 0 }) SendHeld();
        if (_atEnd && !IsTerminated(frame))
        {
            // What the end of the body left of a frame: without data it is nothing, with data it gets its end.
            if (!HasData(frame)) return;
            _client.Write(frame);
            _client.Write("\n\n"u8);
        }
        else _client.Write(frame);
        Position = _reader.Position;
        SentText = _tracker.TextLength;
    }

    private static bool IsTerminated(ReadOnlySpan<byte> frame) =>
        frame.EndsWith("\n\n"u8) || frame.EndsWith("\n\r\n"u8) || frame.EndsWith("\r\r"u8);

    private static bool HasData(ReadOnlySpan<byte> frame)
    {
        var at = frame.LastIndexOf("data:"u8);
        return at >= 0 && !frame[(at + 5)..].Trim(" \r\n"u8).IsEmpty;
    }

    // Too large to hold: from here on the answer can only be finished by this hop.
    private void Release()
    {
        _released = true;
        if (_relay is not null) _relay.Release();
        else SendHeld();
    }

    private void SendHeld()
    {
        if (_held is null) return;
        _client.Write(_held.Span);
        _held.Clear();
    }

    // The answer is complete; write what the protocol closes with where the provider left it out.
    private void Close()
    {
        // The first read may have held the whole answer: then this is the second time.
        if (_closed) return;
        _closed = true;
        if (_writer is not null) _writer.End();
        else if (!_done) _client.Write(_closing);
    }

    private void Compact()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
    }

    private void Grow()
    {
        if (_buffer.Length >= MaxFrame)
        {
            Failure = new UpstreamFailure(FailureReason.Malformed, $"a frame of the stream is larger than {MaxFrame} bytes", _upstream.Status);
            _atEnd = true;
            return;
        }
        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(0, _end).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}

/// <summary>The clocks of a stream.</summary>
/// <param name="Idle">Silence between two reads.</param>
/// <param name="Closing">After the finish, for usage and the last frame.</param>
internal readonly record struct PumpTimes(TimeSpan Idle, TimeSpan Closing);
