namespace OpenClaw.Tests.Config;

public sealed class ReferenceRulesTests
{
    [Fact]
    public void Google_and_gemini_are_one_provider()
    {
        var config = Expect.Clean("""{ "defaultModel": "google/gemini-2.5-pro", "models": { "allowlist": ["Gemini/gemini-2.5-pro"] } }""");
        Assert.Equal("gemini/gemini-2.5-pro", SampleFiles.Chain(config));
        Expect.Error("""{ "models": { "providers": { "google": { "apiKey": "a" }, "gemini": { "apiKey": "b" } } } }""", "/models/providers/gemini", "configured twice");
    }

    [Theory]
    [InlineData("gpt4o", "Write \"openai/gpt4o\"")]
    [InlineData("claude-opus-4", "anthropic/claude-opus-4")]
    [InlineData("openai", "names a provider but no model")]
    [InlineData("openai/", "names a provider but no model")]
    [InlineData("anthropc/claude-opus-4", "Did you mean \"anthropic\"?")]
    [InlineData("nosuch/model", "\"providers\": { \"nosuch\"")]
    [InlineData("openai/gpt 4o", "white space")]
    public void A_reference_that_is_none_says_what_is_meant(string reference, string advice)
    {
        Expect.Error($$"""{ "defaultModel": "{{reference}}" }""", "/defaultModel", advice);
        Expect.Error($$"""{ "models": { "allowlist": ["{{reference}}"] } }""", "/models/allowlist/0", advice);
        Expect.Error($$"""{ "models": { "aliases": { "fast": "{{reference}}" } } }""", "/models/aliases/fast", advice);
        Expect.Error($$"""{ "models": { "contentPolicyFallbacks": ["{{reference}}"] } }""", "/models/contentPolicyFallbacks/0", advice);
    }

    [Fact]
    public void A_model_name_alone_points_to_where_it_was_meant()
    {
        Expect.Error("""{ "defaultModel": "gemini-2.5-flash", "models": { "fallbacks": ["openrouter/google/gemini-2.5-pro"], "aliases": { "x": "openrouter/google/gemini-2.5-flash" } } }""", "/defaultModel", "gemini");
    }

    [Fact]
    public void A_chain_member_outside_the_allowlist_names_the_line_to_add()
    {
        var problem = Expect.Error("{\n\"defaultModel\": \"openai/gpt-4o\",\n\"models\": {\n\"allowlist\": [\"openai/gpt-4.1\", \"anthropic/*\"] }\n}", "/defaultModel", "Add \"openai/gpt-4o\" to models.allowlist (line 4)");
        Assert.Contains("did you mean \"openai/gpt-4.1\"", problem.Instead);
        Expect.Error("""{ "defaultModel": "openai/gpt-4o", "models": { "fallbacks": ["anthropic/x"], "allowlist": ["openai/*"] } }""", "/models/fallbacks/0", "default chain");
        Expect.Error("""{ "llmConfig": [{ "provider": "openai", "model": "m" }], "models": { "allowlist": ["anthropic/*"] } }""", "/llmConfig/0", "default chain");
    }

    [Fact]
    public void Wildcards_stand_at_the_end_behind_a_provider()
    {
        var config = Expect.Clean("""{ "defaultModel": "openrouter/google/g", "models": { "allowlist": ["openrouter/google/*"] } }""");
        Assert.True(config.Models.IsAllowed(new("openrouter", "google/other")));
        Assert.False(config.Models.IsAllowed(new("openrouter", "meta/other")));
        foreach (var pattern in new[] { "*", "*/x", "openai/*x", "op*", "*/*" }) Expect.Error($$"""{ "models": { "allowlist": ["{{pattern}}"] } }""", "/models/allowlist/0");
    }

    [Fact]
    public void An_empty_allowlist_is_an_error_but_upstreams_empty_policy_is_everything()
    {
        Expect.Error("""{ "models": { "allowlist": [] } }""", "/models/allowlist", "allows nothing");
        Assert.Null(Expect.Clean("""{ "agents": { "defaults": { "modelPolicy": { "allow": [] } } } }""").Models.Allowlist);
        Expect.Error("""{ "models": { "allowlist": ["${NOT_SET}"] } }""", "/models/allowlist", "nothing is left");
    }

    [Fact]
    public void Two_allowlists_must_agree()
    {
        Expect.Clean("""{ "models": { "allowlist": ["openai/a", "gemini/b"] }, "agents": { "defaults": { "modelPolicy": { "allow": ["google/b", "openai/a"] } } } }""");
        Expect.Error("""{ "models": { "allowlist": ["openai/a"] }, "agents": { "defaults": { "modelPolicy": { "allow": ["openai/b"] } } } }""", "/agents/defaults/modelPolicy/allow", "two allowlists");
    }

    [Fact]
    public void Upstreams_old_map_of_models_is_an_allowlist_until_it_is_marked_as_migrated()
    {
        const string Models = """ "agents": { "defaults": { "model": "openai/a", "models": { "anthropic/b": { "alias": "b" } } } } """;
        var old = SampleFiles.Read("{" + Models + "}");
        Assert.Equal("anthropic/b openai/a", string.Join(" ", old.Config!.Models.Allowlist!.Value));
        Assert.Contains("modelPolicyAllowlist", Assert.Single(old.Problems).Message);
        Assert.Null(Expect.Clean("{ \"meta\": { \"migrations\": { \"modelPolicyAllowlist\": true } }," + Models + "}").Models.Allowlist);
    }

    [Fact]
    public void Aliases_resolve_through_each_other()
    {
        var config = Expect.Clean("""{ "defaultModel": "deep", "models": { "aliases": { "deep": ["best", "openai/o1"], "best": "anthropic/claude-opus-4" }, "allowlist": ["deep"] } }""");
        Assert.Equal("anthropic/claude-opus-4 openai/o1", SampleFiles.Chain(config));
        Assert.Equal("anthropic/claude-opus-4 openai/o1", string.Join(" ", config.Models.Allowlist!.Value));
    }

    [Fact]
    public void Aliases_in_a_circle_are_an_error_that_names_it()
    {
        Expect.Error("""{ "models": { "aliases": { "a": "b", "b": ["openai/x", "c"], "c": "a" } } }""", "/models/aliases/a", "a -> b -> c -> a");
        Expect.Error("""{ "models": { "aliases": { "a": "a" } } }""", "/models/aliases/a", "a -> a");
    }

    [Fact]
    public void Alias_names_are_short_words()
    {
        Expect.Error("""{ "models": { "aliases": { "a/b": "openai/x" } } }""", "/models/aliases/a~1b", "slash");
        Expect.Error("""{ "models": { "aliases": { "": "openai/x" } } }""", "/models/aliases/", "empty");
        Expect.Error("""{ "models": { "aliases": { "default": "openai/x" } } }""", "/models/aliases/default", "reserved");
        Expect.Error("""{ "models": { "aliases": { "a": [] } } }""", "/models/aliases/a", "names nothing");
        Expect.Error("""{ "models": { "aliases": { "x": "openai/a" } }, "agents": { "defaults": { "modelPolicy": {}, "models": { "openai/b": { "alias": "x" } } } } }""", "/agents/defaults/models/openai~1b/alias", "given twice");
    }

    [Fact]
    public void An_alias_outside_the_allowlist_is_a_warning_and_a_near_miss_an_error()
    {
        Expect.Warning("""{ "models": { "allowlist": ["openai/*"], "aliases": { "x": "anthropic/claude-opus-4" } } }""", "/models/aliases/x", "cannot be used");
        Expect.Error("""{ "models": { "allowlist": ["anthropic/claude-opus-4"], "aliases": { "x": "anthropic/claude-opus4" } } }""", "/models/aliases/x", "did you mean \"anthropic/claude-opus-4\"");
    }

    [Fact]
    public void The_default_model_comes_first_then_fallbacks_then_the_list()
    {
        var config = Expect.Clean("""{ "defaultModel": "openai/a", "models": { "fallbacks": ["openai/b", "openai/a"] }, "llmConfig": [{ "provider": "anthropic", "model": "c" }, { "provider": "openai", "model": "b" }] }""");
        Assert.Equal("openai/a openai/b anthropic/c", SampleFiles.Chain(config));
        Expect.Error("""{ "defaultModel": "openai/a", "agents": { "defaults": { "model": "openai/b" } } }""", "/agents/defaults/model", "two default models");
        Expect.Warning("""{ "models": { "fallbacks": ["openai/b"] } }""", "/models/fallbacks/0", "no default model");
    }

    [Fact]
    public void A_closed_list_of_models_refuses_others_and_names_the_nearest()
    {
        const string Lab = """ "providers": { "lab": { "baseUrl": "http://lab:8000/v1", "models": [{ "id": "qwen2.5-coder" }] } } """;
        Expect.Error("{ \"defaultModel\": \"lab/qwen2.5-codr\", \"models\": {" + Lab + "} }", "/defaultModel", "Write \"lab/qwen2.5-coder\"");
        Expect.Error("{ \"models\": { \"allowlist\": [\"lab/other\"], " + Lab + "} }", "/models/allowlist/0", "models.providers.lab.models");
        Expect.Clean("{ \"defaultModel\": \"lab/other\", \"models\": {" + Lab.Replace("\"baseUrl\"", "\"open\": true, \"baseUrl\"", StringComparison.Ordinal) + "} }");
    }
}
