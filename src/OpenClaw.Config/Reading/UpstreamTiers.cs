using System.Collections.Immutable;
using System.Globalization;
using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>
/// Reads upstream's <c>tieredPricing</c> as tiers of our own: both choose by the size of the whole prompt and re-price every
/// token. A range that begins at 0 is the price below the tiers. What leaves open which price holds is an error: a guess
/// would be wrong by half.
/// </summary>
internal static class UpstreamTiers
{
    private const string Sample = "Write ranges that follow one another: \"range\": [0, 200000], then \"range\": [200000].";

    public static PriceConfig Read(ReadContext context, ConfigNode node, PriceConfig flat)
    {
        if (!flat.Tiers.IsEmpty)
        {
            context.Problems.Error(node, "the price has tiers and tieredPricing, which mean the same", "Keep one of the two.");
            return flat;
        }
        var ranges = new List<(int From, int? To, ConfigNode At)>();
        foreach (var item in ReadContext.Items(node))
        {
            if (!TryRange(item["range"], out var from, out var to))
            {
                context.Problems.Error(item["range"] ?? item, "the tier does not say from which number of tokens to which it holds", Sample);
                return flat;
            }
            ranges.Add((from, to, item));
        }
        if (ranges.Count == 0) return flat;
        ranges.Sort(static (a, b) => a.From.CompareTo(b.From));
        if (!Follow(context, ranges, flat)) return flat;
        var tiers = ImmutableArray.CreateBuilder<PriceTierConfig>();
        foreach (var (from, _, at) in ranges)
        {
            var (input, output) = (ReadContext.Number(at["input"]), ReadContext.Number(at["output"]));
            var (read, write, write1h) = (ReadContext.Number(at["cacheRead"]), ReadContext.Number(at["cacheWrite"]), ReadContext.Number(at["cacheWrite1h"]));
            if (from > 0) tiers.Add(new PriceTierConfig { Above = from, Input = input, Output = output, CacheRead = read, CacheWrite = write, CacheWrite1h = write1h });
            else flat = flat with { Input = input ?? flat.Input, Output = output ?? flat.Output, CacheRead = read ?? flat.CacheRead, CacheWrite = write ?? flat.CacheWrite, CacheWrite1h = write1h ?? flat.CacheWrite1h };
        }
        return tiers.Count == 0 ? flat : flat with { Tiers = tiers.ToImmutable() };
    }

    private static bool TryRange(ConfigNode? node, out int from, out int? to)
    {
        (from, to) = (0, null);
        if (node is not { IsArray: true, Items.Count: 1 or 2 } || ReadContext.Integer(node.Items[0]) is not { } start) return false;
        from = start;
        if (node.Items.Count == 1) return true;
        to = ReadContext.Integer(node.Items[1]);
        return to > from;
    }

    /// <summary>Each begins where the one before ends; before the first stands the flat price. The last may have an end: no larger prompt is taken.</summary>
    private static bool Follow(ReadContext context, List<(int From, int? To, ConfigNode At)> ranges, PriceConfig flat)
    {
        if (ranges[0].From > 0 && flat.Input is null)
        {
            context.Problems.Error(ranges[0].At["range"], $"nothing says what prompts below {Plain(ranges[0].From)} tokens cost", $"Add \"input\" and \"output\" beside tieredPricing, or a tier with \"range\": [0, {Plain(ranges[0].From)}].");
            return false;
        }
        for (var i = 1; i < ranges.Count; i++)
        {
            var (end, next) = (ranges[i - 1].To, ranges[i]);
            if (end == next.From) continue;
            var message = end is null || end > next.From
                ? $"two tiers hold for prompts of {Plain(next.From)} tokens"
                : $"no tier holds for prompts between {Plain(end.Value)} and {Plain(next.From)} tokens";
            context.Problems.Error(next.At["range"], message, $"End the range before it there: [{Plain(ranges[i - 1].From)}, {Plain(next.From)}].");
            return false;
        }
        return true;
    }

    private static string Plain(int tokens) => tokens.ToString(CultureInfo.InvariantCulture);
}
