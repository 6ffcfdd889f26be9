using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using OpenClaw.Commands;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Tests.Docs;

namespace OpenClaw.Tests.Gateway.Control;

public sealed class UsageReportTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 22, 15, 30, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset s_week = s_now.AddDays(-7);

    private static readonly UsageReport s_report = new(
        [
            new UsageRow("anthropic/claude-opus-4-5", 12, 1, new Usage { Input = 120_000, CacheRead = 1_000_000, CacheWrite = 4000, Output = 9000 }, 1.3525m, 0, 0),
            new UsageRow("lab/new", 3, 0, new Usage { Input = 900, Output = 30 }, 0, 3, 0),
            new UsageRow("", 1, 0, new Usage { Input = 5, Output = 7 }, 0.0000825m, 0, 1),
        ],
        new UsageRow("total", 15, 1, new Usage { Input = 120_905, CacheRead = 1_000_000, CacheWrite = 4000, Output = 9037 }, 1.3525825m, 3, 1),
        s_week, s_now);

    private static (UsageQuery? Query, string Problem, string Param) Ask(params (string, string)[] asked) =>
        UsageQuestion.Read(new QueryCollection(asked.ToDictionary(static a => a.Item1, static a => new StringValues(a.Item2))), s_now);

    [Fact]
    public void Without_a_question_it_is_the_last_seven_days_by_model()
    {
        var query = Ask().Query!;
        Assert.Equal((UsageGrouping.Model, s_week, "UTC", null, null), (query.By, query.From, query.TimeZone, query.Client, query.Session));
        Assert.True(query.To > s_now);
    }

    [Theory]
    [InlineData("24h", "2026-11-21T15:30:00Z")]
    [InlineData("90m", "2026-11-22T14:00:00Z")]
    [InlineData("2w", "2026-11-08T15:30:00Z")]
    [InlineData("today", "2026-11-22T00:00:00Z")]
    [InlineData("yesterday", "2026-11-21T00:00:00Z")]
    [InlineData("month", "2026-11-01T00:00:00Z")]
    [InlineData("2026-11-01", "2026-11-01T00:00:00Z")]
    [InlineData("2026-11-01T12:00:00+02:00", "2026-11-01T10:00:00Z")]
    public void Since_may_be_written_in_many_ways(string since, string expected) =>
        Assert.Equal(DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture), Ask(("since", since)).Query!.From);

    [Fact]
    public void Days_begin_where_the_asker_lives_and_the_last_one_is_included()
    {
        var query = Ask(("since", "2026-10-25"), ("until", "2026-10-25"), ("timeZone", "Europe/Berlin")).Query!;
        // The day on which clocks went back has 25 hours.
        Assert.Equal(TimeSpan.FromHours(25), query.To - query.From);
        Assert.Equal(new DateTimeOffset(2026, 10, 24, 22, 0, 0, TimeSpan.Zero), query.From);
        Assert.Equal(new DateTimeOffset(2026, 11, 16, 0, 0, 0, TimeSpan.Zero), Ask(("by", "day"), ("since", "7d")).Query!.From);
    }

    [Theory]
    [InlineData("by", "colour")]
    [InlineData("by", "7")]
    [InlineData("since", "soon")]
    [InlineData("since", "0d")]
    [InlineData("since", "-1d")]
    [InlineData("since", "2026-13-01")]
    [InlineData("since", "2027-01-01")]
    [InlineData("until", "11")]
    [InlineData("timeZone", "Mars/Olympus")]
    [InlineData("limit", "0")]
    public void A_question_that_makes_no_sense_is_told_what_would(string name, string value)
    {
        var (query, problem, param) = Ask((name, value));
        Assert.Null(query);
        Assert.Equal(name, param);
        Assert.NotEqual("", problem);
    }

    [Fact]
    public void Csv_is_quoted_and_runs_no_formula()
    {
        var report = s_report with { Rows = [.. ((string[])["=cmd|' /C calc'!A0", "a,\"b\"", "+1", "@x", "line\nbreak", "-"]).Select(static k => new UsageRow(k, 1, 0, default, 0.1m, 0, 0))] };
        var lines = UsageCsv.Write(UsageGrouping.Session, report);
        Assert.Equal(
            "session,requests,failed,input_tokens,cache_read_tokens,cache_write_tokens,output_tokens,reasoning_tokens,cost_usd,unpriced_requests,estimated_requests\r\n"
            + "'=cmd|' /C calc'!A0,1,0,0,0,0,0,0,0.1,0,0\r\n\"a,\"\"b\"\"\",1,0,0,0,0,0,0,0.1,0,0\r\n'+1,1,0,0,0,0,0,0,0.1,0,0\r\n'@x,1,0,0,0,0,0,0,0.1,0,0\r\n\"line\nbreak\",1,0,0,0,0,0,0,0.1,0,0\r\n'-,1,0,0,0,0,0,0,0.1,0,0\r\n",
            lines);
    }

    [Fact]
    public void Json_keeps_every_digit()
    {
        var precise = s_report with { Total = s_report.Total with { Cost = 1.0000000000000000000000000001m } };
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream)) UsageJson.Write(json, new UsageQuery(UsageGrouping.Model, s_week, s_now, null, null, "UTC", 10), precise);
        var read = UsageJson.Read(JsonDocument.Parse(stream.ToArray()).RootElement)!;
        Assert.Equal(precise.Total, read.Total);
        Assert.Equal(precise.Rows, read.Rows);
        Assert.Null(UsageJson.Read(JsonDocument.Parse("""{"rows":3}""").RootElement));
    }

    [Fact]
    public void The_table_has_figures_at_the_right_and_marks_what_is_not_sure() =>
        Assert.Equal(
            """
            2026-11-15 15:30 to 2026-11-22 15:30 UTC

            Model                      Requests  Failed    Input     Cached  Written  Output         Cost
            anthropic/claude-opus-4-5        12       1  120,000  1,000,000    4,000   9,000      $1.3525
            lab/new                           3       -      900          -        -      30      $0.00 +
            (none)                            1       -        5          -        -       7  ~$0.0000825
            Total                            15       1  120,905  1,000,000    4,000   9,037   ~$1.3526 +

            + and what 3 requests to a model without a price cost: name it under models.prices
            ~ with tokens of 1 request counted here, because the provider did not report them

            """,
            UsageText.Of(UsageGrouping.Model, s_report));

    [Fact]
    public void Where_nothing_was_used_it_says_what_to_do()
    {
        var text = UsageText.Of(UsageGrouping.Model, new UsageReport([], new UsageRow("total", 0, 0, default, 0, 0, 0), s_week, s_now));
        Assert.StartsWith("Nothing was used from 2026-11-15 15:30", text, StringComparison.Ordinal);
        Assert.Contains("hint: ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_session_s_name_cannot_write_to_the_terminal()
    {
        var report = s_report with { Rows = [s_report.Rows[0] with { Key = "a\u001b[31mred" }] };
        Assert.DoesNotContain('\u001b', UsageText.Of(UsageGrouping.Session, report));
    }

    [Fact]
    public async Task The_gateway_answers_in_JSON_and_CSV_and_refuses_what_it_does_not_know()
    {
        await using var gateway = await RunningGateway.StartAsync("""{ "defaultModel": "scripted/ok" }""");
        var json = JsonDocument.Parse(await gateway.Client.GetStringAsync(new Uri(gateway.Address, "/openclaw/v1/usage?by=day&since=30d"), TestContext.Current.CancellationToken)).RootElement;
        Assert.Equal("day", json.GetProperty("by").GetString());
        Assert.NotNull(UsageJson.Read(json));
        using var csv = await gateway.Client.GetAsync(new Uri(gateway.Address, "/openclaw/v1/usage?by=client&format=csv"), TestContext.Current.CancellationToken);
        Assert.Equal("text/csv", csv.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith("client,requests,", await csv.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        foreach (var wrong in (string[])["by=colour", "format=xml", "since=soon", "since=0001-01-01&timeZone=Asia/Tokyo", "until=9999-12-31&timeZone=America/New_York"])
        {
            using var refused = await gateway.Client.GetAsync(new Uri(gateway.Address, "/openclaw/v1/usage?" + wrong), TestContext.Current.CancellationToken);
            Assert.Equal(400, (int)refused.StatusCode);
            Assert.Contains(wrong.Split('=')[0], Encoding.UTF8.GetString(await refused.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_gateway_shows_prices_with_their_source_and_what_has_none()
    {
        await using var gateway = await RunningGateway.StartAsync(
            """{ "defaultModel": "scripted/ok", "models": { "fallbacks": ["lab/new"], "aliases": { "o": "openai/gpt-4o", "g": "gemini/gemini-2.5-pro" }, "providers": { "lab": { "baseUrl": "https://lab.example.com/v1", "apiKey": "x" }, "openai": { "apiKey": "x" }, "gemini": { "apiKey": "x" } } } }""");
        var models = JsonDocument.Parse(await gateway.Client.GetStringAsync(new Uri(gateway.Address, "/openclaw/v1/models"), TestContext.Current.CancellationToken)).RootElement.GetProperty("models").EnumerateArray()
            .ToDictionary(static m => m.GetProperty("key").GetString()!, static m => m.GetProperty("price"));
        Assert.Equal("selfHosted", models["scripted/ok"].GetProperty("source").GetString());
        Assert.Equal("unpriced", models["lab/new"].GetProperty("source").GetString());
        Assert.Equal((2.5m, 10m), (models["openai/gpt-4o"].GetProperty("input").GetDecimal(), models["openai/gpt-4o"].GetProperty("output").GetDecimal()));
        Assert.True(DateOnly.TryParse(models["openai/gpt-4o"].GetProperty("dated").GetString(), CultureInfo.InvariantCulture, out _));
        Assert.Equal("genai-prices", models["openai/gpt-4o"].GetProperty("origin").GetString());
        Assert.Equal(200_000, models["gemini/gemini-2.5-pro"].GetProperty("tiers")[0].GetProperty("above").GetInt64());
        var status = JsonDocument.Parse(await gateway.Client.GetStringAsync(new Uri(gateway.Address, "/openclaw/v1/status"), TestContext.Current.CancellationToken)).RootElement;
        Assert.Equal("lab/new", Assert.Single(status.GetProperty("unpriced").EnumerateArray()).GetString());
    }
}
