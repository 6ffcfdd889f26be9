namespace OpenClaw.Gateway.Metering.Ledger;

/// <summary>What the rows of a usage report stand for.</summary>
internal enum UsageGrouping
{
    /// <summary><c>provider/model</c> of each call.</summary>
    Model,

    Provider,

    Session,

    Client,

    /// <summary>The calendar day (<c>yyyy-MM-dd</c>) in the query's time zone.</summary>
    Day,

    /// <summary>A request with two tags counts in two rows; the total counts it once.</summary>
    Tag,
}

/// <summary>A question to the ledger: what was used between two moments.</summary>
/// <param name="From">Inclusive.</param>
/// <param name="To">Exclusive.</param>
/// <param name="Client">Only this caller; null = all.</param>
/// <param name="Session">Only this session; null = all.</param>
/// <param name="TimeZone">IANA name; where a day begins.</param>
/// <param name="Limit">The most rows, dearest first (days: newest first); the total covers what the limit cuts off.</param>
internal sealed record UsageQuery(UsageGrouping By, DateTimeOffset From, DateTimeOffset To, string? Client, string? Session, string TimeZone, int Limit);

/// <summary>The sums of one group.</summary>
/// <param name="Key">Empty where a request has none (no session, no tag).</param>
/// <param name="Requests">Requests of which a part belongs here: a request that fell back from one model to another counts for both when rows are models or providers.</param>
/// <param name="Failed">Those whose outcome is neither answered nor healed.</param>
/// <param name="UnpricedRequests">Those with a call to a model without a price: <paramref name="Cost"/> is too low by what they really cost.</param>
/// <param name="EstimatedRequests">Those with tokens counted here, because the provider never reported them.</param>
internal sealed record UsageRow(string Key, long Requests, long Failed, Usage Usage, decimal Cost, long UnpricedRequests, long EstimatedRequests);

/// <summary>The answer; <see cref="Total"/> counts each request once and has the key <c>total</c>.</summary>
internal sealed record UsageReport(IReadOnlyList<UsageRow> Rows, UsageRow Total, DateTimeOffset From, DateTimeOffset To);
