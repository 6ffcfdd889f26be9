using System.Text.Json.Nodes;
using OpenClaw.EndToEnd.Cli;
using OpenClaw.EndToEnd.Running;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Money;

/// <summary>A budget's time zone from the file to what can be seen of it: its windows begin and end by that clock, and a request counts in the one in which it came.</summary>
public sealed class BudgetZoneTests
{
    private static readonly string[] s_zones = ["Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Kiritimati", "UTC"];
    private static readonly string[] s_periods = ["hour", "day", "week", "month"];

    [Fact]
    public async Task Windows_begin_and_end_by_the_clock_of_the_budgets_zone()
    {
        await using var provider = new CountingProvider();
        await using var gateway = await GatewayProcess.StartAsync(Config(provider, s_zones));
        var before = DateTimeOffset.UtcNow;
        var budgets = (await gateway.GetAsync("/openclaw/v1/budgets")).Json["budgets"]!.AsArray();
        var after = DateTimeOffset.UtcNow;
        Assert.Equal(s_zones.Length * s_periods.Length, budgets.Count);
        foreach (var budget in budgets)
        {
            var (name, starts, ends) = Window(budget!);
            var (period, zone) = (name.Split(' ')[0], TimeZoneInfo.FindSystemTimeZoneById(name.Split(' ')[1]));
            Assert.True(starts <= after && ends > before, name);
            // By the zone's clock, as the tables of this system have it: none of these changes it nowadays.
            var (from, to) = (TimeZoneInfo.ConvertTime(starts, zone), TimeZoneInfo.ConvertTime(ends, zone));
            Assert.Equal((0, 0), (from.Minute, from.Second));
            if (period != "hour") Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (from.TimeOfDay, to.TimeOfDay));
            if (period == "week") Assert.Equal(DayOfWeek.Monday, from.DayOfWeek);
            if (period == "month") Assert.Equal((1, 1), (from.Day, to.Day));
            Assert.Equal(period switch { "hour" => from.AddHours(1), "day" => from.AddDays(1), "week" => from.AddDays(7), _ => from.AddMonths(1) }, to);
        }
        // 5 h 45 min ahead of UTC, and 3 h behind.
        Assert.Equal((15, 0), (Window(Named(budgets, "hour Asia/Kathmandu")).Starts.Minute, Window(Named(budgets, "hour UTC")).Starts.Minute));
        Assert.Equal(new TimeSpan(18, 15, 0), Window(Named(budgets, "day Asia/Kathmandu")).Starts.TimeOfDay);
        Assert.Equal(new TimeSpan(3, 0, 0), Window(Named(budgets, "month America/Sao_Paulo")).Starts.TimeOfDay);

        // The status page of a terminal says the same in its way.
        using var folder = new CliFolder();
        var status = await folder.RunAsync(["status", "--json", "--url", gateway.Url.ToString()]);
        Assert.Equal(0, status.Code);
        Assert.Equal(
            s_zones.Select(static z => "month " + z),
            status.Json.GetProperty("budgets").EnumerateArray().Where(static b => b.TryGetProperty("windowEnds", out _)).Select(static b => b.GetProperty("name").GetString()!).Where(static n => n.StartsWith("month", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_a_request_costs_is_in_the_window_of_each_zone_and_a_refusal_says_when_its_own_ends()
    {
        await using var provider = new CountingProvider();
        await using var gateway = await GatewayProcess.StartAsync(Config(provider, ["Asia/Kathmandu"], limit: 500));
        const string Ask = """{"model":"count/talk-100","max_tokens":100,"messages":[{"role":"user","content":"hello"}]}""";
        PlainAnswer answer;
        var answered = 0;
        while ((answer = await gateway.CallAsync("POST", "/v1/chat/completions", Ask)).Status == 200 && answered < 20) answered++;
        Assert.Equal(402, answer.Status);
        var budgets = (await gateway.GetAsync("/openclaw/v1/budgets")).Json["budgets"]!.AsArray();
        // Each window is counted for itself; the hour's may have begun anew meanwhile.
        Assert.Equal(101m * answered, Named(budgets, "month Asia/Kathmandu")["spent"]!.GetValue<decimal>());
        var ends = budgets.Select(static b => Window(b!)).ToDictionary(static w => w.Name, static w => w.Ends);
        var refusing = ends.Keys.Single(n => answer.Body.Contains($"budget \\\"{n}\\\" does not hold this call", StringComparison.Ordinal));
        Assert.Matches(@"it starts anew at \d{4}-\d\d-\d\d \d\d:15 UTC", answer.Body);
        Assert.Contains(refusing, (string[])["hour Asia/Kathmandu", "day Asia/Kathmandu", "week Asia/Kathmandu", "month Asia/Kathmandu"]);
    }

    [Fact]
    public async Task A_zone_that_nobody_knows_is_warned_of_and_UTC_holds()
    {
        await using var provider = new CountingProvider();
        var config = Config(provider, ["Mars/Olympus"]);
        using var folder = new CliFolder().With(config);
        var run = await folder.RunAsync("config validate");
        Assert.Equal(0, run.Code);
        Assert.Contains("this system knows no time zone \"Mars/Olympus\", so UTC is used", run.Output + run.Error, StringComparison.Ordinal);
        await using var gateway = await GatewayProcess.StartAsync(config);
        var budgets = (await gateway.GetAsync("/openclaw/v1/budgets")).Json["budgets"]!.AsArray();
        Assert.Equal(TimeSpan.Zero, Window(Named(budgets, "day Mars/Olympus")).Starts.TimeOfDay);
    }

    private static string Config(CountingProvider provider, string[] zones, int limit = 1_000_000) => $$"""
        {
          "models": { "providers": { {{provider.Config("talk-100")}} } },
          "guard": { "enabled": false },
          "budgets": [{{string.Join(", ", zones.SelectMany(z => s_periods.Select(p => $$"""{ "name": "{{p}} {{z}}", "scope": "gateway", "period": "{{p}}", "limit": {{limit}}, "unit": "tokens", "timeZone": "{{z}}" }""")))}}]
        }
        """;

    private static JsonNode Named(JsonArray budgets, string name) => budgets.Single(b => b!["name"]!.GetValue<string>() == name)!;

    private static (string Name, DateTimeOffset Starts, DateTimeOffset Ends) Window(JsonNode budget) =>
        (budget["name"]!.GetValue<string>(), budget["windowStarts"]!.GetValue<DateTimeOffset>(), budget["windowEnds"]!.GetValue<DateTimeOffset>());
}
