namespace OpenClaw.Gateway.Metering.Budgets;

/// <summary>How long a budget counts before it starts anew.</summary>
internal enum BudgetPeriod
{
    Request,
    Session,
    Hour,
    Day,

    /// <summary>From Monday (ISO 8601).</summary>
    Week,
    Month,
    Total,
}

/// <summary>
/// The stretch of time in which a budget counts: from <paramref name="From"/> to before <paramref name="Ends"/>. Its name is the
/// start in UTC, so that gateways which read the same configuration count in the same window, daylight saving or not.
/// </summary>
/// <param name="Ends">Null: never.</param>
internal readonly record struct BudgetWindow(string Name, DateTimeOffset From, DateTimeOffset? Ends)
{
    public static readonly BudgetWindow Always = new("total", DateTimeOffset.MinValue, null);

    public bool Holds(DateTimeOffset at) => at >= From && (Ends is null || at < Ends);

    /// <summary>The window that <paramref name="at"/> lies in, by the clock of <paramref name="zone"/>.</summary>
    public static BudgetWindow Of(BudgetPeriod period, TimeZoneInfo zone, DateTimeOffset at)
    {
        if (period is BudgetPeriod.Request or BudgetPeriod.Session or BudgetPeriod.Total) return Always;
        var local = TimeZoneInfo.ConvertTime(at, zone);
        // An hour is an hour by the offset that holds now: the one that a change of the clock repeats is two windows.
        if (period == BudgetPeriod.Hour)
        {
            var hour = new DateTimeOffset(local.Year, local.Month, local.Day, local.Hour, 0, 0, local.Offset).ToUniversalTime();
            var (from, ends) = (hour, hour.AddHours(1));
            // A change of half an hour (Lord Howe) divides one: the hour before has what came before it.
            while (zone.GetUtcOffset(from) != local.Offset && from.AddMinutes(15) <= at) from = from.AddMinutes(15);
            while (zone.GetUtcOffset(ends.AddTicks(-1)) != local.Offset && ends.AddMinutes(-15) > at) ends = ends.AddMinutes(-15);
            return Named(from, ends);
        }
        var date = local.Date;
        var (first, next) = period switch
        {
            BudgetPeriod.Day => (date, date.AddDays(1)),
            BudgetPeriod.Week => (Monday(date), Monday(date).AddDays(7)),
            BudgetPeriod.Month => (new DateTime(date.Year, date.Month, 1), new DateTime(date.Year, date.Month, 1).AddMonths(1)),
            _ => throw new ArgumentOutOfRangeException(nameof(period), period, null),
        };
        return Named(Midnight(first, zone), Midnight(next, zone));
    }

    private static BudgetWindow Named(DateTimeOffset from, DateTimeOffset ends) =>
        new(from.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm'Z'", System.Globalization.CultureInfo.InvariantCulture), from, ends);

    private static DateTime Monday(DateTime date) => date.AddDays(-(((int)date.DayOfWeek + 6) % 7));

    // Some zones change their clock at midnight: a midnight that does not exist is the first moment after it, one that comes twice is the first.
    private static DateTimeOffset Midnight(DateTime date, TimeZoneInfo zone)
    {
        var local = DateTime.SpecifyKind(date, DateTimeKind.Unspecified);
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(15);
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }
}
