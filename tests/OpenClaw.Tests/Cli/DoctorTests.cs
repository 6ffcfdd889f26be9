using OpenClaw.Client;
using OpenClaw.Commands;
using OpenClaw.Config;
using OpenClaw.Doctor;

namespace OpenClaw.Tests.Cli;

public sealed class DoctorTests
{
    private static readonly TimeProvider s_time = new ManualTime();

    [Fact]
    public void A_healthy_configuration_has_nothing_to_mend()
    {
        var findings = Find("""{ "defaultModel": "openai/gpt-4o", "models": { "fallbacks": ["anthropic/claude-opus-4"] } }""", ("OPENAI_API_KEY", "k1"), ("ANTHROPIC_API_KEY", "k2"));
        Assert.All(findings, f => Assert.Equal(DoctorSeverity.Fine, f.Severity));
        Assert.All(findings, f => Assert.Equal("", f.Do));
    }

    [Theory]
    [InlineData("{}", "chain", "no provider is configured: no request can be answered")]
    [InlineData("""{ "defaultModel": "openai/gpt-4o" }""", "keys", "no key for openai: set OPENAI_API_KEY, or OPENAI_API_KEY_FILE to a file with the key in it")]
    [InlineData("""{ "gateway": { "bind": "lan" }, "defaultModel": "scripted/ok" }""", "bind", "the gateway would listen beyond this machine and there is no token, so it does not start")]
    [InlineData("""{ "gateway": { "auth": true }, "defaultModel": "scripted/ok" }""", "bind", "authentication is on and there is no token, so the gateway does not start")]
    [InlineData("""{ "gateway": { "prot": 1 }, "defaultModel": 3 }""", "config", "line 1 /defaultModel: ")]
    public void Says_what_would_fail(string config, string check, string message)
    {
        var finding = Assert.Single(Find(config), f => f.Severity == DoctorSeverity.Fails && f.Check == check);
        Assert.StartsWith(message, finding.Message, StringComparison.Ordinal);
        Assert.NotEqual("", finding.Do);
    }

    [Theory]
    [InlineData("""{ "defaultModel": "scripted/ok" }""", "chain", "the default chain is scripted/ok alone: when it fails, requests fail")]
    [InlineData("""{ "defaultModel": "scripted/ok", "models": { "fallbacks": ["scripted/down"] } }""", "chain", "every model of the default chain is scripted's: an outage there takes all of them")]
    [InlineData("""{ "llmConfig": [ { "provider": "openai", "model": "llama3.2", "baseURL": "http://localhost:11434/v1" } ] }""", "ollama", "the provider \"openai\" is an Ollama behind its OpenAI door (/v1): prompts longer than its context are cut at the beginning, silently")]
    [InlineData("""{ "gateway": { "auth": { "mode": "token", "token": "short" } }, "defaultModel": "scripted/ok" }""", "bind", "the gateway token has fewer than 16 characters")]
    [InlineData("""{ "alerts": [{ "url": "https://example.com/hook", "secretEnv": "NOT_SET" }] }""", "alerts", "the variable NOT_SET is not set: alerts go out without a signature")]
    [InlineData("""{ "defaultModel": "openai/gpt-of-tomorrow" }""", "prices", "openai/gpt-of-tomorrow has no price: its dollars are not counted, and a budget in dollars refuses it")]
    public void Says_what_is_probably_not_meant(string config, string check, string message)
    {
        var finding = Assert.Single(Find(config), f => f.Severity == DoctorSeverity.Warns && f.Check == check);
        Assert.Equal(message, finding.Message);
        Assert.NotEqual("", finding.Do);
    }

    [Fact]
    public void A_file_with_secrets_that_others_can_read_is_found()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("file modes are Unix's");
            return;
        }
        var folder = Directory.CreateTempSubdirectory("openclaw-cli-");
        try
        {
            var path = Path.Combine(folder.FullName, "c.json");
            File.WriteAllText(path, """{ "models": { "providers": { "own": { "baseUrl": "http://h/v1", "apiKey": "sk-literal-0123456789" } } } }""");
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
            Assert.Contains(OfFile(path), f => f is { Severity: DoctorSeverity.Warns, Check: "secrets" });
            File.SetUnixFileMode(path, UnixFileMode.UserRead);
            Assert.DoesNotContain(OfFile(path), f => f is { Severity: DoctorSeverity.Warns, Check: "secrets" });
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void The_clock_is_judged_by_the_middle_of_what_others_say()
    {
        Assert.Null(OnlineChecks.Clock([]));
        Assert.Equal(DoctorSeverity.Fine, OnlineChecks.Clock([TimeSpan.FromHours(-3), TimeSpan.Zero, TimeSpan.FromSeconds(1)])!.Severity);
        Assert.Equal("this machine's clock is 1h 0m behind", OnlineChecks.Clock([TimeSpan.FromHours(1)])!.Message);
    }

    [Fact]
    public async Task A_local_server_that_is_down_fails_when_the_chain_needs_it()
    {
        var config = LocalView.Read("""{ "gateway": { "port": 9 }, "defaultModel": "own/m", "models": { "providers": { "own": { "baseUrl": "http://127.0.0.1:1/v1" } } } }""").Config!;
        var findings = await OnlineChecks.OfAsync(config, ConfigEnvironment.Empty, s_time, TestContext.Current.CancellationToken);
        Assert.Equal("own does not answer at http://127.0.0.1:1: nothing listens there", Assert.Single(findings, f => f.Check == "local").Message);
    }

    [Theory]
    [InlineData(401, "own refuses to list its models")]
    [InlineData(407, "own does not answer at ")]
    public async Task A_local_server_that_refuses_is_told_of(int status, string message)
    {
        await using var server = new TinyHttp((_, _) => (status, "{}"));
        var config = LocalView.Read($$"""{ "gateway": { "port": 9 }, "defaultModel": "own/m", "models": { "providers": { "own": { "baseUrl": "{{server.Url}}/v1", "apiKey": "sk-wrong" } } } }""").Config!;
        var findings = await OnlineChecks.OfAsync(config, ConfigEnvironment.Empty, s_time, TestContext.Current.CancellationToken);
        Assert.Contains(findings, f => f.Severity != DoctorSeverity.Fine && f.Message.StartsWith(message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_model_of_the_chain_that_its_server_does_not_have_fails()
    {
        await using var server = OpenClaw.Gateway.Providers.Scripted.ScriptedServer.Start();
        OpenClawConfig View(string model) => LocalView.Read($$"""{ "gateway": { "port": 9 }, "defaultModel": "ollama/{{model}}", "models": { "providers": { "ollama": { "baseUrl": "{{server.Origin}}" } } } }""").Config!;
        var missing = await OnlineChecks.OfAsync(View("gone"), ConfigEnvironment.Empty, s_time, TestContext.Current.CancellationToken);
        var finding = Assert.Single(missing, static f => f.Severity == DoctorSeverity.Fails);
        Assert.StartsWith("ollama has no model gone; it lists ok", finding.Message, StringComparison.Ordinal);
        Assert.Equal("Run: ollama pull gone", finding.Do);
        var there = await OnlineChecks.OfAsync(View("ok"), ConfigEnvironment.Empty, s_time, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(there, static f => f.Severity == DoctorSeverity.Fails);
    }

    [Fact]
    public void The_worst_comes_first()
    {
        var text = DoctorCommand.Text(
            LocalView.Read("{}"),
            [new(DoctorSeverity.Fine, "a", "fine"), new(DoctorSeverity.Warns, "b", "doubtful", "Look."), new(DoctorSeverity.Fails, "c", "broken", "Mend.")]);
        Assert.Equal(
            """
            Config: /etc/openclaw.json

            FAIL  broken
                  -> Mend.
            warn  doubtful
                  -> Look.
            ok    fine

            1 would fail, 1 to look at.

            """,
            text);
    }

    private static List<DoctorFinding> Find(string config, params (string Name, string Value)[] variables) =>
        [.. OfflineChecks.Of(LocalView.Read(config, variables) with { Path = null }, LocalView.Environment(variables), s_time)];

    private static List<DoctorFinding> OfFile(string path) =>
        [.. OfflineChecks.Of(LocalConfig.Read(path, ConfigEnvironment.Empty), ConfigEnvironment.Empty, s_time)];
}
