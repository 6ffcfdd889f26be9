using System.Text.Json;
using OpenClaw.Tests.Docs;
using OpenClaw.Tests.Gateway.Dispatch;

namespace OpenClaw.Tests.Gateway.Metering.Budgets;

/// <summary>A stream that uses a hard budget up, in each protocol, passed on or translated: it ends as an answer of limited length does, and says what is charged.</summary>
public sealed class StreamAtTheLimitTests
{
    private const decimal Limit = 0.1m;

    [Theory]
    [InlineData(false, "count")]
    [InlineData(true, "a")]
    [InlineData(true, "count")]
    [InlineData(false, "a")]
    public async Task A_stream_ends_at_the_limit_with_a_proper_finish_and_says_exactly_what_is_charged(bool messages, string provider)
    {
        await using var counting = new CountingProvider();
        await using var gateway = await StartAsync(counting);
        var json = $$"""{ "model": "{{provider}}/talk-60000", "max_tokens": 60000, "stream": true{{(messages ? "" : ", \"stream_options\": { \"include_usage\": true }")}}, "messages": [{ "role": "user", "content": "Say as many words as you can, please." }] }""";
        var answer = await PostAsync(gateway, messages, json);

        Assert.Equal((200, false), (answer.Status, answer.HasErrorEvent));
        Assert.Equal([messages ? "max_tokens" : "length"], answer.Events.Select(FinishOf).OfType<string>());
        Assert.EndsWith(messages ? "data: {\"type\":\"message_stop\"}\n\n" : "data: [DONE]\n\n", answer.Body, StringComparison.Ordinal);
        if (messages) Assert.Equal(["content_block_stop", "message_delta", "message_stop"], answer.Events.Select(static e => e.GetProperty("type").GetString()).TakeLast(3));

        // A word is a token here. One more was under way when the connection was closed, and is billed.
        var words = answer.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
        Assert.InRange(words, 3000, 10_000);
        var (input, output) = UsageOf(answer);
        Assert.Equal(words + 1, output);
        // A provider of Messages says at the beginning what it read; of another it is reckoned.
        if (provider == "a") Assert.Equal(counting.Billed.Prompt, input);
        Assert.True(counting.Billed.Output >= words, $"{counting.Billed}");
        var cost = ((input * CountingProvider.InputPrice) + (output * CountingProvider.OutputPrice)) / 1_000_000m;
        Assert.Equal((cost, 0m), await StandingAsync(gateway));
        Assert.True(cost <= Limit, $"{cost}");

        var decision = (await gateway.StopAsync())[answer.Headers["x-openclaw-decision"]];
        Assert.Equal(("budget", "Length", cost), (decision.GetProperty("outcome").GetString(), decision.GetProperty("finishReason").GetString(), decision.GetProperty("cost").GetDecimal()));
        Assert.Equal((input, output, true), (decision.GetProperty("usage").GetProperty("input").GetInt64(), decision.GetProperty("usage").GetProperty("output").GetInt64(), decision.GetProperty("usage").GetProperty("estimated").GetBoolean()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_comes_after_the_end_is_refused_in_the_caller_s_protocol_and_reaches_no_provider(bool messages)
    {
        await using var counting = new CountingProvider();
        await using var gateway = await StartAsync(counting);
        var provider = messages ? "a" : "count";
        var first = await PostAsync(gateway, messages, $$"""{ "model": "{{provider}}/talk-60000", "max_tokens": 60000, "stream": true, "messages": [{ "role": "user", "content": "Say as many words as you can, please." }] }""");
        Assert.True(first.HasEnd, first.Body[^200..]);
        // What is left pays for some thousand tokens of an answer, and not for this prompt.
        var dear = string.Join(' ', Enumerable.Repeat("word", 60_000));
        var second = await PostAsync(gateway, messages, $$"""{ "model": "{{provider}}/talk-60000", "max_tokens": 60000, "stream": true, "messages": [{ "role": "user", "content": "{{dear}}" }] }""");
        Assert.Equal((402, 1), (second.Status, counting.Calls));
        using var error = JsonDocument.Parse(second.Body);
        Assert.Equal(messages ? "billing_error" : "insufficient_quota", error.RootElement.GetProperty("error").GetProperty("type").GetString());
        Assert.StartsWith("budget \"small\" does not hold this call: ", error.RootElement.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private static Task<RunningGateway> StartAsync(CountingProvider counting) => RunningGateway.StartAsync($$"""
        {
          "models": { "providers": {
            {{counting.Config("talk-60000")}},
            "a": { "baseUrl": "{{new Uri(counting.BaseUrl, "/").ToString().TrimEnd('/')}}", "api": "anthropic-messages", "apiKey": "sk-a", "models": [
              { "id": "talk-60000", "name": "t", "maxTokens": 100000, "contextWindow": 200000, "cost": { "input": 1, "output": 10 } }] } } },
          "routing": { "retries": 0, "continuation": "off" },
          "budgets": [{ "name": "small", "scope": "gateway", "limit": 0.1 }]
        }
        """);

    private static async Task<StageAnswer> PostAsync(RunningGateway gateway, bool messages, string json)
    {
        var (answer, body) = await gateway.PostAsync(messages ? "/v1/messages" : "/v1/chat/completions", json, ("x-openclaw-fallback", "off"));
        using (answer) return new StageAnswer((int)answer.StatusCode, body, answer.Headers.ToDictionary(static h => h.Key, static h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase));
    }

    private static string? FinishOf(JsonElement data)
    {
        if (data.TryGetProperty("choices", out var choices)) return choices.GetArrayLength() > 0 && choices[0].TryGetProperty("finish_reason", out var finish) ? finish.GetString() : null;
        return data.TryGetProperty("delta", out var delta) && delta.TryGetProperty("stop_reason", out var stop) ? stop.GetString() : null;
    }

    // The last that the stream says of it.
    private static (long Input, long Output) UsageOf(StageAnswer answer)
    {
        var usage = answer.Events.Last(static e => e.TryGetProperty("usage", out var u) && u.ValueKind == JsonValueKind.Object).GetProperty("usage");
        return usage.TryGetProperty("prompt_tokens", out var prompt)
            ? (prompt.GetInt64(), usage.GetProperty("completion_tokens").GetInt64())
            : (usage.GetProperty("input_tokens").GetInt64(), usage.GetProperty("output_tokens").GetInt64());
    }

    private static async Task<(decimal Spent, decimal Reserved)> StandingAsync(RunningGateway gateway)
    {
        using var json = JsonDocument.Parse(await gateway.Client.GetStringAsync(new Uri(gateway.Address, "/openclaw/v1/budgets")));
        var budget = json.RootElement.GetProperty("budgets")[0];
        return (budget.GetProperty("spent").GetDecimal(), budget.GetProperty("reserved").GetDecimal());
    }
}
