using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace OpenClaw.Bench;

/// <summary>A measured program. Its output goes nowhere but its errors into a file. Ended with the bench, however that ends.</summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly Lock s_lock = new();
    private static readonly List<ChildProcess> s_running = [];
    private readonly Process _process;

    private static readonly PosixSignalRegistration[] s_signals;

    // Since .NET 10 a signal ends the process without ProcessExit.
    static ChildProcess()
    {
        AppDomain.CurrentDomain.ProcessExit += (_, _) => EndAll();
        PosixSignal[] ends = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGHUP];
        s_signals = [.. ends.Select(static signal => PosixSignalRegistration.Create(signal, static _ => EndAll()))];
    }

    private ChildProcess(Process process, string errors)
    {
        _process = process;
        Errors = errors;
    }

    /// <summary>The file with its standard error.</summary>
    public string Errors { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Starts a program with nothing of this machine's own keys, settings or proxies in its environment.</summary>
    public static ChildProcess Start(string folder, string name, string program, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        var errors = Path.Combine(folder, name + ".err");
        // The shell redirects and then becomes the program: a pipe to this process would cost both sides time.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$0\" \"$@\" >/dev/null 2>\"$OPENCLAW_BENCH_ERRORS\" </dev/null", program, .. arguments]) { WorkingDirectory = folder };
        foreach (var foreign in start.Environment.Keys.Where(IsForeign).ToList()) start.Environment.Remove(foreign);
        start.Environment["OPENCLAW_BENCH_ERRORS"] = errors;
        foreach (var (variable, value) in environment) start.Environment[variable] = value;
        var child = new ChildProcess(Process.Start(start)!, errors);
        lock (s_lock) s_running.Add(child);
        return child;
    }

    /// <summary>CPU time of all its threads, ended ones included, in microseconds.</summary>
    public double CpuMicros()
    {
        // The kernel's CPU clock of another process: as /proc/PID/stat counts, in nanoseconds instead of ticks of 10 ms.
        var clock = (~Id << 3) | 2;
        return ReadClock(clock, out var time) == 0 ? (time.Seconds * 1e6) + (time.Nanos / 1e3) : throw new InvalidOperationException($"process {Id} is gone");
    }

    /// <summary>CPU time of a .NET program's thread that compiles hot methods anew, in microseconds; 0 while there is none.</summary>
    public double CompilerMicros()
    {
        var ticks = 0L;
        foreach (var thread in Directory.EnumerateDirectories($"/proc/{Id}/task"))
        {
            try
            {
                var stat = File.ReadAllText(Path.Combine(thread, "stat"));
                if (!stat.Contains("(.NET Tiered", StringComparison.Ordinal)) continue;
                // Behind the name, which may have spaces: the state is the third field, user and system time the 14th and 15th.
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                ticks += long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // It ended.
            }
        }
        return ticks * 10_000.0;
    }

    /// <summary>Memory in RAM, in MB (10^6).</summary>
    public double ResidentMegabytes() => Megabytes("VmRSS:");

    /// <summary>The part of it that are pages of files, the program's own first of all: several processes share them, and the kernel drops them when it needs room.</summary>
    public double FileMegabytes() => Megabytes("RssFile:");

    /// <summary>The most that there ever was of it.</summary>
    public double PeakMegabytes() => Megabytes("VmHWM:");

    private double Megabytes(string field)
    {
        var line = File.ReadLines($"/proc/{Id}/status").First(l => l.StartsWith(field, StringComparison.Ordinal));
        return double.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024 / 1e6;
    }

    public void Dispose()
    {
        lock (s_lock) s_running.Remove(this);
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit(5000);
        }
        _process.Dispose();
    }

    private static void EndAll()
    {
        ChildProcess[] running;
        lock (s_lock) running = [.. s_running];
        foreach (var child in running) child.Dispose();
        foreach (var folder in running.Select(static c => Path.GetDirectoryName(c.Errors)!).Distinct()) Remove(folder);
        GC.KeepAlive(s_signals);
    }

    // Several tries: the bench itself, failing for want of what was just ended, removes the folder at the same time.
    private static void Remove(string folder)
    {
        for (var i = 0; i < 5 && Directory.Exists(folder); i++)
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (IOException)
            {
                Thread.Sleep(20);
            }
        }
    }

    private static bool IsForeign(string name) =>
        name.Contains("API_KEY", StringComparison.OrdinalIgnoreCase) || name.EndsWith("_PROXY", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith("_BASE_URL", StringComparison.OrdinalIgnoreCase) || name.StartsWith("OPENCLAW_", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("ASPNETCORE_", StringComparison.OrdinalIgnoreCase) || name.StartsWith("DOTNET_gc", StringComparison.OrdinalIgnoreCase);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanos;
    }

    [DllImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ReadClock(int clock, out TimeSpec time);
}
