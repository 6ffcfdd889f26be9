using System.Globalization;

namespace OpenClaw.Bench;

/// <summary>Portkey's open-source gateway (npm <c>@portkey-ai/gateway</c> 1.15.2), where <c>./x bench</c> installed it.</summary>
internal static class Portkey
{
    private static readonly string s_folder = Environment.GetEnvironmentVariable("OPENCLAW_BENCH_PORTKEY") ?? "";

    private static string Program => Path.Combine(s_folder, "node_modules", "@portkey-ai", "gateway", "build", "start-server.js");

    public static bool IsHere => s_folder.Length > 0 && File.Exists(Program);

    public static ChildProcess Start(string folder, string name, int port) => ChildProcess.Start(
        folder, name, "node", [Program, "--port=" + port.ToString(CultureInfo.InvariantCulture), "--headless"], ("NODE_ENV", "production"));

    /// <summary>Portkey is told by headers where to go.</summary>
    public static (string Name, string Value)[] Headers(string upstream) =>
        [("authorization", "Bearer sk-bench"), ("x-portkey-provider", "openai"), ("x-portkey-custom-host", upstream)];
}
