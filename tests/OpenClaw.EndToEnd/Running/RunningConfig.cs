using System.Text.Json.Nodes;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Running;

/// <summary>Configurations of these tests: one OpenAI provider <c>p</c> and one Anthropic provider <c>a</c> at a scripted server.</summary>
internal static class RunningConfig
{
    public const string Token = "tok-owner-never-show-0123456789";

    /// <param name="change">Edits the document before it is written.</param>
    public static string Of(ScriptedServer server, Action<JsonObject>? change = null)
    {
        var config = new JsonObject
        {
            ["defaultModel"] = "p/ok",
            ["models"] = new JsonObject
            {
                ["providers"] = new JsonObject
                {
                    ["p"] = WallConfig.Provider(Wire.OpenAi, server.Origin, "p"),
                    ["a"] = WallConfig.Provider(Wire.Anthropic, server.Origin, "a"),
                },
            },
        };
        change?.Invoke(config);
        return config.ToJsonString();
    }

    /// <summary>The same with <see cref="Token"/> asked for.</summary>
    public static string WithToken(ScriptedServer server, Action<JsonObject>? change = null) => Of(server, config =>
    {
        config["gateway"] = new JsonObject { ["auth"] = new JsonObject { ["mode"] = "token", ["token"] = Token } };
        change?.Invoke(config);
    });

    public static IReadOnlyDictionary<string, string> Bearer(string token = Token) => new Dictionary<string, string> { ["Authorization"] = "Bearer " + token };
}
