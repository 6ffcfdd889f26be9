using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Globalization;
using OpenClaw.Config;
using OpenClaw.EndToEnd;
using OpenClaw.Gateway;

namespace OpenClaw.Bench;

/// <summary>
/// What a request allocates, by type: the gateway runs in this process, wrk and the upstreams in theirs, and the runtime
/// names the type of every hundredth kilobyte it hands out. Prints; writes nothing.
/// </summary>
internal static class AllocationBench
{
    public static async Task<int> RunAsync(string[] args)
    {
        var folder = Directory.CreateTempSubdirectory("openclaw-bench-").FullName;
        try
        {
            var (whole, streams) = (GatewayProcess.FreePort(), GatewayProcess.FreePort());
            using var upstream = Nginx.StartUpstream(folder, whole);
            using var streamer = ChildProcess.Start(folder, "streams", Environment.ProcessPath!, ["stream-upstream", streams.ToString(CultureInfo.InvariantCulture)]);
            var environment = new Dictionary<string, string> { ["OPENCLAW_GATEWAY_TOKEN"] = Ours.Token, ["OPENCLAW_STATE_DIR"] = folder };
            var file = Ours.WriteConfig(folder, whole, streams, args.Contains("--ledger") ? Keeping.OnSqlite : Keeping.Nothing);
            await using var sink = Stream.Null;
            var (host, refusal) = await GatewayHost.StartAsync(new GatewayOptions { ConfigPath = file, Port = 0, Environment = ConfigEnvironment.Of(environment), DecisionOutput = sink });
            if (host is null) throw new InvalidOperationException(refusal!.Message);
            await using var _ = host;
            foreach (var workload in Workload.All)
            {
                if (args.Any(static a => a != "--ledger") && !args.Contains(workload.Provider)) continue;
                await MeasureAsync(folder, host.Address, workload);
            }
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureAsync(string folder, Uri gateway, Workload workload)
    {
        var script = Path.Combine(folder, workload.Provider + ".lua");
        await File.WriteAllTextAsync(script, Wrk.Script(workload.Body(workload.Provider + "/gpt-4o"), Ours.Headers));
        var url = new Uri(gateway, "/v1/chat/completions");
        // Until the hot methods are compiled for good, boxes are counted that will not be made later.
        await Wrk.RunAsync(url, script, 8, 3, static () => 0);
        using var types = new TypeListener();
        var before = GC.GetTotalAllocatedBytes();
        var sample = await Wrk.RunAsync(url, script, 4, 3, static () => 0);
        var bytes = GC.GetTotalAllocatedBytes() - before;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{workload.Provider}: {bytes / (double)sample.Requests:F0} B a request of {sample.Requests}"));
        var sampled = types.Bytes.Values.Sum();
        foreach (var (type, share) in types.Bytes.OrderByDescending(static t => t.Value).Take(40))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{share / (double)sampled * bytes / sample.Requests,8:F0} B  {type}"));
        }
    }

    /// <summary>Bytes by type since it was made.</summary>
    private sealed class TypeListener : EventListener
    {
        public ConcurrentDictionary<string, long> Bytes { get; } = new();

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            // GC, verbose: an allocation tick for every 100 KB.
            if (eventSource.Name == "Microsoft-Windows-DotNETRuntime") EnableEvents(eventSource, EventLevel.Verbose, (EventKeywords)1);
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData.EventName?.StartsWith("GCAllocationTick", StringComparison.Ordinal) != true) return;
            Bytes?.AddOrUpdate((string)eventData.Payload![5]!, static (_, bytes) => bytes, static (_, sum, bytes) => sum + bytes, (long)(ulong)eventData.Payload[3]!);
        }
    }
}
