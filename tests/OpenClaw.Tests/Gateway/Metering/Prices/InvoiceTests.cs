using System.Globalization;
using System.Text.Json;
using OpenClaw.Tests.Docs;

namespace OpenClaw.Tests.Gateway.Metering.Prices;

/// <summary>What a provider would put on its invoice is what headers, decisions, metrics and reports say.</summary>
public sealed class InvoiceTests
{
    private static string Answer(string usage, string more = "") =>
        $$"""{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"some words of an answer"},"finish_reason":"stop"}],"usage":{{usage}}{{more}}}""";

    private static string Config(string provider, TinyHttp upstream, string model) =>
        $$"""{ "defaultModel": "{{provider}}/{{model}}", "models": { "providers": { "{{provider}}": { "baseUrl": "{{upstream.Url}}/v1", "apiKey": "k" } } } }""";

    private static async Task<decimal> AskAsync(RunningGateway gateway)
    {
        var (answer, _) = await gateway.PostAsync("/v1/chat/completions", """{"messages":[{"role":"user","content":"hello"}]}""", ("x-openclaw-session", "s1"));
        using (answer)
        {
            Assert.Equal(200, (int)answer.StatusCode);
            return decimal.Parse(answer.Headers.GetValues("x-openclaw-cost").Single(), CultureInfo.InvariantCulture);
        }
    }

    private static async Task<JsonElement> GetAsync(RunningGateway gateway, string path) =>
        JsonDocument.Parse(await gateway.Client.GetStringAsync(new Uri(gateway.Address, path), TestContext.Current.CancellationToken)).RootElement;

    // A streamed request is settled once its answer is out, so a report may be a moment behind the answer.
    private static async Task<JsonElement> UsageAsync(RunningGateway gateway, int requests, string question = "")
    {
        for (var i = 0; ; i++)
        {
            var report = await GetAsync(gateway, "/openclaw/v1/usage" + question);
            if (report.GetProperty("total").GetProperty("requests").GetInt32() == requests) return report;
            Assert.True(i < 500, "the report never had every request");
        }
    }

    [Fact]
    public async Task All_places_show_the_invoice_to_the_last_digit()
    {
        var invoice = 0m;
        var number = 0;
        await using var upstream = new TinyHttp((door, _) =>
        {
            if (!door.StartsWith("POST", StringComparison.Ordinal)) return (404, "{}");
            var cost = ++number * 0.0000123457m;
            invoice += cost;
            return (200, Answer(string.Create(CultureInfo.InvariantCulture, $$"""{"prompt_tokens":{{100 + number}},"completion_tokens":7,"total_tokens":{{107 + number}},"cost":{{cost}}}""")));
        });
        await using var gateway = await RunningGateway.StartAsync(Config("openrouter", upstream, "google/gemini-2.5-flash"));
        var headers = 0m;
        for (var i = 0; i < 9; i++) headers += await AskAsync(gateway);
        Assert.Equal(invoice, headers);
        foreach (var by in (string[])["model", "provider", "session", "client", "day", "tag"])
        {
            var report = await UsageAsync(gateway, 9, "?by=" + by);
            Assert.Equal(invoice, report.GetProperty("total").GetProperty("cost").GetDecimal());
            Assert.Equal(invoice, report.GetProperty("rows").EnumerateArray().Sum(static r => r.GetProperty("cost").GetDecimal()));
            Assert.Equal((9, 945, 63), (report.GetProperty("total").GetProperty("requests").GetInt32(), report.GetProperty("total").GetProperty("input").GetInt32(), report.GetProperty("total").GetProperty("output").GetInt32()));
        }
        var metrics = await gateway.Client.GetStringAsync(new Uri(gateway.Address, "/metrics"), TestContext.Current.CancellationToken);
        var line = metrics.Split('\n').Single(static l => l.StartsWith("openclaw_cost_usd_total{model=\"openrouter/google/gemini-2.5-flash\",source=\"reported\"}", StringComparison.Ordinal));
        Assert.Equal(invoice, decimal.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
        var decisions = await gateway.StopAsync();
        Assert.Equal(invoice, decisions.Values.Sum(static d => d.GetProperty("cost").GetDecimal()));
    }

    [Fact]
    public async Task A_flexible_answer_costs_half()
    {
        await using var upstream = new TinyHttp((_, _) => (200, Answer("""{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100}""", ",\"service_tier\":\"flex\"")));
        await using var gateway = await RunningGateway.StartAsync(Config("openai", upstream, "gpt-5.2"));
        Assert.Equal((1000 * 1.75m + 100 * 14m) / 2_000_000, await AskAsync(gateway));
    }

    // github.com/BerriAI/litellm/issues/37992
    [Fact]
    public async Task A_zero_that_the_provider_reports_is_not_replaced_by_a_guess()
    {
        await using var upstream = new TinyHttp((_, _) => (200, Answer("""{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}""")));
        await using var gateway = await RunningGateway.StartAsync(Config("openai", upstream, "gpt-4o"));
        Assert.Equal(0, await AskAsync(gateway));
        Assert.Equal(0, (await UsageAsync(gateway, 1)).GetProperty("total").GetProperty("estimatedRequests").GetInt32());
    }

    [Fact]
    public async Task Tokens_that_nobody_reported_are_estimated_and_marked_so()
    {
        await using var upstream = new TinyHttp((_, _) => (200, Answer("null")));
        await using var gateway = await RunningGateway.StartAsync(Config("openai", upstream, "gpt-4o"));
        Assert.True(await AskAsync(gateway) > 0);
        Assert.Equal(1, (await UsageAsync(gateway, 1)).GetProperty("total").GetProperty("estimatedRequests").GetInt32());
    }

    [Fact]
    public async Task A_model_that_nobody_sells_at_an_address_of_this_machine_costs_nothing()
    {
        await using var upstream = new TinyHttp((_, _) => (200, Answer("""{"prompt_tokens":10,"completion_tokens":10,"total_tokens":20}""")));
        await using var gateway = await RunningGateway.StartAsync(Config("groq", upstream, "model-of-tomorrow").Replace("\"k\"", "\"k\", \"models\": [{ \"id\": \"model-of-tomorrow\" }]", StringComparison.Ordinal));
        var (answer, _) = await gateway.PostAsync("/v1/chat/completions", """{"messages":[{"role":"user","content":"hello"}]}""");
        using (answer) Assert.Equal(200, (int)answer.StatusCode);
        // The address is this machine's and the model nobody's: it is a server of one's own.
        Assert.Equal("selfHosted", (await GetAsync(gateway, "/openclaw/v1/models")).GetProperty("models")[0].GetProperty("price").GetProperty("source").GetString());
    }
}
