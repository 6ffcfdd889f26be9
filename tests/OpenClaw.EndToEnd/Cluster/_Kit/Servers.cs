using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OpenClaw.EndToEnd.Cluster;

/// <summary>What servers need that a script of the optional test data starts and ends.</summary>
internal static class Servers
{
    /// <summary>Runs a command to its end; what it said on both streams.</summary>
    public static async Task<(int Code, string Output)> RunAsync(string command, string[] arguments, IEnumerable<(string Name, string Value)>? environment = null)
    {
        var log = Path.GetTempFileName();
        try
        {
            // The servers inherit the script's output: a pipe would stay open as long as they live.
            var start = new ProcessStartInfo("sh", ["-c", "PATH=$PATH:/usr/sbin exec \"$0\" \"$@\" >\"$SAID\" 2>&1 </dev/null", command, .. arguments]);
            start.Environment["SAID"] = log;
            foreach (var (name, value) in environment ?? []) start.Environment[name] = value;
            using var process = Process.Start(start)!;
            await process.WaitForExitAsync();
            return (process.ExitCode, await File.ReadAllTextAsync(log));
        }
        finally
        {
            File.Delete(log);
        }
    }

    /// <summary>When this process ends without saying so, a command ends the servers all the same, and their folder goes.</summary>
    public static void EndWithThisProcess(string folder, params string[] command)
    {
        const string Script = "folder=$1; shift; while kill -0 \"$0\" 2>/dev/null && [ -d \"$folder\" ]; do sleep 1; done; [ -d \"$folder\" ] && \"$@\" && rm -rf \"$folder\"";
        var start = new ProcessStartInfo("setsid", ["sh", "-c", Script, Environment.ProcessId.ToString(CultureInfo.InvariantCulture), folder, .. command])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        Process.Start(start)?.Dispose();
    }

    /// <summary>The first of seven ports in a row that nobody listens on.</summary>
    public static int FreePorts()
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            var first = Random.Shared.Next(21_000, 31_000);
            if (Enumerable.Range(first, 7).All(IsFree)) return first;
        }
        throw new InvalidOperationException("there are no seven free ports in a row");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port) { ExclusiveAddressUse = true };
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
