namespace OpenClaw.EndToEnd.Cli;

public sealed class ConfigTests
{
    private const string Broken = """
        {
          "defaultModel": "opnai/gpt-4o",
          "gatway": {}
        }
        """;

    [Fact]
    public async Task Validate_names_line_place_and_what_to_write_instead()
    {
        using var folder = new CliFolder().With(Broken);
        var run = await folder.RunAsync("config validate");
        Assert.Equal((1, "~/openclaw.json: not valid, 1 error and 1 warning\n"), (run.Code, run.Output));
        Assert.Contains("error: line 2 /defaultModel: ", run.Error, StringComparison.Ordinal);
        Assert.Contains("\"openai\"", run.Error, StringComparison.Ordinal);
        Assert.Contains("warning: line 3 /gatway: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_as_json_has_upstreams_fields()
    {
        using var folder = new CliFolder().With(Broken);
        var run = await folder.RunAsync("config validate openclaw.json --json");
        Assert.Equal(1, run.Code);
        Assert.Equal(["ok", "valid", "path", "issues"], run.Json.EnumerateObject().Select(m => m.Name));
        var issue = run.Json.GetProperty("issues")[0];
        Assert.Equal(["severity", "line", "path", "message", "instead"], issue.EnumerateObject().Select(m => m.Name));
        Assert.Equal(("error", 2, "/defaultModel"), (issue.GetProperty("severity").GetString(), issue.GetProperty("line").GetInt32(), issue.GetProperty("path").GetString()));
    }

    [Theory]
    [InlineData("config validate")]
    [InlineData("config print")]
    [InlineData("config convert --to native")]
    public async Task The_file_is_named_behind_the_command_or_by_the_option_and_not_by_both(string command)
    {
        using var folder = new CliFolder().With("{}");
        File.WriteAllText(folder.File("other.json"), """{ "defaultModel": "openai/gpt-4o" }""");
        var behind = await folder.RunAsync(command + " other.json");
        Assert.Equal(0, behind.Code);
        Assert.Contains(command == "config validate" ? "other.json: valid" : "gpt-4o", behind.Output, StringComparison.Ordinal);
        Assert.Equal(behind.ToString(), (await folder.RunAsync(command + " --config other.json")).ToString());
        var both = await folder.RunAsync(command + " --config other.json other.json");
        Assert.Equal(2, both.Code);
        Assert.Contains("named twice", both.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_reads_standard_input()
    {
        using var folder = new CliFolder();
        var run = await folder.RunAsync(["config", "validate", "-"], """{ "defaultModel": "openai/gpt-4o" }""");
        Assert.Equal((0, "standard input: valid\n"), (run.Code, run.Output));
    }

    [Fact]
    public async Task Print_shows_secrets_as_where_they_are_from()
    {
        using var folder = new CliFolder().With("""{ "models": { "providers": { "own": { "baseUrl": "http://h/v1", "apiKey": "sk-never-show-0123456789" } } } }""");
        var run = await folder.RunAsync(["config", "print", "--json"], null, ("OPENAI_API_KEY", "sk-never-show-9876543210"));
        Assert.Equal(0, run.Code);
        Assert.DoesNotContain("never-show", run.ToString(), StringComparison.Ordinal);
        var providers = run.Json.GetProperty("models").GetProperty("providers");
        Assert.Equal("config", providers.GetProperty("own").GetProperty("apiKey").GetProperty("from").GetString());
        Assert.Equal("env:OPENAI_API_KEY", providers.GetProperty("openai").GetProperty("apiKey").GetProperty("from").GetString());
    }

    [Fact]
    public async Task Schema_is_a_json_schema()
    {
        using var folder = new CliFolder();
        var run = await folder.RunAsync("config schema");
        Assert.Equal((0, "https://json-schema.org/draft/2020-12/schema"), (run.Code, run.Json.GetProperty("$schema").GetString()));
    }

    [Fact]
    public async Task Convert_refuses_to_lose_anything_unless_forced()
    {
        using var folder = new CliFolder().With("""{ "defaultModel": "openai/gpt-4o", "models": { "allowlist": ["openai/gpt-4o"] }, "routing": { "retries": 1 } }""");
        var run = await folder.RunAsync("config convert --to brief");
        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.Contains("error: /routing", run.Error, StringComparison.Ordinal);
        Assert.EndsWith("error: the target dialect cannot say all of it\nhint: see the lines above; --force goes on without those parts\n", run.Error, StringComparison.Ordinal);

        run = await folder.RunAsync("config convert --to brief --force");
        Assert.Equal(0, run.Code);
        Assert.Equal("openai/gpt-4o", run.Json.GetProperty("models").GetProperty("allowlist")[0].GetString());
        Assert.False(run.Json.TryGetProperty("routing", out _));
    }

    [Fact]
    public async Task Convert_writes_a_new_file_and_does_not_overwrite_one()
    {
        using var folder = new CliFolder().With("""{ "llmConfig": [ { "provider": "openai", "model": "llama3.2", "baseURL": "http://h:1/v1" } ] }""");
        Assert.Equal((0, ""), await RunAsync());
        var written = await File.ReadAllTextAsync(folder.File("out.json"), TestContext.Current.CancellationToken);
        Assert.Contains("\"defaultModel\": \"openai/llama3.2\"", written, StringComparison.Ordinal);
        Assert.Equal((1, ""), await RunAsync());

        async Task<(int, string)> RunAsync()
        {
            var run = await folder.RunAsync("config convert --to native openclaw.json --out out.json");
            return (run.Code, run.Output);
        }
    }
}
