using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Cli;

/// <summary><c>models scan</c> and <c>models status --probe --check</c> against servers that answer, as OpenRouter and as providers do.</summary>
public sealed class ScanTests
{
    private const string Key = "sk-or-never-show-0123456789";

    private const string List = """
        { "data": [
          { "id": "openai/gpt-4o", "name": "dear", "context_length": 128000, "pricing": { "prompt": "0.0000025", "completion": "0.00001" } },
          { "id": "qwen/qwen3-8b:free", "name": "small", "context_length": 40960, "pricing": { "prompt": "0", "completion": "0" } },
          { "id": "meta-llama/llama-3.3-70b-instruct:free", "name": "large", "context_length": 131072, "pricing": { "prompt": "0", "completion": "0" } },
          { "id": "openrouter/auto", "name": "who knows", "context_length": 2000000, "pricing": { "prompt": "-1", "completion": "-1" } },
          { "id": "half/free", "context_length": 500000, "pricing": { "prompt": "0", "completion": "0.000001" } }
        ] }
        """;

    [Fact]
    public async Task Scan_finds_what_is_free_at_OpenRouter_the_largest_first_and_can_make_it_the_default()
    {
        await using var router = new TinyHttp((door, _) => door == "GET /api/v1/models" ? (200, List) : (404, "{}"));
        using var folder = new CliFolder().With(Config(router.Url));
        // Other servers may listen on the usual ports of this machine; only this one is asked about.
        string[] line = ["models", "scan", "--provider", "openrouter"];

        var json = await RunAsync(folder, [.. line, "--json"]);
        Assert.Equal((0, ""), (json.Code, json.Error));
        var server = Assert.Single(json.Json.GetProperty("servers").EnumerateArray(), s => s.GetProperty("url").GetString() == router.Url);
        Assert.Equal(("openrouter", "openrouter"), (server.GetProperty("kind").GetString(), server.GetProperty("provider").GetString()));
        Assert.Equal(
            ["openrouter/meta-llama/llama-3.3-70b-instruct:free 131072", "openrouter/qwen/qwen3-8b:free 40960"],
            server.GetProperty("models").EnumerateArray().Select(static m => $"{m.GetProperty("key").GetString()} {m.GetProperty("contextWindow").GetInt64()}"));
        Assert.Contains("authorization: Bearer " + Key, router.Heads.First(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal("openrouter/qwen/qwen3-8b:free\n", (await RunAsync(folder, [.. line[..3], "qwen", "--plain"])).Output);
        Assert.Equal("openrouter/meta-llama/llama-3.3-70b-instruct:free\n", (await RunAsync(folder, [.. line, "--plain", "--min-params", "30"])).Output);

        var table = await RunAsync(folder, line);
        Assert.Equal((0, ""), (table.Code, table.Error));
        Assert.Matches(@"^Model +Ctx +Server +Kind +Loaded\nopenrouter/meta-llama/llama-3\.3-70b-instruct:free +131k +http://127\.0\.0\.1:\d+ +openrouter +-\nopenrouter/qwen/qwen3-8b:free +41k ", table.Output);
        Assert.DoesNotContain(Key, table.Output + json.Output, StringComparison.Ordinal);

        // Nothing is changed before it is confirmed.
        var asked = await RunAsync(folder, [.. line, "--set-default"]);
        Assert.Equal((2, "error: openrouter/meta-llama/llama-3.3-70b-instruct:free would become the default model\nhint: confirm with --yes\n"), (asked.Code, asked.Error));
        Assert.Equal(Config(router.Url), await File.ReadAllTextAsync(folder.ConfigFile, TestContext.Current.CancellationToken));
        var set = await RunAsync(folder, [.. line, "--set-default", "--yes"]);
        Assert.Equal((0, ""), (set.Code, set.Error));
        Assert.EndsWith("Default model: openrouter/meta-llama/llama-3.3-70b-instruct:free\n", set.Output, StringComparison.Ordinal);
        Assert.Equal("openrouter/meta-llama/llama-3.3-70b-instruct:free\n", (await RunAsync(folder, ["models", "--plain"])).Output);
    }

    [Theory]
    [InlineData(500, "answered 500")]
    [InlineData(0, "does not answer")]
    public async Task Scan_says_of_a_server_that_the_configuration_names_why_nothing_was_found_there(int status, string why)
    {
        await using var router = new TinyHttp((_, _) => (status, "{}"));
        using var folder = new CliFolder().With(Config(router.Url));
        var run = await RunAsync(folder, ["models", "scan", "--provider", "openrouter"]);
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Contains($"{router.Url} (openrouter): {why}\n", run.Output, StringComparison.Ordinal);
        var json = await RunAsync(folder, ["models", "scan", "--provider", "openrouter", "--json"]);
        Assert.Equal(why, Assert.Single(json.Json.GetProperty("servers").EnumerateArray(), s => s.GetProperty("url").GetString() == router.Url).GetProperty("problem").GetString());
    }

    [Theory]
    [InlineData("ok", "ok", 0)]
    [InlineData("bad-key", "auth", 1)]
    [InlineData("money-out", "billing", 1)]
    [InlineData("no-such-model", "no_model", 1)]
    [InlineData("rate-limited-600s", "rate_limit", 2)]
    [InlineData("down", "unknown", 0)]
    [InlineData("refused", "timeout", 0)]
    public async Task A_probe_s_result_is_the_check_s_exit_code_with_and_without_a_gateway(string model, string bucket, int code)
    {
        var config = $$"""{ "defaultModel": "scripted/ok", "routing": { "retries": 0 }, "models": { "fallbacks": ["other/{{model}}"], "providers": { "other": { "api": "scripted" } } } }""";
        using var folder = new CliFolder().With(config);
        await using var gateway = await GatewayProcess.StartAsync(config);
        string[] line = ["models", "status", "--probe", "--check", "--json"];
        foreach (var run in (CliRun[])[await folder.RunAsync([.. line, "--config", folder.ConfigFile]), await folder.RunAsync([.. line, "--url", gateway.Url.ToString()])])
        {
            Assert.True(run.Code == code, run.ToString());
            Assert.Equal(
                ["scripted/ok ok", $"other/{model} {bucket}"],
                run.Json.GetProperty("auth").GetProperty("probes").EnumerateArray().Select(static p => $"{p.GetProperty("model").GetString()} {p.GetProperty("status").GetString()}"));
        }
    }

    private static Task<CliRun> RunAsync(CliFolder folder, string[] line) => folder.RunAsync(line, null, ("OR_KEY", Key));

    private static string Config(string router) =>
        $$"""{ "defaultModel": "openrouter/openai/gpt-4o", "models": { "providers": { "openrouter": { "baseUrl": "{{router}}/api/v1", "apiKey": "${OR_KEY}" } } } }""";
}
