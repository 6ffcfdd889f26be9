using OpenClaw.EndToEnd.Running;

namespace OpenClaw.EndToEnd.Money;

/// <summary>Models that nobody has a price for, under budgets in dollars.</summary>
public sealed class UnpricedTests
{
    [Fact]
    public async Task A_refusal_names_the_model_that_was_asked_for_and_not_the_last_of_the_chain()
    {
        // An address of documentation: nothing is called before there is money for it.
        await using var gateway = await GatewayProcess.StartAsync("""
            {
              "models": {
                "providers": { "far": { "baseUrl": "https://203.0.113.9/v1", "apiKey": "k-never-sent", "models": [{ "id": "one" }, { "id": "two" }] } }
              },
              "defaultModel": "far/two",
              "budgets": [{ "scope": "gateway", "limit": 1 }]
            }
            """);
        var answer = await gateway.CallAsync("POST", "/v1/chat/completions", """{"model":"far/one","messages":[{"role":"user","content":"hi"}]}""");
        Assert.Equal(402, answer.Status);
        Assert.Contains("nobody knows what far/one costs", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_another_answers_in_its_place_the_caller_is_told_why()
    {
        await using var gateway = await GatewayProcess.StartAsync("""
            {
              "models": { "providers": { "far": { "baseUrl": "https://203.0.113.9/v1", "apiKey": "k-never-sent", "models": [{ "id": "one" }] } } },
              "defaultModel": "scripted/ok",
              "budgets": [{ "scope": "gateway", "limit": 1 }]
            }
            """);
        var answer = await gateway.CallAsync("POST", "/v1/chat/completions", """{"model":"far/one","messages":[{"role":"user","content":"hi"}]}""");
        Assert.Equal((200, "scripted/ok"), (answer.Status, answer.Headers["x-openclaw-model"]));
        Assert.Contains("far/one: left out, nobody knows what far/one costs", answer.Headers["x-openclaw-warnings"], StringComparison.Ordinal);
    }
}
