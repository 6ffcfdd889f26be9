using System.Data.Common;
using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Control;

/// <summary><c>GET /openclaw/v1/usage</c>: what was used and what it cost, from the ledger. A client sees its own part.</summary>
internal sealed class UsageApi(StateHolder states, LedgerState ledger, TimeProvider time)
{
    private static readonly TimeSpan s_flush = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>The longest that a report takes until it, or its refusal, is on its way.</summary>
    public static TimeSpan Longest => s_flush + s_patience;

    public async Task UsageAsync(HttpContext http)
    {
        var authentication = states.Current.Authentication;
        if (authentication.Authenticate(http.Request) is not { } caller)
        {
            await RefuseAsync(http, authentication.WhyNot(http.Request)).ConfigureAwait(false);
            return;
        }
        var (query, problem, param) = UsageQuestion.Read(http.Request.Query, time.GetUtcNow());
        var isCsv = (string?)http.Request.Query["format"] switch { null or "" or "json" => false, "csv" => true, _ => (bool?)null };
        if (isCsv is null) (query, problem, param) = (null, "format is json or csv", "format");
        if (query is null)
        {
            await RefuseAsync(http, new GatewayError(GatewayErrorKind.BadRequest, problem) { Param = param }).ConfigureAwait(false);
            return;
        }
        if (caller.Name != Caller.Owner.Name) query = query with { Client = caller.Name };
        if (await ReportAsync(query, http.RequestAborted).ConfigureAwait(false) is not { } report)
        {
            await RefuseAsync(http, new GatewayError(GatewayErrorKind.Overloaded, "the ledger's database does not answer; requests are counted and wait for it") { RetryAfter = TimeSpan.FromSeconds(5) }).ConfigureAwait(false);
            return;
        }
        if (isCsv == true) await WriteCsvAsync(http, UsageCsv.Write(query.By, report)).ConfigureAwait(false);
        else await JsonAnswer.WriteAsync(http, json => UsageJson.Write(json, query, report)).ConfigureAwait(false);
    }

    /// <summary>Everything up to now; null when the database does not answer in time.</summary>
    private async Task<UsageReport?> ReportAsync(UsageQuery query, CancellationToken cancel)
    {
        try
        {
            await ledger.FlushAsync().WaitAsync(s_flush, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Nobody waits for it any more: neither does the database work on it.
            using var patience = new CancellationTokenSource(s_patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
            return await ledger.ReportAsync(query, either.Token).WaitAsync(s_patience, time, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DbException or IOException or TimeoutException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return null;
        }
    }

    private static async Task WriteCsvAsync(HttpContext http, string csv)
    {
        http.Response.ContentType = "text/csv; charset=utf-8";
        http.Response.Headers.ContentDisposition = "attachment; filename=\"openclaw-usage.csv\"";
        await http.Response.WriteAsync(csv, http.RequestAborted).ConfigureAwait(false);
    }

    private static Task RefuseAsync(HttpContext http, GatewayError error) =>
        ErrorAnswer.WriteAsync(http, DialectTable.Of(DialectKind.OpenAiChat), error, new Decision("none", default, "control"));
}
