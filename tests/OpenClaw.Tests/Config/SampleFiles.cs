using System.Text;
using OpenClaw.Config;

namespace OpenClaw.Tests.Config;

/// <summary>The files under samples/, and the environment that they expect.</summary>
internal static class SampleFiles
{
    public static string Folder { get; } = Path.Combine(SharedFiles.Repository, "samples");

    public static ConfigEnvironment Environment { get; } = ConfigEnvironment.Of(new Dictionary<string, string>
    {
        ["OPENCLAW_GATEWAY_TOKEN"] = "token-value",
        ["ANTHROPIC_API_KEY"] = "anthropic-value",
        ["OPENAI_API_KEY"] = "not-needed",
        ["GEMINI_API_KEY"] = "gemini-value",
        ["OPENROUTER_API_KEY"] = "openrouter-value",
        ["OPENAI_KEY_TEAM_A"] = "team-a-value",
        ["OPENAI_KEY_TEAM_B"] = "team-b-value",
    });

    public static IEnumerable<string> Names => Directory.EnumerateFiles(Folder, "*.json").Select(static f => Path.GetFileName(f)).Order(StringComparer.Ordinal);

    public static byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(Folder, name));

    /// <summary>Reads a sample that must be valid.</summary>
    public static OpenClawConfig ReadSample(string name) => MustRead(Bytes(name), Environment);

    public static OpenClawConfig MustRead(string json, ConfigEnvironment? environment = null) => MustRead(Encoding.UTF8.GetBytes(json), environment ?? ConfigEnvironment.Empty);

    public static OpenClawConfig MustRead(ReadOnlySpan<byte> json, ConfigEnvironment environment)
    {
        var result = ConfigReader.Read(json, environment);
        Assert.True(result.IsValid, string.Join("\n", result.Problems));
        return result.Config!;
    }

    public static ConfigResult Read(string json, params (string Name, string Value)[] variables) =>
        ConfigReader.Read(Encoding.UTF8.GetBytes(json), ConfigEnvironment.Of(variables.ToDictionary(static v => v.Name, static v => v.Value)));

    public static string Chain(OpenClawConfig config) => string.Join(" ", config.Models.Chain);
}
