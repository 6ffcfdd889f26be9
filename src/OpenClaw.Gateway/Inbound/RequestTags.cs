using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;

namespace OpenClaw.Gateway.Inbound;

/// <summary>The tags that a caller gives a request (<c>x-openclaw-tags: batch, team-a</c>), for budgets and reports. At most eight of 64 characters.</summary>
internal static class RequestTags
{
    public static ImmutableArray<string> Of(IHeaderDictionary headers) => headers.TryGetValue("x-openclaw-tags", out var text) && text.Count > 0
        ? [.. text.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(static t => t.Length <= 64).Distinct().Take(8)]
        : [];
}
