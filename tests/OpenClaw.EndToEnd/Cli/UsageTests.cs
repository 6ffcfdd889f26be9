using System.Text;
using System.Text.Json;
using OpenClaw.EndToEnd.Running;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Cli;

/// <summary><c>openclaw usage</c>: the figures of a gateway that runs, in three forms, and what it says where it has none.</summary>
public sealed class UsageTests
{
    private const string Token = "a-token-for-this-test-0123456789";
    private const string OfCi = "a-token-of-the-client-0123456789";

    [Fact]
    public async Task What_was_used_is_told_by_model_session_client_tag_and_day_as_table_JSON_and_CSV()
    {
        await using var provider = new CountingProvider();
        await using var gateway = await StartAsync(provider);
        using var folder = new CliFolder();
        Task<CliRun> Run(params string[] line) => folder.RunAsync(["usage", .. line, "--url", gateway.Url.ToString(), "--token", Token]);

        var nothing = await Run();
        Assert.Equal((0, ""), (nothing.Code, nothing.Error));
        Assert.StartsWith("Nothing was used from ", nothing.Output, StringComparison.Ordinal);
        Assert.Contains("hint: look further back", nothing.Output, StringComparison.Ordinal);

        await AskAsync(gateway, Token, "count/talk-100", session: "a");
        await AskAsync(gateway, Token, "count/talk-100", session: "a", tags: "batch");
        await AskAsync(gateway, Token, "count/talk-20", session: "b", tags: "batch,night");
        await AskAsync(gateway, OfCi, "count/talk-20");

        var table = await Run();
        Assert.Equal((0, ""), (table.Code, table.Error));
        Assert.Matches(@"\n\nModel +Requests +Failed +Input +Cached +Written +Output +Cost\n", table.Output);
        Assert.Matches(@"\ncount/talk-100 +2 +- +2 +- +- +200 +\$0\.002", table.Output);
        Assert.Matches(@"\ncount/talk-20 +2 +- +2 +- +- +40 +\$0\.0004", table.Output);
        Assert.Matches(@"\nTotal +4 +- +4 +- +- +240 +\$0\.0024", table.Output);

        var csv = await Run("--csv", "--by", "model");
        Assert.Equal((0, ""), (csv.Code, csv.Error));
        Assert.Matches(
            @"^model,requests,failed,input_tokens,cache_read_tokens,cache_write_tokens,output_tokens,reasoning_tokens,cost_usd,unpriced_requests,estimated_requests\r\n"
            + @"count/talk-100,2,0,2,0,0,200,0,0\.0020020*,0,0\r\ncount/talk-20,2,0,2,0,0,40,0,0\.0004020*,0,0\r\n\z",
            csv.Output);

        async Task<string> Rows(params string[] line)
        {
            var run = await Run(["--json", .. line]);
            Assert.True(run.Code == 0 && run.Error.Length == 0, run.ToString());
            Assert.Equal(line.Contains("--client") ? 1 : 4, run.Json.GetProperty("total").GetProperty("requests").GetInt64());
            return string.Join("; ", run.Json.GetProperty("rows").EnumerateArray().Select(static r => $"{r.GetProperty("key").GetString()} {r.GetProperty("requests").GetInt64()} {r.GetProperty("output").GetInt64()}"));
        }
        Assert.Equal("count/talk-100 2 200; count/talk-20 2 40", await Rows("--by", "model"));
        Assert.Equal("count 4 240", await Rows("--by", "provider"));
        Assert.Equal("owner 3 220; ci 1 20", await Rows("--by", "client"));
        Assert.Equal("a 2 200; b 1 20;  1 20", SortedSessions(await Rows("--by", "session")));
        Assert.Equal("batch 2 120;  2 120; night 1 20", SortedTags(await Rows("--by", "tag")));
        Assert.Equal("count/talk-20 1 20", await Rows("--by", "model", "--client", "ci"));
        // Midnight may come between.
        Assert.InRange((await Run("--by", "Day", "--json", "--time-zone", "Asia/Kathmandu")).Json.GetProperty("rows").GetArrayLength(), 1, 2);

        // A client's token sees its own part, whatever it asks for.
        var own = await folder.RunAsync(["usage", "--json", "--by", "client", "--client", "owner", "--url", gateway.Url.ToString(), "--token", OfCi]);
        Assert.Equal(0, own.Code);
        Assert.Equal("ci", Assert.Single(own.Json.GetProperty("rows").EnumerateArray().ToList()).GetProperty("key").GetString());
    }

    [Theory]
    [InlineData("--by colour", "--by is one of model, provider, session, client, day, tag")]
    [InlineData("--since soon", "--since is a time such as 7d, 24h, today, 2026-11-01 or 2026-11-01T12:00:00Z")]
    [InlineData("--since 1d --until 2d", "--since is not before until")]
    [InlineData("--time-zone Mars/Olympus", "--time-zone is a name such as Europe/Berlin")]
    public async Task A_question_that_makes_no_sense_is_wrong_usage_and_asks_nobody(string line, string message)
    {
        using var folder = new CliFolder();
        var run = await folder.RunAsync("usage --url http://127.0.0.1:1 " + line);
        Assert.Equal((2, "", $"error: {message}\nhint: openclaw usage --help\n"), (run.Code, run.Output, run.Error));
        var json = await folder.RunAsync("usage --json --url http://127.0.0.1:1 " + line);
        Assert.Equal((2, false, message), (json.Code, json.Json.GetProperty("ok").GetBoolean(), json.Json.GetProperty("error").GetProperty("message").GetString()));
    }

    [Fact]
    public async Task Two_forms_at_once_no_gateway_and_a_wrong_token_have_exit_codes_of_their_own()
    {
        using var folder = new CliFolder();
        var both = await folder.RunAsync("usage --json --csv --url http://127.0.0.1:1");
        Assert.Equal((2, "error: --json and --csv exclude each other\n"), (both.Code, both.Error));
        var nobody = await folder.RunAsync("usage --csv --url http://127.0.0.1:1");
        Assert.Equal((69, ""), (nobody.Code, nobody.Output));
        Assert.Equal("error: no gateway answers at http://127.0.0.1:1\nhint: start it with: openclaw gateway\n", nobody.Error);
        await using var provider = new CountingProvider();
        await using var gateway = await StartAsync(provider);
        var refused = await folder.RunAsync(["usage", "--url", gateway.Url.ToString(), "--token", "not-the-token"]);
        Assert.Equal((1, ""), (refused.Code, refused.Output));
        Assert.Contains("refused the token\nhint: set OPENCLAW_GATEWAY_TOKEN", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_many_rows_as_there_can_be_get_a_note_that_there_may_be_more()
    {
        var rows = UsageQuestion.MostRows;
        await using var gateway = new TinyHttp((_, _) => (200, Report(Volatile.Read(ref rows))));
        using var folder = new CliFolder();
        string[] line = ["usage", "--csv", "--by", "session", "--since", "3d", "--client", "a b&c", "--url", gateway.Url];
        var run = await folder.RunAsync(line);
        Assert.Equal((0, "note: there may be more than these 10000 rows; narrow it with --since, --client or --session\n"), (run.Code, run.Error));
        // The note is beside the values, not among them.
        Assert.Equal(UsageQuestion.MostRows + 1, run.Output.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal("GET /openclaw/v1/usage?by=session&since=3d&until=now&client=a%20b%26c&timeZone=UTC&limit=10000", Assert.Single(gateway.Asked));

        Volatile.Write(ref rows, UsageQuestion.MostRows - 1);
        run = await folder.RunAsync(line);
        Assert.Equal((0, ""), (run.Code, run.Error));
    }

    [Fact]
    public async Task What_is_no_report_is_not_taken_for_one_and_a_gateway_s_own_reason_is_passed_on()
    {
        var answer = (Status: 200, Body: """{ "rows": 3 }""");
        await using var gateway = new TinyHttp((_, _) => answer);
        using var folder = new CliFolder();
        var run = await folder.RunAsync("usage --json --url " + gateway.Url);
        Assert.Equal((69, false), (run.Code, run.Json.GetProperty("ok").GetBoolean()));
        Assert.Contains("keeps no usage that this program understands", run.Error, StringComparison.Ordinal);

        answer = (503, """{ "error": { "message": "the ledger's database does not answer; requests are counted and wait for it", "type": "server_error", "code": "overloaded" } }""");
        run = await folder.RunAsync("usage --url " + gateway.Url);
        Assert.Equal((1, "", "error: the ledger's database does not answer; requests are counted and wait for it\n"), (run.Code, run.Output, run.Error));
    }

    // Sessions and tags of one cost come in an order that says nothing.
    private static string SortedSessions(string rows) => string.Join("; ", rows.Split("; ").OrderByDescending(static r => r.EndsWith(" 2 200", StringComparison.Ordinal)).ThenByDescending(static r => r, StringComparer.Ordinal));

    private static string SortedTags(string rows) => string.Join("; ", rows.Split("; ").OrderBy(static r => r.StartsWith("batch", StringComparison.Ordinal) ? 0 : r.StartsWith(' ') ? 1 : 2));

    private static string Report(int rows)
    {
        var now = DateTimeOffset.UnixEpoch;
        var report = new UsageReport([.. Enumerable.Range(0, rows).Select(static i => new UsageRow($"s{i}", 1, 0, new Usage { Input = 1, Output = 2 }, 0.5m, 0, 0))], new UsageRow("total", rows, 0, new Usage { Input = rows }, rows * 0.5m, 0, 0), now, now.AddDays(1));
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream)) UsageJson.Write(json, new UsageQuery(UsageGrouping.Session, now, now.AddDays(1), null, null, "UTC", rows), report);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static Task<GatewayProcess> StartAsync(CountingProvider provider) => GatewayProcess.StartAsync(
        $$"""
        {
          "gateway": { "auth": true },
          "models": { "providers": { {{provider.Config("talk-100", "talk-20")}} } },
          "clients": [{ "name": "ci", "token": "{{OfCi}}" }]
        }
        """,
        new Dictionary<string, string> { ["OPENCLAW_GATEWAY_TOKEN"] = Token });

    private static async Task AskAsync(GatewayProcess gateway, string token, string model, string? session = null, string? tags = null)
    {
        var headers = new Dictionary<string, string> { ["Authorization"] = "Bearer " + token };
        if (session is not null) headers["x-openclaw-session"] = session;
        if (tags is not null) headers["x-openclaw-tags"] = tags;
        var answer = await gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat.Replace("p/ok", model, StringComparison.Ordinal), headers);
        Assert.True(answer.Status == 200, answer.Body);
    }
}
