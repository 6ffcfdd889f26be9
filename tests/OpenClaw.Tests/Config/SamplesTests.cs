using OpenClaw.Config;

namespace OpenClaw.Tests.Config;

/// <summary>Each file under samples/ is read, and means what its comments say.</summary>
public sealed class SamplesTests
{
    public static TheoryData<string, string, string, string> Expected => new()
    {
        { "brief-multi-provider.json", "anthropic/claude-sonnet-4-20250514", "anthropic openai gemini openrouter",
            "anthropic/claude-sonnet-4-20250514 anthropic/claude-opus-4 openai/gpt-4o openai/o1 gemini/gemini-2.5-pro openrouter/google/gemini-2.5-flash openrouter/meta-llama/llama-3.3-70b-instruct openrouter/deepseek/deepseek-chat-v3-0324" },
        { "brief-ollama-sidecar.json", "openai/llama3.2", "openai anthropic gemini openrouter", "all" },
        { "brief-external-ollama.json", "openai/llama3.2", "openai anthropic gemini openrouter", "all" },
        { "brief-vllm.json", "openai/meta-llama/Llama-3.2-8B-Instruct", "openai anthropic gemini openrouter", "all" },
        { "brief-hybrid-fallback.json", "openai/llama3.2 anthropic/claude-sonnet-4-5-20250929", "openai anthropic gemini openrouter", "all" },
        { "brief-openrouter-default.json", "openrouter/anthropic/claude-sonnet-4-20250514", "openrouter anthropic openai gemini", "all" },
        { "upstream-full.json", "anthropic/claude-opus-4 gemini/gemini-2.5-pro lab/meta-llama/Llama-3.2-8B-Instruct", "gemini anthropic lab openai openrouter",
            "anthropic/claude-opus-4 gemini/* lab/meta-llama/Llama-3.2-8B-Instruct" },
        { "native-team.json", "anthropic/claude-sonnet-4-20250514 openai/gpt-4o openrouter/google/gemini-2.5-flash", "anthropic openai openrouter gemini",
            "anthropic/claude-sonnet-4-20250514 anthropic/claude-opus-4 openai/* gemini/gemini-2.5-* openrouter/google/gemini-2.5-flash" },
        { "key-pools.json", "openai/gpt-4o anthropic/claude-sonnet-4-20250514", "openai anthropic gemini openrouter", "all" },
        { "scripted-rehearsal.json", "scripted/down scripted/cut-after-20 scripted/ok", "scripted anthropic openai gemini openrouter", "scripted/*" },
        { "air-gapped-local.json", "ollama/llama3.2 lab/qwen2.5-coder-32b", "ollama lab anthropic openai gemini openrouter", "ollama/* lab/*" },
        { "openrouter-preferences.json", "openrouter/google/gemini-2.5-flash", "openrouter anthropic openai gemini", "all" },
        { "cloud-and-local-openai.json", "openai/llama3.2 openai/gpt-4o openai-2/llama3.2", "openai openai-2 anthropic gemini openrouter", "all" },
    };

    [Theory]
    [MemberData(nameof(Expected))]
    public void A_sample_means_what_it_says(string name, string chain, string providers, string allowlist)
    {
        var config = SampleFiles.ReadSample(name);
        Assert.Equal(chain, SampleFiles.Chain(config));
        Assert.Equal(providers, string.Join(" ", config.Providers.Select(static p => p.Id)));
        Assert.Equal(allowlist, config.Models.Allowlist is { } rules ? string.Join(" ", rules) : "all");
    }

    [Fact]
    public void Every_sample_is_in_the_table()
    {
        Assert.Equal(SampleFiles.Names, Expected.Select(static row => row.Data.Item1).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Expected))]
    public void A_sample_has_no_warnings_beyond_the_announced_ones(string name, string chain, string providers, string allowlist)
    {
        _ = (chain, providers, allowlist);
        var warnings = ConfigReader.Read(SampleFiles.Bytes(name), SampleFiles.Environment).Problems;
        if (name == "cloud-and-local-openai.json") Assert.Contains("openai-2/llama3.2", Assert.Single(warnings).Message);
        else Assert.Empty(warnings);
    }

    [Fact]
    public void The_sidecar_sample_sends_openai_to_the_pod_itself()
    {
        var provider = SampleFiles.ReadSample("brief-ollama-sidecar.json").FindProvider("openai")!;
        Assert.Equal("http://localhost:11434/v1", provider.BaseUrl);
        Assert.Equal(ApiKind.OpenAiChat, provider.Api);
        Assert.True(provider.IsLocal);
        Assert.False(provider.ModelsAreClosed);
        Assert.Equal("env:OPENAI_API_KEY", Assert.Single(provider.Keys).ToString());
    }

    [Fact]
    public void The_upstream_sample_keeps_its_facts()
    {
        var config = SampleFiles.ReadSample("upstream-full.json");
        var lab = config.FindProvider("lab")!;
        var model = Assert.Single(lab.Models);
        Assert.True(lab.ModelsAreClosed && lab.IsLocal);
        Assert.Equal(TimeSpan.FromMinutes(2), lab.Timeout);
        Assert.Equal((131072, 8192, 0.05m), (model.ContextWindow, model.MaxTokens, model.Cost!.Input));
        Assert.Equal("file:/run/secrets/openclaw/keys.json#/anthropic/apiKey", config.FindProvider("anthropic")!.Keys[0].ToString());
        Assert.Equal("https://generativelanguage.googleapis.com", config.FindProvider("gemini")!.BaseUrl);
        Assert.Equal("anthropic/claude-opus-4", Assert.Single(config.Models.Aliases["opus"]).ToString());
        Assert.Equal("env:OPENCLAW_GATEWAY_TOKEN", config.Gateway.Token!.ToString());
    }

    [Fact]
    public void The_team_sample_keeps_its_money()
    {
        var config = SampleFiles.ReadSample("native-team.json");
        Assert.Equal(["gateway month 50", "session total 2", "model:anthropic/claude-opus-4 day 10", "request request 0.5"],
            config.Budgets.Select(static b => $"{b.Scope} {b.Period} {b.Limit.ToString(System.Globalization.CultureInfo.InvariantCulture)}"));
        Assert.Equal([0.5m, 0.8m], config.Budgets[0].WarnAt);
        Assert.Equal("anthropic/claude-opus-4 openai/o1", string.Join(" ", config.Models.Aliases["review"]));
        Assert.Equal("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", config.Clients[1].TokenHash);
        Assert.Equal(TimeSpan.FromSeconds(20), config.Routing.Timeouts.FirstToken);
        Assert.True(config.Routing.DeadlineIsExplicit);
        Assert.Equal(BindMode.Lan, config.Gateway.Bind);
    }

    [Fact]
    public void The_key_pool_sample_tries_the_keys_in_order()
    {
        var keys = SampleFiles.ReadSample("key-pools.json").FindProvider("openai")!.Keys;
        Assert.Equal(["env:OPENAI_KEY_TEAM_A", "env:OPENAI_KEY_TEAM_B", "file:/run/secrets/openai/key", "env:OPENAI_API_KEY"], keys.Select(static k => k.ToString()));
    }

    [Fact]
    public void The_mixed_sample_keeps_every_address_with_its_entry()
    {
        var config = SampleFiles.ReadSample("cloud-and-local-openai.json");
        var openai = config.FindProvider("openai")!;
        Assert.Equal("https://api.openai.com/v1", openai.BaseUrl);
        Assert.Equal("http://localhost:11434/v1", openai.FindModel("llama3.2")!.BaseUrl);
        Assert.Equal("http://ollama.inference.svc:11434/v1", config.FindProvider("openai-2")!.BaseUrl);
        Assert.Equal("openai", config.FindProvider("openai-2")!.Preset);
    }

    [Fact]
    public void The_openrouter_sample_carries_its_preferences()
    {
        var provider = SampleFiles.ReadSample("openrouter-preferences.json").FindProvider("openrouter")!;
        Assert.Equal("""{"order":["google-vertex","deepinfra"],"allow_fallbacks":true,"sort":"price"}""", provider.RoutingPreferencesJson);
        Assert.Equal("""{"usage":{"include":true}}""", provider.ExtraBodyJson);
        Assert.Equal("config", provider.Headers["X-Title"].ToString());
    }
}
