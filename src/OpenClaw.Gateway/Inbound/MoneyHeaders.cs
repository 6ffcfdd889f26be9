using System.Collections.Immutable;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Errors;

namespace OpenClaw.Gateway.Inbound;

/// <summary>
/// What a caller says about the money of a request: the most it may cost (<c>x-openclaw-max-cost: 0.10</c>, dollars) and names
/// for budgets and reports (<c>x-openclaw-tags: batch, team-a</c>). A bound that cannot be read is an error: it is never no bound.
/// </summary>
internal static class MoneyHeaders
{
    private const string MaxCostName = "x-openclaw-max-cost";
    private const string TagsName = "x-openclaw-tags";
    private const int MaxTags = 8;
    private const int MaxTagLength = 64;

    /// <summary>Why these headers cannot be kept to, or null.</summary>
    public static GatewayError? Problem(IHeaderDictionary headers)
    {
        if (headers.ContainsKey(MaxCostName) && MaxCost(headers) is null)
        {
            return new GatewayError(GatewayErrorKind.BadRequest, $"{MaxCostName} is a number of dollars with a point, such as 0.10") { Param = MaxCostName };
        }
        if (!headers.ContainsKey(TagsName)) return null;
        var tags = Tags(headers);
        return tags.Length <= MaxTags && tags.All(static t => t.Length <= MaxTagLength) ? null
            : new GatewayError(GatewayErrorKind.BadRequest, $"{TagsName} holds at most {MaxTags} names of at most {MaxTagLength} characters, with commas between") { Param = TagsName };
    }

    public static decimal? MaxCost(IHeaderDictionary headers) =>
        headers.TryGetValue(MaxCostName, out var text) && decimal.TryParse(text.ToString().Trim().TrimStart('$'), NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var usd) ? usd : null;

    public static ImmutableArray<string> Tags(IHeaderDictionary headers) => headers.TryGetValue(TagsName, out var text) && text.Count > 0
        ? [.. text.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct()]
        : [];
}
