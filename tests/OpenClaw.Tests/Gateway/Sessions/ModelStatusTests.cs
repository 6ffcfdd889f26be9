using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Gateway.Sessions;

/// <summary><c>/model status</c> says beside a model what keeps it from being called, as <c>/status</c> does.</summary>
public sealed class ModelStatusTests
{
    private const string Two = """
        { "defaultModel": "lab/one", "models": { "allowlist": ["lab/one", "lab/two"], "providers": { "lab": { "baseUrl": "https://lab.example/v1", "api": "openai-completions", "apiKeys": ["sk-first", "sk-second"] } } } }
        """;

    [Fact]
    public async Task While_one_key_is_well_the_model_is()
    {
        await using var stage = new SessionStage(Two);
        Fail(stage, "lab/one", FailureReason.Credential);
        Assert.Equal("healthy", await BesideAsync(stage, "lab/one"));
    }

    [Fact]
    public async Task With_no_key_left_it_is_not()
    {
        await using var stage = new SessionStage(Two);
        Fail(stage, "lab/one", FailureReason.Credential);
        Fail(stage, "lab/one", FailureReason.RateLimited);
        var beside = await BesideAsync(stage, "lab/one");
        Assert.Matches("^lab#1 .* rejected until its value changes, lab#2 .* rate limited for one until 2026-01-01 00:00:30 UTC$", beside);
        // Word for word what /status says of the two.
        var status = (await stage.RunAsync("status", await stage.OpenAsync())).Text;
        Assert.All(beside.Split(", "), words => Assert.Contains("Cooldown: " + words, status, StringComparison.Ordinal));
        Assert.Equal("healthy", await BesideAsync(stage, "lab/two"));
        stage.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal("healthy", await BesideAsync(stage, "lab/one"));
    }

    [Fact]
    public async Task A_client_hears_that_it_cannot_be_called_and_nothing_of_keys()
    {
        await using var stage = new SessionStage();
        Fail(stage, "openai/gpt-4o", FailureReason.Credential);
        var text = (await stage.RunAsync("model status", await stage.OpenAsync("main", SessionStage.Ci), SessionStage.Ci)).Text;
        Assert.Contains("openai/gpt-4o · cannot be called now\n", text + "\n", StringComparison.Ordinal);
        Assert.DoesNotContain("env:", text, StringComparison.Ordinal);
        Assert.DoesNotContain("rejected", text, StringComparison.Ordinal);
    }

    private static async Task<string> BesideAsync(SessionStage stage, string model)
    {
        var text = (await stage.RunAsync("model status", await stage.OpenAsync())).Text;
        return text.Split('\n').Single(line => line.StartsWith($"  • {model} · ", StringComparison.Ordinal))[$"  • {model} · ".Length..];
    }

    // The key that is taken next.
    private static void Fail(SessionStage stage, string model, FailureReason reason)
    {
        var (target, now) = (stage.States.Current.TargetOf(ModelRefs.Of(model)).Target!, stage.Time.GetUtcNow());
        target.Provider.Keys.Take(target.Ref.Model, now).Failed(new UpstreamFailure(reason, "no", reason == FailureReason.Credential ? 401 : 429, RetryAfter: reason == FailureReason.RateLimited ? TimeSpan.FromSeconds(30) : null), now);
    }
}
