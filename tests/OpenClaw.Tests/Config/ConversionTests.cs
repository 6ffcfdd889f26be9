using System.Text.Json;
using OpenClaw.Config;

namespace OpenClaw.Tests.Config;

/// <summary>Every sample in every direction: what comes out is read again and compared; what cannot be said is a note.</summary>
public sealed class ConversionTests
{
    public static TheoryData<string, ConfigDialect> All =>
        [.. SampleFiles.Names.SelectMany(static n => Enum.GetValues<ConfigDialect>().Select(t => new TheoryDataRow<string, ConfigDialect>(n, t)))];

    [Theory]
    [MemberData(nameof(All))]
    public void A_converted_sample_keeps_chain_allowlist_addresses_and_keys_or_says_so(string name, ConfigDialect target)
    {
        var original = SampleFiles.ReadSample(name);
        var result = ConfigWriter.Convert(SampleFiles.Bytes(name), target);
        Assert.NotNull(result.Json);
        if (name == "scripted-rehearsal.json" && target == ConfigDialect.Upstream)
        {
            Assert.Contains(result.Notes, static n => n.Severity == ProblemSeverity.Error && n.Message.Contains("scripted", StringComparison.Ordinal));
            return;
        }
        var again = SampleFiles.MustRead(result.Json, SampleFiles.Environment);
        Assert.Equal(SampleFiles.Chain(original), SampleFiles.Chain(again));
        if (result.Notes.Any(static n => n.Pointer == "/models/allowlist")) Assert.All(again.Models.Allowlist!.Value, r => Assert.True(original.Models.IsAllowed(new ModelRef(r.Provider, r.Pattern)), r.ToString()));
        else Assert.Equal(Rules(original), Rules(again));
        foreach (var reference in original.Models.Chain) Assert.Equal(Target(original, reference), Target(again, reference));
        Assert.Equal(original.Gateway with { Token = null, AuthIsImplied = false }, again.Gateway with { Token = null, AuthIsImplied = false });
        Assert.DoesNotContain("-value", result.Json);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void What_the_target_cannot_say_is_a_note_and_nothing_else_is_lost(string name, ConfigDialect target)
    {
        var result = ConfigWriter.Convert(SampleFiles.Bytes(name), target);
        var original = SampleFiles.ReadSample(name);
        var again = ConfigReader.Read(System.Text.Encoding.UTF8.GetBytes(result.Json!), SampleFiles.Environment).Config;
        if (!result.IsComplete || again is null)
        {
            Assert.NotEqual(ConfigDialect.Native, target);
            Assert.All(result.Notes, static n => Assert.NotEmpty(n.Instead));
            return;
        }
        // Upstream's explicit list of models is announced by a warning; otherwise the whole model is the same.
        Assert.Equal(Facts(original, target), Facts(again, target));
    }

    [Fact]
    public void The_guides_files_become_upstreams()
    {
        var result = ConfigWriter.Convert(SampleFiles.Bytes("brief-hybrid-fallback.json"), ConfigDialect.Upstream);
        using var json = JsonDocument.Parse(result.Json!);
        var root = json.RootElement;
        var openai = root.GetProperty("models").GetProperty("providers").GetProperty("openai");
        Assert.Equal("local", root.GetProperty("gateway").GetProperty("mode").GetString());
        Assert.Equal(("http://localhost:11434/v1", "openai-completions", "${OPENAI_API_KEY}"), (openai.GetProperty("baseUrl").GetString(), openai.GetProperty("api").GetString(), openai.GetProperty("apiKey").GetString()));
        Assert.Equal(("llama3.2", "llama3.2"), (openai.GetProperty("models")[0].GetProperty("id").GetString(), openai.GetProperty("models")[0].GetProperty("name").GetString()));
        Assert.Equal("anthropic/claude-sonnet-4-5-20250929", root.GetProperty("agents").GetProperty("defaults").GetProperty("model").GetProperty("fallbacks")[0].GetString());
        Assert.True(result.IsComplete);
    }

    [Fact]
    public void An_allowlist_becomes_upstreams_policy_with_its_mark()
    {
        var result = ConfigWriter.Convert(SampleFiles.Bytes("brief-multi-provider.json"), ConfigDialect.Upstream);
        using var json = JsonDocument.Parse(result.Json!);
        var defaults = json.RootElement.GetProperty("agents").GetProperty("defaults");
        Assert.Contains("google/gemini-2.5-pro", defaults.GetProperty("modelPolicy").GetProperty("allow").EnumerateArray().Select(static a => a.GetString()));
        Assert.Equal(8, defaults.GetProperty("modelPolicy").GetProperty("allow").GetArrayLength());
        Assert.True(json.RootElement.GetProperty("meta").GetProperty("migrations").GetProperty("modelPolicyAllowlist").GetBoolean());
        Assert.Equal("token", json.RootElement.GetProperty("gateway").GetProperty("auth").GetProperty("mode").GetString());
        Assert.True(result.IsComplete && !json.RootElement.TryGetProperty("models", out _));
    }

    [Theory]
    [InlineData("""["openai/*", "openrouter/google/*"]""", "openai/* openrouter/google/*")]
    [InlineData("""["openai/gpt-*"]""", "openai/gpt-4o")]
    [InlineData("""["openai/gpt-4o", "gemini/gemini-2*"]""", "openai/gpt-4o google/gemini-2")]
    public void A_wildcard_that_upstream_cannot_say_is_narrowed_and_never_dropped(string allowlist, string policy)
    {
        var result = ConfigWriter.Convert(System.Text.Encoding.UTF8.GetBytes($$"""{ "defaultModel": "openai/gpt-4o", "models": { "allowlist": {{allowlist}} } }"""), ConfigDialect.Upstream);
        using var json = JsonDocument.Parse(result.Json!);
        Assert.Equal(policy, string.Join(' ', json.RootElement.GetProperty("agents").GetProperty("defaults").GetProperty("modelPolicy").GetProperty("allow").EnumerateArray().Select(static a => a.GetString())));
        Assert.Equal(policy.EndsWith("/*", StringComparison.Ordinal), result.IsComplete);
    }

    [Fact]
    public void The_teams_file_loses_its_rules_only_with_notes()
    {
        var upstream = ConfigWriter.Convert(SampleFiles.Bytes("native-team.json"), ConfigDialect.Upstream).Notes.Where(static n => n.Severity == ProblemSeverity.Error).Select(static n => n.Pointer).ToList();
        Assert.Superset(new HashSet<string> { "/routing", "/budgets", "/limits", "/clients", "/alerts", "/models/aliases/deep", "/models/aliases/review", "/models/contentPolicyFallbacks", "/models/prices/openai~1my-finetune" }, upstream.ToHashSet());
        var brief = ConfigWriter.Convert(SampleFiles.Bytes("native-team.json"), ConfigDialect.Brief).Notes.Where(static n => n.Severity == ProblemSeverity.Error).Select(static n => n.Pointer).ToList();
        Assert.Superset(new HashSet<string> { "/routing", "/budgets", "/limits", "/clients", "/alerts", "/models/aliases", "/models/contentPolicyFallbacks", "/models/prices" }, brief.ToHashSet());
    }

    [Fact]
    public void References_to_secrets_stay_references()
    {
        const string File = """{ "secrets": { "providers": { "vault": { "source": "file", "path": "/v.json" } } }, "gateway": { "auth": { "token": "${GT}" } }, "defaultModel": "openai/m", "models": { "providers": { "openai": { "apiKey": { "source": "file", "provider": "vault", "id": "/k" }, "headers": { "x-a": "Team ${H}" } } } } }""";
        var upstream = ConfigWriter.Convert(System.Text.Encoding.UTF8.GetBytes(File), ConfigDialect.Upstream).Json!;
        Assert.Contains("\"Team ${H}\"", upstream);
        Assert.Contains("\"token\": \"${GT}\"", upstream);
        using var json = JsonDocument.Parse(upstream);
        Assert.Equal("/v.json", json.RootElement.GetProperty("secrets").GetProperty("providers").GetProperty("vault").GetProperty("path").GetString());
        var native = SampleFiles.MustRead(ConfigWriter.Convert(System.Text.Encoding.UTF8.GetBytes(File), ConfigDialect.Native).Json!, ConfigEnvironment.Of(new Dictionary<string, string> { ["GT"] = "g", ["H"] = "h" }));
        Assert.Equal("file:/v.json#/k", native.FindProvider("openai")!.Keys[0].ToString());
        Assert.Equal("Team h", native.FindProvider("openai")!.Headers["x-a"].Value);
        Assert.Equal("env:GT", native.Gateway.Token!.ToString());
    }

    [Fact]
    public void Upstreams_other_settings_are_copied_or_named()
    {
        Assert.Contains("telegram", ConfigWriter.Convert(SampleFiles.Bytes("upstream-full.json"), ConfigDialect.Native).Json!);
        var brief = ConfigWriter.Convert(SampleFiles.Bytes("upstream-full.json"), ConfigDialect.Brief);
        Assert.DoesNotContain("telegram", brief.Json!);
        Assert.Contains(brief.Notes, static n => n.Message.Contains("/channels", StringComparison.Ordinal));
    }

    [Fact]
    public void A_value_that_only_the_environment_knows_is_an_error_note_where_its_text_cannot_stay()
    {
        var result = ConfigWriter.Convert("""{ "gateway": { "port": "${PORT}" }, "defaultModel": "openai/${M}" }"""u8, ConfigDialect.Native);
        Assert.Contains(result.Notes, static n => n.Pointer == "/gateway/port" && n.Severity == ProblemSeverity.Error);
        Assert.Contains("openai/${M}", result.Json!);
        Assert.Null(ConfigWriter.Convert("""{ "defaultModel": "gpt" }"""u8, ConfigDialect.Native).Json);
    }

    [Theory]
    [InlineData("[{ \"input\": 2, \"output\": 8, \"cacheRead\": 0.2, \"cacheWrite\": 2.5, \"range\": [0, 1000] }, { \"input\": 4, \"output\": 12, \"range\": [1000, 5000] }, { \"input\": 8, \"output\": 24, \"range\": [5000] }]")]
    [InlineData("[{ \"input\": 4, \"output\": 12, \"range\": [1000, 5000] }, { \"input\": 8, \"output\": 24, \"range\": [5000] }]")]
    public void Upstreams_tiers_are_ours_and_go_back_as_they_came(string tiers)
    {
        var file = $$"""{ "models": { "providers": { "lab": { "baseUrl": "http://h/v1", "models": [{ "id": "m", "cost": { "input": 2, "output": 8, "cacheRead": 0.2, "cacheWrite": 2.5, "tieredPricing": {{tiers}} } }] } } } }""";
        var price = Expect.Clean(file).FindProvider("lab")!.FindModel("m")!.Cost!;
        Assert.Equal([1000, 5000], price.Tiers.Select(static t => t.Above));
        Assert.Equal([4m, 8m], price.Tiers.Select(static t => t.Input!.Value));
        foreach (var target in new[] { ConfigDialect.Upstream, ConfigDialect.Native })
        {
            var result = ConfigWriter.Convert(System.Text.Encoding.UTF8.GetBytes(file), target);
            Assert.True(result.IsComplete, string.Join("\n", result.Notes));
            Assert.Contains(target == ConfigDialect.Upstream ? "tieredPricing" : "above", result.Json!);
            var again = Expect.Clean(result.Json!).FindProvider("lab")!.FindModel("m")!.Cost!;
            Assert.Equal(price with { Tiers = [] }, again with { Tiers = [] });
            Assert.Equal(price.Tiers.AsEnumerable(), again.Tiers);
        }
    }

    [Fact]
    public void What_single_agents_have_of_their_own_is_said_only_in_upstreams_dialect()
    {
        var file = """{ "agents": { "defaults": { "model": "openai/a" }, "entries": { "x": { "name": "X", "model": "openai/b", "modelPolicy": { "allow": ["openai/b"] } } }, "list": [{ "id": "y", "fallbacks": ["openai/c"] }] } }"""u8;
        var upstream = ConfigWriter.Convert(file, ConfigDialect.Upstream);
        Assert.True(upstream.IsComplete, string.Join("\n", upstream.Notes));
        Assert.Contains("openai/b", upstream.Json!);
        foreach (var target in new[] { ConfigDialect.Native, ConfigDialect.Brief })
        {
            var result = ConfigWriter.Convert(file, target);
            Assert.False(result.IsComplete);
            Assert.Equal(["/agents/entries/x/model", "/agents/entries/x/modelPolicy", "/agents/list/0/fallbacks"], result.Notes.Where(static n => n.Severity == ProblemSeverity.Error).Select(static n => n.Pointer).Order(StringComparer.Ordinal));
            Assert.DoesNotContain("openai/b", result.Json!);
            Assert.True(SampleFiles.Read(result.Json!).IsValid);
        }
        Assert.Contains("\"name\": \"X\"", ConfigWriter.Convert(file, ConfigDialect.Native).Json!);
    }

    [Fact]
    public void The_printed_configuration_shows_where_secrets_are_from_and_never_what_they_are()
    {
        var config = SampleFiles.MustRead("""{ "gateway": { "auth": { "token": "literal-token" } }, "defaultModel": "openai/m", "models": { "providers": { "openai": { "apiKeys": ["literal-key", "${K}"], "headers": { "x": "literal-header" }, "params": { "extra_body": { "password": "literal-field" } } } } }, "storage": { "url": "postgres://u:literal-password@h/d?password=literal-query" }, "clients": [{ "name": "c", "token": "literal-client" }], "alerts": [{ "url": "https://h/literal-hook" }] }""",
            ConfigEnvironment.Of(new Dictionary<string, string> { ["K"] = "value-of-k", ["OPENAI_API_KEYS"] = "pool-a,pool-b" }));
        var printed = ConfigPrinter.Print(config);
        using var json = JsonDocument.Parse(printed);
        Assert.DoesNotContain("literal-", printed);
        Assert.DoesNotContain("value-of-k", printed);
        Assert.DoesNotContain("pool-", printed);
        Assert.Equal(["config", "env:K", "env:OPENAI_API_KEYS", "env:OPENAI_API_KEYS"], json.RootElement.GetProperty("models").GetProperty("providers").GetProperty("openai").GetProperty("apiKeys").EnumerateArray().Select(static k => k.GetProperty("from").GetString()));
        Assert.Equal("60s", json.RootElement.GetProperty("routing").GetProperty("deadline").GetString()!.Replace("1m", "60s", StringComparison.Ordinal));
    }

    private static string Rules(OpenClawConfig config) => config.Models.Allowlist is { } rules ? string.Join(" ", rules.Select(static r => r.ToString()).Order(StringComparer.Ordinal)) : "all";

    private static string Target(OpenClawConfig config, ModelRef reference)
    {
        var provider = config.FindProvider(reference.Provider)!;
        var model = provider.FindModel(reference.Model);
        return $"{model?.Api ?? provider.Api} {model?.BaseUrl ?? provider.BaseUrl} {provider.IsLocal} {string.Join(",", provider.Keys.Take(1))}";
    }

    /// <summary>The printed model; for upstream without the lists of models, which it wants explicit.</summary>
    private static string Facts(OpenClawConfig config, ConfigDialect target)
    {
        var providers = config.Providers.Select(p => target == ConfigDialect.Native ? p : p with { Models = [], ModelsAreClosed = false }).OrderBy(static p => p.Id, StringComparer.Ordinal);
        return ConfigPrinter.Print(config with { Providers = [.. providers], Gateway = config.Gateway with { AuthIsImplied = false } });
    }
}
