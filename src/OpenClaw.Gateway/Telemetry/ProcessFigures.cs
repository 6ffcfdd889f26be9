using System.Globalization;
using System.Text;

namespace OpenClaw.Gateway.Telemetry;

/// <summary>
/// The standard figures of this process (prometheus.io/docs/instrumenting/writing_clientlibs, "Process metrics"), and what
/// the runtime allocated: read at each scrape, nothing is kept.
/// </summary>
internal static class ProcessFigures
{
    public static void Write(StringBuilder text)
    {
        Figure(text, "process_cpu_seconds_total", "counter", "CPU time of this process, user and system, in seconds.", Environment.CpuUsage.TotalTime.TotalSeconds);
        Figure(text, "process_resident_memory_bytes", "gauge", "Memory of this process that is in RAM.", Environment.WorkingSet);
        Figure(text, "process_start_time_seconds", "gauge", "When this process started, in seconds since 1970.", s_started);
        Figure(text, "openclaw_runtime_allocated_bytes_total", "counter", "Bytes allocated on the managed heap since the start.", GC.GetTotalAllocatedBytes());
        Figure(text, "openclaw_runtime_heap_bytes", "gauge", "Managed heap after the last collection, fragments included.", GC.GetGCMemoryInfo().HeapSizeBytes);
        text.Append("# HELP openclaw_runtime_collections_total Garbage collections by generation.\n# TYPE openclaw_runtime_collections_total counter\n");
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            text.Append(CultureInfo.InvariantCulture, $"openclaw_runtime_collections_total{{generation=\"{generation}\"}} {GC.CollectionCount(generation)}\n");
        }
    }

    private static readonly double s_started = Started();

    private static double Started()
    {
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        return (self.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;
    }

    private static void Figure(StringBuilder text, string name, string type, string help, double value) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n{name} {value}\n");
}
