using System.Text.Json.Nodes;
using OpenClaw.EndToEnd.Running;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Sessions;

/// <summary>The guide's providers and allowlist at a scripted server: every name that the guide uses answers.</summary>
internal static class SessionConfig
{
    public const string ClientToken = "tok-ci-never-show-0123456789";

    /// <summary>A server whose models have the guide's names and answer.</summary>
    public static ScriptedServer Server(ScriptedOptions? options = null)
    {
        var server = ScriptedServer.Start(options);
        foreach (var model in (string[])["claude-opus-4", "claude-sonnet-4-20250514", "gpt-4o"]) server.On(model, static x => ScriptedPlay.PlayAsync(x, ScriptedFault.Parse("ok"), TimeSpan.Zero));
        return server;
    }

    public static string Of(ScriptedServer server, Action<JsonObject>? change = null) => RunningConfig.WithToken(server, config =>
    {
        config["defaultModel"] = "anthropic/claude-sonnet-4-20250514";
        config["models"] = new JsonObject
        {
            ["allowlist"] = new JsonArray("anthropic/claude-sonnet-4-20250514", "anthropic/claude-opus-4", "openai/gpt-4o", "openai/down"),
            ["fallbacks"] = new JsonArray("openai/gpt-4o"),
            ["aliases"] = new JsonObject { ["deep"] = new JsonArray("openai/down", "anthropic/claude-opus-4") },
            ["prices"] = new JsonObject { ["openai/gpt-4o"] = new JsonObject { ["input"] = 2.5, ["output"] = 10 }, ["anthropic/claude-opus-4"] = new JsonObject { ["input"] = 15, ["output"] = 75 } },
            ["providers"] = new JsonObject
            {
                ["anthropic"] = WallConfig.Provider(Wire.Anthropic, server.Origin, "anthropic"),
                ["openai"] = WallConfig.Provider(Wire.OpenAi, server.Origin, "openai"),
            },
        };
        config["clients"] = new JsonArray(new JsonObject { ["name"] = "ci", ["token"] = ClientToken, ["allow"] = new JsonArray("openai/*") });
        config["routing"] = new JsonObject { ["retries"] = 0 };
        change?.Invoke(config);
    });

    public static Dictionary<string, string> In(string session, string token = RunningConfig.Token, params (string Name, string Value)[] more)
    {
        var headers = new Dictionary<string, string> { ["Authorization"] = "Bearer " + token, ["x-openclaw-session"] = session };
        foreach (var (name, value) in more) headers[name] = value;
        return headers;
    }

    /// <summary>Says something in a session and waits for the answer.</summary>
    public static Task<ChatReply> SayAsync(this ChatClient client, string text, string session, ClientProtocol protocol = ClientProtocol.Chat, bool stream = false, string model = "claude-sonnet-4-20250514", string token = RunningConfig.Token, params (string Name, string Value)[] more) =>
        client.AskAsync(new ChatAsk(model, protocol, stream, text) { Headers = In(session, token, more) }, TestContext.Current.CancellationToken);
}
