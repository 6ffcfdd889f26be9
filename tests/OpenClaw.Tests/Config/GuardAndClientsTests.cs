using OpenClaw.Config;

namespace OpenClaw.Tests.Config;

public sealed class GuardAndClientsTests
{
    [Fact]
    public void The_guard_is_on_unless_it_is_switched_off()
    {
        Assert.Equal(new GuardConfig(), Expect.Clean("{}").Guard);
        Assert.False(Expect.Clean("""{ "guard": { "enabled": false } }""").Guard.Enabled);
        var guard = Expect.Clean("""{ "guard": { "spendPerMinute": 2.5, "spendPerHour": 20, "identicalRequests": 0, "errorLoop": 3, "heartbeat": false, "toolLoop": 20, "loopSpend": 0.5, "cooldown": "1h" } }""").Guard;
        Assert.Equal(new GuardConfig { SpendPerMinute = 2.5m, SpendPerHour = 20, IdenticalRequests = 0, ErrorLoop = 3, Heartbeat = false, ToolLoop = 20, LoopSpend = 0.5m, Cooldown = TimeSpan.FromHours(1) }, guard);
    }

    [Theory]
    [InlineData("\"identicalRequests\": 2", "identicalRequests", "3 or more, or 0")]
    [InlineData("\"errorLoop\": 1", "errorLoop", "2 or more, or 0")]
    [InlineData("\"toolLoop\": 65", "toolLoop", "between 0 and 64")]
    [InlineData("\"cooldown\": \"2d\"", "cooldown", "between 1s and 24h")]
    public void A_guard_that_would_stop_everybody_or_nobody_is_an_error(string member, string key, string part) =>
        Expect.Error($$"""{ "guard": { {{member}} } }""", "/guard/" + key, part);

    [Fact]
    public void A_client_has_budgets_rates_and_an_end_of_its_own()
    {
        var client = Assert.Single(Expect.Clean("""
            { "clients": [{ "name": "ci", "token": "t", "budgets": [{ "period": "month", "limit": 20 }, { "period": "day", "limit": 100000, "unit": "tokens", "action": "warn" }],
              "limits": [{ "requestsPerMinute": 60 }], "expires": "2027-01-31" }] }
            """).Clients);
        Assert.Equal(["client:ci month 20 usd block", "client:ci day 100000 tokens warn"], client.Budgets.Select(static b => $"{b.Scope} {b.Period} {b.Limit} {b.Unit} {b.Action}"));
        Assert.Equal(("client:ci", 60), (client.Limits[0].Scope, client.Limits[0].RequestsPerMinute));
        Assert.Equal(new DateTimeOffset(2027, 1, 31, 0, 0, 0, TimeSpan.Zero), client.Expires);
    }

    [Theory]
    [InlineData("\"budgets\": [{ \"period\": \"day\" }]", "/clients/0/budgets/0", "no limit")]
    [InlineData("\"limits\": [{}]", "/clients/0/limits/0", "limits nothing")]
    [InlineData("\"expires\": \"soon\"", "/clients/0/expires", "2027-01-31")]
    public void What_is_wrong_with_a_client_is_told_where_it_stands(string member, string pointer, string part) =>
        Expect.Error($$"""{ "clients": [{ "name": "ci", "token": "t", {{member}} }] }""", pointer, part);

    [Theory]
    [InlineData("\"token\": \"same\"", "\"token\": \"same\"")]
    [InlineData("\"token\": \"same\"", "\"tokenHash\": \"sha256:0967115f2813a3541eaef77de9d9d5773f1c0c04314b0bbfe4ff3b3b1c55b5d5\"")]
    [InlineData("\"tokenEnv\": \"A\"", "\"tokenEnv\": \"A\"")]
    [InlineData("\"tokenFile\": \"/run/t\"", "\"tokenFile\": \"/run/t\"")]
    public void Two_clients_cannot_have_one_token(string one, string two) =>
        Expect.Error($$"""{ "clients": [{ "name": "a", {{one}} }, { "name": "b", {{two}} }] }""", "/clients/1", "\"a\" and \"b\"");

    [Fact]
    public void One_client_can_be_a_scope()
    {
        Expect.Warning("""{ "clients": [{ "name": "batches", "token": "t" }], "budgets": [{ "scope": "client:batchs", "limit": 1 }] }""", "/budgets/0/scope", "Did you mean \"batches\"");
        var config = Expect.Clean("""{ "budgets": [{ "scope": "client:ci", "limit": 1 }], "limits": [{ "scope": "client:ci", "requestsPerMinute": 1 }] }""");
        Assert.Equal(("client:ci", "client:ci"), (config.Budgets[0].Scope, config.Limits[0].Scope));
        Expect.Error("""{ "limits": [{ "scope": "client:", "requestsPerMinute": 1 }] }""", "/limits/0/scope", "not a scope");
    }

    [Fact]
    public void What_a_client_has_is_written_as_it_was_read()
    {
        const string File = """{"guard":{"toolLoop":20},"clients":[{"name":"ci","tokenEnv":"CI","budgets":[{"period":"month","limit":20}],"limits":[{"requestsPerMinute":60}],"expires":"2027-01-31"}]}""";
        var result = ConfigWriter.Convert(System.Text.Encoding.UTF8.GetBytes(File), ConfigDialect.Native);
        var environment = ConfigEnvironment.Of(new Dictionary<string, string> { ["CI"] = "t" });
        var (before, after) = (SampleFiles.MustRead(File, environment), SampleFiles.MustRead(result.Json!, environment));
        Assert.Equal(before.Guard, after.Guard);
        Assert.Equal(before.Clients[0].Budgets, after.Clients[0].Budgets);
        Assert.Equal(before.Clients[0].Limits, after.Clients[0].Limits);
        Assert.Equal(before.Clients[0].Expires, after.Clients[0].Expires);
    }

    [Theory]
    [InlineData("a:b/c")]
    [InlineData("two words")]
    [InlineData("-x")]
    public void A_clients_name_that_could_not_be_made_at_run_time_is_a_warning(string name)
    {
        Expect.Warning($$"""{ "clients": [{ "name": "{{name}}", "tokenEnv": "T" }] }""", "/clients/0/name", "no name that the API and openclaw clients take", "at most 64 letters");
    }
}
