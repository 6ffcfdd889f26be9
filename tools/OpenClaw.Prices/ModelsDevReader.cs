using System.Text.Json;
using OpenClaw.Gateway.Metering.Prices;

namespace OpenClaw.Prices;

/// <summary>Rows from models.dev: its api.json, or a list of models that holds its figures under <c>modelsDev</c>.</summary>
internal static class ModelsDevReader
{
    private static readonly HashSet<string> s_providers = new(StringComparer.Ordinal)
    {
        "anthropic", "openai", "gemini", "vertex", "openrouter", "mistral", "groq", "deepseek", "xai", "together", "fireworks", "cohere", "perplexity", "cerebras",
        "bedrock", "azure", "moonshot", "minimax", "zai",
    };

    public static IEnumerable<PriceRow> Read(SourceDocument source)
    {
        foreach (var (provider, model, cost) in Costs(source.Json))
        {
            var id = PriceProviders.Canonical(provider);
            if (!s_providers.Contains(id) || (id == "openai" && model.StartsWith("gpt-oss", StringComparison.Ordinal))) continue;
            foreach (var row in Rows(new PriceRow { Provider = id, Model = model, Source = source.Name, Dated = source.Dated }, cost)) yield return row;
        }
    }

    private static IEnumerable<(string Provider, string Model, JsonElement Cost)> Costs(JsonElement json)
    {
        if (json.TryGetProperty("models", out var list) && list.ValueKind == JsonValueKind.Array)
        {
            foreach (var model in list.EnumerateArray())
            {
                if (model.TryGetProperty("modelsDev", out var cost) && cost.ValueKind == JsonValueKind.Object) yield return (model.GetProperty("provider").GetString()!, model.GetProperty("id").GetString()!, cost);
            }
            yield break;
        }
        foreach (var provider in json.EnumerateObject())
        {
            foreach (var model in provider.Value.GetProperty("models").EnumerateObject())
            {
                if (model.Value.TryGetProperty("cost", out var cost)) yield return (provider.Name, model.Name, cost);
            }
        }
    }

    private static IEnumerable<PriceRow> Rows(PriceRow blank, JsonElement cost)
    {
        var row = With(blank, cost);
        if (row.Input is null && row.Output is null) yield break;
        // This list writes 0 for what it does not know and for plans that are paid by the month.
        if (row is { Input: 0, Output: 0 } && !row.Model.EndsWith(":free", StringComparison.Ordinal)) yield break;
        yield return row;
        if (cost.TryGetProperty("tiers", out var tiers))
        {
            foreach (var tier in tiers.EnumerateArray()) yield return With(row, tier) with { Above = tier.GetProperty("tier").GetProperty("size").GetInt64() };
        }
        else if (cost.TryGetProperty("context_over_200k", out var over)) yield return With(row, over) with { Above = 200_000 };
    }

    private static PriceRow With(PriceRow row, JsonElement cost) => row with
    {
        Input = Figure(cost, "input") ?? row.Input,
        Output = Figure(cost, "output") ?? row.Output,
        // A cache that costs nothing beside tokens that do is a figure that is missing.
        CacheRead = Positive(Figure(cost, "cache_read")) ?? row.CacheRead,
        CacheWrite = Positive(Figure(cost, "cache_write")) ?? row.CacheWrite,
        Reasoning = Positive(Figure(cost, "reasoning")) is { } reasoning && reasoning != Figure(cost, "output") ? reasoning : row.Reasoning,
        AudioInput = Figure(cost, "input_audio") ?? row.AudioInput,
        AudioOutput = Figure(cost, "output_audio") ?? row.AudioOutput,
    };

    private static decimal? Positive(decimal? value) => value > 0 ? value : null;

    // 0.19999999999999998 is 0.2.
    private static decimal? Figure(JsonElement cost, string name) =>
        cost.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? decimal.Round(value.GetDecimal(), 10) : null;
}
