using System.Text;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Telemetry;

namespace OpenClaw.Tests.Gateway.Telemetry;

public sealed class CostFiguresTests
{
    private static Decision Of(params (string Target, Usage Usage, Cost Cost)[] attempts)
    {
        var decision = new Decision("d", default, "chat");
        foreach (var (target, usage, cost) in attempts) decision.Attempts.Add(new AttemptRecord(ModelRefs.Of(target), "k", AttemptKind.First, 0) { Usage = usage, Cost = cost });
        return decision;
    }

    private static string[] Lines(CostFigures figures)
    {
        var text = new StringBuilder();
        figures.Write(text);
        return text.ToString().Split('\n');
    }

    [Fact]
    public void Dollars_are_exact_however_small_and_many()
    {
        var figures = new CostFigures();
        for (var i = 0; i < 1000; i++) figures.Count(Of(("openai/gpt-4o", new Usage { Input = 1 }, Cost.Of(0.0000025m, CostSource.Catalogue))));
        figures.Count(Of(("openrouter/a", new Usage { Input = 1 }, Cost.Of(0.000123456789m, CostSource.Reported))));
        Assert.Contains("openclaw_cost_usd_total{model=\"openai/gpt-4o\",source=\"catalogue\"} 0.0025000", Lines(figures));
        Assert.Contains("openclaw_cost_usd_total{model=\"openrouter/a\",source=\"reported\"} 0.000123456789", Lines(figures));
    }

    [Fact]
    public void A_model_without_a_price_is_told_once_and_counted_by_request()
    {
        var told = new List<string>();
        var figures = new CostFigures(told.Add);
        var unpriced = ("lab/new", new Usage { Input = 5, Output = 5 }, Cost.Of(0, CostSource.Unpriced));
        figures.Count(Of(unpriced, unpriced));
        figures.Count(Of(unpriced));
        Assert.Equal(["lab/new"], told);
        Assert.Contains("openclaw_unpriced_requests_total{model=\"lab/new\"} 2", Lines(figures));
    }

    [Fact]
    public void Tokens_are_counted_as_the_conventions_name_them()
    {
        var figures = new CostFigures();
        figures.Count(Of(("gemini/gemini-2.5-pro", new Usage { Input = 10, CacheRead = 7, Output = 3 }, default)));
        const string Labels = "gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"gcp.gemini\",gen_ai_request_model=\"gemini-2.5-pro\",gen_ai_token_type=";
        Assert.Contains($"gen_ai_client_token_usage_bucket{{{Labels}\"input\",le=\"16\"}} 0", Lines(figures));
        Assert.Contains($"gen_ai_client_token_usage_bucket{{{Labels}\"input\",le=\"64\"}} 1", Lines(figures));
        Assert.Contains($"gen_ai_client_token_usage_sum{{{Labels}\"input\"}} 17", Lines(figures));
        Assert.Contains($"gen_ai_client_token_usage_count{{{Labels}\"output\"}} 1", Lines(figures));
    }

    [Fact]
    public void Invented_models_do_not_fill_the_memory()
    {
        var figures = new CostFigures();
        for (var i = 0; i < 3000; i++) figures.Count(Of(($"p/m{i}", new Usage { Input = 1, Output = 1 }, Cost.Of(1, i % 2 == 0 ? CostSource.Config : CostSource.Unpriced))));
        Assert.True(Lines(figures).Length < 40_000);
        Assert.Contains(Lines(figures), static l => l.StartsWith("openclaw_cost_usd_total{model=\"other\"", StringComparison.Ordinal));
    }
}
