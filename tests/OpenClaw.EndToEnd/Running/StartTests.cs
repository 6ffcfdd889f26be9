using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Running;

public sealed class StartTests : IDisposable
{
    private static readonly Dictionary<string, string> s_none = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("openclaw-start-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string config)
    {
        var path = Path.Combine(_folder, "openclaw.json");
        File.WriteAllText(path, config);
        return path;
    }

    private const string OneProvider = """{"models":{"providers":{"p":{"api":"openai-completions","baseUrl":"http://127.0.0.1:9/v1"}}}}""";

    [Theory]
    [InlineData("--bind", "lan")]
    [InlineData("--bind", "auto")]
    public async Task It_does_not_listen_to_others_without_a_token(string option, string value)
    {
        var container = new Dictionary<string, string> { ["KUBERNETES_SERVICE_HOST"] = "10.0.0.1" };
        var run = await Binary.RunAsync(_folder, container, "gateway", "--config", Write(OneProvider), "--port", "0", option, value);
        Assert.Equal(78, run.ExitCode);
        Assert.StartsWith("error: ", run.Errors, StringComparison.Ordinal);
        Assert.Contains("hint: set OPENCLAW_GATEWAY_TOKEN", run.Errors, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task It_does_not_listen_to_others_with_authentication_off()
    {
        var path = Write(OneProvider.Replace("{\"models\"", "{\"gateway\":{\"auth\":false},\"models\"", StringComparison.Ordinal));
        var run = await Binary.RunAsync(_folder, new Dictionary<string, string> { ["OPENCLAW_GATEWAY_TOKEN"] = "t0ken" }, "gateway", "--config", path, "--port", "0", "--bind", "lan");
        Assert.Equal(78, run.ExitCode);
        Assert.Contains("hint: ", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("t0ken", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Loopback_needs_no_token()
    {
        await using var server = ScriptedServer.Start();
        await using var gateway = await GatewayProcess.StartAsync(RunningConfig.Of(server));
        Assert.Equal(200, (await gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat)).Status);
    }

    [Fact]
    public async Task An_address_that_is_not_this_machines_is_a_refusal_and_no_crash()
    {
        var path = Write(OneProvider.Replace("{\"models\"", "{\"gateway\":{\"bind\":\"custom\",\"customBindHost\":\"203.0.113.7\"},\"models\"", StringComparison.Ordinal));
        var run = await Binary.RunAsync(_folder, new Dictionary<string, string> { ["OPENCLAW_GATEWAY_TOKEN"] = "t0ken" }, "gateway", "--config", path, "--port", "0");
        Assert.Equal(78, run.ExitCode);
        Assert.Contains("203.0.113.7", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_port_that_is_taken_is_named(bool v6)
    {
        using var other = new TcpListener(v6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, 0);
        try
        {
            other.Start();
        }
        catch (SocketException)
        {
            Assert.Skip("this machine has no ::1");
        }
        var port = ((IPEndPoint)other.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        var run = await Binary.RunAsync(_folder, s_none, "gateway", "--config", Write(OneProvider), "--port", port);
        Assert.Equal(78, run.ExitCode);
        Assert.Contains(port, run.Errors.Split('\n')[0], StringComparison.Ordinal);
        Assert.Contains("hint: another process listens there", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_problem_of_an_invalid_file_is_listed()
    {
        var path = Write("""
            {
              "gateway": { "bind": "lna", "port": 99999 },
              "defaultModel": "nobody/nothing",
              "routing": { "timeouts": { "idle": "3 parsecs" } }
            }
            """);
        var run = await Binary.RunAsync(_folder, s_none, "gateway", "--config", path);
        Assert.Equal(78, run.ExitCode);
        foreach (var word in (string[])["lna", "99999", "nobody", "3 parsecs", "hint: "]) Assert.Contains(word, run.Errors, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("""{"gateway": {""")]
    [InlineData("[]")]
    [InlineData("\0\0\0")]
    public async Task A_file_that_is_no_JSON_object_is_a_refusal(string text)
    {
        var run = await Binary.RunAsync(_folder, s_none, "gateway", "--config", Write(text));
        Assert.Equal(78, run.ExitCode);
        Assert.StartsWith("error: ", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_named()
    {
        var run = await Binary.RunAsync(_folder, s_none, "gateway", "--config", Path.Combine(_folder, "none.json"));
        Assert.Equal(78, run.ExitCode);
        Assert.Contains("none.json", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_whose_token_is_not_there_is_named_and_not_let_in()
    {
        var path = Write("""{"clients":[{"name":"ci","tokenEnv":"CI_TOKEN"}]}""");
        var run = await Binary.RunAsync(_folder, new Dictionary<string, string> { ["OPENCLAW_GATEWAY_TOKEN"] = "t" }, "gateway", "--config", path, "--port", "0");
        Assert.Equal(78, run.ExitCode);
        Assert.Contains("CI_TOKEN", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--bind", "everywhere")]
    [InlineData("--port", "70000")]
    [InlineData("--port", "-1")]
    [InlineData("--port", "http")]
    [InlineData("--prot", "1")]
    public async Task Wrong_usage_is_two(string option, string value)
    {
        var run = await Binary.RunAsync(_folder, s_none, "gateway", "--config", Write(OneProvider), option, value);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("error: ", run.Errors, StringComparison.Ordinal);
    }
}
