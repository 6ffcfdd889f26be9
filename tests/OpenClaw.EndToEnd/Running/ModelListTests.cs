using System.Text.Json.Nodes;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Running;

public sealed class ModelListTests(ModelListTests.Running running) : IClassFixture<ModelListTests.Running>
{
    private static readonly Dictionary<string, string> s_anthropic = new() { ["anthropic-version"] = "2023-06-01" };
    private readonly ScriptedServer _server = running.Server;
    private readonly GatewayProcess _gateway = running.Gateway;

    [Fact]
    public async Task The_list_has_OpenAIs_shape()
    {
        var list = (await _gateway.GetAsync("/v1/models")).Json;
        Assert.Equal("list", list["object"]!.GetValue<string>());
        var ids = Ids(list);
        foreach (var id in (string[])["openclaw", "p/ok", "a/ok", "p/vendor/deep/model", "fast"]) Assert.Contains(id, ids);
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(list["data"]!.AsArray(), m => Assert.Equal("model", m!["object"]!.GetValue<string>()));
        Assert.All(list["data"]!.AsArray(), m => Assert.True(m!["created"]!.GetValue<long>() > 0));
    }

    [Fact]
    public async Task And_Anthropics_for_its_clients()
    {
        var list = (await _gateway.GetAsync("/v1/models", s_anthropic)).Json;
        Assert.False(list["has_more"]!.GetValue<bool>());
        Assert.Contains("a/ok", Ids(list));
        Assert.All(list["data"]!.AsArray(), m => Assert.Equal("model", m!["type"]!.GetValue<string>()));
        var unknown = await _gateway.GetAsync("/v1/models/a/none", s_anthropic);
        Assert.Equal((404, "anthropic"), (unknown.Status, unknown.Shape));
    }

    [Theory]
    [InlineData("/v1/models/p/vendor/deep/model", "p/vendor/deep/model")]
    [InlineData("/v1/models/p%2Fvendor%2Fdeep%2Fmodel", "p/vendor/deep/model")]
    [InlineData("/v1/models/p/ok", "p/ok")]
    [InlineData("/v1/models/fast", "fast")]
    [InlineData("/v1/models/openclaw", "openclaw")]
    public async Task One_model_is_found_by_its_id(string path, string id)
    {
        foreach (var headers in (Dictionary<string, string>[])[[], s_anthropic])
        {
            var model = (await _gateway.GetAsync(path, headers)).Json;
            Assert.Equal(id, model["id"]!.GetValue<string>());
        }
    }

    [Fact]
    public async Task One_that_is_not_there_is_404_with_the_nearest()
    {
        var answer = await _gateway.GetAsync("/v1/models/p/okk");
        Assert.Equal((404, "openai"), (answer.Status, answer.Shape));
        Assert.Contains("p/ok", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_local_server_serves_is_listed_as_far_as_the_allowlist_goes()
    {
        var list = await Until.TrueAsync("what was discovered", () => _gateway.GetAsync("/v1/models"), a => a.Body.Contains("p/gzip", StringComparison.Ordinal));
        var ids = Ids(list.Json);
        Assert.Contains("p/cut-after-20", ids);
        Assert.Contains("local/gzip", ids);
        Assert.DoesNotContain("local/ok", ids);
        Assert.DoesNotContain("a/gzip", ids);
        var control = (await _gateway.GetAsync("/openclaw/v1/models")).Json["models"]!.AsArray().ToDictionary(m => m!["key"]!.GetValue<string>(), m => m!);
        Assert.Contains("p/gzip", control.Keys);
        Assert.Contains("does not list vendor/deep/model", control["p/vendor/deep/model"]["missing"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Null(control["p/ok"]["missing"]);
        Assert.Equal(403, (await _gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat.Replace("p/ok", "local/ok", StringComparison.Ordinal))).Status);
    }

    private static List<string> Ids(JsonNode list) => [.. list["data"]!.AsArray().Select(m => m!["id"]!.GetValue<string>())];

    /// <summary>One gateway for all tests of this class.</summary>
    public sealed class Running : IAsyncLifetime
    {
        internal ScriptedServer Server { get; private set; } = null!;

        internal GatewayProcess Gateway { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Server = ScriptedServer.Start();
            Gateway = await GatewayProcess.StartAsync(RunningConfig.Of(Server, c =>
            {
                c["models"]!["allowlist"] = new JsonArray("p/*", "a/ok", "p/vendor/deep/model", "local/gzip");
                c["models"]!["aliases"] = new JsonObject { ["fast"] = "p/ok" };
                c["models"]!["providers"]!["local"] = WallConfig.Provider(Wire.Ollama, Server.Origin, "local");
            }));
        }

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            await Server.DisposeAsync();
        }
    }
}
