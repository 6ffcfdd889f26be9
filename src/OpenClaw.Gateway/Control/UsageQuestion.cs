using System.Globalization;
using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Gateway.Control;

/// <summary>Reads the query of <c>/openclaw/v1/usage</c>.</summary>
internal static class UsageQuestion
{
    /// <summary>The most rows that a report has.</summary>
    public const int MostRows = 10_000;

    private static readonly string[] s_words = ["by", "since", "until", "client", "session", "timeZone", "limit"];

    public static string Groupings => string.Join(", ", Enum.GetNames<UsageGrouping>().Select(static n => n.ToLowerInvariant()));

    /// <summary>The query, or what is wrong with it and with which parameter. Without <c>since</c>: the last seven days.</summary>
    public static (UsageQuery? Query, string Problem, string Param) Read(IQueryCollection asked, DateTimeOffset now)
    {
        var grouping = UsageGrouping.Model;
        if (Repeated(asked) is { } twice) return (null, $"{twice} is given more than once", twice);
        if (asked["by"] is [{ Length: > 0 } by] && !TryGrouping(by, out grouping)) return (null, $"by is one of {Groupings}", "by");
        var zoneName = asked["timeZone"] is [{ Length: > 0 } named] ? named : "UTC";
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zoneName, out var zone)) return (null, "timeZone is a name such as Europe/Berlin", "timeZone");
        if (!TryTime(asked["since"] is [{ Length: > 0 } since] ? since : "7d", now, zone, isEnd: false, grouping == UsageGrouping.Day, out var from)) return (null, "since is a time such as 7d, 24h, today, 2026-11-01 or 2026-11-01T12:00:00Z", "since");
        if (!TryTime(asked["until"] is [{ Length: > 0 } until] ? until : "now", now, zone, isEnd: true, wholeDays: false, out var to)) return (null, "until is a time such as now, 1d, 2026-11-30 (that day included) or 2026-11-30T12:00:00Z", "until");
        if (from >= to) return (null, "since is not before until", "since");
        var limit = 1000;
        if (asked["limit"] is [{ Length: > 0 } most] && (!int.TryParse(most, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MostRows)) return (null, $"limit is a number from 1 to {MostRows}", "limit");
        return (new UsageQuery(grouping, from, to, Text(asked["client"]), Text(asked["session"]), zoneName, limit), "", "");
    }

    /// <param name="isEnd">A day alone is its end, not its beginning.</param>
    /// <param name="wholeDays">Days back begin at midnight: a first row of half a day misleads.</param>
    public static bool TryTime(string text, DateTimeOffset now, TimeZoneInfo zone, bool isEnd, bool wholeDays, out DateTimeOffset time)
    {
        time = now;
        // A moment belongs to the past that is asked for; the ledger counts in milliseconds.
        if (text == "now") time = now.AddMilliseconds(1);
        else if (text is "today" or "yesterday") time = Midnight(Day(now, zone).AddDays((text == "today" ? 0 : -1) + (isEnd ? 1 : 0)), zone);
        else if (text == "month") time = Midnight(new DateOnly(Day(now, zone).Year, Day(now, zone).Month, 1).AddMonths(isEnd ? 1 : 0), zone);
        else if (TryBack(text, out var back)) time = wholeDays && back >= TimeSpan.FromDays(1) ? Midnight(Day(now - back, zone).AddDays(1), zone) : now - back;
        else if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is > 1 and < 9999) time = Midnight(day.AddDays(isEnd ? 1 : 0), zone);
        else return TryMoment(text, zone, out time);
        return true;
    }

    // Without an offset it is a moment where the asker lives, as a day is.
    private static bool TryMoment(string text, TimeZoneInfo zone, out DateTimeOffset time)
    {
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time) || !text.Contains('T', StringComparison.Ordinal)) return false;
        if (!DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var local) || local.Kind != DateTimeKind.Unspecified) return true;
        if (local.Year is 1 or 9999) return false;
        time = First(local, zone);
        return true;
    }

    private static bool TryBack(string text, out TimeSpan back)
    {
        back = default;
        if (text.Length < 2 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is < 1 or > 100_000) return false;
        double? days = text[^1] switch
        {
            'm' => 1 / 1440.0,
            'h' => 1 / 24.0,
            'd' => 1,
            'w' => 7,
            'y' => 365,
            _ => null,
        };
        if (days * count is not (> 0 and < 36_500 and { } all)) return false;
        back = TimeSpan.FromDays(all);
        return true;
    }

    private static DateOnly Day(DateTimeOffset at, TimeZoneInfo zone) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, zone).DateTime);

    private static DateTimeOffset Midnight(DateOnly day, TimeZoneInfo zone) => First(day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Unspecified), zone);

    // What clocks jump over is the first moment after it, and what comes twice is the first, as in the windows of budgets.
    private static DateTimeOffset First(DateTime local, TimeZoneInfo zone)
    {
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(15);
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }

    // One of the names and nothing else: Enum.TryParse takes numbers and lists, too.
    private static bool TryGrouping(string text, out UsageGrouping grouping)
    {
        foreach (var known in Enum.GetValues<UsageGrouping>())
        {
            grouping = known;
            if (text.Equals(known.ToString(), StringComparison.OrdinalIgnoreCase)) return true;
        }
        grouping = default;
        return false;
    }

    private static string? Repeated(IQueryCollection asked) => Array.Find(s_words, word => asked[word].Count > 1);

    private static string? Text(Microsoft.Extensions.Primitives.StringValues values) => values is [{ Length: > 0 } text] ? text : null;
}
