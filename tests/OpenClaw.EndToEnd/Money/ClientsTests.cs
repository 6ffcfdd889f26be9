using OpenClaw.EndToEnd.Cli;
using OpenClaw.EndToEnd.Running;

namespace OpenClaw.EndToEnd.Money;

/// <summary><c>openclaw clients</c> against a gateway that runs.</summary>
public sealed class ClientsTests
{
    private const string Config = """{ "gateway": { "auth": true }, "defaultModel": "scripted/ok", "models": { "providers": { "scripted": {} } }, "clients": [{ "name": "filed", "token": "tok-filed-0123456789" }] }""";

    [Fact]
    public async Task Clients_are_made_rotated_and_revoked_from_the_command_line()
    {
        await using var gateway = await GatewayProcess.StartAsync(Config, new Dictionary<string, string> { ["OPENCLAW_GATEWAY_TOKEN"] = RunningConfig.Token });
        using var folder = new CliFolder();
        Task<CliRun> Run(params string[] line) => folder.RunAsync(["clients", .. line, "--url", gateway.Url.ToString()], null, ("OPENCLAW_GATEWAY_TOKEN", RunningConfig.Token));

        var made = await Run("create", "ci", "--allow", "scripted/ok", "--requests-per-minute", "100", "--budget", "20/month");
        Assert.Equal((0, "Client ci is made. Its token is shown only now:\n"), (made.Code, made.Error));
        var first = made.Output.Trim();
        Assert.Matches("^oc_[A-Za-z0-9_-]{43}$", first);
        Assert.Equal(200, await AskAsync(gateway, first));

        var rotated = await Run("rotate", "ci", "--overlap", "1h");
        var second = rotated.Output.Trim();
        Assert.Contains("the old one is good until", rotated.Error, StringComparison.Ordinal);
        Assert.Equal((200, 200), (await AskAsync(gateway, first), await AskAsync(gateway, second)));
        var third = (await Run("rotate", "ci", "--overlap", "0s", "--json")).Json.GetProperty("token").GetString()!;
        Assert.Equal((401, 401, 200), (await AskAsync(gateway, first), await AskAsync(gateway, second), await AskAsync(gateway, third)));

        var list = await Run("list");
        Assert.Matches(@"ci +store +active +scripted/ok +100 requests/min +\$20/month +never\n", list.Output);
        Assert.Matches(@"filed +configuration +active +all +- +- +never\n", list.Output);
        Assert.Contains("may ask for", (await Run("show", "ci")).Output, StringComparison.Ordinal);
        Assert.Equal(2, (await Run("list", "--json")).Json.GetProperty("clients").GetArrayLength());

        var revoked = await Run("revoke", "ci");
        Assert.Equal((0, "Client ci is revoked.\n", 401), (revoked.Code, revoked.Output, await AskAsync(gateway, third)));
        Assert.DoesNotContain("oc_", gateway.Log, StringComparison.Ordinal);

        var filed = await Run("revoke", "filed");
        Assert.Equal((1, ""), (filed.Code, filed.Output));
        Assert.Equal("error: client \"filed\" is kept in the configuration; change it in the file\n", filed.Error);
        Assert.Contains("there is no client", (await Run("show", "nobody")).Error, StringComparison.Ordinal);
        Assert.Contains("5/total, and not \"5\"", (await Run("create", "x", "--budget", "5")).Error, StringComparison.Ordinal);
        Assert.Contains("--budget is dollars and a period, such as 20/month", (await Run("create", "x", "--budget", "much")).Error, StringComparison.Ordinal);
    }

    private static async Task<int> AskAsync(GatewayProcess gateway, string token) =>
        (await gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat.Replace("p/ok", "scripted/ok", StringComparison.Ordinal), RunningConfig.Bearer(token))).Status;
}
