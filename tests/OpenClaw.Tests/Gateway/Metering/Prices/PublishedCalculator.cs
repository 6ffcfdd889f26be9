using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OpenClaw.Tests.Gateway.Metering.Prices;

/// <summary>
/// What a published price calculator says: its own list of prices with its own rules, read here as its documentation has it
/// and without any of the product's code.
/// </summary>
internal static class PublishedCalculator
{
    private static readonly Lazy<JsonElement> s_list = new(() =>
        JsonDocument.Parse(File.ReadAllBytes(SharedFiles.Require("fixtures/prices/genai-prices-0.1.8.json"))).RootElement);

    // A part without a price of its own is priced as what it is a part of.
    private static readonly Dictionary<string, string> s_partOf = new()
    {
        ["cache_read_mtok"] = "input_mtok", ["cache_write_mtok"] = "input_mtok", ["cache_write_1h_mtok"] = "cache_write_mtok", ["input_audio_mtok"] = "input_mtok",
        ["cache_audio_read_mtok"] = "cache_read_mtok", ["input_image_mtok"] = "input_mtok", ["output_reasoning_mtok"] = "output_mtok",
        ["output_audio_mtok"] = "output_mtok", ["output_image_mtok"] = "output_mtok",
    };

    public static IEnumerable<(JsonElement Model, string Name)> ExactNames(string provider)
    {
        foreach (var model in Models(provider))
        {
            foreach (var name in Literals(model.GetProperty("match")).Distinct()) yield return (model, name);
        }
    }

    /// <summary>The first model whose rule matches.</summary>
    public static JsonElement? Find(string provider, string name)
    {
        foreach (var model in Models(provider))
        {
            if (Matches(model.GetProperty("match"), name)) return model;
        }
        return null;
    }

    /// <summary>Dollars for disjoint counts by unit (per million, or per thousand for units in <c>kcount</c>).</summary>
    public static decimal Cost(JsonElement model, IReadOnlyDictionary<string, decimal> counts, DateTimeOffset at)
    {
        var prices = Period(model.GetProperty("prices"), at);
        var prompt = counts.Where(static c => c.Key is "input_mtok" or "input_audio_mtok" or "input_image_mtok" || c.Key.StartsWith("cache_", StringComparison.Ordinal)).Sum(static c => c.Value);
        var sum = 0m;
        foreach (var (unit, count) in counts)
        {
            if (Unit(prices, unit) is not { } price) continue;
            sum += count * Figure(price, prompt) / (unit.EndsWith("_kcount", StringComparison.Ordinal) ? 1000m : 1_000_000m);
        }
        return sum + (prices.TryGetProperty("requests_kcount", out var fee) ? fee.GetDecimal() / 1000m : 0);
    }

    public static bool HasPrice(JsonElement model, DateTimeOffset at)
    {
        var prices = Period(model.GetProperty("prices"), at);
        return prices.TryGetProperty("input_mtok", out _) || prices.TryGetProperty("output_mtok", out _);
    }

    public static bool Names(JsonElement model, string unit, DateTimeOffset at) => Period(model.GetProperty("prices"), at).TryGetProperty(unit, out _);

    private static IEnumerable<JsonElement> Models(string provider) =>
        s_list.Value.EnumerateArray().Where(p => p.GetProperty("id").GetString() == provider).SelectMany(static p => p.GetProperty("models").EnumerateArray());

    private static JsonElement? Unit(JsonElement prices, string unit)
    {
        for (string? name = unit; name is not null; name = s_partOf.GetValueOrDefault(name))
        {
            if (prices.TryGetProperty(name, out var price)) return price;
        }
        return null;
    }

    private static decimal Figure(JsonElement price, decimal prompt)
    {
        if (price.ValueKind == JsonValueKind.Number) return price.GetDecimal();
        var figure = price.GetProperty("base").GetDecimal();
        foreach (var tier in price.GetProperty("tiers").EnumerateArray())
        {
            if (prompt > tier.GetProperty("start").GetDecimal()) figure = tier.GetProperty("price").GetDecimal();
        }
        return figure;
    }

    private static JsonElement Period(JsonElement prices, DateTimeOffset at)
    {
        if (prices.ValueKind == JsonValueKind.Object) return prices;
        foreach (var period in prices.EnumerateArray().Reverse())
        {
            if (!period.TryGetProperty("constraint", out var when)) return period.GetProperty("prices");
            if (when.TryGetProperty("start_date", out var day) && DateOnly.FromDateTime(at.UtcDateTime) >= DateOnly.Parse(day.GetString()!, CultureInfo.InvariantCulture)) return period.GetProperty("prices");
            if (when.TryGetProperty("start_time", out var start))
            {
                var time = TimeOnly.FromDateTime(at.UtcDateTime);
                if (time >= Time(start) && time < Time(when.GetProperty("end_time"))) return period.GetProperty("prices");
            }
        }
        throw new InvalidOperationException("no period holds");

        static TimeOnly Time(JsonElement text) => TimeOnly.ParseExact(text.GetString()!.TrimEnd('Z'), "HH:mm:ss", CultureInfo.InvariantCulture);
    }

    private static IEnumerable<string> Literals(JsonElement rule) => rule.EnumerateObject().SelectMany(static clause => clause.Name switch
    {
        "or" => clause.Value.EnumerateArray().SelectMany(Literals),
        "equals" => [clause.Value.GetString()!],
        _ => (IEnumerable<string>)[],
    });

    private static bool Matches(JsonElement rule, string name)
    {
        var clause = rule.EnumerateObject().First();
        var text = clause.Value.ValueKind == JsonValueKind.String ? clause.Value.GetString()! : "";
        const StringComparison Loose = StringComparison.OrdinalIgnoreCase;
        return clause.Name switch
        {
            "or" => clause.Value.EnumerateArray().Any(c => Matches(c, name)),
            "and" => clause.Value.EnumerateArray().All(c => Matches(c, name)),
            "equals" => name.Equals(text, Loose),
            "starts_with" => name.StartsWith(text, Loose),
            "ends_with" => name.EndsWith(text, Loose),
            "contains" => name.Contains(text, Loose),
            _ => Regex.IsMatch(name, text),
        };
    }
}
