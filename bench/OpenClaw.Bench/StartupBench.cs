using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using OpenClaw.EndToEnd;

namespace OpenClaw.Bench;

/// <summary>From the start of a process to its first 200, and what it holds in memory then.</summary>
internal static class StartupBench
{
    public const int Runs = 9;

    public static async Task<int> RunAsync(string[] args)
    {
        var folder = Directory.CreateTempSubdirectory("openclaw-bench-").FullName;
        try
        {
            var load = Machine.Load();
            var text = new StringBuilder("# Start-up\n\n")
                .Append(CultureInfo.InvariantCulture, $"{Machine.Describe()}. Load average at the start {load:F1}.\n\n").Append(await TableAsync(folder));
            Console.Write(text);
            var at = Array.IndexOf(args, "--out");
            if (at >= 0 && at + 1 < args.Length) await File.WriteAllTextAsync(args[at + 1], text.ToString());
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public static async Task<string> TableAsync(string folder)
    {
        var text = new StringBuilder("| | start to first 200, median | best | CPU time until then | idle memory | of it pages of files |\n| --- | ---: | ---: | ---: | ---: | ---: |\n");
        var published = await MeasureAsync(folder, Runs, "/readyz", (name, port) => Ours.Start(folder, name, GatewayProcess.Binary, port, 9, 9, Keeping.OnSqlite));
        Row(text, "OpenClaw for .NET (`./x publish`)", published);
        var plain = PlainBuild();
        if (plain is not null) Row(text, "OpenClaw for .NET, plain build", await MeasureAsync(folder, Runs, "/readyz", (name, port) => Ours.Start(folder, name, plain, port, 9, 9, Keeping.OnSqlite)));
        if (Portkey.IsHere) Row(text, "Portkey 1.15.2", await MeasureAsync(folder, 5, "/", (name, port) => Portkey.Start(folder, name, port)));
        var (startup, idle) = (published.Select(static r => r.Seconds).Median(), published.Select(static r => r.Idle).Median());
        text.Append('\n').Append(startup < 0.5 ? "Target kept: start-up below 0.5 s" : string.Create(CultureInfo.InvariantCulture, $"**Target missed**: start-up takes {startup:F2} s, not below 0.5 s"))
            .Append("; ").Append(idle < 70 ? "idle memory below 70 MB." : string.Create(CultureInfo.InvariantCulture, $"**target missed**: idle memory is {idle:F0} MB, not below 70 MB.")).Append('\n');
        return text.ToString();
    }

    private static async Task<List<Started>> MeasureAsync(string folder, int runs, string path, Func<string, int, ChildProcess> start)
    {
        var results = new List<Started>();
        for (var i = 0; i < runs; i++)
        {
            var port = GatewayProcess.FreePort();
            var watch = Stopwatch.StartNew();
            using var process = start($"start-{port}", port);
            WaitUntilReady(process, port, path);
            var seconds = watch.Elapsed.TotalSeconds;
            var cpu = process.CpuMicros() / 1000;
            await Task.Delay(300);
            results.Add(new Started(seconds, cpu, process.ResidentMegabytes(), process.FileMegabytes()));
        }
        return results;
    }

    /// <summary>Asks every millisecond on a socket of its own, so that the client's own first request costs nothing.</summary>
    public static void WaitUntilReady(ChildProcess process, int port, string path)
    {
        var request = Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        var answer = new byte[64];
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < TimeSpan.FromSeconds(20) && !process.HasExited)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 5000 };
            try
            {
                socket.Connect(IPAddress.Loopback, port);
                socket.Send(request);
                if (socket.Receive(answer) > 12 && answer.AsSpan(9, 3).SequenceEqual("200"u8)) return;
            }
            catch (SocketException)
            {
                // Not listening yet.
            }
            Thread.Sleep(1);
        }
        throw new InvalidOperationException($"nothing answers on port {port}: {File.ReadAllText(process.Errors)}");
    }

    private static void Row(StringBuilder text, string name, List<Started> runs) => text.Append(
        CultureInfo.InvariantCulture,
        $"| {name} | {runs.Select(static r => r.Seconds).Median():F3} s | {runs.Min(static r => r.Seconds):F3} s | {runs.Select(static r => r.CpuMs).Median():F0} ms | {runs.Select(static r => r.Idle).Median():F0} MB | {runs.Select(static r => r.OfFiles).Median():F0} MB |\n");

    // The bench was built from the same sources: the plain binary lies beside it.
    private static string? PlainBuild()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OpenClaw.slnx"))) folder = folder.Parent;
        var file = Path.Combine(folder?.FullName ?? ".", "src", "OpenClaw", "bin", "Release", "net10.0", "openclaw");
        return File.Exists(file) && file != GatewayProcess.Binary ? file : null;
    }

    /// <summary>One start: seconds to the first 200, CPU time until then, memory in RAM after it and what of that are pages of files, in MB.</summary>
    private sealed record Started(double Seconds, double CpuMs, double Idle, double OfFiles);
}
