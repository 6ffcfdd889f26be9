using System.Buffers;
using System.Text.Json;

namespace OpenClaw.Gateway.Control;

/// <summary>
/// The last few thousand decisions in memory, by id, and one JSON line each on the given output. Thread-safe; the line is
/// written by one background reader so that a slow terminal never holds up a request (lines beyond the queue are counted and dropped).
/// </summary>
internal sealed class DecisionLog : IAsyncDisposable
{
    private const int LargestWrite = 32 * 1024;
    private static readonly TimeSpan s_gathering = TimeSpan.FromMilliseconds(20);
    private readonly Decision?[] _ring;
    private readonly Lock _lock = new();
    private readonly System.Threading.Channels.Channel<Decision>? _lines;
    private readonly Task _writing = Task.CompletedTask;
    private long _next;
    private long _dropped;

    /// <param name="capacity">Decisions kept.</param>
    /// <param name="output">Where the JSON lines go; null = nowhere.</param>
    public DecisionLog(int capacity, Stream? output)
    {
        _ring = new Decision?[capacity];
        if (output is null) return;
        _lines = System.Threading.Channels.Channel.CreateBounded<Decision>(
            new System.Threading.Channels.BoundedChannelOptions(8192) { SingleReader = true, FullMode = System.Threading.Channels.BoundedChannelFullMode.Wait });
        _writing = WriteLinesAsync(_lines.Reader, output);
    }

    /// <summary>Lines that were not written because the output was too slow.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    public void Add(Decision decision)
    {
        lock (_lock)
        {
            _ring[(int)(_next++ % _ring.Length)] = decision;
        }
        if (_lines is not null && !_lines.Writer.TryWrite(decision)) Interlocked.Increment(ref _dropped);
    }

    public Decision? Find(string id)
    {
        // Asked for by people, added by every request: looking through the ring is the cheaper half.
        lock (_lock) return Array.Find(_ring, d => d?.Id == id);
    }

    /// <summary>The newest first.</summary>
    public List<Decision> Latest(int count)
    {
        lock (_lock)
        {
            var found = new List<Decision>(Math.Min(count, _ring.Length));
            for (var i = _next - 1; i >= 0 && i > _next - 1 - _ring.Length && found.Count < count; i--)
            {
                if (_ring[(int)(i % _ring.Length)] is { } decision) found.Add(decision);
            }
            return found;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _lines?.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
    }

    private static async Task WriteLinesAsync(System.Threading.Channels.ChannelReader<Decision> lines, Stream output)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        await using var json = new Utf8JsonWriter(buffer);
        while (await lines.WaitToReadAsync().ConfigureAwait(false))
        {
            while (buffer.WrittenCount < LargestWrite && lines.TryRead(out var decision))
            {
                decision.WriteTo(json);
                json.Flush();
                json.Reset();
                buffer.Write("\n"u8);
            }
            try
            {
                await output.WriteAsync(buffer.WrittenMemory).ConfigureAwait(false);
                await output.FlushAsync().ConfigureAwait(false);
            }
            catch (IOException)
            {
                // A closed terminal must not end the gateway; the decision stays readable in memory.
            }
            var isFull = buffer.WrittenCount >= LargestWrite;
            buffer.ResetWrittenCount();
            // A line after a silence is written at once; those that follow it closely go out together: to wake a thread and
            // ask the kernel for each of them is a twentieth of what a request costs.
            if (!isFull) await Task.WhenAny(lines.Completion, Task.Delay(s_gathering)).ConfigureAwait(false);
        }
    }
}
