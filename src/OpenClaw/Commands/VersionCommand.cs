using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace OpenClaw.Commands;

/// <summary><c>openclaw version</c>: version, commit, runtime.</summary>
internal static class VersionCommand
{
    private static readonly string s_informational =
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";

    /// <summary>Without the commit.</summary>
    public static string Version => s_informational.Split('+')[0];

    public static string Commit => s_informational.Contains('+') ? s_informational.Split('+')[1] : "unknown";

    public static void Fill(Command command)
    {
        var json = CommonOptions.Json();
        command.Add(json);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(json)) Terminal.Json(Write);
            else Terminal.Out($"openclaw {Version} ({Commit[..Math.Min(9, Commit.Length)]}) {RuntimeInformation.FrameworkDescription} {RuntimeInformation.RuntimeIdentifier}");
        });
    }

    private static void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("version"u8, Version);
        json.WriteString("commit"u8, Commit);
        json.WriteString("runtime"u8, RuntimeInformation.FrameworkDescription);
        json.WriteString("platform"u8, RuntimeInformation.RuntimeIdentifier);
        json.WriteEndObject();
    }
}
