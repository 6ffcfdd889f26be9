using System.Collections.Concurrent;
using OpenClaw.Kube.Control;
using static OpenClaw.Tests.Kube.Objects;

namespace OpenClaw.Tests.Kube;

public class ControllerLoopTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task Follows_what_a_look_says()
    {
        var looks = new ConcurrentQueue<string>();
        var answers = new ConcurrentDictionary<string, ConcurrentQueue<ReconcileResult>>
        {
            ["after"] = new([ReconcileResult.After(TimeSpan.FromMinutes(5))]),
            ["retry"] = new([ReconcileResult.Retry("not yet"), ReconcileResult.Retry("not yet")]),
            ["terminal"] = new([ReconcileResult.Terminal("never")]),
        };
        await RunAsync((key, _) =>
        {
            looks.Enqueue(key);
            if (key == "panic" && looks.Count(k => k == key) == 1) throw new InvalidOperationException("a bug");
            return Task.FromResult(answers.TryGetValue(key, out var left) && left.TryDequeue(out var answer) ? answer : ReconcileResult.Done);
        }, async (loop, queue) =>
        {
            foreach (var key in new[] { "after", "retry", "terminal", "panic" }) queue.Add(key);
            await UntilAsync(() => looks.Count == 4 && queue.Working == 0);
            _time.Advance(TimeSpan.FromMilliseconds(5));
            await UntilAsync(() => looks.Count == 6 && queue.Working == 0);
            _time.Advance(TimeSpan.FromMilliseconds(10));
            await UntilAsync(() => looks.Count == 7 && queue.Working == 0);
            _time.Advance(TimeSpan.FromMinutes(5));
            await UntilAsync(() => looks.Count == 8 && queue.Working == 0);
            _time.Advance(TimeSpan.FromHours(1));
            Assert.Equal(["after", "after", "panic", "panic", "retry", "retry", "retry", "terminal"], looks.Order());
            Assert.Equal(1, loop.Counters.Panics);
            Assert.Equal(1, loop.Counters.Of(ReconcileOutcome.Terminal));
            Assert.Equal(3, loop.Counters.Of(ReconcileOutcome.Retry));
            Assert.Equal(0, queue.Failures("retry"));
        });
    }

    [Fact]
    public async Task A_look_that_hangs_is_cancelled_and_tried_again()
    {
        var looks = 0;
        await RunAsync(async (_, cancel) =>
        {
            if (Interlocked.Increment(ref looks) == 1) await Task.Delay(Timeout.Infinite, cancel);
            return ReconcileResult.Done;
        }, async (loop, queue) =>
        {
            queue.Add("a");
            await UntilAsync(() => Volatile.Read(ref looks) == 1);
            _time.Advance(TimeSpan.FromMinutes(2));
            await UntilAsync(() => queue.Delayed == 1);
            _time.Advance(TimeSpan.FromMilliseconds(5));
            await UntilAsync(() => loop.Counters.Of(ReconcileOutcome.Done) == 1);
            Assert.Equal(1, loop.Counters.Of(ReconcileOutcome.Retry));
        });
    }

    [Fact]
    public async Task A_stop_lets_go_on_what_is_under_way_for_its_grace()
    {
        var gate = new TaskCompletionSource();
        var (started, finished, cancelled) = (0, 0, 0);
        using var queue = new WorkQueue<string>(new WorkQueueOptions { Time = _time });
        var loop = new ControllerLoop<string>("test", queue, async (key, cancel) =>
        {
            Interlocked.Increment(ref started);
            try
            {
                await (key == "short" ? gate.Task : Task.Delay(Timeout.Infinite, cancel));
                Interlocked.Increment(ref finished);
            }
            catch (OperationCanceledException)
            {
                Interlocked.Increment(ref cancelled);
                throw;
            }
            return ReconcileResult.Done;
        }, new ControllerOptions { Workers = 2, Grace = TimeSpan.FromSeconds(10), Time = _time });
        using var stop = new CancellationTokenSource();
        var running = loop.RunAsync(stop.Token);
        queue.Add("short");
        queue.Add("long");
        queue.Add("never");
        await UntilAsync(() => Volatile.Read(ref started) == 2);
        await stop.CancelAsync();
        gate.SetResult();
        await UntilAsync(() => Volatile.Read(ref finished) == 1);
        Assert.Equal(0, cancelled);
        await UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            return running.IsCompleted;
        });
        await running;
        Assert.Equal((2, 1, 1), (started, finished, cancelled));
    }

    private async Task RunAsync(Func<string, CancellationToken, Task<ReconcileResult>> reconcile, Func<ControllerLoop<string>, WorkQueue<string>, Task> act)
    {
        using var queue = new WorkQueue<string>(new WorkQueueOptions { Time = _time });
        var loop = new ControllerLoop<string>("test", queue, reconcile, new ControllerOptions { Time = _time, Workers = 3 });
        using var stop = new CancellationTokenSource();
        var running = loop.RunAsync(stop.Token);
        await act(loop, queue);
        await stop.CancelAsync();
        await running;
    }
}
