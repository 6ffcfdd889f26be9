using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;

namespace OpenClaw.Commands;

/// <summary><c>openclaw version</c>: version, commit, runtime.</summary>
internal static class VersionCommand
{
    private static readonly string s_informational =
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";

    /// <summary>Without the commit.</summary>
    public static string Version => s_informational.Split('+')[0];

    public static string Commit => s_informational.Contains('+') ? s_informational.Split('+')[1] : "unknown";

    public static void Fill(Command command) => command.SetAction(_ =>
        Terminal.Out($"openclaw {Version} ({Commit[..Math.Min(9, Commit.Length)]}) {RuntimeInformation.FrameworkDescription} {RuntimeInformation.RuntimeIdentifier}"));
}
