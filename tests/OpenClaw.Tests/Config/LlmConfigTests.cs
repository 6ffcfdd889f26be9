using OpenClaw.Config;

namespace OpenClaw.Tests.Config;

public sealed class LlmConfigTests
{
    [Fact]
    public void Agreeing_addresses_become_the_providers()
    {
        var config = Expect.Clean("""{ "llmConfig": [{ "provider": "openai", "model": "a", "baseURL": "http://x:1/v1" }, { "provider": "openai", "model": "b", "baseUrl": "http://x:1/v1/" }] }""");
        Assert.Equal("http://x:1/v1", config.FindProvider("openai")!.BaseUrl);
        Assert.Empty(config.FindProvider("openai")!.Models);
        Assert.Equal("openai/a openai/b", SampleFiles.Chain(config));
    }

    [Fact]
    public void The_list_comes_first_where_no_default_is_named_and_last_where_one_is()
    {
        const string File = """{ "llmConfig": [{ "provider": "openai", "model": "a" }, { "provider": "anthropic", "model": "b" }], "models": { "fallbacks": ["gemini/c"] } }""";
        Assert.Equal("openai/a anthropic/b gemini/c", SampleFiles.Chain(Expect.Clean(File)));
        Assert.Equal("gemini/d gemini/c openai/a anthropic/b", SampleFiles.Chain(Expect.Clean(File.Insert(1, "\"defaultModel\": \"gemini/d\", "))));
    }

    [Fact]
    public void Differing_addresses_stay_with_their_models()
    {
        var openai = Expect.Clean("""{ "llmConfig": [{ "provider": "openai", "model": "a", "baseURL": "http://x:1/v1" }, { "provider": "openai", "model": "b" }] }""", ("OPENAI_BASE_URL", "http://proxy/v1")).FindProvider("openai")!;
        Assert.Equal("http://proxy/v1", openai.BaseUrl);
        Assert.Equal("http://x:1/v1", openai.FindModel("a")!.BaseUrl);
        Assert.Null(openai.FindModel("b"));
        Assert.False(openai.ModelsAreClosed);
    }

    [Fact]
    public void The_same_model_at_a_second_address_becomes_a_provider_that_the_allowlist_covers()
    {
        var result = SampleFiles.Read("""{ "models": { "allowlist": ["openai/m"] }, "llmConfig": [{ "provider": "openai", "model": "m", "baseURL": "http://a/v1" }, { "provider": "openai", "model": "m", "baseURL": "http://b/v1" }, { "provider": "openai", "model": "m", "baseURL": "http://b/v1", "apiKey": "second" }] }""", ("OPENAI_API_KEY", "k"));
        var config = result.Config!;
        Assert.Equal("openai/m openai-2/m openai-3/m", SampleFiles.Chain(config));
        Assert.Equal("http://b/v1", config.FindProvider("openai-2")!.BaseUrl);
        Assert.Equal("env:OPENAI_API_KEY", Assert.Single(config.FindProvider("openai-2")!.Keys).ToString());
        Assert.Equal("config", Assert.Single(config.FindProvider("openai-3")!.Keys).ToString());
        Assert.True(config.Models.IsAllowed(new("openai-2", "m")) && !config.Models.IsAllowed(new("openai-2", "other")));
        Assert.Equal(2, result.Problems.Count(static p => p.Severity == ProblemSeverity.Warning && p.Message.Contains("is called", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_key_for_another_address_is_not_sent_to_the_provider()
    {
        var config = SampleFiles.Read("""{ "llmConfig": [{ "provider": "openai", "model": "gpt-4o" }, { "provider": "openai", "model": "other", "baseURL": "http://b/v1", "apiKey": "for-b" }] }""", ("OPENAI_API_KEY", "k")).Config!;
        Assert.Equal("env:OPENAI_API_KEY", Assert.Single(config.FindProvider("openai")!.Keys).ToString());
        Assert.Equal("for-b", Assert.Single(config.FindProvider("openai-2")!.Keys).Value);
    }

    [Fact]
    public void An_entry_with_an_address_configures_a_provider_of_ones_own()
    {
        var lab = Expect.Clean("""{ "llmConfig": [{ "provider": "Lab", "model": "m", "baseURL": "http://lab:8000/v1", "apiKey": "${LAB_KEY}" }] }""", ("LAB_KEY", "k"), ("LAB_API_KEY", "l")).FindProvider("lab")!;
        Assert.Equal((ApiKind.OpenAiChat, true, (string?)null), (lab.Api, lab.IsLocal, lab.Preset));
        Assert.Equal("env:LAB_KEY env:LAB_API_KEY", string.Join(" ", lab.Keys));
    }

    [Fact]
    public void Ollama_under_v1_is_spoken_to_in_OpenAIs_protocol()
    {
        Assert.Equal(ApiKind.OpenAiChat, Expect.Clean("""{ "llmConfig": [{ "provider": "ollama", "model": "m", "baseURL": "http://localhost:11434/v1" }] }""").FindProvider("ollama")!.Api);
        Assert.Equal(ApiKind.Ollama, Expect.Clean("""{ "llmConfig": [{ "provider": "ollama", "model": "m", "baseURL": "http://localhost:11434" }] }""").FindProvider("ollama")!.Api);
    }

    [Fact]
    public void A_shared_address_warns_when_it_catches_another_model()
    {
        Expect.Warning("""{ "defaultModel": "openai/gpt-4o", "llmConfig": [{ "provider": "openai", "model": "llama3.2", "baseURL": "http://localhost:11434/v1" }] }""", "/llmConfig/0/baseURL", "openai/gpt-4o is asked there too");
    }

    [Theory]
    [InlineData("""{ "model": "openai/gpt-4o" }""", "/llmConfig/0", "\"provider\": \"openai\", \"model\": \"gpt-4o\"")]
    [InlineData("""{ "provider": "openai" }""", "/llmConfig/0", "no model")]
    [InlineData("""{ "provider": "opnai", "model": "m" }""", "/llmConfig/0/provider", "Did you mean \"openai\"?")]
    [InlineData("""{ "provider": "openai", "model": "m", "baseURL": "localhost:11434" }""", "/llmConfig/0/baseURL", "absolute http")]
    [InlineData("""{ "provider": "openai", "model": "m", "baseURL": "http://u:p@h/v1" }""", "/llmConfig/0/baseURL", "user name or password")]
    [InlineData("""{ "provider": "openai", "model": "m", "baseURL": "http://h/v1?key=1" }""", "/llmConfig/0/baseURL", "query")]
    [InlineData("""{ "provider": "openai", "model": "m", "baseURL": "ftp://h/v1" }""", "/llmConfig/0/baseURL", "absolute http")]
    [InlineData("""{ "provider": "openai", "model": "m", "api": "openai" }""", "/llmConfig/0/api", "not a supported protocol")]
    public void A_broken_entry_says_what_to_write(string entry, string pointer, string part)
    {
        Expect.Error($$"""{ "llmConfig": [{{entry}}] }""", pointer, part);
    }

    [Fact]
    public void An_address_without_its_path_is_noticed()
    {
        Expect.Warning("""{ "llmConfig": [{ "provider": "openai", "model": "m", "baseURL": "http://localhost:11434" }] }""", "/llmConfig/0/baseURL", "Write \"http://localhost:11434/v1\"");
    }

    [Fact]
    public void A_repeated_entry_is_dropped_with_a_warning()
    {
        Expect.Warning("""{ "llmConfig": [{ "provider": "openai", "model": "m" }, { "provider": "openai", "model": "m" }] }""", "/llmConfig/1", "already in the list");
    }
}
