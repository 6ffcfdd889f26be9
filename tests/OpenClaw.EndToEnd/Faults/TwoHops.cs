using System.Text;
using Microsoft.AspNetCore.Http;
using OpenClaw.Config;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dispatch;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Alerts;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.EndToEnd.Faults;

/// <summary>
/// A recording that breaks off and a second target that says it in whole, without sockets: the pump, the relay and the
/// aligner put together as the dispatcher does it, so that a cut costs microseconds. Used by one thread at a time.
/// </summary>
internal sealed class TwoHops(RecordedStream stream)
{
    private static readonly PumpTimes s_times = new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(2));
    private static readonly OpenClawConfig s_config = new();
    private static readonly RequestFacts s_facts = new("", "owner", null, null, [], "chat", 1, null, true, null);
    private static readonly BudgetState s_budgets = MakeBudgets();

    private readonly IDialect _provider = DialectTable.Of(stream.Wire switch
    {
        Wire.OpenAi => DialectKind.OpenAiChat,
        Wire.Anthropic => DialectKind.Anthropic,
        Wire.Gemini => DialectKind.Gemini,
        _ => DialectKind.Ollama,
    });

    private readonly IDialect _caller = DialectTable.Of(stream.Protocol == ClientProtocol.Chat ? DialectKind.OpenAiChat : DialectKind.Anthropic);
    private (LeftBehind State, byte[] Output, ChatReply Reply)? _last;

    /// <summary>The recording in whole, of one target.</summary>
    public async Task<ChatReply> UncutAsync()
    {
        using var caller = new Caller();
        using var only = Open(new MemoryStream(stream.Bytes), caller, null);
        await only.RunAsync(caller.Answer);
        return await EndAsync(caller, only);
    }

    /// <summary>The recording up to a byte, then the second target's.</summary>
    /// <param name="broken">The connection breaks; false: the body ends there as if that were its end.</param>
    public async Task<ChatReply> CutAsync(int at, bool broken)
    {
        using var caller = new Caller();
        using var first = Open(broken ? new BrokenStream(stream.Bytes, at) : new MemoryStream(stream.Bytes, 0, at), caller, null);
        await first.RunAsync(caller.Answer);
        // Most cuts leave everything as the one before them: then the second target would say the same to the same.
        var state = LeftBehind.By(first);
        if (_last is { } last && last.State == state && caller.HasGot(last.Output)) return last.Reply;
        var output = caller.Output.ToArray();
        var reply = await GoOnAsync(caller, first);
        _last = (state, output, reply);
        return reply;
    }

    private async Task<ChatReply> GoOnAsync(Caller caller, Hop first)
    {
        if (first.End == PumpEnd.Complete || (first.WasOpened && !first.MayContinue)) return await EndAsync(caller, first);
        Continuation? continuation = null;
        if (first.WasOpened)
        {
            var writer = WriterOf(caller, first);
            writer.Seam("{\"from\":\"first\",\"to\":\"second\"}"u8);
            continuation = new Continuation(first.Sent, writer, default, IsFresh: first.Writer is null && !first.Pump.Position.Started);
        }
        using var second = Open(new MemoryStream(stream.Bytes), caller, continuation);
        await second.RunAsync(caller.Answer);
        return await EndAsync(caller, second);
    }

    // The last hop's end is the answer's.
    private async Task<ChatReply> EndAsync(Caller caller, Hop hop)
    {
        if (hop.End != PumpEnd.Complete && !caller.Answer.IsCommitted) return new ChatReply { Status = 502, Error = hop.Pump.Failure!.Message };
        if (hop.End != PumpEnd.Complete) WriterOf(caller, hop).Error(new GatewayError(GatewayErrorKind.AnswerInterrupted, hop.Pump.Failure!.Message), "answer-1");
        await caller.Answer.FlushAsync(CancellationToken.None);
        var reply = new ChatReply { Status = 200 };
        caller.Output.Position = 0;
        using var reader = new StreamReader(caller.Output, Encoding.UTF8);
        await ChatClient.ReadEventsAsync(reader, stream.Protocol, reply, null, CancellationToken.None);
        return reply;
    }

    private Hop Open(Stream body, Caller caller, Continuation? continuation)
    {
        var upstream = new UpstreamAnswer(200, stream.ContentType, body, body, AttemptClock.Open(TimeProvider.System, TimeSpan.FromMinutes(5), null, CancellationToken.None));
        var passing = continuation is null && _provider.Kind == _caller.Kind;
        var tracker = new AnswerTracker(keepText: passing);
        if (passing)
        {
            var passed = new ResponsePump(upstream, _provider, tracker, caller.Answer, s_times, TimeProvider.System, caller.Money, Beginning(), dropUsage: false, hold: true);
            return new Hop { Upstream = upstream, Tracker = tracker, Pump = passed };
        }
        var writer = continuation?.Writer ?? _caller.OpenWriter(caller.Answer, Beginning());
        var aligner = continuation is { IsFresh: false } ? new TextAligner(continuation.Sent, isContinuation: false) : null;
        var relay = new RelaySink(tracker, writer, aligner, default, holdTools: true);
        var pump = new ResponsePump(upstream, _provider, tracker, caller.Answer, s_times, TimeProvider.System, caller.Money, relay, writer);
        return new Hop { Upstream = upstream, Tracker = tracker, Pump = pump, Relay = relay, Writer = writer };
    }

    private DialectStreamWriter WriterOf(Caller caller, Hop hop)
    {
        if (hop.Writer is { } writer) return writer;
        var position = hop.Pump.Position.Started ? hop.Pump.Position : Beginning();
        position.IncludeUsage = true;
        return _caller.OpenWriter(caller.Answer, position);
    }

    private static StreamPosition Beginning() => StreamPosition.Beginning("answer-1", "served-model", 1_700_000_000, includeUsage: true);

    private static BudgetState MakeBudgets()
    {
        var ledger = LedgerState.InMemory();
        return new BudgetState(new LedgerCounters(ledger), new AlertState(static () => [], static _ => null, new LedgerAlerts(ledger), TimeProvider.System, static _ => { }), TimeProvider.System);
    }

    /// <summary>Who asked, and what it got.</summary>
    private sealed class Caller : IDisposable
    {
        public Caller()
        {
            var http = new DefaultHttpContext();
            http.Response.Body = Output;
            Answer = new ClientAnswer(http, null);
        }

        public MemoryStream Output { get; } = new();

        public ClientAnswer Answer { get; }

        public Reservation Money { get; } = s_budgets.Open(s_config, s_facts);

        public bool HasGot(byte[] bytes) => Output.GetBuffer().AsSpan(0, (int)Output.Length).SequenceEqual(bytes);

        public void Dispose()
        {
            Answer.Dispose();
            Money.Dispose();
            Output.Dispose();
        }
    }

    private sealed class Hop : IDisposable
    {
        public required UpstreamAnswer Upstream { get; init; }

        public required AnswerTracker Tracker { get; init; }

        public required ResponsePump Pump { get; init; }

        public RelaySink? Relay { get; init; }

        public DialectStreamWriter? Writer { get; init; }

        public PumpEnd End { get; private set; }

        /// <summary>Its first meaningful frame came.</summary>
        public bool WasOpened { get; private set; }

        /// <summary>The text of this hop that the caller has.</summary>
        public byte[] Sent => Relay is { } relay ? relay.Emitted.ToArray() : Tracker.TextBytes[..Pump.SentText].ToArray();

        public bool MayContinue => !Pump.IsUncontinuable && !Tracker.HasRefusal
            && Pump.Failure!.Reason is not (FailureReason.Policy or FailureReason.TotalTimeout or FailureReason.ContextTooLong or FailureReason.BadRequest);

        public async Task RunAsync(ClientAnswer answer)
        {
            End = await Pump.PrimeAsync();
            WasOpened = End is PumpEnd.FirstContent or PumpEnd.Complete;
            if (!WasOpened)
            {
                if (!answer.IsCommitted) answer.Discard();
                return;
            }
            answer.Commit(TimeProvider.System, TimeSpan.FromMinutes(10));
            End = await Pump.FinishAsync();
        }

        public void Dispose()
        {
            Pump.Dispose();
            Upstream.Dispose();
            Tracker.Dispose();
        }
    }

    /// <summary>Everything of a first hop, beside what the caller has of it, that a second could go by.</summary>
    private readonly record struct LeftBehind(PumpEnd End, bool WasOpened, FailureReason? Why, long Pieces, long Bytes, bool HasTools, bool HasReasoning, bool MayContinue, Usage Used)
    {
        public static LeftBehind By(Hop hop) => new(
            hop.End, hop.WasOpened, hop.Pump.Failure?.Reason, hop.Tracker.Pieces, hop.Tracker.GeneratedBytes, hop.Tracker.HasTools, hop.Tracker.HasReasoning,
            hop.Pump.Failure is not null && hop.MayContinue, hop.Tracker.UsageSoFar);
    }

    private sealed class BrokenStream(byte[] bytes, int at) : MemoryStream(bytes, 0, at)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            return read > 0 ? read : throw new IOException("the connection broke");
        }
    }
}
