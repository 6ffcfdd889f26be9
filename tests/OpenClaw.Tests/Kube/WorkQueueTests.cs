using OpenClaw.Kube.Control;
using static OpenClaw.Tests.Kube.Objects;

namespace OpenClaw.Tests.Kube;

public class WorkQueueTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private readonly ManualTime _time = new();

    [Fact]
    public async Task A_name_waits_only_once()
    {
        using var queue = new WorkQueue<string>(new WorkQueueOptions());
        for (var i = 0; i < 10; i++) queue.Add("a");
        queue.Add("b");
        Assert.Equal(2, queue.Depth);
        Assert.Equal("a", (await queue.TakeAsync(Cancel)).Key);
        Assert.Equal("b", (await queue.TakeAsync(Cancel)).Key);
    }

    [Fact]
    public async Task A_name_that_is_added_while_it_is_worked_on_comes_once_more_afterwards()
    {
        using var queue = new WorkQueue<string>(new WorkQueueOptions());
        queue.Add("a");
        await queue.TakeAsync(Cancel);
        queue.Add("a");
        queue.Add("a");
        Assert.Equal(0, queue.Depth);
        queue.Done("a");
        Assert.Equal(1, queue.Depth);
        await queue.TakeAsync(Cancel);
        queue.Done("a");
        Assert.Equal(0, queue.Depth);
    }

    [Fact]
    public void Of_several_times_the_first_counts()
    {
        using var queue = new WorkQueue<string>(new WorkQueueOptions { Time = _time });
        queue.AddAfter("a", TimeSpan.FromSeconds(30));
        queue.AddAfter("a", TimeSpan.FromSeconds(10));
        queue.AddAfter("a", TimeSpan.FromSeconds(20));
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(0, queue.Depth);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, queue.Depth);
        Assert.Equal(0, queue.Delayed);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, queue.Depth);
    }

    [Fact]
    public void The_wait_of_a_failing_name_doubles_up_to_its_limit_and_starts_again_after_a_success()
    {
        using var queue = new WorkQueue<string>(new WorkQueueOptions { Time = _time, RetriesPerSecond = 0 });
        var waits = Enumerable.Range(0, 20).Select(_ => queue.AddRateLimited("a").TotalMilliseconds).ToArray();
        Assert.Equal([5, 10, 20, 40], waits[..4]);
        Assert.Equal(1_000_000, waits[^1]);
        queue.Forget("a");
        Assert.Equal(5, queue.AddRateLimited("a").TotalMilliseconds);
    }

    [Fact]
    public void All_retries_together_have_a_pace()
    {
        using var queue = new WorkQueue<int>(new WorkQueueOptions { Time = _time, RetriesPerSecond = 10, RetryBurst = 100 });
        for (var i = 0; i < 200; i++) queue.AddRateLimited(i);
        _time.Advance(TimeSpan.FromMilliseconds(5));
        Assert.Equal(100, queue.Depth);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.InRange(queue.Depth, 149, 151);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(200, queue.Depth);
    }

    [Fact]
    public void Many_delays_of_the_same_names_do_not_pile_up()
    {
        using var queue = new WorkQueue<int>(new WorkQueueOptions { Time = _time });
        for (var i = 100_000; i > 0; i--) queue.AddAfter(i % 10, TimeSpan.FromSeconds(i));
        Assert.Equal(10, queue.Delayed);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(10, queue.Depth);
    }

    [Fact]
    public async Task A_closed_queue_hands_out_nothing_and_waits_for_what_was_taken()
    {
        using var queue = new WorkQueue<string>(new WorkQueueOptions());
        queue.Add("a");
        queue.Add("b");
        await queue.TakeAsync(Cancel);
        var waiting = new[] { queue.TakeAsync(Cancel), queue.TakeAsync(Cancel), queue.TakeAsync(Cancel) };
        await waiting[0];
        queue.Close();
        Assert.False((await waiting[1]).Taken);
        Assert.False((await waiting[2]).Taken);
        var drained = queue.DrainAsync(Cancel);
        queue.Done("a");
        Assert.False(drained.IsCompleted);
        queue.Done("b");
        await drained;
    }

    [Fact]
    public async Task No_name_is_lost_or_worked_on_twice_at_once_whatever_the_order()
    {
        using var queue = new WorkQueue<int>(new WorkQueueOptions());
        var busy = new int[50];
        var (seen, wanted) = (new int[50], new int[50]);
        var twice = 0;
        var loop = new ControllerLoop<int>("test", queue, async (key, cancel) =>
        {
            if (Interlocked.Increment(ref busy[key]) > 1) Interlocked.Increment(ref twice);
            var now = Volatile.Read(ref wanted[key]);
            await Task.Yield();
            Volatile.Write(ref seen[key], now);
            Interlocked.Decrement(ref busy[key]);
            return ReconcileResult.Done;
        }, new ControllerOptions { Workers = 8 });
        using var stop = new CancellationTokenSource();
        var running = loop.RunAsync(stop.Token);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(w => Task.Run(() =>
        {
            var random = new Random(w);
            for (var i = 0; i < 20_000; i++)
            {
                var key = random.Next(50);
                Interlocked.Increment(ref wanted[key]);
                queue.Add(key);
            }
        }, Cancel)));
        await UntilAsync(() => queue.Depth == 0 && queue.Working == 0);
        Assert.Equal(0, twice);
        Assert.Equal(wanted, seen);
        await stop.CancelAsync();
        await running;
    }
}
