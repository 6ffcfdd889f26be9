using System.Text;
using OpenClaw.Config;

namespace OpenClaw.Tests.Config;

public sealed class ConfigEditorTests
{
    private static string Text(EditResult result)
    {
        Assert.True(result.Bytes is not null, string.Join("\n", result.Problems));
        return Encoding.UTF8.GetString(result.Bytes);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [Fact]
    public void A_provider_that_the_list_gives_a_local_address_keeps_it()
    {
        const string Local = """{ "llmConfig": [{ "provider": "openai", "model": "llama3.2", "baseURL": "http://127.0.0.1:11434/v1" }, { "provider": "anthropic", "model": "claude-opus-4" }], "models": { "aliases": { "q": "openai/qwen3" } } }""";
        static string AddressOf(string file) => ConfigReader.Read(Bytes(file), ConfigEnvironment.Empty).Config!.Providers.Single(static p => p.Id == "openai").BaseUrl;
        Assert.Equal("http://127.0.0.1:11434/v1", AddressOf(Local));
        var added = Text(ConfigEditor.AddFallback(Bytes(Local), "openai/qwen3"));
        Assert.Contains("""{ "provider": "openai", "model": "qwen3", "baseURL": "http://127.0.0.1:11434/v1" }""", added, StringComparison.Ordinal);
        Assert.Equal("http://127.0.0.1:11434/v1", AddressOf(added));
        var other = Text(ConfigEditor.SetDefault(Bytes(Local), "anthropic/claude-opus-4"));
        foreach (var without in (string[])[Text(ConfigEditor.RemoveFallback(Bytes(other), "openai/llama3.2")), Text(ConfigEditor.ClearFallbacks(Bytes(other)))])
        {
            Assert.DoesNotContain("llama3.2", without, StringComparison.Ordinal);
            Assert.Equal("http://127.0.0.1:11434/v1", AddressOf(without));
        }
        // Nobody else names it: nothing is left of it.
        Assert.DoesNotContain("11434", Text(ConfigEditor.RemoveFallback(Bytes(other.Replace("openai/qwen3", "anthropic/x", StringComparison.Ordinal)), "openai/llama3.2")), StringComparison.Ordinal);
        // Where the list has two addresses for it each entry has its own, and what is added has none.
        var mixed = Local.Replace("""{ "provider": "anthropic", "model": "claude-opus-4" }""", """{ "provider": "openai", "model": "gpt-4o" }""", StringComparison.Ordinal);
        Assert.Contains("""{ "provider": "openai", "model": "qwen3" }""", Text(ConfigEditor.AddFallback(Bytes(mixed), "openai/qwen3")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_default_model_is_replaced_in_place()
    {
        const string File = "{\n  // why this one\n  \"defaultModel\": \"openai/a\", // here\n  \"models\": {}\n}\n";
        Assert.Equal(File.Replace("openai/a", "gemini/b", StringComparison.Ordinal), Text(ConfigEditor.SetDefault(Bytes(File), "gemini/b")));
    }

    [Theory]
    [InlineData("", "{\n  \"defaultModel\": \"openai/a\"\n}\n")]
    [InlineData("{}", "{\n  \"defaultModel\": \"openai/a\"\n}")]
    [InlineData("{ \"gateway\": {} }", "{ \"defaultModel\": \"openai/a\", \"gateway\": {} }")]
    [InlineData("{\n  \"gateway\": {}\n}", "{\n  \"defaultModel\": \"openai/a\",\n  \"gateway\": {}\n}")]
    [InlineData("{ agents: { defaults: { model: 'x/y' } } }", "{ agents: { defaults: { model: \"openai/a\" } } }")]
    [InlineData("{ agents: { defaults: { model: { fallbacks: [] } } } }", "{ agents: { defaults: { model: { fallbacks: [], \"primary\": \"openai/a\" } } } }")]
    [InlineData("{ gateway: { mode: 'local' } }", "{ gateway: { mode: 'local' }, \"agents\": { \"defaults\": { \"model\": \"openai/a\" } } }")]
    [InlineData("{ \"defaultModel\": null }", "{ \"defaultModel\": \"openai/a\" }")]
    public void The_default_model_goes_where_the_file_has_it(string file, string expected)
    {
        Assert.Equal(expected, Text(ConfigEditor.SetDefault(Bytes(file), "openai/a")));
    }

    [Theory]
    [InlineData("{ \"models\": { \"fallbacks\": [\"x/y\"] } }", "{ \"models\": { \"fallbacks\": [\"x/y\", \"openai/a\"] } }")]
    [InlineData("{ \"defaultModel\": \"x/y\" }", "{ \"defaultModel\": \"x/y\", \"models\": { \"fallbacks\": [\"openai/a\"] } }")]
    [InlineData("{ \"models\": { \"fallbacks\": [] } }", "{ \"models\": { \"fallbacks\": [\"openai/a\"] } }")]
    [InlineData("{ agents: { defaults: { model: \"x/y\" } } }", "{ agents: { defaults: { model: { \"primary\": \"x/y\", \"fallbacks\": [\"openai/a\"] } } } }")]
    [InlineData("{ \"llmConfig\": [\n  { \"provider\": \"x\", \"model\": \"y\" } // first\n] }", "{ \"llmConfig\": [\n  { \"provider\": \"x\", \"model\": \"y\" }, // first\n  { \"provider\": \"openai\", \"model\": \"a\" }\n] }")]
    [InlineData("{ \"llmConfig\": [\n  { \"provider\": \"x\", \"model\": \"y\" },\n] }", "{ \"llmConfig\": [\n  { \"provider\": \"x\", \"model\": \"y\" },\n  { \"provider\": \"openai\", \"model\": \"a\" },\n] }")]
    public void A_fallback_is_added_in_the_files_own_dialect(string file, string expected)
    {
        Assert.Equal(expected, Text(ConfigEditor.AddFallback(Bytes(file), "openai/a")));
    }

    [Theory]
    [InlineData("{ \"models\": { \"fallbacks\": [\"x/y\", \"openai/a\", \"z/w\"] } }", "{ \"models\": { \"fallbacks\": [\"x/y\", \"z/w\"] } }")]
    [InlineData("{ \"models\": { \"fallbacks\": [\"x/y\", \"openai/a\"] } }", "{ \"models\": { \"fallbacks\": [\"x/y\"] } }")]
    [InlineData("{ \"models\": { \"fallbacks\": [\"openai/a\"] } }", "{ \"models\": { \"fallbacks\": [] } }")]
    [InlineData("{ \"models\": { \"fallbacks\": [\n  \"x/y\", // stays\n  \"openai/a\" // goes\n] } }", "{ \"models\": { \"fallbacks\": [\n  \"x/y\" // stays\n] } }")]
    [InlineData("{ agents: { defaults: { model: { primary: 'x/y', fallbacks: ['openai/a'] } } } }", "{ agents: { defaults: { model: { primary: 'x/y', fallbacks: [] } } } }")]
    [InlineData("{ \"llmConfig\": [{ \"provider\": \"x\", \"model\": \"y\" }, { \"provider\": \"openai\", \"model\": \"a\" }] }", "{ \"llmConfig\": [{ \"provider\": \"x\", \"model\": \"y\" }] }")]
    public void A_fallback_is_removed_with_its_comma(string file, string expected)
    {
        Assert.Equal(expected, Text(ConfigEditor.RemoveFallback(Bytes(file), "openai/a")));
    }

    [Fact]
    public void Clearing_the_fallbacks_leaves_the_default_model_and_its_address()
    {
        Assert.Equal("{ \"models\": { \"fallbacks\": [] }, \"defaultModel\": \"x/y\" }", Text(ConfigEditor.ClearFallbacks(Bytes("{ \"models\": { \"fallbacks\": [\"a/b\", \"c/d\"] }, \"defaultModel\": \"x/y\" }"))));
        var list = Text(ConfigEditor.ClearFallbacks(SampleFiles.Bytes("brief-hybrid-fallback.json")));
        Assert.Equal("openai/llama3.2", SampleFiles.Chain(SampleFiles.MustRead(list)));
        Assert.Contains("localhost:11434", list);
    }

    [Theory]
    [InlineData("{ \"models\": { \"aliases\": { \"old\": \"x/y\" } } }", "{ \"models\": { \"aliases\": { \"old\": \"x/y\", \"fast\": \"openai/a\" } } }")]
    [InlineData("{ \"models\": { \"aliases\": { \"fast\": [\"x/y\"] } } }", "{ \"models\": { \"aliases\": { \"fast\": \"openai/a\" } } }")]
    [InlineData("{ \"defaultModel\": \"x/y\" }", "{ \"defaultModel\": \"x/y\", \"models\": { \"aliases\": { \"fast\": \"openai/a\" } } }")]
    [InlineData("{ agents: { defaults: { modelPolicy: {} } } }", "{ agents: { defaults: { modelPolicy: {}, \"models\": { \"openai/a\": { \"alias\": \"fast\" } } } } }")]
    [InlineData("{ gateway: { mode: 'local' } }", "{ gateway: { mode: 'local' }, \"meta\": { \"migrations\": { \"modelPolicyAllowlist\": true } }, \"agents\": { \"defaults\": { \"models\": { \"openai/a\": { \"alias\": \"fast\" } } } } }")]
    public void An_alias_is_added_in_the_files_own_dialect(string file, string expected)
    {
        Assert.Equal(expected, Text(ConfigEditor.AddAlias(Bytes(file), "fast", "openai/a")));
    }

    [Fact]
    public void An_alias_is_removed_wherever_it_is()
    {
        Assert.Equal("{ \"models\": { \"aliases\": {} } }", Text(ConfigEditor.RemoveAlias(Bytes("{ \"models\": { \"aliases\": {\"fast\": \"x/y\"} } }"), "fast")));
        Assert.Equal("{ agents: { defaults: { models: { \"x/y\": {} } } } }", Text(ConfigEditor.RemoveAlias(Bytes("{ agents: { defaults: { models: { \"x/y\": {alias: 'fast'} } } } }"), "fast")));
        Assert.Contains("Did you mean \"fast\"?", ConfigEditor.RemoveAlias(Bytes("{ \"models\": { \"aliases\": { \"fast\": \"x/y\" } } }"), "fats").Problems[0].Instead);
    }

    [Fact]
    public void A_chain_alias_is_written_as_a_list()
    {
        Assert.Equal("{ \"models\": { \"aliases\": { \"deep\": [\"x/y\", \"openai/a\"] } } }", Text(ConfigEditor.AddAlias(Bytes("{ \"models\": { \"aliases\": {} } }"), "deep", "x/y", "openai/a")));
    }

    [Theory]
    [InlineData("{ \"defaultModel\": ", "openai/a", "ends")]
    [InlineData("{}", "gpt-4o", "neither provider/model nor an alias")]
    [InlineData("{ \"defaultModel\": \"openai/a\" }", "openai/a", "already in the chain")]
    [InlineData("{ \"models\": [] }", "openai/a", "something else stands on the way")]
    public void What_cannot_be_edited_is_a_problem_and_no_change(string file, string reference, string message)
    {
        var result = ConfigEditor.AddFallback(Bytes(file), reference);
        Assert.Null(result.Bytes);
        Assert.Contains(message, Assert.Single(result.Problems).Message);
    }

    [Fact]
    public void An_alias_never_widens_upstreams_old_allowlist()
    {
        var result = ConfigEditor.AddAlias(Bytes("{ agents: { defaults: { models: { \"x/y\": {} } } } }"), "fast", "openai/a");
        Assert.Contains("would widen it", Assert.Single(result.Problems).Message);
        Assert.NotNull(ConfigEditor.AddAlias(Bytes("{ agents: { defaults: { models: { \"openai/a\": {} } } } }"), "fast", "openai/a").Bytes);
    }

    public static TheoryData<string> Samples => [.. SampleFiles.Names];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Editing_a_sample_changes_only_what_was_asked(string name)
    {
        var before = SampleFiles.Bytes(name);
        var reference = name switch { "air-gapped-local.json" => "ollama/other", "scripted-rehearsal.json" => "scripted/other", "native-team.json" => "openai/other", "upstream-full.json" => "google/other", _ => "openrouter/google/gemini-2.5-flash" };
        var set = ConfigEditor.SetDefault(before, reference).Bytes!;
        var chain = SampleFiles.MustRead(set, SampleFiles.Environment).Models.Chain;
        Assert.True(ModelRef.TryParse(reference, out var wanted));
        Assert.Equal(wanted, chain[0]);
        Assert.Equal(Comments(before), Comments(set));
        var added = ConfigEditor.AddFallback(before, reference);
        if (added.Bytes is null) return;
        Assert.Equal(wanted, SampleFiles.MustRead(added.Bytes, SampleFiles.Environment).Models.Chain[^1]);
        var removed = ConfigEditor.RemoveFallback(added.Bytes, reference).Bytes!;
        Assert.Equal(SampleFiles.Chain(SampleFiles.ReadSample(name)), SampleFiles.Chain(SampleFiles.MustRead(removed, SampleFiles.Environment)));
        Assert.Equal(Comments(before), Comments(removed));
    }

    private static IEnumerable<string> Comments(byte[] file) =>
        Encoding.UTF8.GetString(file).Split('\n').Where(static l => l.TrimStart().StartsWith("//", StringComparison.Ordinal)).Select(static l => l.Trim());
}
