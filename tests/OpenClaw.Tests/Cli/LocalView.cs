using System.Text;
using OpenClaw.Client;
using OpenClaw.Commands.Models;
using OpenClaw.Config;

namespace OpenClaw.Tests.Cli;

/// <summary>A configuration and an environment as the commands see them.</summary>
internal static class LocalView
{
    public const string Team = """
        { "defaultModel": "openai/gpt-4o",
          "models": { "fallbacks": ["anthropic/claude-opus-4", "ollama/llama3.2"],
                      "aliases": { "fast": "gemini/gemini-2.5-flash", "deep": ["anthropic/claude-opus-4", "openai/gpt-4o"] },
                      "allowlist": ["openai/gpt-4o", "anthropic/*", "ollama/*", "gemini/gemini-2.5-flash"] } }
        """;

    public static LocalConfig Read(string json, params (string Name, string Value)[] variables)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        return new LocalConfig("/etc/openclaw.json", bytes, ConfigReader.Read(bytes, Environment(variables)), null);
    }

    public static ConfigEnvironment Environment(params (string Name, string Value)[] variables) =>
        ConfigEnvironment.Of(variables.ToDictionary(v => v.Name, v => v.Value));

    public static ModelsView Models(string json, params (string Name, string Value)[] variables) =>
        LocalModels.Read(Read(json, variables), Environment(variables), new ManualTime());

    public static string Json(Action<System.Text.Json.Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new System.Text.Json.Utf8JsonWriter(buffer)) write(json);
        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
