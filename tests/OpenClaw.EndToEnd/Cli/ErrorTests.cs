using System.Diagnostics;
namespace OpenClaw.EndToEnd.Cli;

/// <summary>Exit codes and the two lines on standard error.</summary>
public sealed class ErrorTests
{
    [Theory]
    [InlineData("status --json", 69)]
    [InlineData("status", 69)]
    [InlineData("version --json", 1)]
    [InlineData("config schema", 1)]
    public async Task What_cannot_be_written_ends_with_an_error_and_no_crash(string line, int code)
    {
        if (!File.Exists("/dev/full")) Assert.Skip("there is no /dev/full here");
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"exec \"$0\" {line} >/dev/full", GatewayProcess.Binary]) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(code, process.ExitCode);
        Assert.DoesNotContain("Unhandled", error, StringComparison.Ordinal);
        Assert.Contains("error: ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("modles", 2, "error: \"modles\" is not known here\nhint: did you mean \"models\"? openclaw --help\n")]
    [InlineData("status extra", 2, "error: \"extra\" is not known here\nhint: openclaw status --help\n")]
    [InlineData("gateway --port 99999", 2, "error: --port 99999 is not a port\nhint: write a number from 0 to 65535\n")]
    [InlineData("gateway --bind everywhere", 2, "error: --bind everywhere is not known\nhint: write loopback, lan or auto\n")]
    [InlineData("demo --port -1", 2, "error: --port -1 is not a port\nhint: write a number from 0 to 65535\n")]
    [InlineData("status --url ftp://h", 2, "error: the gateway's address is not an http or https URL\nhint: write it as http://host:port\n")]
    [InlineData("status", 69, "error: no gateway answers at http://127.0.0.1:1\nhint: start it with: openclaw gateway\n")]
    [InlineData("models list --url http://127.0.0.1:1", 69, "error: no gateway answers at http://127.0.0.1:1\nhint: start it with: openclaw gateway\n")]
    [InlineData("models --config none.json", 1, "error: ~/none.json cannot be read: it does not exist\nhint: name another with --config or OPENCLAW_CONFIG_PATH\n")]
    [InlineData("models scan --timeout 0", 2, "error: --timeout is a positive number of milliseconds\n")]
    [InlineData("config convert --to klingon x.json", 2, "error: --to klingon is not a dialect\nhint: write native, brief or upstream\n")]
    public async Task Says_what_is_wrong_and_what_to_do(string line, int code, string error)
    {
        using var folder = new CliFolder();
        var run = await folder.RunAsync(line);
        Assert.Equal((code, "", error), (run.Code, run.Output, run.Error));
    }

    [Theory]
    [InlineData("status --json", 69, "no gateway answers at http://127.0.0.1:1")]
    [InlineData("models --bogus --json", 2, "\"--bogus\" is not known here")]
    [InlineData("models list --provider nosuch --json", 1, "unknown provider: nosuch")]
    public async Task With_json_the_error_is_an_envelope_and_nothing_else_is_on_standard_output(string line, int code, string message)
    {
        using var folder = new CliFolder();
        var run = await folder.RunAsync(line);
        Assert.Equal(code, run.Code);
        Assert.False(run.Json.GetProperty("ok").GetBoolean());
        Assert.Equal(("cli_error", message), (run.Json.GetProperty("error").GetProperty("type").GetString(), run.Json.GetProperty("error").GetProperty("message").GetString()));
    }

    [Fact]
    public async Task A_gateway_refuses_a_broken_configuration_with_78_and_every_problem()
    {
        using var folder = new CliFolder().With("""{ "gateway": { "port": "x" }, "defaultModel": "nosuch/m" }""");
        var run = await folder.RunAsync("gateway");
        Assert.Equal(78, run.Code);
        Assert.StartsWith("error: the configuration ~/openclaw.json is not valid\nhint: openclaw config validate", run.Error, StringComparison.Ordinal);
        Assert.Contains("/gateway/port", run.Error, StringComparison.Ordinal);
        Assert.Contains("/defaultModel", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_and_version_are_answers()
    {
        using var folder = new CliFolder();
        var help = await folder.RunAsync("");
        Assert.Equal((0, ""), (help.Code, help.Error));
        foreach (var command in (string[])["gateway", "demo", "models", "status", "config", "doctor", "version"]) Assert.Contains("\n  " + command, help.Output, StringComparison.Ordinal);
        var version = await folder.RunAsync("version");
        Assert.Equal(0, version.Code);
        Assert.Matches(@"^openclaw \d+\.\d+\.\d+ \(\w+\) \.NET 10\.", version.Output);
        var json = (await folder.RunAsync("version --json")).Json;
        Assert.StartsWith($"openclaw {json.GetProperty("version").GetString()} ({json.GetProperty("commit").GetString()![..7]}", version.Output, StringComparison.Ordinal);
    }
}
