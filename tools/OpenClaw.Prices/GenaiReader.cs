using System.Globalization;
using System.Text.Json;
using OpenClaw.Gateway.Metering.Prices;

namespace OpenClaw.Prices;

/// <summary>
/// Rows from genai-prices: providers with models, each with rules that match names and with prices that may have a first day,
/// hours of the day and sizes of the prompt.
/// </summary>
internal static class GenaiReader
{
    // What is sold by the token over an API of one's own. The rest (editors' plans, resellers of resellers) nobody routes to here.
    private static readonly Dictionary<string, string> s_providers = new()
    {
        ["anthropic"] = "anthropic", ["openai"] = "openai", ["google"] = "gemini", ["openrouter"] = "openrouter", ["mistral"] = "mistral", ["groq"] = "groq",
        ["deepseek"] = "deepseek", ["x-ai"] = "xai", ["together"] = "together", ["fireworks"] = "fireworks", ["cohere"] = "cohere", ["perplexity"] = "perplexity",
        ["aws"] = "bedrock", ["azure"] = "azure", ["cerebras"] = "cerebras", ["moonshotai"] = "moonshot", ["minimax"] = "minimax", ["zai"] = "zai",
        ["novita"] = "novita", ["voyageai"] = "voyage",
    };

    public static IEnumerable<PriceRow> Read(SourceDocument source, List<string> notes)
    {
        foreach (var provider in source.Json.EnumerateArray())
        {
            if (!s_providers.TryGetValue(provider.GetProperty("id").GetString()!, out var id)) continue;
            foreach (var model in provider.GetProperty("models").EnumerateArray())
            {
                foreach (var row in Model(id, model, source, notes)) yield return row;
            }
        }
    }

    private static IEnumerable<PriceRow> Model(string provider, JsonElement model, SourceDocument source, List<string> notes)
    {
        var id = model.GetProperty("id").GetString()!;
        // OpenAI does not sell its open models; the source took their price from a reseller.
        if (provider == "openai" && id.StartsWith("gpt-oss", StringComparison.Ordinal)) return [];
        // Google sells Claude on Vertex AI only.
        if (provider == "gemini" && id.Contains("claude", StringComparison.Ordinal)) provider = "vertex";
        var names = Names(model.GetProperty("match"), id, notes).Distinct(StringComparer.Ordinal).ToList();
        var blank = new PriceRow { Provider = provider, Model = id, Source = source.Name, Dated = source.Dated };
        return names.SelectMany(name => Periods(blank with { Model = name }, model.GetProperty("prices")));
    }

    /// <summary>Rules as names and patterns; those for dated snapshots are built in (<see cref="PricePattern.WithoutDate"/>).</summary>
    private static IEnumerable<string> Names(JsonElement rule, string id, List<string> notes)
    {
        foreach (var clause in rule.EnumerateObject())
        {
            switch (clause.Name)
            {
                case "or":
                    foreach (var name in clause.Value.EnumerateArray().SelectMany(c => Names(c, id, notes))) yield return name;
                    break;
                case "and":
                    // A prefix less what another model names exactly: the exact name wins here anyway.
                    yield return clause.Value.EnumerateArray().SelectMany(c => Names(c, id, notes)).First();
                    break;
                case "equals" or "ends_with":
                    yield return clause.Value.GetString()!;
                    break;
                case "starts_with":
                    yield return clause.Value.GetString() + "*";
                    break;
                case "contains":
                    yield return "*" + clause.Value.GetString() + "*";
                    break;
                default:
                    var pattern = clause.Value.GetString()!;
                    if (!pattern.Contains(@"\d{8}", StringComparison.Ordinal) && !pattern.Contains(@"\d{4}-\d{2}-\d{2}", StringComparison.Ordinal) && !pattern.StartsWith("^(?!", StringComparison.Ordinal))
                    {
                        notes.Add($"{id}: the rule {pattern} is left out");
                    }
                    break;
            }
        }
    }

    private static IEnumerable<PriceRow> Periods(PriceRow blank, JsonElement prices)
    {
        if (prices.ValueKind != JsonValueKind.Array) return Tiers(blank, prices);
        var rows = new List<PriceRow>();
        DateOnly? from = null;
        foreach (var period in prices.EnumerateArray())
        {
            PriceHours? hours = null;
            if (period.TryGetProperty("constraint", out var constraint))
            {
                if (constraint.TryGetProperty("start_date", out var day)) from = DateOnly.ParseExact(day.GetString()!, "yyyy-MM-dd", CultureInfo.InvariantCulture);
                // Hours belong to the last day named before them: a rule of this source holds one condition only.
                if (constraint.TryGetProperty("start_time", out var start)) hours = PriceHours.Parse(start.GetString()![..5] + "-" + constraint.GetProperty("end_time").GetString()![..5]);
            }
            rows.AddRange(Tiers(blank with { From = from, Hours = hours }, period.GetProperty("prices")));
        }
        return rows;
    }

    private static IEnumerable<PriceRow> Tiers(PriceRow blank, JsonElement prices)
    {
        var sizes = new SortedSet<long> { 0 };
        foreach (var figure in prices.EnumerateObject().Where(static f => f.Value.ValueKind == JsonValueKind.Object))
        {
            foreach (var tier in figure.Value.GetProperty("tiers").EnumerateArray()) sizes.Add(tier.GetProperty("start").GetInt64());
        }
        foreach (var above in sizes)
        {
            var row = prices.EnumerateObject().Aggregate(blank with { Above = above }, (r, figure) => With(r, figure.Name, Figure(figure.Value, above)));
            // Priced by the hour, the page or the picture only: to a gateway that counts tokens it has no price.
            if (row.Input is not null || row.Output is not null) yield return row;
        }
    }

    private static decimal Figure(JsonElement figure, long above)
    {
        if (figure.ValueKind == JsonValueKind.Number) return figure.GetDecimal();
        var value = figure.GetProperty("base").GetDecimal();
        foreach (var tier in figure.GetProperty("tiers").EnumerateArray())
        {
            if (tier.GetProperty("start").GetInt64() <= above) value = tier.GetProperty("price").GetDecimal();
        }
        return value;
    }

    private static PriceRow With(PriceRow row, string unit, decimal value) => unit switch
    {
        "input_mtok" => row with { Input = value },
        "output_mtok" => row with { Output = value },
        "cache_read_mtok" => row with { CacheRead = value },
        "cache_write_mtok" => row with { CacheWrite = value },
        "cache_write_1h_mtok" => row with { CacheWrite1h = value },
        "output_reasoning_mtok" => row with { Reasoning = value },
        "input_audio_mtok" => row with { AudioInput = value },
        "cache_audio_read_mtok" => row with { AudioCacheRead = value },
        "output_audio_mtok" => row with { AudioOutput = value },
        "input_image_mtok" => row with { ImageInput = value },
        "output_image_mtok" => row with { ImageOutput = value },
        "web_searches_kcount" => row with { WebSearch = value },
        "requests_kcount" => row with { Request = value },
        _ => row,
    };
}
