using OpenClaw.Config;

namespace OpenClaw.Tests.Config;

public sealed class ProviderRulesTests
{
    [Fact]
    public void Keys_come_from_the_file_then_from_every_variable_without_repeating_a_value()
    {
        var keys = Expect.Clean("""{ "models": { "providers": { "openai": { "apiKey": "${A}", "apiKeys": ["literal-key"] } } } }""",
            ("A", "1"), ("OPENAI_API_KEY", "2"), ("OPENAI_API_KEYS", "3, 4,2"), ("OPENAI_API_KEY_2", "6"), ("OPENAI_API_KEY_1", "5"), ("OPENAI_API_KEY_10", "7"), ("OPENAI_API_KEY_FILE", "/run/key"), ("OPENAI_API_KEY_X", "no")).FindProvider("openai")!.Keys;
        Assert.Equal("env:A config env:OPENAI_API_KEY env:OPENAI_API_KEYS env:OPENAI_API_KEYS env:OPENAI_API_KEY_1 env:OPENAI_API_KEY_2 env:OPENAI_API_KEY_10 file:/run/key", string.Join(" ", keys));
        Assert.Equal(["3", "4"], keys.Where(static k => k.FromVariable == "OPENAI_API_KEYS").Select(static k => k.Value));
        Assert.Equal(SecretSource.Env, keys[2].Source);
    }

    [Fact]
    public void Presets_appear_when_the_file_or_the_environment_brings_them_up()
    {
        Assert.Empty(Expect.Clean("{}").Providers);
        Assert.Equal("gemini", Assert.Single(Expect.Clean("{}", ("GOOGLE_API_KEY", "k")).Providers).Id);
        Assert.Equal("env:GEMINI_API_KEY", string.Join(" ", Expect.Clean("{}", ("GOOGLE_API_KEY", "k"), ("GEMINI_API_KEY", "k")).Providers[0].Keys));
        Assert.Equal("vllm", Assert.Single(Expect.Clean("{}", ("VLLM_BASE_URL", "http://vllm:8000/v1")).Providers).Id);
        Assert.Empty(Expect.Clean("{}", ("SCRIPTED_API_KEY", "k"), ("OPENAI_API_KEY", "")).Providers);
        Assert.Equal("groq mistral", string.Join(" ", Expect.Clean("""{ "models": { "allowlist": ["groq/*", "mistral/x"] } }""").Providers.Select(static p => p.Id)));
    }

    [Fact]
    public void A_bad_address_in_the_environment_is_an_error_without_the_address()
    {
        var result = SampleFiles.Read("{}", ("OPENAI_BASE_URL", "http://user:secret-word@h/v1"));
        Assert.False(result.IsValid);
        Assert.Contains("OPENAI_BASE_URL", Assert.Single(result.Problems).Message);
        Assert.DoesNotContain("secret-word", result.Problems[0].ToString());
    }

    [Theory]
    [InlineData("http://localhost:11434/v1", true)]
    [InlineData("http://127.0.0.1:8000", true)]
    [InlineData("http://[::1]:8000", true)]
    [InlineData("http://ollama:11434", true)]
    [InlineData("http://vllm.inference.svc:8000/v1", true)]
    [InlineData("http://vllm.inference.svc.cluster.local/v1", true)]
    [InlineData("http://10.20.30.40/v1", true)]
    [InlineData("http://172.31.0.1/v1", true)]
    [InlineData("http://192.168.1.1/v1", true)]
    [InlineData("http://[fd00::1]/v1", true)]
    [InlineData("http://172.32.0.1/v1", false)]
    [InlineData("http://8.8.8.8/v1", false)]
    [InlineData("https://api.example.com/v1", false)]
    [InlineData("https://svc.example.com/v1", false)]
    public void A_server_of_ones_own_is_known_by_its_address(string url, bool isLocal)
    {
        Assert.Equal(isLocal, ProviderAddress.IsLocal(url));
        Assert.Equal(isLocal, SampleFiles.MustRead($$"""{ "models": { "providers": { "x": { "baseUrl": "{{url}}" } } } }""").FindProvider("x")!.IsLocal);
    }

    [Fact]
    public void A_provider_of_ones_own_needs_an_address_and_may_have_it_from_the_environment()
    {
        Expect.Error("""{ "models": { "providers": { "my-lab": {} } } }""", "/models/providers/my-lab", "has no address");
        var lab = Expect.Clean("""{ "models": { "providers": { "my-lab": {} } } }""", ("MY_LAB_BASE_URL", "http://lab:1/v1"), ("MY_LAB_API_KEY", "k")).FindProvider("my-lab")!;
        Assert.Equal(("http://lab:1/v1", "env:MY_LAB_API_KEY"), (lab.BaseUrl, lab.Keys[0].ToString()));
        foreach (var url in new[] { "\"\"", "null", "\"${NOT_SET}\"" }) Expect.Error($$"""{ "models": { "providers": { "lab": { "baseUrl": {{url}} } } } }""", "/models/providers/lab", "has no address");
        Expect.Error("""{ "models": { "providers": { "a b": { "baseUrl": "http://h/v1" } } } }""", "/models/providers/a b", "cannot be a provider's id");
    }

    [Theory]
    [InlineData("anthropic", "https://api.anthropic.com/v1", "https://api.anthropic.com")]
    [InlineData("gemini", "https://generativelanguage.googleapis.com/v1beta/", "https://generativelanguage.googleapis.com")]
    [InlineData("openai", "https://api.openai.com/v1/", "https://api.openai.com/v1")]
    public void Addresses_are_brought_into_the_form_that_the_protocol_appends_to(string id, string written, string read)
    {
        Assert.Equal(read, SampleFiles.MustRead($$"""{ "models": { "providers": { "{{id}}": { "baseUrl": "{{written}}" } } } }""").FindProvider(id)!.BaseUrl);
    }

    [Fact]
    public void Protocols_have_upstreams_names()
    {
        Expect.Warning("""{ "models": { "providers": { "x": { "baseUrl": "http://x/v1", "api": "openai-responses" } } } }""", "/models/providers/x/api", "chat completions");
        Expect.Error("""{ "models": { "providers": { "x": { "baseUrl": "http://x/v1", "api": "bedrock-converse-stream" } } } }""", "/models/providers/x/api", "not a supported protocol");
        Expect.Error("""{ "models": { "providers": { "x": { "baseUrl": "http://x/v1", "api": "openai-completion" } } } }""", "/models/providers/x/api", "Write \"openai-completions\"");
        Expect.Warning("""{ "models": { "providers": { "x": { "baseUrl": "http://x:8000" } } } }""", "/models/providers/x/baseUrl", "Write \"http://x:8000/v1\"");
    }

    [Fact]
    public void Preferences_and_vendor_fields_are_found_in_every_place()
    {
        var native = Expect.Clean("""{ "models": { "providers": { "openrouter": { "provider": { "only": ["a"] }, "prefill": false, "authHeader": true, "headers": { "x-a": "${H}" } } } } }""", ("H", "v")).FindProvider("openrouter")!;
        Assert.Equal("""{"only":["a"]}""", native.RoutingPreferencesJson);
        Assert.Equal((false, true, "env:H"), (native.Prefill, native.AuthHeader, native.Headers["X-A"].ToString()));
        var upstream = SampleFiles.MustRead("""{ "meta": { "migrations": { "modelPolicyAllowlist": true } }, "agents": { "defaults": { "models": { "openrouter/b": { "params": { "extra_body": { "k": 1 } } } } } }, "models": { "providers": { "openrouter": { "params": { "provider": { "sort": "price" } }, "open": true, "models": [{ "id": "a", "compat": { "openRouterRouting": { "zdr": true }, "supportsStore": false } }] } } } }""").FindProvider("openrouter")!;
        Assert.Equal("""{"sort":"price"}""", upstream.RoutingPreferencesJson);
        Assert.Equal("""{"zdr":true}""", upstream.FindModel("a")!.RoutingPreferencesJson);
        Assert.Equal("""{"k":1}""", upstream.FindModel("b")!.ExtraBodyJson);
    }

    [Fact]
    public void A_scripted_provider_takes_any_keys_and_keeps_them()
    {
        var scripted = Expect.Clean("""{ "models": { "providers": { "stage": { "api": "scripted", "anything": [1, { "models": 5 }], "models": { "x": "y" } } } }, "defaultModel": "stage/down" }""").FindProvider("stage")!;
        Assert.Equal("""{"api":"scripted","anything":[1,{"models":5}],"models":{"x":"y"}}""", scripted.ScriptJson);
        Assert.Equal((ApiKind.Scripted, false), (scripted.Api, scripted.IsLocal));
    }

    [Fact]
    public void Models_need_an_id_and_are_listed_once()
    {
        Expect.Error("""{ "models": { "providers": { "x": { "baseUrl": "http://x/v1", "models": [{ "name": "n" }] } } } }""", "/models/providers/x/models/0", "no id");
        Expect.Error("""{ "models": { "providers": { "x": { "baseUrl": "http://x/v1", "models": [{ "id": "n" }, { "id": "n" }] } } } }""", "/models/providers/x/models/1", "listed twice");
        Expect.Error("""{ "models": { "providers": { "x": { "baseUrl": "http://x/v1", "models": [{ "id": "n", "cost": { "input": -1 } }] } } } }""", "/models/providers/x/models/0/cost/input", "not between");
        Assert.Null(Expect.Clean("""{ "models": { "providers": { "x": { "baseUrl": "http://x/v1", "models": [{ "id": "n", "cost": {} }] } } } }""").FindProvider("x")!.FindModel("n")!.Cost);
    }
}
