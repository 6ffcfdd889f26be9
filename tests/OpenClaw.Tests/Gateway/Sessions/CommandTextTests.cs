using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.Sessions;

namespace OpenClaw.Tests.Gateway.Sessions;

/// <summary>Every text that a slash command answers with, word for word, in tests/golden/sessions.</summary>
public sealed class CommandTextTests
{
    [Theory]
    [InlineData(2, 0, "$0.50")]
    [InlineData(2, 2, "no price (models.prices)")]
    [InlineData(3, 1, "$0.50 and 1 call without a price")]
    public void A_models_part_of_a_session_says_what_has_no_price(long calls, long unpriced, string text) =>
        Assert.Equal(text, CommandText.CostOf(new ModelShare("p/m", calls, 100, 0.5m, unpriced)));

    [Theory]
    [InlineData("model", "model")]
    [InlineData("model-ref", "model anthropic/claude-opus-4")]
    [InlineData("model-alias", "model deep")]
    [InlineData("model-strict", "model openai/gpt-4o strict")]
    [InlineData("model-number", "model 3")]
    [InlineData("model-miss", "model anthropic/claude-opus-5")]
    [InlineData("model-unknown-provider", "model antropic/claude-opus-4")]
    [InlineData("model-number-miss", "model 9")]
    [InlineData("model-default", "model default")]
    [InlineData("model-status", "model status")]
    [InlineData("model-global", "model openai/gpt-4o -g")]
    [InlineData("models", "models")]
    [InlineData("models-provider", "models anthropic")]
    [InlineData("models-unknown", "models nosuch")]
    [InlineData("status", "status")]
    [InlineData("usage", "usage")]
    [InlineData("usage-full", "usage full")]
    [InlineData("usage-unknown", "usage maybe")]
    [InlineData("usage-cost", "usage cost")]
    [InlineData("budget", "budget")]
    [InlineData("budget-resume", "budget resume")]
    [InlineData("new", "new")]
    [InlineData("new-model", "new fast")]
    [InlineData("reset", "reset")]
    [InlineData("help", "help")]
    [InlineData("alias", "fast")]
    public async Task A_command_answers_with_its_text(string golden, string command)
    {
        await using var stage = new SessionStage();
        await CheckAsync(golden, await stage.RunAsync(command, await stage.OpenAsync()));
    }

    [Theory]
    [InlineData("none-model", "model openai/gpt-4o")]
    [InlineData("none-status", "status")]
    [InlineData("none-new", "new")]
    [InlineData("none-usage", "usage tokens")]
    [InlineData("none-budget-resume", "budget resume")]
    public async Task Without_a_session_what_reads_works_and_what_changes_says_how_to_have_one(string golden, string command)
    {
        await using var stage = new SessionStage();
        await CheckAsync(golden, await stage.RunAsync(command, null));
    }

    [Theory]
    [InlineData("client-models", "models")]
    [InlineData("client-model-status", "model status")]
    [InlineData("client-miss", "model anthropic/claude-opus-4")]
    [InlineData("client-status", "status")]
    public async Task A_client_sees_its_own_models_and_nothing_of_keys_and_addresses(string golden, string command)
    {
        await using var stage = new SessionStage();
        var reply = await stage.RunAsync(command, await stage.OpenAsync("main", SessionStage.Ci), SessionStage.Ci);
        Assert.DoesNotContain("env:", reply.Text, StringComparison.Ordinal);
        await CheckAsync(golden, reply);
    }

    [Fact]
    public async Task The_status_of_a_session_that_was_used()
    {
        await using var stage = new SessionStage();
        var session = await stage.OpenAsync();
        await stage.RunAsync("model anthropic/claude-opus-4", session);
        string[] plan = ["anthropic/claude-opus-4", "openrouter/google/gemini-2.5-flash", "anthropic/claude-sonnet-4-20250514"];
        stage.Sessions.Settle(session, SessionStage.Decision("dec_1", plan, plan[0], new Usage { Input = 12_000, CacheRead = 3_000, CacheWrite = 500, Output = 900, Reasoning = 300 }, 0.25m), session.Data.Since);
        stage.Time.Advance(TimeSpan.FromSeconds(90));
        stage.Sessions.Settle(session, SessionStage.Decision("dec_2", plan, plan[1], new Usage { Input = 100, Output = 20, Estimated = true }, 0.00006m, failed: plan[0]), session.Data.Since);
        stage.Sessions.Settle(session, SessionStage.Decision("dec_3", plan, plan[1], new Usage { Input = 100, Output = 20 }, 0.00006m, failed: plan[0], outcome: "interrupted"), session.Data.Since);
        stage.Stopped.Add("main");
        stage.Time.Advance(TimeSpan.FromSeconds(12));
        await CheckAsync("status-used", await stage.RunAsync("status", session));
        await CheckAsync("usage-cost-used", await stage.RunAsync("usage cost", session));
        await CheckAsync("budget-stopped", await stage.RunAsync("budget", session));
        await CheckAsync("model-pinned", await stage.RunAsync("model", session));
        await CheckAsync("budget-resumed", await stage.RunAsync("budget resume", session));
    }

    [Fact]
    public async Task Keys_that_rest_are_shown_to_the_owner_with_why_and_until_when()
    {
        await using var stage = new SessionStage();
        Rest(stage, "anthropic/claude-sonnet-4-20250514", new UpstreamFailure(FailureReason.RateLimited, "slow down", 429, RetryAfter: TimeSpan.FromSeconds(30)));
        Rest(stage, "openrouter/google/gemini-2.5-flash", new UpstreamFailure(FailureReason.Credential, "no such key: k3", 401));
        Rest(stage, "openai/gpt-4o", new UpstreamFailure(FailureReason.QuotaExhausted, "pay first", 429));
        var status = await stage.RunAsync("status", await stage.OpenAsync());
        Assert.DoesNotContain("k3", status.Text, StringComparison.Ordinal);
        await CheckAsync("status-resting", status);
        await CheckAsync("model-status-resting", await stage.RunAsync("model status", await stage.OpenAsync()));
        var seen = await stage.RunAsync("status", await stage.OpenAsync("main", SessionStage.Ci), SessionStage.Ci);
        Assert.DoesNotContain("env:", seen.Text, StringComparison.Ordinal);
        stage.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.DoesNotContain("rate limited", (await stage.RunAsync("status", await stage.OpenAsync())).Text, StringComparison.Ordinal);
    }

    private static void Rest(SessionStage stage, string reference, UpstreamFailure failure)
    {
        var target = stage.States.Current.TargetOf(ModelRefs.Of(reference)).Target!;
        target.Provider.Keys.Take(target.Ref.Model, stage.Time.GetUtcNow()).Failed(failure, stage.Time.GetUtcNow());
    }

    [Fact]
    public async Task A_provider_that_serves_any_name_says_so()
    {
        await using var stage = new SessionStage("""
            { "defaultModel": "lab/a", "models": { "providers": { "lab": { "baseUrl": "http://127.0.0.1:1/v1", "api": "openai-completions" }, "shut": { "baseUrl": "http://127.0.0.1:2/v1", "api": "openai-completions", "models": [{ "id": "m", "name": "m" }] } } } }
            """);
        await CheckAsync("models-open", await stage.RunAsync("models", null));
        await CheckAsync("models-open-provider", await stage.RunAsync("models lab", null));
        var set = await stage.RunAsync("model lab/whatever-new", await stage.OpenAsync());
        Assert.StartsWith("Model set to lab/whatever-new for this session only", set.Text, StringComparison.Ordinal);
        await CheckAsync("model-closed-miss", await stage.RunAsync("model shut/other", await stage.OpenAsync("two")));
    }

    private static Task CheckAsync(string golden, CommandReply reply)
    {
        GoldenFile.Check(Path.Combine(GoldenFile.Folder, "sessions", golden + ".txt"), reply.Text);
        return Task.CompletedTask;
    }
}
