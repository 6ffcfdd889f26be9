namespace OpenClaw.EndToEnd.Cli;

public sealed class ModelsTests
{
    private const string Team = """
        {
          // kept by every change
          "defaultModel": "scripted/down",
          "models": { "allowlist": ["scripted/*", "openai/gpt-4o"], "fallbacks": ["scripted/ok"] }
        }
        """;

    [Fact]
    public async Task Set_changes_one_value_and_keeps_the_rest_and_a_backup()
    {
        using var folder = new CliFolder().With(Team);
        var run = await folder.RunAsync("models set scripted/cut");
        Assert.Equal((0, "Updated config: ~/openclaw.json\nBackup: ~/openclaw.json.bak\nDefault model: scripted/cut\n", ""), (run.Code, run.Output, run.Error));
        Assert.Equal(Team.Replace("scripted/down", "scripted/cut", StringComparison.Ordinal), await File.ReadAllTextAsync(folder.ConfigFile, TestContext.Current.CancellationToken));
        Assert.Equal(Team, await File.ReadAllTextAsync(folder.ConfigFile + ".bak", TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("models set openai/gpt-4", "the allowlist does not hold it", "openai/gpt-4o")]
    [InlineData("models set gpt-4o", "\"gpt-4o\" is neither provider/model nor an alias", "nearest: openai/gpt-4o")]
    [InlineData("models set nosuch/m", "the provider \"nosuch\" is neither known nor configured", "models")]
    [InlineData("models fallbacks add openai/o1", "the allowlist does not hold it", "models.allowlist")]
    [InlineData("models fallbacks add scripted/ok", "scripted/ok is already in the chain", "Remove it first")]
    [InlineData("models fallbacks remove scripted/okk", "scripted/okk is not among the fallbacks", "scripted/ok")]
    [InlineData("models aliases add a/b scripted/ok", "\"a/b\" cannot be an alias", "without a slash")]
    [InlineData("models aliases remove fast", "there is no alias \"fast\"", "openclaw models aliases")]
    public async Task Refuses_what_is_not_exactly_known_and_changes_nothing(string line, string message, string hint)
    {
        using var folder = new CliFolder().With(Team);
        var run = await folder.RunAsync(line);
        Assert.Equal((1, ""), (run.Code, run.Output));
        var lines = run.Error.Split('\n');
        Assert.Contains(message, lines[0], StringComparison.Ordinal);
        Assert.Contains(hint, lines[1], StringComparison.Ordinal);
        Assert.Equal("Config was not changed.", lines[2]);
        Assert.Equal(Team, await File.ReadAllTextAsync(folder.ConfigFile, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Fallbacks_are_listed_added_removed_and_cleared()
    {
        using var folder = new CliFolder().With(Team);
        Assert.Equal("{\n  \"fallbacks\": [\n    \"scripted/ok\"\n  ]\n}\n", (await folder.RunAsync("models fallbacks list --json")).Output);
        Assert.Equal(0, (await folder.RunAsync("models fallbacks add scripted/thinking")).Code);
        Assert.Equal("Fallbacks (2):\n- scripted/ok\n- scripted/thinking\n", (await folder.RunAsync("models fallbacks")).Output);
        Assert.Equal(0, (await folder.RunAsync("models fallbacks remove scripted/ok")).Code);
        Assert.Equal("scripted/thinking\n", (await folder.RunAsync("models fallbacks list --plain")).Output);
        Assert.Equal(0, (await folder.RunAsync("models fallbacks clear")).Code);
        Assert.Equal("Fallbacks (0):\n- none\n", (await folder.RunAsync("models fallbacks list")).Output);
        Assert.Equal("Nothing to change.\n", (await folder.RunAsync("models fallbacks clear")).Output);
    }

    [Fact]
    public async Task Aliases_are_names_for_a_model_or_a_chain_and_can_be_the_default()
    {
        using var folder = new CliFolder().With(Team);
        Assert.EndsWith("Alias fast -> scripted/ok\n", (await folder.RunAsync("models aliases add fast scripted/ok")).Output, StringComparison.Ordinal);
        Assert.EndsWith("Alias deep -> scripted/cut, scripted/ok\n", (await folder.RunAsync("models aliases add deep scripted/cut scripted/ok")).Output, StringComparison.Ordinal);
        Assert.Equal("Aliases (2):\n- deep -> scripted/cut, scripted/ok\n- fast -> scripted/ok\n", (await folder.RunAsync("models aliases list")).Output);
        Assert.Equal(0, (await folder.RunAsync("models set deep")).Code);
        Assert.Equal("scripted/cut\n", (await folder.RunAsync("models --plain")).Output);
        Assert.Equal(1, (await folder.RunAsync("models aliases remove deep")).Code);
        Assert.Equal(0, (await folder.RunAsync("models aliases remove fast")).Code);
    }

    [Fact]
    public async Task Without_a_gateway_the_configuration_speaks_and_a_note_says_so()
    {
        using var folder = new CliFolder().With(Team);
        var run = await folder.RunAsync(["models", "list"], null, ("OPENAI_API_KEY", "sk-never-show"));
        Assert.Equal("note: no gateway answers at http://127.0.0.1:1; this is what the configuration says\n", run.Error);
        Assert.Equal(
            """
            Model          Input       Ctx   Local  Auth  Tags
            scripted/down  text+image  -     no     yes   default,configured
            scripted/ok    text+image  -     no     yes   fallback#1,configured
            openai/gpt-4o  text+image  128k  no     yes   configured

            """,
            run.Output);
    }

    [Fact]
    public async Task Check_is_1_for_a_missing_key_and_0_with_it()
    {
        using var folder = new CliFolder().With(Team);
        Assert.Equal(1, (await folder.RunAsync("models status --check --plain")).Code);
        Assert.Equal(0, (await folder.RunAsync(["models", "status", "--check", "--plain"], null, ("OPENAI_API_KEY", "sk-x"))).Code);
    }

    [Fact]
    public async Task A_probe_calls_each_model_of_the_chain_live()
    {
        // A provider each: a refused key is parked for every model of its provider.
        using var folder = new CliFolder().With("""
            { "gateway": { "auth": true }, "defaultModel": "scripted/ok",
              "models": { "fallbacks": ["one/bad-key", "two/money-out", "three/no-such-model"],
                          "providers": { "one": { "api": "scripted" }, "two": { "api": "scripted" }, "three": { "api": "scripted" } } } }
            """);
        var run = await folder.RunAsync("models status --probe --json");
        Assert.Equal(0, run.Code);
        Assert.Equal(
            ["scripted/ok ok", "one/bad-key auth", "two/money-out billing", "three/no-such-model no_model"],
            run.Json.GetProperty("auth").GetProperty("probes").EnumerateArray().Select(p => $"{p.GetProperty("model").GetString()} {p.GetProperty("status").GetString()}"));
    }
}
