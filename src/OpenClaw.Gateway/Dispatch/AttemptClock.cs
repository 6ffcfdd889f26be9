using System.Collections.Concurrent;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>What an attempt is waiting for; names the failure when its clock runs out.</summary>
internal enum ClockPhase
{
    Headers,
    FirstToken,
    Idle,

    /// <summary>After the finish, for the protocol's closing frames. Running out is not a failure.</summary>
    Closing,
    Answer,
}

/// <summary>
/// The clocks of one attempt in one token source: it is cancelled when the current phase's time or the whole request's
/// time is over, when the caller left, or when the gateway stops and waits no longer. One thread at a time. Clocks that never ran out are used again: dispose once.
/// </summary>
internal sealed class AttemptClock : IDisposable
{
    /// <summary>The gateway stops, and waits no longer.</summary>
    public static readonly UpstreamFailure Stopped = new(FailureReason.ShuttingDown, "the gateway stopped before the answer was complete");

    private const int MaxSpares = 256;
    private static readonly ConcurrentQueue<AttemptClock> s_spares = new();

    private readonly CancellationTokenSource _source;
    private readonly TimeProvider _time;
    private CancellationTokenRegistration _registration;
    private CancellationTokenRegistration _shutdownRegistration;
    private CancellationToken _caller;
    private CancellationToken _shutdown;
    private long _totalEnds;
    private bool _isCall;
    private bool _isOpen;
    private bool _totalIsNext;
    private bool _isCutShort;

    private AttemptClock(TimeProvider time)
    {
        _time = time;
        _source = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>Cancelled when the caller leaves, and by nothing else.</summary>
    public CancellationToken CallerToken => _caller;

    public ClockPhase Phase { get; private set; }

    public bool CallerLeft => _caller.IsCancellationRequested;

    /// <summary>True when it was the clock of the whole request, or of the whole call, that ran out. Timers count coarse milliseconds and may be a few early.</summary>
    public bool TotalIsOver => _totalIsNext || _time.GetTimestamp() >= _totalEnds;

    /// <summary>What it means that the clock ran out.</summary>
    public UpstreamFailure Failure => Phase switch
    {
        _ when _shutdown.IsCancellationRequested => Stopped,
        _ when TotalIsOver && _isCall => FailureClassifier.TimedOut(Phase switch { ClockPhase.Headers or ClockPhase.Answer => AttemptPhase.Headers, ClockPhase.FirstToken => AttemptPhase.FirstToken, _ => AttemptPhase.Streaming }) with
        {
            Message = "the provider's timeoutSeconds are over", Code = "call_timeout",
        },
        _ when TotalIsOver => new UpstreamFailure(FailureReason.TotalTimeout, "the request's whole time is over", Code: "total_timeout"),
        ClockPhase.Answer => new UpstreamFailure(FailureReason.HeadersTimeout, "the answer was not complete in time", Code: "answer_timeout"),
        ClockPhase.Headers => FailureClassifier.TimedOut(AttemptPhase.Headers) with { IsCutShort = _isCutShort },
        ClockPhase.FirstToken => FailureClassifier.TimedOut(AttemptPhase.FirstToken) with { IsCutShort = _isCutShort },
        _ => FailureClassifier.TimedOut(AttemptPhase.Streaming),
    };

    /// <param name="total">What is left of the whole request's time.</param>
    /// <param name="call">For this call alone; at its end another target may still answer. Null = without end.</param>
    /// <param name="caller">Cancelled when the caller leaves.</param>
    /// <param name="shutdown">Cancelled when the gateway stops and waits no longer for its answers.</param>
    public static AttemptClock Open(TimeProvider time, TimeSpan total, TimeSpan? call, CancellationToken caller, CancellationToken shutdown = default)
    {
        // Only the system's own timers can be used again (CancellationTokenSource.TryReset).
        if (time != TimeProvider.System || !s_spares.TryDequeue(out var clock)) clock = new AttemptClock(time);
        clock._isOpen = true;
        clock._totalIsNext = false;
        clock._caller = caller;
        clock._shutdown = shutdown;
        clock._isCall = call < total;
        if (clock._isCall) total = call!.Value;
        clock._totalEnds = time.GetTimestamp() + (long)(total.TotalSeconds * time.TimestampFrequency);
        clock._registration = caller.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), clock._source);
        clock._shutdownRegistration = shutdown.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), clock._source);
        return clock;
    }

    /// <summary>Starts a phase's clock anew.</summary>
    /// <param name="isCutShort">It is what others left of a time that was enough: running out says nothing of the target.</param>
    public void Start(ClockPhase phase, TimeSpan time, bool isCutShort = false)
    {
        (Phase, _isCutShort) = (phase, isCutShort);
        var left = _time.GetElapsedTime(_time.GetTimestamp(), _totalEnds);
        _totalIsNext = left < time;
        if (_totalIsNext) time = left;
        _source.CancelAfter(time < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : time);
    }

    /// <summary>Nothing is waited for that the target owes: only the whole request's time goes on until the next <see cref="Start"/>.</summary>
    public void Pause() => Start(Phase, TimeSpan.MaxValue);

    public void Dispose()
    {
        if (!_isOpen) return;
        _isOpen = false;
        _registration.Dispose();
        _shutdownRegistration.Dispose();
        (_caller, _shutdown) = (default, default);
        if (_time == TimeProvider.System && s_spares.Count < MaxSpares && _source.TryReset()) s_spares.Enqueue(this);
        else _source.Dispose();
    }
}
