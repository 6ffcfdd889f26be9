using OpenClaw.Config;

namespace OpenClaw.Tests.Config;

public sealed class RulesOfMoneyTests
{
    [Theory]
    [InlineData("\"500ms\"", 500)]
    [InlineData("\"3s\"", 3000)]
    [InlineData("\"2m\"", 120_000)]
    [InlineData("\"1h\"", 3_600_000)]
    [InlineData("\"1m30s\"", 90_000)]
    [InlineData("\"1.5s\"", 1500)]
    [InlineData("30", 30_000)]
    [InlineData("0.25", 250)]
    [InlineData("\"45\"", 45_000)]
    public void Durations_are_read(string text, int milliseconds)
    {
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Expect.Clean($$"""{ "routing": { "deadline": {{text}} } }""").Routing.Deadline);
    }

    [Theory]
    [InlineData("\"3 s\"")]
    [InlineData("\"s\"")]
    [InlineData("\"-3s\"")]
    [InlineData("\"3x\"")]
    [InlineData("\"0s\"")]
    [InlineData("\"25h\"")]
    [InlineData("0")]
    [InlineData("\"99999999999999999999999s\"")]
    public void Durations_that_are_none_are_errors(string text)
    {
        Expect.Error($$"""{ "routing": { "timeouts": { "idle": {{text}} } } }""", "/routing/timeouts/idle", "Write");
    }

    [Fact]
    public void Routing_is_read_whole()
    {
        var routing = Expect.Clean("""{ "routing": { "timeouts": { "connect": "1s", "headers": "2s", "firstToken": "3s", "idle": "4s", "answer": "5s", "total": "6s" }, "retries": 0, "cooldown": { "base": "2s", "max": "3s" }, "continuation": "off", "hedging": "off", "order": "listed", "unsupported": "reject" } }""").Routing;
        Assert.Equal("1 2 3 4 5 6", string.Join(" ", new[] { routing.Timeouts.Connect, routing.Timeouts.Headers, routing.Timeouts.FirstToken, routing.Timeouts.Idle, routing.Timeouts.Answer, routing.Timeouts.Total }.Select(static t => t!.Value.TotalSeconds)));
        Assert.Equal((0, ContinuationMode.Off, UnsupportedMode.Reject, false), (routing.Retries, routing.Continuation, routing.Unsupported, routing.DeadlineIsExplicit));
        Expect.Error("""{ "routing": { "cooldown": { "base": "10m" } } }""", "/routing/cooldown", "longer than");
        Expect.Error("""{ "routing": { "hedging": "on" } }""", "/routing/hedging", "Write \"off\"");
        Expect.Error("""{ "routing": { "order": "cheapest" } }""", "/routing/order", "\"listed\"");
        Expect.Error("""{ "routing": { "retries": 21 } }""", "/routing/retries", "between 0 and 20");
    }

    [Theory]
    [InlineData("""{ "limit": 1 }""", "/budgets/0", "no scope")]
    [InlineData("""{ "scope": "gateway" }""", "/budgets/0", "no limit")]
    [InlineData("""{ "scope": "gatway", "limit": 1 }""", "/budgets/0/scope", "\"gateway\"")]
    [InlineData("""{ "scope": "model", "limit": 1 }""", "/budgets/0/scope", "model:REF")]
    [InlineData("""{ "scope": "model:gpt-4o", "limit": 1 }""", "/budgets/0/scope", "names no provider")]
    [InlineData("""{ "scope": "provider:nosuch", "limit": 1 }""", "/budgets/0/scope", "neither known")]
    [InlineData("""{ "scope": "model:openai/*", "limit": 1 }""", "/budgets/0/scope", "pattern")]
    [InlineData("""{ "scope": "tag:a,b", "limit": 1 }""", "/budgets/0/scope", "comma")]
    [InlineData("""{ "scope": "alias:nosuch", "limit": 1 }""", "/budgets/0/scope", "no alias")]
    [InlineData("""{ "scope": "gateway", "limit": -1 }""", "/budgets/0/limit", "between 0")]
    [InlineData("""{ "scope": "gateway", "limit": 1, "period": "monthly" }""", "/budgets/0/period", "Write \"month\"")]
    [InlineData("""{ "scope": "gateway", "limit": 1, "action": "downgrade" }""", "/budgets/0", "does not say to what")]
    [InlineData("""{ "scope": "gateway", "limit": 1, "action": "downgrade", "to": "nosuch" }""", "/budgets/0/to", "names no provider")]
    [InlineData("""{ "scope": "gateway", "limit": 1, "warnAt": [80] }""", "/budgets/0/warnAt/0", "between 0 and 1")]
    public void A_broken_budget_says_what_to_write(string budget, string pointer, string part)
    {
        Expect.Error($$"""{ "budgets": [{{budget}}] }""", pointer, part);
    }

    [Fact]
    public void A_budget_may_only_downgrade_to_what_is_allowed()
    {
        Expect.Error("""{ "models": { "allowlist": ["openai/a"] }, "budgets": [{ "scope": "session", "limit": 1, "action": "downgrade", "to": "anthropic/b" }] }""", "/budgets/0/to", "the allowlist does not hold it");
        Assert.Equal("model:gemini/x", Expect.Clean("""{ "budgets": [{ "scope": "model:google/x", "limit": 1 }] }""").Budgets[0].Scope);
        Expect.Error("""{ "budgets": [{ "name": "a", "scope": "gateway", "limit": 1 }, { "name": "a", "scope": "client", "limit": 1 }] }""", "/budgets/1/name", "two budgets");
    }

    [Fact]
    public void Limits_storage_and_alerts_are_checked()
    {
        Expect.Error("""{ "limits": [{ "scope": "client" }] }""", "/limits/0", "limits nothing");
        Expect.Error("""{ "limits": [{ "scope": "session", "requestsPerMinute": 1 }] }""", "/limits/0/scope", "not a scope");
        Expect.Error("""{ "storage": { "url": "mysql://x" } }""", "/storage/url", "no known kind");
        Assert.Equal("none", Expect.Clean("""{ "storage": { "url": "None" } }""").Storage.Url);
        Expect.Error("""{ "storage": { "url": "none" }, "budgets": [{ "scope": "gateway", "limit": 1 }] }""", "/storage/url", "nothing to count");
        Expect.Error("""{ "storage": { "url": "none" }, "clients": [{ "name": "c", "tokenEnv": "C", "budgets": [{ "limit": 1 }] }] }""", "/storage/url", "nothing to count");
        Expect.Error("""{ "storage": { "url": "sqlite:" } }""", "/storage/url", "names no place");
        Expect.Error("""{ "alerts": [{}] }""", "/alerts/0", "no url");
        Expect.Error("""{ "alerts": [{ "url": "example.com" }] }""", "/alerts/0/url", "absolute http");
        Expect.Error("""{ "models": { "prices": { "gpt": { "input": 1 } } } }""", "/models/prices/gpt", "names no provider");
        Expect.Error("""{ "models": { "prices": { "openai/*": { "input": 1 } } } }""", "/models/prices/openai~1*", "one model's");
        Assert.Equal(4m, Expect.Clean("""{ "models": { "prices": { "google/m": { "output": 4 } } } }""").Models.Prices["gemini/m"].Output);
    }

    [Theory]
    [InlineData("?sslmod=require", "option sslmod is not known", "Did you mean sslmode?")]
    [InlineData("?sslmode=yes", "option sslmode cannot be read", "\"verify-full\"")]
    [InlineData("?connect_timeout=soon", "connect_timeout cannot be read", "from 1 to 999")]
    [InlineData("?target_session_attrs=any", "target_session_attrs is not known", "Known are host, port")]
    public void An_address_of_PostgreSQL_that_the_gateway_could_not_start_on_is_refused(string options, string message, string advice)
    {
        var problem = Expect.Error($$"""{ "storage": { "url": "postgres://u:very-secret@h/d{{options}}" } }""", "/storage/url", message, advice);
        Assert.DoesNotContain("very-secret", problem.ToString());
    }

    [Theory]
    [InlineData("postgres://u:very-secret@h:99999/d", "port")]
    [InlineData("postgres://u:very-secret@h:db/d", "port")]
    [InlineData("postgres://u:very/secret@h/d", "%2F for /")]
    [InlineData("postgres://u:very?secret@h/d", "%3F for ?")]
    public void A_port_that_is_none_is_told_without_the_password(string url, string part)
    {
        var problem = Expect.Error($$"""{ "storage": { "url": "{{url}}" } }""", "/storage/url", part);
        Assert.DoesNotContain("secret", problem.ToString());
    }

    [Fact]
    public void Addresses_of_PostgreSQL_that_hold_are_taken()
    {
        foreach (var url in new[] { "postgres://h", "postgresql://u:p%2F@h:5432/d?sslmode=verify-full&channel_binding=require", "postgres:///d?host=/run/postgresql", "postgres://[::1]:5433/d?SSLMODE=require".Replace("SSLMODE", "sslmode", StringComparison.Ordinal) })
        {
            Assert.Equal(url, Expect.Clean($$"""{ "storage": { "url": "{{url}}" } }""").Storage.Url);
        }
    }

    [Theory]
    [InlineData("""{ "input": 1, "tieredPricing": [{ "input": 2 }] }""", "/0", "to which it holds")]
    [InlineData("""{ "input": 1, "tieredPricing": [{ "input": 2, "range": [5, 5] }] }""", "/0/range", "to which it holds")]
    [InlineData("""{ "input": 1, "tieredPricing": [{ "input": 2, "range": [1, 2, 3] }] }""", "/0/range", "to which it holds")]
    [InlineData("""{ "input": 1, "tieredPricing": [{ "input": 2, "range": [0, 1000] }, { "input": 3, "range": [2000] }] }""", "/1/range", "between 1000 and 2000")]
    [InlineData("""{ "input": 1, "tieredPricing": [{ "input": 2, "range": [0, 3000] }, { "input": 3, "range": [2000] }] }""", "/1/range", "two tiers hold")]
    [InlineData("""{ "tieredPricing": [{ "input": 2, "range": [1000] }] }""", "/0/range", "below 1000")]
    [InlineData("""{ "input": 1, "tiers": [{ "above": 5, "input": 2 }], "tieredPricing": [{ "input": 2, "range": [1000] }] }""", "", "Keep one")]
    public void Upstreams_tiers_that_leave_the_price_open_are_refused(string price, string at, string part)
    {
        Expect.Error($$"""{ "models": { "prices": { "openai/m": {{price}} } } }""", "/models/prices/openai~1m/tieredPricing" + at, part);
    }

    [Fact]
    public void A_price_in_dollars_per_token_is_a_warning_with_the_likely_figure()
    {
        Expect.Warning("""{ "models": { "prices": { "openai/m": { "input": 0.000003, "output": 0.000015 } } } }""", "/models/prices/openai~1m/output", "0.000015 dollars", "did you mean 15?");
        Expect.Warning("""{ "models": { "prices": { "openai/m": { "input": 3, "tiers": [{ "above": 5, "input": 0.000006 }] } } } }""", "/models/prices/openai~1m/tiers/0/input", "did you mean 6?");
        Expect.Clean("""{ "models": { "prices": { "openai/m": { "input": 0, "output": 0.001, "request": 0.0001 } } } }""");
    }

    [Fact]
    public void A_period_that_does_not_fit_its_scope_is_a_warning()
    {
        Expect.Warning("""{ "budgets": [{ "scope": "request", "period": "day", "limit": 1 }] }""", "/budgets/0/period", "has no effect");
        Expect.Warning("""{ "budgets": [{ "scope": "gateway", "period": "session", "limit": 1 }] }""", "/budgets/0/period", "\"session\"");
        Assert.Equal("total", Expect.Clean("""{ "budgets": [{ "scope": "gateway", "limit": 1 }, { "scope": "request", "period": "request", "limit": 1 }, { "scope": "session", "period": "session", "limit": 1 }] }""").Budgets[0].Period);
    }
}
