using System.Collections.Immutable;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>A request's tags in one column, <c>,a,b,</c>: a tag is found by looking for it between commas, which no tag holds.</summary>
internal static class TagText
{
    public static string Of(ImmutableArray<string> tags) => tags.IsDefaultOrEmpty ? "" : "," + string.Join(',', tags) + ",";

    public static string[] Read(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
