using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace OpenClaw.Bench;

/// <summary>What a figure was measured on and under which load.</summary>
internal static class Machine
{
    public static double Load() => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);

    public static string Describe()
    {
        var cpu = File.ReadLines("/proc/cpuinfo").FirstOrDefault(static l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
        string[] facts =
        [
            $"{Environment.ProcessorCount} × {cpu}",
            RuntimeInformation.OSDescription,
            RuntimeInformation.FrameworkDescription,
            First("nginx", "-v"),
            First("wrk", "-v"),
            "node " + First("node", "-v"),
        ];
        return string.Join(" · ", facts.Where(static f => f.Length > 5));
    }

    // Some print their version to standard error, some exit with 1 after it.
    private static string First(string program, string argument)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, [argument]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var text = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
            return text.Split('\n')[0].Replace("nginx version: ", "", StringComparison.Ordinal).Split(" Copyright")[0].Trim();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "";
        }
    }
}
