using System.Collections.Immutable;
using System.Text;
using OpenClaw.Config;
using OpenClaw.Gateway;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;

namespace OpenClaw.Tests.Gateway.Routing;

public sealed class RoutePlannerTests
{
    private const string Brief = """
        {
          "defaultModel": "anthropic/claude-sonnet-4-20250514",
          "models": {
            "allowlist": ["anthropic/claude-sonnet-4-20250514", "openai/gpt-4o", "openrouter/google/gemini-2.5-flash", "gemini/gemini-2.5-pro"],
            "fallbacks": ["openrouter/google/gemini-2.5-flash"],
            "aliases": { "fast": "openrouter/google/gemini-2.5-flash", "deep": ["gemini/gemini-2.5-pro", "openai/gpt-4o"] }
          }
        }
        """;

    [Theory]
    [InlineData("default", "anthropic/claude-sonnet-4-20250514 > openrouter/google/gemini-2.5-flash")]
    [InlineData("openclaw", "anthropic/claude-sonnet-4-20250514 > openrouter/google/gemini-2.5-flash")]
    [InlineData("", "anthropic/claude-sonnet-4-20250514 > openrouter/google/gemini-2.5-flash")]
    [InlineData("openai/gpt-4o", "openai/gpt-4o > openrouter/google/gemini-2.5-flash > anthropic/claude-sonnet-4-20250514")]
    [InlineData("google/gemini-2.5-pro", "gemini/gemini-2.5-pro > openrouter/google/gemini-2.5-flash > anthropic/claude-sonnet-4-20250514")]
    [InlineData("fast", "openrouter/google/gemini-2.5-flash > anthropic/claude-sonnet-4-20250514")]
    [InlineData("deep", "gemini/gemini-2.5-pro > openai/gpt-4o")]
    [InlineData("gpt-4o", "openai/gpt-4o > openrouter/google/gemini-2.5-flash > anthropic/claude-sonnet-4-20250514")]
    public async Task A_name_becomes_its_chain(string asked, string expected) => Assert.Equal(expected, await ChainAsync(Brief, asked));

    [Theory]
    [InlineData("openai/gpt-4", nameof(GatewayErrorKind.ModelNotAllowed), "openai/gpt-4o")]
    [InlineData("openai/gpt-4o-mini", nameof(GatewayErrorKind.ModelNotAllowed), "openai/gpt-4o")]
    [InlineData("opneai/gpt-4o", nameof(GatewayErrorKind.ModelUnknown), "openai/gpt-4o")]
    [InlineData("gpt-4", nameof(GatewayErrorKind.ModelUnknown), "openai/gpt-4o")]
    [InlineData("openai/GPT-4o", nameof(GatewayErrorKind.ModelNotAllowed), "openai/gpt-4o")]
    [InlineData("claude-opus-4", nameof(GatewayErrorKind.ModelUnknown), "anthropic/claude-sonnet-4-20250514")]
    public async Task A_near_miss_names_what_is_near_and_is_never_replaced(string asked, string kind, string near)
    {
        var (plan, error) = await PlanAsync(Brief, asked);
        Assert.Null(plan);
        Assert.Equal(kind, error!.Kind.ToString());
        Assert.Contains(near, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_fallback_the_plan_is_the_one_that_was_asked_for()
    {
        var (plan, _) = await PlanAsync(Brief, "openai/gpt-4o", mayFallBack: false);
        Assert.Equal("openai/gpt-4o", Assert.Single(plan!.Targets).Name);
    }

    [Theory]
    [InlineData(100, "small/m large/m")]
    [InlineData(50_000, "large/m")]
    public async Task Who_is_asked_after_a_refusal_for_content_must_take_the_prompt_too(int promptTokens, string expected)
    {
        var (plan, _) = await PlanAsync("""
            {
              "defaultModel": "large/d",
              "models": {
                "contentPolicyFallbacks": ["small/m", "large/m"],
                "providers": { "small": { "baseUrl": "http://127.0.0.1:1/v1", "api": "openai-completions", "models": [{ "id": "m", "contextWindow": 8000 }] },
                               "large": { "baseUrl": "http://127.0.0.1:2/v1", "api": "openai-completions", "models": [{ "id": "m" }, { "id": "d" }] } } }
            }
            """, "default", promptTokens: promptTokens);
        Assert.Equal(expected, string.Join(' ', plan!.PolicyTargets.Select(static t => t.Name)));
    }

    [Fact]
    public async Task A_clients_own_allowlist_narrows_the_gateways()
    {
        var caller = new Caller("ci") { Allow = [new AllowRule("openai", "*")] };
        var (plan, _) = await PlanAsync(Brief, "openai/gpt-4o", caller: caller);
        Assert.Equal(["openai/gpt-4o"], plan!.Targets.Select(static t => t.Name));
        var (_, error) = await PlanAsync(Brief, "fast", caller: caller);
        Assert.Equal(GatewayErrorKind.ModelNotAllowed, error!.Kind);
        Assert.DoesNotContain("gemini", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_that_does_not_fit_goes_to_a_larger_model_before_any_call()
    {
        const string config = """
            { "defaultModel": "small/m", "models": { "fallbacks": ["large/m"],
              "providers": { "small": { "baseUrl": "http://127.0.0.1:1/v1", "api": "openai-completions", "models": [{ "id": "m", "name": "m", "contextWindow": 8000 }] },
                             "large": { "baseUrl": "http://127.0.0.1:2/v1", "api": "openai-completions", "models": [{ "id": "m", "name": "m", "contextWindow": 200000 }] } } } }
            """;
        Assert.Equal("small/m > large/m", await ChainAsync(config, "default", promptTokens: 5000));
        Assert.Equal("large/m", await ChainAsync(config, "default", promptTokens: 20_000));
        var (_, error) = await PlanAsync(config, "default", promptTokens: 500_000);
        Assert.Equal(GatewayErrorKind.ContextTooLong, error!.Kind);
    }

    [Theory]
    [InlineData(100, 150, "small/s > small/b")]
    [InlineData(100, 1250, "small/b")]
    [InlineData(2000, 2250, "small/s > small/b")]
    [InlineData(2000, 2300, "small/b")]
    public async Task A_small_window_has_a_tenth_and_a_few_tokens_of_room(int window, int prompt, string expected)
    {
        var config = $$"""
            { "models": { "aliases": { "two": ["small/s", "small/b"] },
              "providers": { "small": { "baseUrl": "http://127.0.0.1:1/v1", "api": "openai-completions", "models": [{ "id": "s", "contextWindow": {{window}} }, { "id": "b", "contextWindow": 100000 }] } } } }
            """;
        Assert.Equal(expected, await ChainAsync(config, "two", promptTokens: prompt));
    }

    [Theory]
    [InlineData("one", "openai/a")]
    [InlineData("name", "openai/a")]
    [InlineData("plain", "openai/a > openai/d")]
    [InlineData("two", "openai/b")]
    public async Task An_alias_for_a_list_is_a_chain_of_its_own_also_where_one_is_left_of_it(string asked, string expected)
    {
        const string config = """
            { "defaultModel": "openai/d", "models": { "aliases": { "one": ["openai/a"], "name": "one", "plain": "openai/a", "two": ["openai/c", "openai/b"] } } }
            """;
        var client = new Caller("ci") { Allow = [new AllowRule("openai", "a"), new AllowRule("openai", "b"), new AllowRule("openai", "d")] };
        var (plan, error) = await PlanAsync(config, asked, caller: client);
        Assert.Null(error);
        Assert.Equal(expected, string.Join(" > ", plan!.Targets.Select(static t => t.Name)));
    }

    [Fact]
    public async Task An_image_goes_to_a_target_that_sees()
    {
        const string config = """
            { "defaultModel": "blind/m", "models": { "fallbacks": ["seeing/m"],
              "providers": { "blind": { "baseUrl": "http://127.0.0.1:1/v1", "api": "openai-completions", "models": [{ "id": "m", "name": "m", "input": ["text"] }] },
                             "seeing": { "baseUrl": "http://127.0.0.1:2/v1", "api": "openai-completions", "models": [{ "id": "m", "name": "m", "input": ["text", "image"] }] } } } }
            """;
        Assert.Equal("seeing/m", await ChainAsync(config, "default", images: true));
        Assert.Equal("blind/m > seeing/m", await ChainAsync(config, "default"));
    }

    [Fact]
    public async Task A_closed_list_of_models_refuses_others_and_an_open_provider_serves_any_name()
    {
        const string config = """
            { "models": { "providers": { "closed": { "baseUrl": "http://127.0.0.1:1/v1", "api": "openai-completions", "models": [{ "id": "m", "name": "m" }] },
                                         "open": { "baseUrl": "http://127.0.0.1:2/v1", "api": "openai-completions" } } } }
            """;
        Assert.Equal("open/whatever/it:is", await ChainAsync(config, "open/whatever/it:is"));
        var (_, error) = await PlanAsync(config, "closed/other");
        Assert.Equal(GatewayErrorKind.ModelUnknown, error!.Kind);
    }

    private static async Task<string> ChainAsync(string config, string asked, int promptTokens = 10, bool images = false)
    {
        var (plan, error) = await PlanAsync(config, asked, promptTokens: promptTokens, images: images);
        Assert.Null(error);
        return string.Join(" > ", plan!.Targets.Select(static t => t.Name));
    }

    private static async Task<(RoutePlan? Plan, GatewayError? Error)> PlanAsync(
        string json, string asked, bool mayFallBack = true, Caller? caller = null, int promptTokens = 10, bool images = false)
    {
        var environment = ConfigEnvironment.Of(new Dictionary<string, string>());
        var result = ConfigReader.Read(Encoding.UTF8.GetBytes(json), environment);
        Assert.True(result.IsValid, string.Join('\n', result.Problems));
        await using var builder = new StateBuilder(new GatewayOptions { Environment = environment }, new Backoff(new Random(1)));
        var (state, refusal) = builder.Build(result.Config!);
        Assert.Null(refusal);
        var decision = new Decision("d", default, "chat");
        return RoutePlanner.Plan(state!, caller ?? Caller.Owner, asked, mayFallBack, new RequestNeeds(images, promptTokens, null, "openai"), decision);
    }
}
