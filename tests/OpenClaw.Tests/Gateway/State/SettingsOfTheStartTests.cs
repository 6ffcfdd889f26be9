using OpenClaw.Config;
using OpenClaw.Gateway;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;

namespace OpenClaw.Tests.Gateway.State;

/// <summary>What the log says when the file changes what a running gateway has already taken.</summary>
public sealed class SettingsOfTheStartTests : IAsyncDisposable
{
    private const string Before = """{ "models": { "providers": { "scripted": {} } }, "gateway": { "port": 4711 } }""";
    private readonly string _folder = Directory.CreateTempSubdirectory("openclaw-watch-").FullName;
    private readonly List<string> _log = [];
    private readonly StateBuilder _builder;
    private readonly ConfigWatcher _watcher;
    private readonly StateHolder _states;

    public SettingsOfTheStartTests()
    {
        var options = new GatewayOptions { ConfigPath = Path.Combine(_folder, "openclaw.json"), Environment = ConfigEnvironment.Empty, Time = new ManualTime(), Log = _log.Add };
        _builder = new StateBuilder(options, new Backoff(new Random(1)));
        _states = new StateHolder(_builder.Build(ConfigReader.Read(System.Text.Encoding.UTF8.GetBytes(Before), options.Environment).Config!).State!);
        _watcher = new ConfigWatcher(options, new ConfigFiles(options), _builder, _states);
    }

    [Theory]
    [InlineData("\"port\": 4712", "", "gateway.port")]
    [InlineData("\"port\": 4711, \"bind\": \"lan\", \"auth\": { \"token\": \"t-0123456789\" }", "", "gateway.bind")]
    [InlineData("\"port\": 4711, \"maxConnections\": 77", "", "gateway.maxConnections")]
    [InlineData("\"port\": 4711, \"drainTimeout\": \"7s\"", "", "gateway.drainTimeout")]
    [InlineData("\"port\": 4711", "\"storage\": { \"url\": \"none\" }", "storage")]
    [InlineData("\"port\": 4712, \"drainTimeout\": \"7s\"", "\"storage\": { \"retention\": \"7d\" }", "gateway.port, gateway.drainTimeout, storage")]
    public async Task Settings_of_the_start_are_named_when_they_change(string gateway, string more, string named)
    {
        await ReloadAsync($$"""{ "models": { "providers": { "scripted": {} } }, "gateway": { {{gateway}} }{{(more.Length > 0 ? ", " + more : "")}} }""");
        Assert.Equal([$"{named}: in force from the next start on", "reloaded: a test"], _log);
        // Said once in the log, and shown until it is so.
        _log.Clear();
        await _watcher.ReloadAsync("again");
        Assert.Equal(["reloaded: again"], _log);
        Assert.Contains($"{named}: in force from the next start on", _watcher.Problems);
        // What was taken at the start is there again: nothing waits any more.
        _log.Clear();
        await ReloadAsync(Before.Replace("4711", "4711, \"auth\": false", StringComparison.Ordinal));
        Assert.Equal(["reloaded: a test"], _log);
        Assert.Empty(_watcher.Problems);
    }

    [Fact]
    public async Task A_gateway_without_a_ledger_takes_no_budgets_until_it_is_started_again()
    {
        await ReloadAsync("""{ "models": { "providers": { "scripted": {} } }, "storage": { "url": "none" } }""");
        var options = new GatewayOptions { ConfigPath = Path.Combine(_folder, "openclaw.json"), Environment = ConfigEnvironment.Empty, Time = new ManualTime(), Log = _log.Add };
        await using var watcher = new ConfigWatcher(options, new ConfigFiles(options), _builder, _states);
        await File.WriteAllTextAsync(options.ConfigPath, """{ "models": { "providers": { "scripted": {} } }, "budgets": [{ "scope": "gateway", "limit": 2 }] }""", TestContext.Current.CancellationToken);
        await watcher.ReloadAsync("budgets");
        Assert.True(watcher.IsStale);
        Assert.Contains("started without a ledger", Assert.Single(watcher.Problems), StringComparison.Ordinal);
        Assert.Empty(_states.Current.Config.Budgets);
    }

    [Theory]
    [InlineData("gone")]
    [InlineData("folder")]
    public async Task A_file_that_cannot_be_read_is_told_at_the_second_look_and_taken_up_when_it_is_back(string how)
    {
        var path = Path.Combine(_folder, "openclaw.json");
        var files = new ConfigFiles(new GatewayOptions { ConfigPath = path, Environment = ConfigEnvironment.Empty });
        await File.WriteAllTextAsync(path, Before, TestContext.Current.CancellationToken);
        Assert.NotNull((await files.ReadAsync(TestContext.Current.CancellationToken)).Config);
        File.Delete(path);
        if (how == "folder") Directory.CreateDirectory(path);
        Assert.Equal([false, true], [files.HasChanged(), files.HasChanged()]);
        Assert.NotNull((await files.ReadAsync(TestContext.Current.CancellationToken)).Refusal);
        Assert.False(files.HasChanged());
        if (how == "folder") Directory.Delete(path);
        await File.WriteAllTextAsync(path, Before, TestContext.Current.CancellationToken);
        Assert.True(files.HasChanged());
        Assert.NotNull((await files.ReadAsync(TestContext.Current.CancellationToken)).Config);
        Assert.False(files.HasChanged());
    }

    [Fact]
    public async Task What_is_in_force_at_once_is_not()
    {
        await ReloadAsync("""{ "models": { "providers": { "scripted": {} } }, "gateway": { "port": 4711, "maxConcurrentRequests": 7 }, "routing": { "retries": 1 } }""");
        Assert.Equal(["reloaded: a test"], _log);
        Assert.Equal(7, _states.Current.Config.Gateway.MaxConcurrentRequests);
    }

    public async ValueTask DisposeAsync()
    {
        await _watcher.DisposeAsync();
        await _builder.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ReloadAsync(string config)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "openclaw.json"), config, TestContext.Current.CancellationToken);
        await _watcher.ReloadAsync("a test");
    }
}
