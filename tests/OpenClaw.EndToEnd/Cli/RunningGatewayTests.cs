using System.Text;

namespace OpenClaw.EndToEnd.Cli;

/// <summary>The commands that ask a gateway, with one that runs.</summary>
public sealed class RunningGatewayTests
{
    private const string Token = "a-token-for-this-test-0123456789";

    private const string Config = """
        { "gateway": { "auth": true }, "defaultModel": "scripted/cut-after-40",
          "models": { "fallbacks": ["scripted/ok"], "allowlist": ["scripted/cut-after-40", "scripted/ok", "scripted/rate-limited-600s"], "aliases": { "busy": ["scripted/rate-limited-600s", "scripted/ok"] } } }
        """;

    [Fact]
    public async Task Status_shows_the_last_decision_attempt_by_attempt()
    {
        await using var gateway = await StartAsync();
        await AskAsync(gateway, "default");
        using var folder = new CliFolder();
        var run = await folder.RunAsync(["status", "--url", gateway.Url.ToString()], null, ("OPENCLAW_GATEWAY_TOKEN", Token));
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Contains("Chain      scripted/cut-after-40 -> scripted/ok\n", run.Output, StringComparison.Ordinal);
        Assert.Matches(@"default +healed +1 +scripted/cut-after-40 +cut: ", run.Output);
        Assert.Matches(@"\n +2 +scripted/ok +starts again, skips what was sent: answers", run.Output);

        var json = (await folder.RunAsync(["status", "--json", "--url", gateway.Url.ToString(), "--token", Token])).Json;
        Assert.Equal("healed", json.GetProperty("decisions")[0].GetProperty("outcome").GetString());
        Assert.Equal("scripted/cut-after-40", json.GetProperty("chain")[0].GetString());
    }

    [Fact]
    public async Task A_wrong_token_is_no_missing_gateway()
    {
        await using var gateway = await StartAsync();
        using var folder = new CliFolder();
        var run = await folder.RunAsync(["status", "--url", gateway.Url.ToString(), "--token", "wrong"]);
        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.Equal($"error: the gateway at {gateway.Url.ToString().TrimEnd('/')} refused the token\nhint: set OPENCLAW_GATEWAY_TOKEN, or give --token\n", run.Error);
        Assert.DoesNotContain("wrong", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_tells_what_cools_down_and_check_is_2()
    {
        await using var gateway = await StartAsync();
        using var folder = new CliFolder();
        string[] line = ["models", "status", "--check", "--url", gateway.Url.ToString(), "--token", Token];
        Assert.Equal(0, (await folder.RunAsync(line)).Code);
        await AskAsync(gateway, "busy");
        var run = await folder.RunAsync(line);
        Assert.Equal(2, run.Code);
        Assert.Matches(@"Unavailable keys\n- scripted \(no key\) cooldown:rateLimited \(9m \d+s\) for rate-limited-600s\n", run.Output);
    }

    [Fact]
    public async Task A_changed_default_reaches_the_running_gateway()
    {
        await using var gateway = await StartAsync();
        using var folder = new CliFolder();
        var set = await folder.RunAsync(["models", "set", "scripted/ok", "--config", Path.Combine(gateway.Folder, "openclaw.json")], null, ("OPENCLAW_GATEWAY_TOKEN", Token));
        Assert.Equal(0, set.Code);
        var asked = "";
        for (var tries = 0; tries < 50 && asked != "scripted/ok\n"; tries++)
        {
            asked = (await folder.RunAsync(["models", "--plain", "--url", gateway.Url.ToString(), "--token", Token])).Output;
        }
        Assert.Equal("scripted/ok\n", asked);
    }

    [Fact]
    public async Task Doctor_knows_a_running_gateway_from_a_taken_port()
    {
        await using var gateway = await StartAsync();
        using var folder = new CliFolder().With(Config);
        var port = gateway.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var run = await folder.RunAsync(["doctor"], null, ("OPENCLAW_GATEWAY_TOKEN", Token), ("OPENCLAW_GATEWAY_PORT", port));
        Assert.Contains($"ok    a gateway runs at http://127.0.0.1:{port}\n", run.Output, StringComparison.Ordinal);
        Assert.Equal(0, run.Code);

        using var other = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        other.Start();
        port = ((System.Net.IPEndPoint)other.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        run = await folder.RunAsync(["doctor"], null, ("OPENCLAW_GATEWAY_TOKEN", Token), ("OPENCLAW_GATEWAY_PORT", port));
        Assert.Contains($"FAIL  port {port} cannot be taken: another process listens there\n", run.Output, StringComparison.Ordinal);
        Assert.Equal(1, run.Code);
    }

    private static Task<GatewayProcess> StartAsync() => GatewayProcess.StartAsync(Config, new Dictionary<string, string> { ["OPENCLAW_GATEWAY_TOKEN"] = Token });

    private static async Task AskAsync(GatewayProcess gateway, string model)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway.Url, "/v1/chat/completions"));
        request.Headers.Add("authorization", "Bearer " + Token);
        request.Content = new StringContent($$"""{"model":"{{model}}","stream":true,"messages":[{"role":"user","content":"hi"}]}""", Encoding.UTF8, "application/json");
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Contains("[DONE]", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
