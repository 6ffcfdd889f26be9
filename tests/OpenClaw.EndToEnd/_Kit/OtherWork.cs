using System.Diagnostics;
using System.Globalization;

namespace OpenClaw.EndToEnd;

/// <summary>What others do with the machine while a test measures time. Known on Linux only (proc(5), <c>/proc/stat</c>).</summary>
internal sealed class OtherWork
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Process _gateway;
    private readonly double _before;

    private OtherWork(int gateway)
    {
        _gateway = Process.GetProcessById(gateway);
        _before = Others();
    }

    public static OtherWork? Watch(GatewayProcess gateway) => File.Exists("/proc/stat") ? new OtherWork(gateway.ProcessId) : null;

    /// <summary>How many processors others than this process and its gateway had since then, on average.</summary>
    public double Processors() => Math.Max(0, (Others() - _before) / _watch.Elapsed.TotalSeconds);

    // Seconds of all processors together: user, nice, system, irq, softirq and steal; idle and iowait are nobody's.
    private double Others()
    {
        var ticks = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(static t => long.Parse(t, CultureInfo.InvariantCulture)).ToArray();
        var busy = (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7]) / 100.0;
        _gateway.Refresh();
        return busy - _gateway.TotalProcessorTime.TotalSeconds - Environment.CpuUsage.TotalTime.TotalSeconds;
    }
}
