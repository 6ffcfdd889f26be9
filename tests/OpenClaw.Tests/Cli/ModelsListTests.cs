using System.Text.Json;
using OpenClaw.Commands.Models;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Cli;

public sealed class ModelsListTests
{
    private const string Own = """
        { "defaultModel": "own/small",
          "models": { "allowlist": ["own/small", "own/big"], "fallbacks": ["own/big"], "aliases": { "a": "own/big" },
            "providers": { "own": { "baseUrl": "http://127.0.0.1:9/v1", "models": [
              { "id": "small", "name": "Small", "contextWindow": 8192, "input": ["text"] },
              { "id": "big", "contextWindow": 200000, "input": ["text", "image"] }, { "id": "shut" } ] } } } }
        """;

    [Fact]
    public void The_table_has_upstreams_columns_and_the_chain_first()
    {
        var rows = ModelsList.Choose(LocalView.Models(Own), all: false, localOnly: false, provider: null);
        Assert.Equal(
            """
            Model      Input       Ctx   Local  Auth  Tags
            own/small  text        8k    yes    yes   default,configured
            own/big    text+image  200k  yes    yes   fallback#1,alias:a,configured

            """,
            ModelsList.Table(rows));
    }

    [Fact]
    public void Json_has_upstreams_fields()
    {
        var rows = ModelsList.Choose(LocalView.Models(Own), all: false, localOnly: true, provider: "own");
        Assert.Equal(
            """{"count":2,"models":[{"key":"own/small","name":"Small","input":"text","contextWindow":8192,"local":true,"available":true,"tags":["default","configured"],"price":{"source":"selfHosted"}},{"key":"own/big","name":"big","input":"text\u002Bimage","contextWindow":200000,"local":true,"available":true,"tags":["fallback#1","alias:a","configured"],"price":{"source":"selfHosted"}}]}""",
            LocalView.Json(w => ModelsList.Write(w, rows)));
    }

    [Fact]
    public void All_shows_what_the_allowlist_shuts_out_and_says_so()
    {
        var view = LocalView.Models(Own);
        Assert.DoesNotContain(ModelsList.Choose(view, false, false, null), r => r.Key == "own/shut");
        Assert.Contains("own/shut   text+image  -     yes    yes   configured,not-allowed", ModelsList.Table(ModelsList.Choose(view, true, false, null)), StringComparison.Ordinal);
    }

    [Fact]
    public void All_adds_the_known_models_of_configured_providers_only()
    {
        var rows = ModelsList.Choose(LocalView.Models("{}", ("OPENAI_API_KEY", "sk-x")), all: true, localOnly: false, provider: null);
        Assert.Contains(rows, r => r.Key == "openai/gpt-4o" && r.Tags.Contains("known") && r.IsAvailable);
        Assert.All(rows, r => Assert.Equal("openai", r.Provider));
    }

    [Fact]
    public void The_gateways_answer_reads_like_the_configuration_itself()
    {
        var view = GatewayModels.Read(
            "http://g",
            JsonDocument.Parse("""{"default":"own/small","fallbacks":["own/big"],"aliases":{"a":["own/big"]},"models":[{"key":"own/small","allowed":true,"available":true,"contextWindow":8192,"local":true,"input":["text"],"tags":["default"]},{"key":"own/shut","allowed":false,"available":true,"input":["text"],"tags":[]}]}""").RootElement,
            JsonDocument.Parse("{}").RootElement,
            JsonDocument.Parse("""{"models":{"allowlist":["own/small"]}}""").RootElement);
        Assert.Equal("own/small  text   8k   yes    yes   default,configured", ModelsList.Table(ModelsList.Choose(view, false, false, null)).Split('\n')[1]);
        Assert.Equal(["own/small"], view.Allowed!.Value);
        Assert.Equal("a -> own/big", $"{view.Aliases[0].Name} -> {view.Aliases[0].Target}");
    }

    [Fact]
    public void Every_failure_has_one_of_upstreams_probe_buckets()
    {
        string[] buckets = ["ok", "auth", "rate_limit", "billing", "timeout", "format", "unknown", "no_model"];
        foreach (var reason in Enum.GetValues<FailureReason>())
        {
            Assert.Contains(ModelsProbe.Bucket(JsonNamingPolicy.CamelCase.ConvertName(reason.ToString())), buckets);
        }
        Assert.Equal("auth", ModelsProbe.Bucket("credential"));
        Assert.Equal("billing", ModelsProbe.Bucket("quotaExhausted"));
        Assert.Equal("unknown", ModelsProbe.Bucket("something new"));
    }

    [Fact]
    public void A_probe_asks_the_chain_and_one_model_of_every_other_provider()
    {
        var targets = ModelsProbe.Targets(LocalView.Models(LocalView.Team, ("GROQ_API_KEY", "k")));
        Assert.Equal(["openai/gpt-4o", "anthropic/claude-opus-4", "ollama/llama3.2"], targets.Take(3).Select(t => t.Model));
        Assert.Contains(targets, static t => (t.Provider, t.Model) == ("gemini", "gemini/gemini-2.5-flash"));
        Assert.Contains(targets, static t => (t.Provider, t.Model) == ("groq", null));
    }
}
