using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Dispatch;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>The slide allocates nothing to speak of for a chunk that passes through.</summary>
public class AllocationTests
{
    [Fact]
    public async Task A_passing_stream_costs_less_than_a_hundred_bytes_a_chunk()
    {
        const int chunks = 20_000;
        // Every read and flush completes at once, so the whole stream runs on this thread and only its own bytes are counted.
        await PassAsync(chunks);
        var thread = Environment.CurrentManagedThreadId;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var sent = await PassAsync(chunks);
        var perChunk = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)chunks;
        Assert.Equal(thread, Environment.CurrentManagedThreadId);
        Assert.True(sent > chunks * 100, "the stream went through");
        Assert.True(perChunk < 100, $"{perChunk:0.0} bytes a chunk");
    }

    private static async Task<long> PassAsync(int chunks)
    {
        var http = new DefaultHttpContext();
        var sink = new CountingWriter();
        http.Features.Set<IHttpResponseBodyFeature>(new Body(sink));
        using var response = new HttpResponseMessage(HttpStatusCode.OK);
        var clock = AttemptClock.Open(TimeProvider.System, TimeSpan.FromMinutes(1), null, CancellationToken.None);
        using var upstream = new UpstreamAnswer(200, "text/event-stream", new ChunkStream(chunks), response, clock);
        using var tracker = new AnswerTracker(keepText: true);
        using var client = new ClientAnswer(http, null);
        using var pump = new ResponsePump(upstream, DialectTable.Of(DialectKind.OpenAiChat), tracker, client, new PumpTimes(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(2)), TimeProvider.System, Money(), StreamPosition.Beginning("c1", "m", 1, false), dropUsage: true, hold: true);
        Assert.Equal(PumpEnd.FirstContent, await pump.PrimeAsync());
        client.Commit(TimeProvider.System, TimeSpan.FromMinutes(10));
        Assert.Equal(PumpEnd.Complete, await pump.FinishAsync());
        return sink.Count;
    }

    internal static Reservation Money()
    {
        var alerts = new OpenClaw.Gateway.Metering.Alerts.AlertState(static () => [], static _ => null, new Metering.Budgets.NoMemory(), TimeProvider.System, static _ => { });
        return new BudgetState(new LedgerCounters(LedgerState.InMemory()), alerts, TimeProvider.System).Open(new OpenClaw.Config.OpenClawConfig(), new RequestFacts("", "owner", null, null, [], "chat", 1, null, true, null));
    }

    // One chunk a read, as a provider that flushes each token.
    private sealed class ChunkStream(int chunks) : Stream
    {
        private static readonly byte[] s_chunk = Encoding.UTF8.GetBytes("data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},\"finish_reason\":null}]}\n\n");
        private static readonly byte[] s_end = Encoding.UTF8.GetBytes("data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
        private int _next;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var bytes = _next++ < chunks ? s_chunk : s_end;
            bytes.CopyTo(buffer);
            return ValueTask.FromResult(bytes.Length);
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

    private sealed class Body(PipeWriter writer) : IHttpResponseBodyFeature
    {
        public Stream Stream => writer.AsStream();
        public PipeWriter Writer => writer;
        public Task CompleteAsync() => Task.CompletedTask;
        public void DisableBuffering() { }
        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) => throw new NotSupportedException();
        public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;
    }

    private sealed class CountingWriter : PipeWriter
    {
        private readonly byte[] _buffer = new byte[64 * 1024];
        public long Count { get; private set; }
        public override void Advance(int bytes) => Count += bytes;
        public override void CancelPendingFlush() { }
        public override void Complete(Exception? exception = null) { }
        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => new(new FlushResult(false, false));
        public override Memory<byte> GetMemory(int sizeHint = 0) => _buffer;
        public override Span<byte> GetSpan(int sizeHint = 0) => _buffer;
    }
}
