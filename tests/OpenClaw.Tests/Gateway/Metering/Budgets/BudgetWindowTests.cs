using System.Globalization;
using OpenClaw.Gateway.Metering.Budgets;

namespace OpenClaw.Tests.Gateway.Metering.Budgets;

public sealed class BudgetWindowTests
{
    [Theory]
    [InlineData("Hour", "UTC", "2026-03-29T01:59:59Z", "2026-03-29T01:00Z", 1)]
    [InlineData("Day", "UTC", "2026-03-29T23:59:59Z", "2026-03-29T00:00Z", 24)]
    [InlineData("Day", "Europe/Berlin", "2026-03-28T23:30:00Z", "2026-03-28T23:00Z", 23)] // the day the clock goes forward
    [InlineData("Day", "Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-24T22:00Z", 25)] // and back
    [InlineData("Week", "UTC", "2026-01-01T00:00:00Z", "2025-12-29T00:00Z", 168)] // Monday, in the year before
    [InlineData("Week", "Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-22T23:00Z", 167)]
    [InlineData("Week", "UTC", "2026-03-30T00:00:00Z", "2026-03-30T00:00Z", 168)]
    [InlineData("Month", "UTC", "2028-02-29T12:00:00Z", "2028-02-01T00:00Z", 29 * 24)]
    [InlineData("Month", "America/New_York", "2026-03-01T04:59:59Z", "2026-02-01T05:00Z", 28 * 24)]
    [InlineData("Month", "America/New_York", "2026-03-01T05:00:00Z", "2026-03-01T05:00Z", (31 * 24) - 1)]
    [InlineData("Hour", "Asia/Kolkata", "2026-01-01T10:15:00Z", "2026-01-01T09:30Z", 1)]
    [InlineData("Day", "Africa/Cairo", "2023-04-28T12:00:00Z", "2023-04-27T22:00Z", 23)] // midnight itself does not exist
    public void A_window_begins_and_ends_by_the_clock_of_its_zone(string period, string zone, string at, string name, int hours)
    {
        var window = BudgetWindow.Of(Enum.Parse<BudgetPeriod>(period), TimeZoneInfo.FindSystemTimeZoneById(zone), DateTimeOffset.Parse(at, CultureInfo.InvariantCulture));
        Assert.Equal(name, window.Name);
        Assert.Equal(hours, (window.Ends!.Value - window.From).TotalHours);
    }

    [Fact]
    public void The_hour_that_comes_twice_is_two_windows()
    {
        var berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var first = BudgetWindow.Of(BudgetPeriod.Hour, berlin, new DateTimeOffset(2026, 10, 25, 0, 30, 0, TimeSpan.Zero));
        var second = BudgetWindow.Of(BudgetPeriod.Hour, berlin, new DateTimeOffset(2026, 10, 25, 1, 30, 0, TimeSpan.Zero));
        Assert.Equal(first.Ends, second.From);
    }

    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("America/New_York")]
    [InlineData("Africa/Cairo")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("UTC")]
    public void Windows_follow_each_other_without_a_gap_for_two_years(string zone)
    {
        var found = TimeZoneInfo.FindSystemTimeZoneById(zone);
        foreach (var period in (BudgetPeriod[])[BudgetPeriod.Hour, BudgetPeriod.Day, BudgetPeriod.Week, BudgetPeriod.Month])
        {
            var window = BudgetWindow.Of(period, found, new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero));
            while (window.From.Year < 2027)
            {
                var next = BudgetWindow.Of(period, found, window.Ends!.Value);
                Assert.Equal(window.Ends, next.From);
                Assert.False(window.Holds(next.From));
                Assert.True(window.Holds(next.From.AddTicks(-1)));
                Assert.Equal(window, BudgetWindow.Of(period, found, next.From.AddTicks(-1)));
                window = next;
            }
        }
    }
}
