using System.Text.Json;
using OpenClaw.Client;
using OpenClaw.Commands;
using OpenClaw.Commands.Models;

namespace OpenClaw.Tests.Cli;

public sealed class ModelsStatusTests
{
    private const string Secret = "sk-never-show-this-0123456789";
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Shows_the_fields_of_upstream_and_keys_by_their_origin_only()
    {
        var view = LocalView.Models(LocalView.Team, ("OPENAI_API_KEY", Secret), ("ANTHROPIC_API_KEYS", "k-one-k-one-k-one,k-two-k-two-k-two"));
        Assert.Equal(
            """
            Config            : /etc/openclaw.json
            Default           : openai/gpt-4o
            Fallbacks (2)     : anthropic/claude-opus-4, ollama/llama3.2
            Aliases (2)       : deep -> anthropic/claude-opus-4, openai/gpt-4o, fast -> gemini/gemini-2.5-flash
            Allowed models (4): openai/gpt-4o, anthropic/*, ollama/*, gemini/gemini-2.5-flash

            Auth overview
            - anthropic effective=env:ANTHROPIC_API_KEYS | source=environment | keys=2 (2 ok)
            - gemini effective=missing | source=-
            - ollama effective=none | source=no key needed
            - openai effective=env:OPENAI_API_KEY | source=environment

            Missing auth
            - gemini no key for gemini: set GEMINI_API_KEY, or GEMINI_API_KEY_FILE to a file with the key in it

            """,
            ModelsStatus.Text(view with { Providers = [.. view.Providers.OrderBy(p => p.Id, StringComparer.Ordinal)] }, null, s_now));
    }

    [Fact]
    public void Without_a_default_model_the_check_says_so()
    {
        var view = LocalView.Models(LocalView.Team, ("OPENAI_API_KEY", Secret)) with { Default = null };
        Assert.Equal(1, ModelsStatus.Check(view, null));
        Assert.Contains("Model route issues\n- there is no default model", ModelsStatus.Text(view, null, s_now), StringComparison.Ordinal);
    }

    [Fact]
    public void Never_writes_a_key_as_text_or_as_json()
    {
        var view = LocalView.Models("""{ "models": { "providers": { "own": { "baseUrl": "http://h/v1", "apiKey": "sk-never-show-this-0123456789" } } } }""", ("OPENAI_API_KEY", Secret));
        Assert.DoesNotContain(Secret, ModelsStatus.Text(view, null, s_now), StringComparison.Ordinal);
        var json = LocalView.Json(w => ModelsStatusJson.Write(w, view, null, s_now));
        Assert.DoesNotContain(Secret, json, StringComparison.Ordinal);
        Assert.Contains("\"effective\":{\"kind\":\"config\",\"detail\":\"config\"}", json, StringComparison.Ordinal);
        Assert.Contains("\"effective\":{\"kind\":\"env\",\"detail\":\"OPENAI_API_KEY\"}", json, StringComparison.Ordinal);
    }

    [Fact]
    public void A_script_written_for_upstream_finds_its_members()
    {
        var models = Parse("""{ "default": "openai/gpt-4o", "models": [] }""");
        var status = Parse("""{ "providers": [ { "id": "openai", "keys": [ { "alias": "openai#1 (env:K)", "state": "parked", "parked": [ { "reason": "credential" }, { "reason": "quotaExhausted", "until": "2026-01-01T00:10:00Z" }, { "reason": "rateLimited", "model": "gpt-4o", "until": "2026-01-01T00:02:41Z" } ] } ] } ] }""");
        var json = Parse(LocalView.Json(w => ModelsStatusJson.Write(w, GatewayModels.Read("http://g", models, status, default), null, s_now)));
        var auth = json.GetProperty("auth");
        Assert.Equal("openai/gpt-4o", json.GetProperty("resolvedDefault").GetString());
        foreach (var name in (string[])["providersWithOAuth", "runtimeAuthRoutes", "modelRouteIssues"]) Assert.Empty(auth.GetProperty(name).EnumerateArray());
        Assert.Empty(auth.GetProperty("oauth").GetProperty("profiles").EnumerateArray());
        var unusable = auth.GetProperty("unusableProfiles").EnumerateArray().Select(static u => u.GetRawText()).ToList();
        Assert.Equal(
            [
                """{"profileId":"openai#1 (env:K)","provider":"openai","kind":"cooldown","reason":"rateLimited","model":"gpt-4o","until":1767225761000,"remainingMs":161000}""",
                """{"profileId":"openai#1 (env:K)","provider":"openai","kind":"disabled","reason":"billing","until":1767226200000,"remainingMs":600000}""",
                """{"profileId":"openai#1 (env:K)","provider":"openai","kind":"disabled","reason":"credential"}""",
            ],
            unusable);
    }

    [Fact]
    public void Check_is_0_when_every_key_is_there()
    {
        var view = LocalView.Models("""{ "defaultModel": "openai/gpt-4o" }""", ("OPENAI_API_KEY", Secret));
        Assert.Equal(0, ModelsStatus.Check(view, null));
    }

    [Fact]
    public void Check_is_1_when_a_key_is_missing_or_nothing_is_the_default()
    {
        Assert.Equal(1, ModelsStatus.Check(LocalView.Models("""{ "defaultModel": "openai/gpt-4o" }"""), null));
        Assert.Equal(1, ModelsStatus.Check(LocalView.Models("{}", ("OPENAI_API_KEY", Secret)), null));
    }

    [Fact]
    public void Check_is_2_when_a_key_cools_down_and_1_when_it_was_rejected_for_good()
    {
        var (models, status) = (Parse("""{ "default": "openai/gpt-4o", "models": [] }"""), "");
        status = """{ "providers": [ { "id": "openai", "missing": "openai#1 (env:K) is rate limited: slow down", "keys": [ { "alias": "openai#1 (env:K)", "state": "parked", "parked": [ { "reason": "rateLimited", "until": "2026-01-01T00:02:41Z" } ] } ] } ] }""";
        var cooling = GatewayModels.Read("http://g", models, Parse(status), default);
        Assert.Equal(2, ModelsStatus.Check(cooling, null));
        Assert.Contains("- openai#1 (env:K) cooldown:rateLimited (2m 41s)", ModelsStatus.Text(cooling, null, s_now), StringComparison.Ordinal);

        status = status.Replace("\"rateLimited\", \"until\": \"2026-01-01T00:02:41Z\"", "\"credential\"", StringComparison.Ordinal);
        Assert.Equal(1, ModelsStatus.Check(GatewayModels.Read("http://g", models, Parse(status), default), null));
    }

    [Theory]
    [InlineData("auth", 1)]
    [InlineData("billing", 1)]
    [InlineData("no_model", 1)]
    [InlineData("rate_limit", 2)]
    [InlineData("timeout", 0)]
    [InlineData("ok", 0)]
    public void A_probe_that_was_refused_counts_as_missing_and_one_that_was_limited_as_cooling_down(string bucket, int code)
    {
        var view = LocalView.Models("""{ "defaultModel": "openai/gpt-4o" }""", ("OPENAI_API_KEY", Secret));
        Assert.Equal(code, ModelsStatus.Check(view, [new ProbeRow("openai", "openai/gpt-4o", bucket, 1, "")]));
    }

    [Fact]
    public void A_provider_of_which_nobody_names_a_model_is_no_fault()
    {
        var view = LocalView.Models("""{ "defaultModel": "openai/gpt-4o" }""", ("OPENAI_API_KEY", Secret), ("GROQ_API_KEY", Secret));
        Assert.Equal(0, ModelsStatus.Check(view, [new ProbeRow("openai", "openai/gpt-4o", "ok", 1, ""), new ProbeRow("groq", null, "no_model", null, "")]));
    }

    [Fact]
    public async Task A_probe_calls_the_limit_as_the_provider_calls_it()
    {
        await using var gateway = new TinyHttp(static (_, _) => (200, "{}"));
        var view = LocalView.Models("""{ "defaultModel": "openai/o1", "models": { "fallbacks": ["mistral/mistral-large-latest"] } }""", ("OPENAI_API_KEY", Secret), ("MISTRAL_API_KEY", Secret));
        var (rows, _) = await ModelsProbe.RunAsync(view with { Gateway = gateway.Url }, new GatewayAsk(gateway.Url, "t", null), new ProbeOrder(null, TimeSpan.FromSeconds(20), 7), json: false, TestContext.Current.CancellationToken);
        Assert.Equal(["ok", "ok"], rows!.Value.Select(static r => r.Bucket));
        Assert.Contains("\"model\":\"openai/o1\",\"max_completion_tokens\":7", Assert.Single(gateway.Asked, static a => a.Contains("openai/o1", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("\"max_tokens\":7", Assert.Single(gateway.Asked, static a => a.Contains("mistral/", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    private static JsonElement Parse(string json) => JsonDocument.Parse(json).RootElement;
}
