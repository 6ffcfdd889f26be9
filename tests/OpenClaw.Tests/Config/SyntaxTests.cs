using System.Text;
using OpenClaw.Config;

namespace OpenClaw.Tests.Config;

public sealed class SyntaxTests
{
    [Theory]
    [InlineData("", "the file is empty")]
    [InlineData("\uFEFF", "the file holds no value")]
    [InlineData("  \n\t", "the file holds no value")]
    [InlineData("// only a comment\n/* and another */", "the file holds no value")]
    public void A_file_without_any_value_is_an_error_that_says_how_to_mean_the_defaults(string json, string says)
    {
        var result = SampleFiles.Read(json);
        Assert.Null(result.Config);
        Assert.Contains(says, Expect.Error(json, "", "Write {} for the defaults").Message, StringComparison.Ordinal);
        Assert.False(ConfigWriter.Convert(Encoding.UTF8.GetBytes(json), ConfigDialect.Native).Json is not null);
    }

    [Fact]
    public void Where_there_is_no_file_the_environment_alone_configures()
    {
        var result = ConfigReader.ReadEnvironment(ConfigEnvironment.Of(new Dictionary<string, string> { ["OPENAI_API_KEY"] = "k" }));
        Assert.Equal("openai", Assert.Single(result.Config!.Providers).Id);
        Assert.Empty(result.Problems);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("// nothing yet\n{ }")]
    public void An_empty_object_leaves_everything_to_the_environment(string json)
    {
        var config = Expect.Clean(json, ("OPENAI_API_KEY", "k"), ("OLLAMA_BASE_URL", "http://ollama:11434/"));
        Assert.Equal("openai ollama", string.Join(" ", config.Providers.Select(static p => p.Id)));
        Assert.Equal("http://ollama:11434", config.FindProvider("ollama")!.BaseUrl);
        Assert.Empty(config.Models.Chain);
    }

    [Fact]
    public void Comments_trailing_commas_bare_keys_and_single_quotes_are_read()
    {
        var config = Expect.Clean("\uFEFF{ /* a */ defaultModel: 'openai/gpt-4o', // b\n models: { fallbacks: ['anthropic/claude-opus-4',], }, gateway: { port: 0x1F90 }, }");
        Assert.Equal("openai/gpt-4o anthropic/claude-opus-4", SampleFiles.Chain(config));
        Assert.Equal(8080, config.Gateway.Port);
    }

    [Fact]
    public void Escapes_mean_what_they_mean_in_JSON()
    {
        var config = Expect.Clean("""{ "defaultModel": "openai\/\u0067pt-\x34o" }""");
        Assert.Equal("openai/gpt-4o", SampleFiles.Chain(config));
    }

    [Theory]
    [InlineData("{ \"defaultModel\": \"openai/gpt-4o\"", 1, "ends inside an object")]
    [InlineData("{\n\"models\": {\n\"allowlist\": [\"openai/*\"", 3, "began on line 3")]
    [InlineData("{ \"defaultModel\": \"openai", 1, "ends inside a string")]
    [InlineData("{ \"a\": /* never", 1, "ends inside a comment")]
    [InlineData("{ \"a\": }", 1, "not a value")]
    [InlineData("{ \"a\" 1 }", 1, "\":\" is missing")]
    [InlineData("{ \"a\": 1 \"b\": 2 }", 1, "is missing")]
    [InlineData("{ \"a\": 01 }", 1, "not a number")]
    [InlineData("{ \"a\": NaN }", 1, "not a value")]
    [InlineData("{ \"a\": \"x\ny\" }", 1, "does not end on its line")]
    [InlineData("{ \"a\": \"\\ud800\" }", 1, "half a character")]
    [InlineData("{ \"a\": \"\\q\" }", 1, "unknown escape")]
    [InlineData("{ “a”: 1 }", 1, "typographic")]
    [InlineData("{ \"a\": “b” }", 1, "typographic")]
    [InlineData("{} {}", 1, "behind the end")]
    [InlineData("[]", 1, "not an object")]
    [InlineData("gateway:\n  port: 1", 1, "looks like YAML")]
    public void A_syntax_error_names_its_line(string json, int line, string message)
    {
        var problem = Assert.Single(SampleFiles.Read(json).Problems);
        Assert.Equal((ProblemSeverity.Error, line, ""), (problem.Severity, problem.Line, problem.Pointer));
        Assert.Contains(message, problem.Message);
        Assert.NotEmpty(problem.Instead);
    }

    [Fact]
    public void Invalid_UTF8_names_the_byte()
    {
        var result = ConfigReader.Read([.. "{ \"defaultModel\":\n\"openai/"u8, 0xC3, 0x28, .. "\" }"u8], ConfigEnvironment.Empty);
        var problem = Assert.Single(result.Problems);
        Assert.Contains("byte 26", problem.Message);
        Assert.Equal(2, problem.Line);
    }

    [Fact]
    public void Bounds_hold_for_size_depth_and_number_of_values()
    {
        Assert.Contains("64 levels", Assert.Single(SampleFiles.Read("{\"a\":" + new string('[', 100_000)).Problems).Message);
        Assert.True(SampleFiles.Read("{\"tools\":" + new string('[', 60) + new string(']', 60) + "}").IsValid);
        Assert.Contains("4194304", Assert.Single(ConfigReader.Read(new byte[4 * 1024 * 1024 + 1], ConfigEnvironment.Empty).Problems).Message);
        Assert.Contains("200000 values", Assert.Single(SampleFiles.Read("{\"a\":[" + new StringBuilder().Insert(0, "1,", 200_001) + "]}").Problems).Message);
        Expect.Error("{\"models\":{\"allowlist\":[" + string.Join(",", Enumerable.Range(0, 6000).Select(static i => $"\"openai/m{i}\"")) + "]}}", "/models/allowlist", "more than 5000");
    }

    [Fact]
    public void A_duplicate_key_is_an_error_with_both_lines()
    {
        var problem = Expect.Error("{\n\"models\": {\n\"allowlist\": [\"openai/*\"],\n\"allowlist\": []\n}\n}", "/models/allowlist", "line 3", "line 4");
        Assert.Equal(4, problem.Line);
        Expect.Error("""{ "llmConfig": [{ "provider": "openai", "model": "m", "baseURL": "http://a/v1", "baseUrl": "http://b/v1" }] }""", "/llmConfig/0/baseUrl", "are one key");
    }

    [Fact]
    public void All_problems_are_reported_at_once_in_the_order_of_the_file()
    {
        var result = SampleFiles.Read("{\n\"gateway\": { \"port\": 0 },\n\"defaultModel\": \"gpt-4o\",\n\"models\": {\n\"allowlist\": [\"nosuch/x\"],\n\"aliases\": { \"a/b\": \"openai/x\" } }\n}");
        Assert.Equal(["/gateway/port 2", "/defaultModel 3", "/models/allowlist/0 5", "/models/aliases/a~1b 6"],
            result.Problems.Where(static p => p.Severity == ProblemSeverity.Error).Select(static p => $"{p.Pointer} {p.Line}"));
    }

    [Theory]
    [InlineData("""{ "defualtModel": "openai/gpt-4o" }""", "/defualtModel", "Did you mean \"defaultModel\"?")]
    [InlineData("""{ "models": { "allowList": [] } }""", "/models/allowList", "Did you mean \"allowlist\"?")]
    [InlineData("""{ "gateway": { "prot": 1 } }""", "/gateway/prot", "Did you mean \"port\"?")]
    [InlineData("""{ "routing": { "timeouts": { "firsttoken": "1s" } } }""", "/routing/timeouts/firsttoken", "Did you mean \"firstToken\"?")]
    [InlineData("""{ "storage": { "zzzzzz": 1 } }""", "/storage/zzzzzz", "Known here: url, retention, maxSize.")]
    public void An_unknown_key_is_a_warning_with_the_nearest_known_one(string json, string pointer, string advice)
    {
        Expect.Warning(json, pointer, "not known here", advice);
    }

    [Fact]
    public void Upstreams_other_settings_are_accepted()
    {
        Expect.Clean("""{ "channels": { "x": 1 }, "session": {}, "tools": [], "cron": null, "logging": {}, "plugins": {}, "skills": {}, "meta": { "lastTouchedVersion": "1" }, "env": { "shellEnv": {} }, "$schema": "x", "gateway": { "controlUi": {} }, "agents": { "entries": {}, "defaults": { "heartbeat": { "every": "0m" } } } }""");
        Expect.Warning("""{ "gateway": { "tls": { "enabled": true } } }""", "", "/gateway/tls", "does not use");
    }

    [Theory]
    [InlineData("""{ "agents": { "defaults": { "modelPolcy": { "allow": ["openai/*"] } } } }""", "/agents/defaults/modelPolcy", "\"modelPolicy\"")]
    [InlineData("""{ "agents": { "defaults": { "modelpolicy": {} } } }""", "/agents/defaults/modelpolicy", "\"modelPolicy\"")]
    [InlineData("""{ "agents": { "defaults": { "modle": "openai/a" } } }""", "/agents/defaults/modle", "\"model\"")]
    [InlineData("""{ "agents": { "defaults": { "modelFallbacks": [] } } }""", "/agents/defaults/modelFallbacks", "\"model\"")]
    [InlineData("""{ "agents": { "default": { "model": "openai/a" } } }""", "/agents/default", "\"defaults\"")]
    [InlineData("""{ "agents": { "model": "openai/a" } }""", "/agents/model", "\"defaults\"")]
    [InlineData("""{ "env": { "Vars": {} } }""", "/env/Vars", "\"vars\"")]
    public void A_slip_of_a_key_among_free_names_is_a_warning(string json, string pointer, string meant)
    {
        Expect.Warning(json, pointer, "has no effect", "Did you mean " + meant);
    }

    [Fact]
    public void Upstreams_keys_of_agents_stay_free()
    {
        Expect.Clean("""{ "agents": { "ownership": "explicit", "entries": { "main": { "models": {}, "params": {}, "utilityModel": "x", "tools": {} } }, "list": [{ "id": "a", "default": true, "modelPolicy": { "allow": [] } }], "defaults": { "utilityModel": "x", "decisionModel": "x", "imageModel": {}, "pdfModel": {}, "mediaModels": {}, "voiceModel": "x", "modelSelectionScope": "agent", "params": {}, "timeoutSeconds": 1, "maxConcurrent": 1, "workspace": "x", "memorySearch": {}, "sandbox": { "mode": "x" }, "models": {}, "memory": {}, "tools": {} } }, "meta": { "migrations": { "other": true } }, "env": { "OPENAI_API_KEY": "x" } }""");
    }

    [Fact]
    public void What_a_single_agent_has_of_its_own_is_not_dropped_in_silence()
    {
        Expect.Error("""{ "agents": { "entries": { "a": { "modelPolicy": { "allow": ["openai/x"] } } } } }""", "/agents/entries/a/modelPolicy", "agents.defaults.modelPolicy.allow");
        Expect.Error("""{ "agents": { "defaults": { "modelPolicy": { "allow": ["openai/*"] } }, "list": [{ "modelPolicy": { "allow": ["openai/x"] } }] } }""", "/agents/list/0/modelPolicy", "not enforced");
        Expect.Clean("""{ "agents": { "defaults": { "modelPolicy": { "allow": ["openai/x"] } }, "list": [{ "modelPolicy": { "allow": ["openai/x", "openai/y"] } }] } }""");
        Expect.Warning("""{ "agents": { "entries": { "a": { "model": { "primary": "openai/x" } } } } }""", "/agents/entries/a/model", "agents.defaults.model");
        Expect.Warning("""{ "agents": { "list": [{ "fallbacks": ["openai/x"] }] } }""", "/agents/list/0/fallbacks", "share one default chain");
    }

    [Theory]
    [InlineData("""{ "model_list": [{ "model_name": "a" }] }""", "/model_list")]
    [InlineData("""{ "defaultModel": "openai/a", "router_settings": {} }""", "/router_settings")]
    public void A_file_of_LiteLLM_is_named(string json, string pointer)
    {
        Expect.Error(json, pointer, "LiteLLM", "\"defaultModel\"");
    }

    [Fact]
    public void Caps_of_upstreams_that_do_not_hold_here_are_named()
    {
        Expect.Warning("""{ "models": { "providers": { "lab": { "baseUrl": "http://h/v1", "maxTokens": 5, "models": [{ "id": "m", "contextTokens": 5 }] } } } }""", "", "/models/providers/lab/maxTokens", "/models/providers/lab/models/0/contextTokens");
    }

    [Fact]
    public void A_number_outside_its_range_is_answered_with_the_range()
    {
        Assert.Contains("between 0 and 20", Expect.Error("""{ "routing": { "retries": -1 } }""", "/routing/retries").Instead);
    }

    [Fact]
    public void An_include_is_an_error_because_it_may_hold_an_allowlist()
    {
        Expect.Error("""{ "models": { "$include": "./models.json5" } }""", "/models/$include", "Put the included text into this file");
    }

    [Theory]
    [InlineData("""{ "gateway": { "port": "18789" } }""", "/gateway/port", "Write 18789 without quotation marks.")]
    [InlineData("""{ "gateway": { "port": 70000 } }""", "/gateway/port", "between 1 and 65535")]
    [InlineData("""{ "gateway": { "port": 1.5 } }""", "/gateway/port", "whole number")]
    [InlineData("""{ "gateway": { "port": 1e400 } }""", "/gateway/port", "Write 18789.")]
    [InlineData("""{ "gateway": [] }""", "/gateway", "a list stands where an object was expected")]
    [InlineData("""{ "models": { "allowlist": "openai/*" } }""", "/models/allowlist", "[\"provider/model\"]")]
    [InlineData("""{ "models": { "allowlist": null } }""", "/models/allowlist", "lift a restriction")]
    [InlineData("""{ "models": { "allowlist": [null] } }""", "/models/allowlist/0", "null stands in a list")]
    [InlineData("""{ "defaultModel": { "primary": "a/b" } }""", "/defaultModel", "a string was expected")]
    [InlineData("""{ "llmConfig": { "provider": "openai" } }""", "/llmConfig", "a list was expected")]
    public void A_value_of_the_wrong_type_or_size_says_what_to_write(string json, string pointer, string part)
    {
        Expect.Error(json, pointer, part);
    }
}
