using OpenClaw.Gateway;

namespace OpenClaw.Tests.Gateway.State;

/// <summary>Whether a gateway may go without a token hangs on where it listens, not on where a new file says that the next one will.</summary>
public sealed class OpenReloadTests
{
    private const string Rest = "\"defaultModel\": \"scripted/ok\"";
    private const string Lan = """{ "gateway": { "bind": "lan", "auth": { "token": "the-owners-token" } }, "defaultModel": "scripted/ok" }""";

    [Theory]
    [InlineData("""{ "gateway": { "bind": "loopback", "auth": false }, "defaultModel": "scripted/ok" }""", "gateway.auth is off but the gateway listens beyond loopback until it is started again")]
    [InlineData("""{ "defaultModel": "scripted/ok" }""", "authentication is on but there is no token")]
    [InlineData("""{ "gateway": { "auth": { "token": { "source": "file", "path": "/nowhere/token" } } }, "defaultModel": "scripted/ok" }""", "the gateway's token cannot be read: the file /nowhere/token does not exist")]
    public async Task A_gateway_on_the_network_keeps_its_token_whatever_the_file_says_of_loopback(string file, string says)
    {
        await using var stage = await ReloadStage.StartAsync(Lan);
        var line = await stage.ReloadAsync(file);
        Assert.Equal($"reload refused, the configuration before stays in force: {says}", line);
        Assert.Equal((401, 200), (await stage.StatusAsync(), await stage.StatusAsync("the-owners-token")));
        Assert.Equal("reloaded: the file changed", await stage.ReloadAsync(Lan.Replace("the-owners-token", "another-token", StringComparison.Ordinal)));
        Assert.Equal((401, 200), (await stage.StatusAsync("the-owners-token"), await stage.StatusAsync("another-token")));
    }

    [Fact]
    public async Task A_gateway_on_loopback_may_lose_its_token()
    {
        await using var stage = await ReloadStage.StartAsync($$"""{ "gateway": { "auth": { "token": "the-owners-token" } }, {{Rest}} }""");
        Assert.Equal("reloaded: the file changed", await stage.ReloadAsync($$"""{ "gateway": { "auth": false }, {{Rest}} }"""));
        Assert.Equal(200, await stage.StatusAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n")]
    [InlineData("// cut off")]
    public async Task A_file_that_lost_its_content_leaves_token_and_models_in_force(string file)
    {
        await using var stage = await ReloadStage.StartAsync($$"""{ "gateway": { "auth": { "token": "the-owners-token" } }, {{Rest}} }""");
        var line = await stage.ReloadAsync(file);
        Assert.StartsWith("reload refused", line, StringComparison.Ordinal);
        Assert.Contains("Write {} for the defaults", line, StringComparison.Ordinal);
        Assert.Equal((401, 200), (await stage.StatusAsync(), await stage.StatusAsync("the-owners-token")));
    }

    [Fact]
    public async Task A_gateway_on_loopback_does_not_lose_its_token_to_silence()
    {
        await using var stage = await ReloadStage.StartAsync($$"""{ "gateway": { "auth": { "token": "the-owners-token" } }, {{Rest}} }""");
        Assert.Contains("the gateway goes on asking for its token", await stage.ReloadAsync("{}"), StringComparison.Ordinal);
        Assert.Equal((401, 200), (await stage.StatusAsync(), await stage.StatusAsync("the-owners-token")));
        // Once it was said that nobody needs one, nothing need be said any more.
        Assert.Equal("reloaded: the file changed", await stage.ReloadAsync($$"""{ "gateway": { "auth": { "mode": "none" } }, {{Rest}} }"""));
        Assert.Equal("reloaded: the file changed", await stage.ReloadAsync("{}"));
        Assert.Equal(200, await stage.StatusAsync());
    }

    [Fact]
    public async Task A_start_on_an_empty_file_or_a_folder_is_refused_in_words()
    {
        await using var stage = new ReloadStage();
        stage.Write("");
        var (host, refusal) = await GatewayHost.StartAsync(stage.Options, TestContext.Current.CancellationToken);
        Assert.Null(host);
        Assert.Equal("the file is empty", Assert.Single(refusal!.Problems).Message);
        var folder = Path.GetDirectoryName(stage.File)!;
        (host, refusal) = await GatewayHost.StartAsync(stage.Options with { ConfigPath = folder }, TestContext.Current.CancellationToken);
        Assert.Null(host);
        Assert.Equal(($"the configuration {folder} is a folder, not a file", $"name the file in it, such as {Path.Combine(folder, "openclaw.json")}, with --config or OPENCLAW_CONFIG_PATH"), (refusal!.Message, refusal.Hint));
    }

    [Fact]
    public async Task One_address_of_loopback_is_loopback_for_the_start_too()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("only Linux has all of 127.0.0.0/8");
        await using var stage = await ReloadStage.StartAsync($$"""{ "gateway": { "bind": "127.0.0.2", "auth": false }, {{Rest}} }""");
        Assert.Equal(200, await stage.StatusAsync());
    }

    [Fact]
    public async Task An_open_start_beyond_loopback_is_refused()
    {
        await using var stage = new ReloadStage();
        stage.Write($$"""{ "gateway": { "auth": false }, {{Rest}} }""");
        var (host, refusal) = await GatewayHost.StartAsync(stage.Options with { Bind = OpenClaw.Config.BindMode.Lan }, TestContext.Current.CancellationToken);
        Assert.Null(host);
        Assert.Equal("gateway.auth is off but the gateway would listen beyond loopback", refusal!.Message);
    }

    [Fact]
    public async Task A_token_that_is_rotated_while_the_file_is_broken_holds()
    {
        var token = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(token, "the-old-token", TestContext.Current.CancellationToken);
            await using var stage = await ReloadStage.StartAsync($$"""{ "gateway": { "auth": { "token": { "source": "file", "path": "{{token}}" } } }, {{Rest}} }""");
            Assert.StartsWith("reload refused", await stage.ReloadAsync("{ broken"), StringComparison.Ordinal);
            await File.WriteAllTextAsync(token, "the-new-token", TestContext.Current.CancellationToken);
            await stage.TickAsync();
            for (var i = 0; i < 400 && await stage.StatusAsync("the-new-token") != 200; i++) await Task.Delay(5, TestContext.Current.CancellationToken);
            Assert.Equal((401, 200), (await stage.StatusAsync("the-old-token"), await stage.StatusAsync("the-new-token")));
        }
        finally
        {
            File.Delete(token);
        }
    }
}
