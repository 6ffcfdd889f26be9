using System.Text;
using OpenClaw.Config;
using OpenClaw.Gateway;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Providers;
using OpenClaw.Gateway.Providers.Scripted;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;

namespace OpenClaw.Tests.Gateway.Providers;

public sealed class LocalDiscoveryTests : IAsyncDisposable
{
    private readonly ManualTime _time = new();
    private readonly StateBuilder _builder;
    private LocalDiscovery? _discovery;

    public LocalDiscoveryTests() => _builder = new StateBuilder(new GatewayOptions { Time = _time, Environment = ConfigEnvironment.Empty }, new Backoff(new Random(1)));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (_discovery is not null) await _discovery.DisposeAsync();
        await _builder.DisposeAsync();
    }

    [Fact]
    public async Task Ollama_tells_window_and_abilities_of_each_model()
    {
        await using var ollama = Ollama("""{"model_info":{"general.architecture":"llama","llama.context_length":32768},"capabilities":["completion","tools"]}""");
        var state = await LookAsync(Providers("ollama", "ollama", ollama.Url));
        var target = Target(state, "ollama/llama3.2");
        Assert.Equal((32768, false, 32768, false), (target.ContextWindow, target.TakesImages, target.Request.ContextWindow, target.Request.Thinks));
        Assert.Equal(["GET /api/tags", "POST /api/show {\"model\":\"llama3.2:latest\"}"], ollama.Asked);
    }

    [Fact]
    public async Task A_model_that_did_not_change_is_not_asked_for_again()
    {
        await using var ollama = Ollama("""{"model_info":{"general.architecture":"llama","llama.context_length":32768}}""");
        var state = await LookAsync(Providers("ollama", "ollama", ollama.Url));
        var version = _builder.Discovered.Version;
        await _discovery!.LookAsync(state, Cancel);
        Assert.Equal(2, ollama.Asked.Count(a => a == "GET /api/tags"));
        Assert.Single(ollama.Asked, a => a.StartsWith("POST", StringComparison.Ordinal));
        Assert.Equal(version, _builder.Discovered.Version);
    }

    [Fact]
    public async Task A_target_that_was_made_before_the_answer_came_learns_of_it()
    {
        await using var vllm = OpenAi("""{"id":"qwen","max_model_len":8192}""");
        var state = Build(Providers("vllm", "openai-completions", vllm.Url + "/v1"));
        var before = Target(state, "vllm/qwen");
        await LookAsync(state);
        var after = Target(state, "vllm/qwen");
        Assert.Equal((null, 8192), (before.ContextWindow, after.ContextWindow));
        Assert.Same(before.Health, after.Health);
        Assert.Same(after, Target(state, "vllm/qwen"));
    }

    [Fact]
    public async Task A_prompt_too_long_for_what_the_server_runs_is_known_before_the_call()
    {
        await using var vllm = OpenAi("""{"id":"qwen","max_model_len":8192}""");
        var state = await LookAsync(Providers("vllm", "openai-completions", vllm.Url + "/v1"));
        var (plan, error) = RoutePlanner.Plan(state, Caller.Owner, "vllm/qwen", true, new RequestNeeds(false, 20_000, null, "openai"), new Decision("d", default, "chat"));
        Assert.Null(plan);
        Assert.Contains("20000 tokens", error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_file_and_its_facts_win()
    {
        await using var vllm = OpenAi("""{"id":"qwen","max_model_len":8192,"architecture":{"input_modalities":["text"]}}""");
        var state = await LookAsync(Providers("vllm", "openai-completions", vllm.Url + "/v1", """ "models":[{"id":"qwen","contextWindow":4096,"input":["text","image"]}]"""));
        var target = Target(state, "vllm/qwen");
        Assert.Equal((4096, true), (target.ContextWindow, target.TakesImages));
    }

    [Fact]
    public async Task What_an_open_server_serves_is_listed()
    {
        await using var server = ScriptedServer.Start();
        var state = await LookAsync(Providers("mine", "openai-completions", server.BaseUrl.ToString()));
        var listed = Listed(state);
        Assert.Contains("mine/ok", listed);
        Assert.Equal(ScriptedFault.Catalogue.Count, listed.Count(l => l.StartsWith("mine/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_closed_provider_and_an_allowlist_stay_as_narrow_as_they_were_written()
    {
        await using var server = ScriptedServer.Start();
        var closed = await LookAsync(Providers("mine", "ollama", server.Origin.ToString(), """ "models":[{"id":"ok"}]"""));
        Assert.Equal(["mine/ok"], Listed(closed));
        var narrow = await LookAsync(Providers("mine", "ollama", server.Origin.ToString()).Replace("{\"models\":{", "{\"models\":{\"allowlist\":[\"mine/ok\"],", StringComparison.Ordinal));
        Assert.Equal(["mine/ok"], Listed(narrow));
        Assert.False(narrow.Config.Models.IsAllowed(new ModelRef("mine", "gzip")));
    }

    [Fact]
    public async Task A_server_that_is_away_is_named_and_stays_callable()
    {
        var tiny = OpenAi("""{"id":"qwen","max_model_len":8192}""");
        var state = await LookAsync(Providers("vllm", "openai-completions", tiny.Url + "/v1"));
        await tiny.DisposeAsync();
        await _discovery!.LookAsync(state, Cancel);
        var target = Target(state, "vllm/qwen");
        Assert.Equal($"vllm at {tiny.Url}/v1 does not answer", state.WhyNotServed(target));
        Assert.Equal(8192, target.ContextWindow);
        Assert.Contains("vllm/qwen", Listed(state));
    }

    [Theory]
    [InlineData("ollama", "ollama has no model phi4; run: ollama pull phi4")]
    [InlineData("openai-completions", "mine does not list phi4; it lists qwen")]
    public async Task A_model_that_is_not_there_is_named(string api, string why)
    {
        await using var server = new TinyHttp((door, _) => door switch
        {
            "GET /api/tags" => (200, """{"models":[{"model":"qwen"}]}"""),
            "GET /v1/models" => (200, """{"data":[{"id":"qwen"}]}"""),
            _ => (404, "{}"),
        });
        var id = api == "ollama" ? "ollama" : "mine";
        var state = await LookAsync(Providers(id, api, server.Url + (api == "ollama" ? "" : "/v1")));
        Assert.Equal(why, state.WhyNotServed(Target(state, id + "/phi4")));
        Assert.Null(state.WhyNotServed(Target(state, id + "/qwen")));
    }

    [Fact]
    public async Task An_empty_list_says_nothing_of_any_model()
    {
        await using var server = OpenAi("");
        var state = await LookAsync(Providers("mine", "openai-completions", server.Url + "/v1"));
        Assert.Null(state.WhyNotServed(Target(state, "mine/whatever")));
    }

    [Fact]
    public async Task Llama_server_answers_to_any_name()
    {
        await using var server = OpenAi("""{"id":"model.gguf","owned_by":"llamacpp","meta":{"n_ctx":1024}}""");
        var state = await LookAsync(Providers("mine", "openai-completions", server.Url + "/v1"));
        Assert.Null(state.WhyNotServed(Target(state, "mine/whatever")));
    }

    [Theory]
    [InlineData(0, "", "does not answer")]
    [InlineData(401, "{}", "answers 401 when asked for its models")]
    [InlineData(302, "{}", "answers 302 when asked for its models")]
    [InlineData(200, "<html>", "answers with no list of models")]
    [InlineData(200, "{\"data\":7}", null)]
    public async Task Whatever_a_server_says_is_a_fact_and_no_failure(int status, string body, string? problem)
    {
        await using var server = new TinyHttp((_, _) => (status, body));
        var state = await LookAsync(Providers("mine", "openai-completions", server.Url + "/v1"));
        Assert.Equal(problem, state.ServedBy(state.Config.Providers[0])!.Problem);
    }

    [Fact]
    public async Task An_endless_list_is_not_read_to_its_end()
    {
        await using var server = new TinyHttp((_, _) => (200, new string(' ', 9 * 1024 * 1024)));
        var state = await LookAsync(Providers("mine", "openai-completions", server.Url + "/v1"));
        Assert.Equal("answers with too long a list of models", state.ServedBy(state.Config.Providers[0])!.Problem);
    }

    [Fact]
    public async Task The_key_goes_where_the_requests_would_take_it()
    {
        await using var server = OpenAi("""{"id":"qwen"}""");
        await LookAsync(Providers("mine", "openai-completions", server.Url + "/v1", """ "apiKey":"sk-own","headers":{"x-team":"red"}"""));
        Assert.True(server.Heads.TryDequeue(out var head));
        Assert.Contains("Authorization: Bearer sk-own", head, StringComparison.Ordinal);
        Assert.Contains("x-team: red", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_no_longer_configured_is_forgotten()
    {
        await using var server = OpenAi("""{"id":"qwen"}""");
        var state = await LookAsync(Providers("mine", "openai-completions", server.Url + "/v1"));
        await _discovery!.LookAsync(Build("{}"), Cancel);
        Assert.Null(state.ServedBy(state.Config.Providers[0]));
    }

    [Fact]
    public async Task It_asks_at_the_start_after_a_reload_and_every_minute()
    {
        using var rounds = new SemaphoreSlim(0);
        await using var server = new TinyHttp((_, _) =>
        {
            rounds.Release();
            return (200, """{"data":[]}""");
        });
        var state = Build(Providers("mine", "openai-completions", server.Url + "/v1"));
        var states = new StateHolder(state);
        _discovery = new LocalDiscovery(states, _builder.Discovered, _time, Assert.Fail);
        _discovery.Start();
        await rounds.WaitAsync(Cancel);
        states.Replace(state);
        await rounds.WaitAsync(Cancel);
        _time.Advance(LocalDiscovery.Interval);
        await rounds.WaitAsync(Cancel);
        Assert.Equal(3, server.Asked.Count);
    }

    private static TinyHttp OpenAi(string model) => new((door, _) => door == "GET /v1/models" ? (200, $$"""{"object":"list","data":[{{model}}]}""") : (404, "{}"));

    private static TinyHttp Ollama(string show) => new((door, _) => door switch
    {
        "GET /api/tags" => (200, """{"models":[{"name":"llama3.2:latest","model":"llama3.2:latest","digest":"a80c4f17acd5"}]}"""),
        "POST /api/show" => (200, show),
        _ => (404, "{}"),
    });

    private static string Providers(string id, string api, string url, string more = "\"prefill\":false") =>
        $$$$"""{"models":{"providers":{"{{{{id}}}}":{"api":"{{{{api}}}}","baseUrl":"{{{{url}}}}",{{{{more}}}} } } } }""";

    private static Target Target(GatewayState state, string reference)
    {
        Assert.True(ModelRef.TryParse(reference, out var parsed));
        return state.TargetOf(parsed).Target!;
    }

    private static List<string> Listed(GatewayState state) => [.. ModelsEndpoint.Listed(state, Caller.Owner).Select(m => m.Id)];

    private GatewayState Build(string config)
    {
        var read = ConfigReader.Read(Encoding.UTF8.GetBytes(config), ConfigEnvironment.Empty);
        Assert.True(read.IsValid, string.Join('\n', read.Problems));
        return _builder.Build(read.Config!).State!;
    }

    private Task<GatewayState> LookAsync(string config) => LookAsync(Build(config));

    private async Task<GatewayState> LookAsync(GatewayState state)
    {
        _discovery ??= new LocalDiscovery(new StateHolder(state), _builder.Discovered, _time, Assert.Fail);
        await _discovery.LookAsync(state, Cancel);
        return state;
    }
}
