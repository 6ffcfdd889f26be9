using System.Text;
using OpenClaw.Config;
using OpenClaw.Gateway;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>Who is asked to go on with a cut answer after one who could not, and for how long one is waited for.</summary>
public sealed class ContinuationRulesTests
{
    [Theory]
    [InlineData(false, "p")]
    [InlineData(true, "a")]
    public async Task What_one_refuses_to_go_on_with_the_others_are_not_asked_for(bool messages, string provider)
    {
        // Without a default model the first fallback is it, and comes last.
        await using var stage = await ScriptedStage.StartAsync([provider + "/ok", provider + "/refuses"]);
        stage.Server.On("half", static x => ScriptedStage.SayAsync(x, "The lobster", cut: true));
        stage.Server.On("refuses", static x => x.ErrorAsync(ScriptedError.Policy));
        var answer = await stage.AskAsync(provider + "/half", messages);
        Assert.Equal(["half", "refuses"], stage.Asked.Select(static a => a.Model));
        Assert.Equal("The lobster", answer.Text);
        Assert.True(answer.HasErrorEvent, answer.Body);
        Assert.False(answer.HasEnd, answer.Body);
        var decision = await stage.DecisionAsync(answer);
        Assert.Equal("interrupted", decision.GetProperty("outcome").GetString());
        Assert.Equal(["cut", "policy"], decision.GetProperty("attempts").EnumerateArray().Select(static a => a.GetProperty("failure").GetString()));
    }

    [Fact]
    public async Task Where_the_prompt_is_too_long_for_one_only_larger_ones_are_asked()
    {
        await using var stage = await ScriptedStage.StartAsync(["p/large", "p/small", "p/same"], providers: static server => $$"""
            "p": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "apiKey": "sk-of-p", "prefill": false, "models": [
              { "id": "half", "name": "half", "contextWindow": 8000 }, { "id": "small", "name": "small", "contextWindow": 8000 },
              { "id": "same", "name": "same", "contextWindow": 8000 }, { "id": "large", "name": "large", "contextWindow": 64000 }] }
            """);
        stage.Server.On("half", static x => ScriptedStage.SayAsync(x, "The lobster", cut: true));
        stage.Server.On("small", static x => x.ErrorAsync(ScriptedError.ContextTooLong));
        stage.Server.On("same", static x => ScriptedStage.SayAsync(x, "The lobster is at sea."));
        stage.Server.On("large", static x => ScriptedStage.SayAsync(x, "The lobster is home."));
        var answer = await stage.AskAsync("p/half");
        Assert.Equal(["half", "small", "large"], stage.Asked.Select(static a => a.Model));
        Assert.Equal("The lobster is home.", answer.Text);
        Assert.Equal("healed", (await stage.DecisionAsync(answer)).GetProperty("outcome").GetString());
    }

    // It may have to load its model first. Elsewhere routing.deadline holds, 60 s where nothing is written.
    [Theory]
    [InlineData(179, true)]
    [InlineData(181, false)]
    public async Task A_local_server_has_180_seconds_to_go_on(int seconds, bool isWaitedFor)
    {
        var (time, folder) = (new ManualTime(), Directory.CreateTempSubdirectory("openclaw-wait-").FullName);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = ScriptedServer.Start();
        server.On("half", static x => ScriptedStage.SayAsync(x, "The lobster", cut: true));
        server.On("slow", async x =>
        {
            asked.TrySetResult();
            await answered.Task;
            await ScriptedStage.SayAsync(x, "The lobster is home.");
        });
        var file = Path.Combine(folder, "openclaw.json");
        await File.WriteAllTextAsync(file, $$"""
            {
              "models": { "fallbacks": ["p/slow"], "providers": { "p": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "prefill": false } } },
              "routing": { "retries": 0, "timeouts": { "headers": "9m", "firstToken": "9m" } }, "storage": { "url": "none" }
            }
            """, TestContext.Current.CancellationToken);
        var (host, refusal) = await GatewayHost.StartAsync(new GatewayOptions { ConfigPath = file, Port = 0, Environment = ConfigEnvironment.Empty, Time = time }, TestContext.Current.CancellationToken);
        Assert.True(host is not null, refusal?.Message);
        await using (host)
        {
            using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
            using var body = new StringContent("""{ "model": "p/half", "stream": true, "messages": [{ "role": "user", "content": "Say it, please." }] }""", Encoding.UTF8, "application/json");
            var asking = client.PostAsync(new Uri(host.Address, "/v1/chat/completions"), body, TestContext.Current.CancellationToken);
            await asked.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
            time.Advance(TimeSpan.FromSeconds(seconds));
            answered.SetResult();
            using var answer = await asking;
            var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Equal(isWaitedFor, text.Contains("[DONE]", StringComparison.Ordinal));
            Assert.Equal(!isWaitedFor, text.Contains("\"error\"", StringComparison.Ordinal));
        }
        Directory.Delete(folder, recursive: true);
    }
}
