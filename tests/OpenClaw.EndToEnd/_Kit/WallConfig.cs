using System.Text.Json.Nodes;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd;

/// <summary>Providers for a test's configuration.</summary>
internal static class WallConfig
{
    /// <summary>Begins every key, so that a test can look for it where it must not be.</summary>
    public const string KeyPrefix = "sk-wall-never-show-";

    public static JsonObject Provider(Wire wire, Uri origin, string id)
    {
        var (api, path) = wire switch
        {
            Wire.Anthropic => ("anthropic-messages", ""),
            Wire.Gemini => ("google-generative-ai", ""),
            Wire.Ollama => ("ollama", ""),
            _ => ("openai-completions", "/v1"),
        };
        return new JsonObject { ["api"] = api, ["baseUrl"] = origin.ToString().TrimEnd('/') + path, ["apiKey"] = KeyPrefix + id };
    }

    /// <summary><c>popenai</c>, <c>fopenai</c>, <c>panthropic</c>, …: two providers of each protocol at one server.</summary>
    public static JsonObject EveryWire(ScriptedServer server)
    {
        var providers = new JsonObject();
        foreach (var wire in Enum.GetValues<Wire>())
        {
            foreach (var role in (string[])["p", "f"])
            {
                var id = role + wire.ToString().ToLowerInvariant();
                providers[id] = Provider(wire, server.Origin, id);
            }
        }
        return providers;
    }
}
