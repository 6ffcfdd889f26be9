using OpenClaw.Config;
using OpenClaw.Gateway;

namespace OpenClaw.Tests.Gateway.Metering.Alerts;

public sealed class UnsignedAlertTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("openclaw-alerts-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("", 1)]
    [InlineData("k3y", 0)]
    public async Task A_gateway_says_at_its_start_that_its_alerts_cannot_be_signed(string key, int lines)
    {
        var file = Path.Combine(_folder.FullName, "openclaw.json");
        await File.WriteAllTextAsync(file, """
            { "defaultModel": "scripted/ok", "alerts": [{ "url": "https://hook.example/secret/place", "secretEnv": "HOOK_KEY" }, { "url": "https://other.example", "secretEnv": "HOOK_KEY" }] }
            """, TestContext.Current.CancellationToken);
        var log = new List<string>();
        var environment = ConfigEnvironment.Of(new Dictionary<string, string> { ["HOOK_KEY"] = key });
        var (host, refusal) = await GatewayHost.StartAsync(new GatewayOptions { ConfigPath = file, Port = 0, Environment = environment, Log = line => { lock (log) log.Add(line); } }, TestContext.Current.CancellationToken);
        Assert.True(host is not null, refusal?.Message);
        await host.DisposeAsync();
        var said = log.Where(static l => l.Contains("HOOK_KEY", StringComparison.Ordinal)).ToList();
        Assert.Equal(lines, said.Count);
        Assert.DoesNotContain(said, static l => l.Contains("secret/place", StringComparison.Ordinal));
    }
}
