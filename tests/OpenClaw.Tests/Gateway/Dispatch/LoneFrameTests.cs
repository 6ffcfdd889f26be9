using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dispatch;
using OpenClaw.Gateway.Dispatch.Http;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>Counts the whole process's allocations: nothing else may run beside it.</summary>
[CollectionDefinition(nameof(AloneInTheProcess), DisableParallelization = true)]
public sealed class AloneInTheProcess;

/// <summary>A frame that comes alone: the read has to wait for it, on a real socket, and other threads go on.</summary>
[Collection(nameof(AloneInTheProcess))]
public class LoneFrameTests
{
    private static readonly byte[] s_head = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    private static readonly byte[] s_frame = Chunk("data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},\"finish_reason\":null}]}\n\n");
    private static readonly byte[] s_last = [.. Chunk("data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"), .. "0\r\n\r\n"u8];

    [Fact]
    public async Task Costs_less_than_a_hundred_bytes()
    {
        const int frames = 4000;
        var cancel = TestContext.Current.CancellationToken;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new Http1Client(TimeProvider.System);
        var pool = client.PoolOf(new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/"));
        var clock = AttemptClock.Open(TimeProvider.System, TimeSpan.FromMinutes(10), null, cancel);
        var opening = client.SendAsync(pool, "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), TimeSpan.FromSeconds(30), clock.Token).AsTask();
        using var provider = await listener.AcceptSocketAsync(cancel);
        provider.NoDelay = true;
        provider.Send(s_head);
        var body = await opening;
        var sink = new Sink();
        var http = new DefaultHttpContext();
        http.Features.Set<IHttpResponseBodyFeature>(sink);
        using var upstream = new UpstreamAnswer(200, "text/event-stream", body, body, clock);
        using var tracker = new AnswerTracker(keepText: true);
        using var answer = new ClientAnswer(http, null);
        using var pump = new ResponsePump(
            upstream, DialectTable.Of(DialectKind.OpenAiChat), tracker, answer, new PumpTimes(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)), TimeProvider.System,
            AllocationTests.Money(), StreamPosition.Beginning("c1", "m", 1, false), dropUsage: true, hold: true);
        provider.Send(s_frame);
        Assert.Equal(PumpEnd.FirstContent, await pump.PrimeAsync());
        answer.Commit(TimeProvider.System, TimeSpan.FromMinutes(10));
        var pumping = pump.FinishAsync().AsTask();
        SendAlone(provider, sink, frames, cancel);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        SendAlone(provider, sink, frames, cancel);
        var perFrame = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)frames;
        provider.Send(s_last);
        Assert.Equal(PumpEnd.Complete, await pumping);
        Assert.True(perFrame < 100, $"{perFrame:0.0} bytes a frame");
    }

    // The next frame goes out when the one before has come through.
    private static void SendAlone(Socket provider, Sink sink, int frames, CancellationToken cancel)
    {
        for (var i = 0; i < frames; i++)
        {
            var seen = sink.Flushes;
            provider.Send(s_frame);
            while (sink.Flushes == seen)
            {
                cancel.ThrowIfCancellationRequested();
                Thread.Yield();
            }
        }
    }

    private static byte[] Chunk(string data) => Encoding.ASCII.GetBytes($"{data.Length:x}\r\n{data}\r\n");

    private sealed class Sink : PipeWriter, IHttpResponseBodyFeature
    {
        private readonly byte[] _buffer = new byte[64 * 1024];
        private int _flushes;

        public int Flushes => Volatile.Read(ref _flushes);

        public Stream Stream => AsStream();

        public PipeWriter Writer => this;

        public override void Advance(int bytes)
        {
        }

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _flushes);
            return new(new FlushResult(false, false));
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
}
