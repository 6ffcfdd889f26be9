using System.Text;
using OpenClaw.Client;
using OpenClaw.Commands.Models;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.Tests.Cli;

/// <summary>Asks a real server on a socket, which answers like Ollama and like OpenAI.</summary>
public sealed class DiscoveryTests
{
    [Fact]
    public async Task A_server_with_ollamas_list_is_an_ollama()
    {
        await using var server = ScriptedServer.Start();
        var found = await AskAsync(new DiscoveryPlace(server.Origin, "ollama", null, true));
        Assert.Equal(("ollama", null), (found.Kind, found.Problem));
        Assert.Contains(found.Models, m => m.Id.StartsWith("ok", StringComparison.Ordinal));
        Assert.Equal("ollama/" + found.Models[0].Id, ModelsScan.Reference(found, found.Models[0]));
    }

    [Fact]
    public async Task Nobody_there_is_said_in_words()
    {
        var found = await AskAsync(new DiscoveryPlace(new Uri("http://127.0.0.1:1"), "own", null, true));
        Assert.Equal("does not answer", found.Problem);
        Assert.Equal("http://127.0.0.1:1 (own): does not answer\n", ModelsScan.Text([found]));
    }

    [Fact]
    public void The_places_are_the_configured_servers_once_and_the_usual_ports()
    {
        var config = LocalView.Read("""{ "models": { "providers": { "own": { "baseUrl": "http://localhost:8000/v1", "apiKey": "k" }, "cloud": { "baseUrl": "https://api.example.com/v1" } } } }""").Config;
        var places = DiscoveryPlaces.Of(config, LocalView.Environment());
        Assert.Equal(
            ["own http://localhost:8000/v1 True", "ollama http://127.0.0.1:11434/ False", " http://127.0.0.1:1234/ False", " http://127.0.0.1:8080/ False"],
            places.Select(p => $"{p.Provider} {p.Url} {p.Key is not null}"));
    }

    [Fact]
    public void The_best_is_loaded_then_large_and_allowed_and_never_an_embedding()
    {
        var config = LocalView.Read("""{ "models": { "allowlist": ["ollama/*"] } }""").Config!;
        var place = new DiscoveryPlace(new Uri("http://127.0.0.1:11434"), "ollama", null, false);
        var other = new DiscoveryPlace(new Uri("http://127.0.0.1:8000"), "vllm", null, false);
        FoundServer[] servers =
        [
            new(other, "vllm", null, [new("huge", 1_000_000, true)]),
            new(place, "ollama", null, [new("nomic-embed", 900_000, true), new("small", 8192, true), new("large", 131072, false)]),
        ];
        Assert.Equal("ollama/small", ModelsScan.Best(servers, config));
    }

    [Fact]
    public void A_server_that_the_configuration_does_not_name_comes_with_what_to_add()
    {
        var found = new FoundServer(new DiscoveryPlace(new Uri("http://127.0.0.1:1234"), null, null, false), "lmstudio", null, [new("qwen3", 32768, false)]);
        Assert.Equal(
            """
            Model  Ctx  Server                 Kind      Loaded
            qwen3  33k  http://127.0.0.1:1234  lmstudio  -
            To ask for the models of http://127.0.0.1:1234, add: "models": { "providers": { "lmstudio": { "baseUrl": "http://127.0.0.1:1234/v1" } } }

            """,
            ModelsScan.Text([found]));
        Assert.Contains("\"key\":null", LocalView.Json(w => ModelsScan.Write(w, [found])), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("meta-llama/llama-3.3-70b-instruct:free", 70.0)]
    [InlineData("mistralai/mixtral-8x7B", 56.0)]
    [InlineData("qwen3-30b-a3b", 30.0)]
    [InlineData("qwen2.5:0.5b", 0.5)]
    [InlineData("gemma3:270m", null)]
    [InlineData("gpt-oss-99999b", null)]
    [InlineData("x-1bit", null)]
    public void The_size_of_a_model_is_what_its_name_says(string id, double? billions) => Assert.Equal(billions, ScanFilter.Params(id));

    [Fact]
    public void Only_what_was_asked_for_is_shown()
    {
        var router = new FoundServer(new DiscoveryPlace(new Uri("https://openrouter.ai/api/v1"), "openrouter", null, true), "openrouter", null, [new("qwen/qwen3-8b:free", 40960, false), new("meta-llama/llama-3.3-70b:free", 131072, false)]);
        var own = new FoundServer(new DiscoveryPlace(new Uri("http://127.0.0.1:11434"), "ollama", null, true), "ollama", null, [new("llama3.2", 8192, true)]);
        string Shown(string? provider, double? least) => ModelsScan.Plain(new ScanFilter(provider, least).Of([router, own]));
        Assert.Equal("openrouter/qwen/qwen3-8b:free\nopenrouter/meta-llama/llama-3.3-70b:free\nollama/llama3.2\n", Shown(null, null));
        Assert.Equal("openrouter/meta-llama/llama-3.3-70b:free\n", Shown("meta-llama", null));
        Assert.Equal("ollama/llama3.2\n", Shown("ollama", null));
        Assert.Equal("openrouter/meta-llama/llama-3.3-70b:free\n", Shown(null, 30));
        Assert.Equal("", Shown("qwen", 30));
    }

    private static Task<FoundServer> AskAsync(DiscoveryPlace place) =>
        new Discovery(TimeSpan.FromSeconds(5)).AskAsync(place, TestContext.Current.CancellationToken);
}
