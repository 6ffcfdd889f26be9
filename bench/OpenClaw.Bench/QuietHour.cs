using System.Diagnostics;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Operator.Reconcile;
using OpenClaw.Tests;

namespace OpenClaw.Bench;

/// <summary>
/// An hour in which nothing happens: the operator's loop, in this process, before the same real API server, on a clock that is
/// moved on by half a minute at a time. What the loop does by its clock (looking again, asking what is served, opening watches
/// that were silent) it does; the server's own clock goes on as ever, so its bookmarks, which keep a watch alive, mostly do not come.
/// </summary>
internal static class QuietHour
{
    private const int Steps = 120;
    private static readonly TimeSpan s_step = TimeSpan.FromSeconds(30);

    public static async Task PassAsync(BenchCluster cluster, string version, FleetFigures figures, Action<string> say)
    {
        var time = new ManualTime();
        var calls = 0L;
        using var client = cluster.Client(new KubeClientOptions { RequestsPerSecond = 0, FieldManager = "openclaw-operator", Timeout = TimeSpan.FromHours(2), Time = time, Observe = _ => Interlocked.Increment(ref calls) });
        using var controller = new InstanceController(client, new InstanceControllerOptions { OperatorVersion = version, Time = time, Grace = TimeSpan.Zero });
        using var stop = new CancellationTokenSource();
        var running = controller.RunAsync(stop.Token);
        var limit = Stopwatch.StartNew();
        // Before anything is counted: everything was looked at once.
        while (!controller.HasSynced) await StillAsync();
        await StillAsync(times: 25);
        long Writes() => controller.Counters.Writes.Sum(static w => w.Value);
        figures["hour.begun"] = Writes();
        var (before, looks, asked) = (Writes(), controller.Counters.Passes, Interlocked.Read(ref calls));
        for (var i = 0; i < Steps; i++)
        {
            say($"half-minute {i + 1} of {Steps} of the quiet hour");
            time.Advance(s_step);
            await StillAsync();
        }
        figures["hour.writes"] = Writes() - before;
        figures["hour.looks"] = controller.Counters.Passes - looks;
        figures["hour.calls"] = Interlocked.Read(ref calls) - asked;
        await stop.CancelAsync();
        await running;

        async Task StillAsync(int times = 4)
        {
            var (last, still) = (-1L, 0);
            while (still < times)
            {
                if (limit.Elapsed > TimeSpan.FromMinutes(20)) throw new TimeoutException("the loop does not come to rest");
                await Task.Delay(20);
                var now = controller.Counters.Passes + Interlocked.Read(ref calls);
                still = now == last && controller.QueueDepth + controller.Working == 0 ? still + 1 : 0;
                last = now;
            }
        }
    }
}
