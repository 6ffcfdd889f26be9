using System.IO.Pipelines;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dispatch;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>While the gateway waits for its caller the provider is not being waited for.</summary>
public sealed class SlowCallerTests
{
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(30);
    private readonly ManualTime _time = new();
    private readonly Caller _caller = new();
    private readonly Provider _provider = new();

    [Fact]
    public async Task A_caller_who_does_not_read_for_longer_than_the_idle_clock_gets_the_rest_of_the_same_answer()
    {
        using var clock = Clock(TimeSpan.FromMinutes(10));
        using var pump = Pump(clock, out var client);
        using var _ = client;
        _provider.Say(Chunk("one"));
        Assert.Equal(PumpEnd.FirstContent, await pump.PrimeAsync());
        // What is left of the first token's clock is nobody's either.
        _time.Advance(s_idle + s_idle);
        client.Commit(TimeProvider.System, TimeSpan.FromMinutes(10));
        var pumping = pump.FinishAsync().AsTask();
        _time.Advance(s_idle + s_idle);
        Assert.False(clock.Token.IsCancellationRequested);
        _provider.Say(Chunk(" two", isLast: true), "data: [DONE]\n\n");
        _caller.ReadOn();
        Assert.Equal(PumpEnd.Complete, await pumping);
    }

    [Fact]
    public async Task A_provider_who_is_silent_after_that_is_given_up_as_ever()
    {
        using var clock = Clock(TimeSpan.FromMinutes(10));
        using var pump = Pump(clock, out var client);
        using var _ = client;
        _provider.Say(Chunk("one"));
        await pump.PrimeAsync();
        client.Commit(TimeProvider.System, TimeSpan.FromMinutes(10));
        var pumping = pump.FinishAsync().AsTask();
        _time.Advance(s_idle + s_idle);
        _caller.ReadOn();
        await _provider.AskedAsync(2);
        _time.Advance(s_idle);
        Assert.Equal(PumpEnd.Failed, await pumping);
        Assert.Equal(FailureReason.IdleTimeout, pump.Failure!.Reason);
    }

    [Theory]
    [InlineData(DialectKind.OpenAiChat, ": ping\n\n")]
    [InlineData(DialectKind.Anthropic, "event: ping\ndata: {\"type\":\"ping\"}\n\n")]
    internal async Task A_provider_who_only_pings_is_given_up_after_ten_idle_times(DialectKind dialect, string ping)
    {
        using var clock = Clock(TimeSpan.FromHours(1));
        using var pump = Pump(clock, out var client, dialect);
        using var _ = client;
        _caller.ReadOn();
        var isMessages = dialect == DialectKind.Anthropic;
        _provider.Say(isMessages ? """data: {"type":"message_start","message":{"id":"m1","model":"m","usage":{"input_tokens":1}}}""" + "\n\n" + Block("one") : Chunk("one"));
        Assert.Equal(PumpEnd.FirstContent, await pump.PrimeAsync());
        client.Commit(TimeProvider.System, TimeSpan.FromMinutes(10));
        var pumping = pump.FinishAsync().AsTask();
        await _provider.AskedAsync(2);
        for (var i = 0; i < 20; i++)
        {
            // In the middle of it comes a word: from there on it is counted anew.
            _provider.Say(i == 8 ? isMessages ? Block(" two") : Chunk(" two") : ping);
            await _provider.AskedAsync(1);
            _time.Advance(TimeSpan.FromSeconds(25));
            Assert.False(clock.Token.IsCancellationRequested, $"after {i} pings");
        }
        _provider.Say(ping);
        await _provider.AskedAsync(1);
        _time.Advance(TimeSpan.FromSeconds(25));
        Assert.Equal(PumpEnd.Failed, await pumping);
        Assert.Equal(FailureReason.IdleTimeout, pump.Failure!.Reason);
    }

    [Fact]
    public async Task After_the_finish_pings_put_the_end_off_for_nobody()
    {
        using var clock = Clock(TimeSpan.FromHours(1));
        using var pump = Pump(clock, out var client);
        using var _ = client;
        _caller.ReadOn();
        _provider.Say(Chunk("one", isLast: true));
        await pump.PrimeAsync();
        client.Commit(TimeProvider.System, TimeSpan.FromMinutes(10));
        var pumping = pump.FinishAsync().AsTask();
        await _provider.AskedAsync(2);
        _time.Advance(TimeSpan.FromSeconds(1));
        _provider.Say(": ping\n\n");
        await _provider.AskedAsync(1);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(PumpEnd.Complete, await pumping);
    }

    [Fact]
    public async Task After_the_finish_a_provider_that_talks_on_puts_the_end_off_for_nobody_either()
    {
        using var clock = Clock(TimeSpan.FromHours(1));
        using var pump = Pump(clock, out var client);
        using var _ = client;
        _caller.ReadOn();
        _provider.Say(Chunk("one", isLast: true));
        await pump.PrimeAsync();
        client.Commit(TimeProvider.System, TimeSpan.FromMinutes(10));
        var pumping = pump.FinishAsync().AsTask();
        await _provider.AskedAsync(2);
        _time.Advance(TimeSpan.FromSeconds(1));
        _provider.Say(Chunk(" more"));
        await _provider.AskedAsync(1);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(PumpEnd.Complete, await pumping);
    }

    [Fact]
    public async Task A_caller_who_has_not_read_at_the_end_of_the_requests_time_is_given_up()
    {
        using var clock = Clock(TimeSpan.FromMinutes(2));
        using var pump = Pump(clock, out var client);
        using var _ = client;
        _provider.Say(Chunk("one"));
        await pump.PrimeAsync();
        client.Commit(_time, TimeSpan.FromMinutes(2));
        var pumping = pump.FinishAsync().AsTask();
        _time.Advance(TimeSpan.FromSeconds(119));
        Assert.False(_caller.IsAborted);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(_caller.IsAborted);
        Assert.Equal(PumpEnd.ClientGone, await pumping);
    }

    [Fact]
    public void The_whole_requests_time_goes_on_while_a_clock_pauses()
    {
        using var clock = Clock(TimeSpan.FromMinutes(2));
        clock.Pause();
        _time.Advance(TimeSpan.FromSeconds(119));
        Assert.False(clock.Token.IsCancellationRequested);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(clock.Token.IsCancellationRequested);
        Assert.Equal(FailureReason.TotalTimeout, clock.Failure.Reason);
    }

    private AttemptClock Clock(TimeSpan total)
    {
        var clock = AttemptClock.Open(_time, total, null, CancellationToken.None);
        clock.Start(ClockPhase.FirstToken, s_idle);
        return clock;
    }

    private static string Block(string text) => """data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"%"}}""".Replace("%", text, StringComparison.Ordinal) + "\n\n";

    private ResponsePump Pump(AttemptClock clock, out ClientAnswer client, DialectKind dialect = DialectKind.OpenAiChat)
    {
        var http = new DefaultHttpContext();
        http.Features.Set<IHttpResponseBodyFeature>(_caller);
        http.Features.Set<IHttpRequestLifetimeFeature>(_caller);
        client = new ClientAnswer(http, null);
        return new ResponsePump(
            new UpstreamAnswer(200, "text/event-stream", _provider, _provider, clock), DialectTable.Of(dialect), new AnswerTracker(keepText: true), client,
            new PumpTimes(s_idle, TimeSpan.FromSeconds(2)), _time, AllocationTests.Money(), StreamPosition.Beginning("c1", "m", 1, false), dropUsage: true, hold: true);
    }

    private static string Chunk(string text, bool isLast = false) =>
        $$$"""data: {"id":"c1","choices":[{"index":0,"delta":{"content":"{{{text}}}"},"finish_reason":{{{(isLast ? "\"stop\"" : "null")}}}}]}""" + "\n\n";

    /// <summary>Takes nothing until it is told to read on.</summary>
    private sealed class Caller : PipeWriter, IHttpResponseBodyFeature, IHttpRequestLifetimeFeature
    {
        private readonly TaskCompletionSource _reads = new();
        private readonly byte[] _buffer = new byte[64 * 1024];

        public Stream Stream => AsStream();

        public PipeWriter Writer => this;

        public bool IsAborted { get; private set; }

        public CancellationToken RequestAborted { get; set; }

        public void ReadOn() => _reads.SetResult();

        public void Abort()
        {
            IsAborted = true;
            _reads.TrySetException(new IOException("aborted"));
        }

        public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            await _reads.Task.WaitAsync(cancellationToken);
            return default;
        }

        public override void Advance(int bytes)
        {
        }

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => _buffer;

        public override Span<byte> GetSpan(int sizeHint = 0) => _buffer;

        public Task CompleteAsync() => Task.CompletedTask;

        public void DisableBuffering()
        {
        }

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;
    }

    /// <summary>A body that comes when the test says so.</summary>
    private sealed class Provider : Stream
    {
        private readonly Channel<string> _said = Channel.CreateUnbounded<string>();
        private readonly SemaphoreSlim _asked = new(0);

        public void Say(params string[] pieces)
        {
            foreach (var piece in pieces) Assert.True(_said.Writer.TryWrite(piece));
        }

        /// <summary>Waits until the body was read so many times.</summary>
        public async Task AskedAsync(int times)
        {
            for (var i = 0; i < times; i++) await _asked.WaitAsync(TestContext.Current.CancellationToken);
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _asked.Release();
            var piece = await _said.Reader.ReadAsync(cancellationToken);
            return Encoding.UTF8.GetBytes(piece, buffer.Span);
        }

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
