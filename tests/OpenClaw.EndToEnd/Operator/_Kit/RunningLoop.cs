using System.Diagnostics;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Kube.Control;
using OpenClaw.Operator.Reconcile;

namespace OpenClaw.EndToEnd.Operator;

/// <summary>The loop, in this process, on a real API server.</summary>
internal sealed class RunningLoop : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly KubeClient _client;
    private readonly Task _running;

    private RunningLoop(ControlledCluster cluster, Func<bool>? mayWrite, string[] namespaces, string version, int bound)
    {
        _client = cluster.Server.Client(new KubeClientOptions { RequestsPerSecond = 0, FieldManager = "openclaw-operator" });
        var events = new EventRecorder(_client, new EventOptions { Component = "openclaw-operator", Instance = "test" });
        Controller = new InstanceController(_client, new InstanceControllerOptions
        {
            OperatorVersion = version, RolloutBound = bound, Events = events, MayWrite = mayWrite ?? (static () => true), Namespaces = [.. namespaces], Grace = TimeSpan.Zero,
            Log = (level, line) =>
            {
                if (level >= KubeLogLevel.Warning) Log.Enqueue(line);
            },
        });
        _running = Task.WhenAll(Controller.RunAsync(_stop.Token), events.RunAsync(_stop.Token));
    }

    public InstanceController Controller { get; }

    public System.Collections.Concurrent.ConcurrentQueue<string> Log { get; } = [];

    /// <summary>What was written, but for statuses.</summary>
    public long Writes => Controller.Counters.Writes.Where(static w => w.Key.Verb != "status").Sum(static w => w.Value);

    public long AllWrites => Controller.Counters.Writes.Sum(static w => w.Value);

    public static async Task<RunningLoop> StartAsync(ControlledCluster cluster, string[] namespaces, Func<bool>? mayWrite = null, string version = "1.0.0", int bound = 5)
    {
        var loop = new RunningLoop(cluster, mayWrite, namespaces, version, bound);
        await Soon.TrueAsync(() => Task.FromResult(loop.Controller.HasSynced), "everything was listed", 20);
        await loop.QuietAsync();
        return loop;
    }

    /// <summary>Waits until it has had nothing to do for a while.</summary>
    public async Task QuietAsync()
    {
        var (before, still) = (-1L, 0);
        await Soon.TrueAsync(() =>
        {
            var now = Controller.Counters.Passes;
            still = now == before && Controller.QueueDepth == 0 && Controller.Working == 0 ? still + 1 : 0;
            before = now;
            return Task.FromResult(still >= 6);
        }, "it is quiet", 80);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        Controller.Dispose();
        _client.Dispose();
        _stop.Dispose();
    }
}

/// <summary>What other processes do in their own time; asked now and then, since asking costs a process.</summary>
internal static class Soon
{
    public static async Task TrueAsync(Func<Task<bool>> condition, string what, int everyMilliseconds = 200)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(watch.Elapsed < Eventually.Limit, $"it did not happen: {what}");
            await Task.Delay(everyMilliseconds, TestContext.Current.CancellationToken);
        }
    }
}
