using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Metering.Budgets;

namespace OpenClaw.Tests.Gateway.Control;

public sealed class UsageMomentsTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 22, 15, 30, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("2026-11-01T12:00:00", "Europe/Berlin", "2026-11-01T11:00:00Z")]
    [InlineData("2026-11-01T12:00:00", "UTC", "2026-11-01T12:00:00Z")]
    [InlineData("2026-11-01T12:00:00Z", "Europe/Berlin", "2026-11-01T12:00:00Z")]
    [InlineData("2026-11-01T12:00:00-05:00", "Europe/Berlin", "2026-11-01T17:00:00Z")]
    // Comes twice: the first. Comes never: the first moment after it.
    [InlineData("2026-10-25T02:30:00", "Europe/Berlin", "2026-10-25T00:30:00Z")]
    [InlineData("2026-03-29T02:30:00", "Europe/Berlin", "2026-03-29T01:00:00Z")]
    public void A_moment_without_an_offset_is_one_where_the_asker_lives(string since, string zone, string expected) =>
        Assert.Equal(DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture), From(since, zone));

    [Theory]
    [InlineData("0001-01-01T00:00:00")]
    [InlineData("9999-12-31T23:59:59")]
    public void A_moment_at_the_end_of_all_calendars_is_an_error_in_words(string since)
    {
        var (query, problem, param) = Ask(since, "Europe/Berlin");
        Assert.Equal((null, "since"), (query, param));
        Assert.NotEqual("", problem);
    }

    [Fact]
    public void A_day_with_two_midnights_begins_with_the_first_as_a_budget_does()
    {
        // Cuba's clocks go back at one in the morning.
        var zone = TimeZoneInfo.FindSystemTimeZoneById("America/Havana");
        Assert.Equal(BudgetWindow.Of(BudgetPeriod.Day, zone, new DateTimeOffset(2025, 11, 2, 12, 0, 0, TimeSpan.Zero)).From, From("2025-11-02", "America/Havana"));
    }

    private static DateTimeOffset From(string since, string zone) => Ask(since, zone).Query!.From;

    private static (OpenClaw.Gateway.Metering.Ledger.UsageQuery? Query, string Problem, string Param) Ask(string since, string zone) =>
        UsageQuestion.Read(new QueryCollection(new Dictionary<string, StringValues> { ["since"] = since, ["timeZone"] = zone }), s_now);
}
