using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Metering.Alerts;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Tests.Gateway.Metering.Budgets;
using OpenClaw.Tests.Gateway.Sessions;

namespace OpenClaw.Tests.Gateway.Control;

public sealed class ControlApiTests
{
    [Theory]
    [InlineData(null, 401)]
    [InlineData("t-ci", 403)]
    [InlineData("t-owner", 200)]
    public async Task Budgets_are_read_from_the_ledger_only_for_who_may_see_them(string? token, int status)
    {
        await using var stage = new SessionStage(SessionStage.Brief.Replace("\"gateway\":", """ "budgets": [{ "scope": "gateway", "limit": 1 }], "gateway":""", StringComparison.Ordinal));
        await using var alerts = new AlertState(() => [], static _ => null, new NoMemory(), stage.Time, static _ => { });
        await using var budgets = new BudgetState(new LedgerCounters(stage.Ledger), alerts, stage.Time);
        var control = new ControlApi("1.2.3", stage.States, null!, null!, null!, null!, null!, new BudgetsApi(budgets, stage.Time), alerts, stage.Ledger, null, stage.Time);
        var http = new DefaultHttpContext();
        http.Response.Body = new MemoryStream();
        if (token is not null) http.Request.Headers.Authorization = "Bearer " + token;
        await control.BudgetsAsync(http);
        Assert.Equal((status, status == 200 ? 1 : 0), (http.Response.StatusCode, budgets.Counters.Count()));
    }

    [Theory]
    [InlineData("abc", "t-owner", 400)]
    [InlineData("-1", "t-owner", 400)]
    [InlineData("0", "t-owner", 400)]
    [InlineData("1001", "t-owner", 400)]
    [InlineData("abc", null, 401)]
    [InlineData("10", "t-owner", 200)]
    public async Task A_limit_of_decisions_that_is_none_is_refused(string limit, string? token, int status)
    {
        await using var stage = new SessionStage(SessionStage.Brief);
        var control = new ControlApi("1.2.3", stage.States, new DecisionLog(10, null), null!, null!, null!, null!, null!, null!, stage.Ledger, null, stage.Time);
        var http = new DefaultHttpContext();
        http.Response.Body = new MemoryStream();
        http.Request.QueryString = new QueryString("?limit=" + limit);
        if (token is not null) http.Request.Headers.Authorization = "Bearer " + token;
        await control.DecisionsAsync(http);
        Assert.Equal(status, http.Response.StatusCode);
    }
}
