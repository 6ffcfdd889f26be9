using System.Globalization;

namespace OpenClaw.Gateway.Metering.Prices;

/// <summary>
/// The part of a day in which a price holds, in UTC: <c>00:30-16:30</c>, or <c>01:00-04:00 weekdays+8</c> where it holds from
/// Monday to Friday by a clock that many hours ahead of UTC (DeepSeek). The end is outside.
/// </summary>
internal readonly record struct PriceHours(TimeOnly From, TimeOnly To, int? WeekdaysAheadOfUtc)
{
    public bool Contains(DateTimeOffset at)
    {
        var utc = at.UtcDateTime;
        if (WeekdaysAheadOfUtc is { } hours && utc.AddHours(hours).DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday) return false;
        return TimeOnly.FromDateTime(utc).IsBetween(From, To);
    }

    /// <exception cref="FormatException">The text is no such part of a day.</exception>
    public static PriceHours Parse(string text)
    {
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        var span = space < 0 ? text : text[..space];
        int? ahead = space < 0 ? null : int.Parse(text.AsSpan(space + " weekdays".Length), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return new PriceHours(Time(span[..5]), Time(span[6..]), ahead);
    }

    public override string ToString()
    {
        var span = string.Create(CultureInfo.InvariantCulture, $"{From:HH\\:mm}-{To:HH\\:mm}");
        return WeekdaysAheadOfUtc is { } hours ? string.Create(CultureInfo.InvariantCulture, $"{span} weekdays{hours:+0;-0}") : span;
    }

    private static TimeOnly Time(string text) => TimeOnly.ParseExact(text, "HH\\:mm", CultureInfo.InvariantCulture);
}
