using System.Text.Json.Nodes;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Running;

/// <summary>The file changes while the gateway runs, in the three ways files change.</summary>
public sealed class ReloadTests
{
    public enum Way
    {
        Edited,
        Renamed,

        /// <summary>Kubernetes: the file is a link into <c>..data</c>, which is a link to a folder that is swapped.</summary>
        LinkSwapped,
    }

    [Theory]
    [InlineData(Way.Edited)]
    [InlineData(Way.Renamed)]
    [InlineData(Way.LinkSwapped)]
    public async Task A_running_stream_goes_on_and_the_next_request_sees_the_new_file(Way way)
    {
        await using var server = ScriptedServer.Start();
        var paused = new PausedStream(server, "paused");
        await using var gateway = await GatewayProcess.StartAsync(RunningConfig.Of(server));
        using var client = new ChatClient(gateway.Url);
        Prepare(gateway, way);
        var running = client.AskAsync(new ChatAsk("p/paused", ClientProtocol.Chat, Stream: true), TestContext.Current.CancellationToken);
        await paused.HalfwayAsync();

        // The provider of the running stream is gone from the new file.
        Change(gateway, way, RunningConfig.Of(server, c =>
        {
            c["defaultModel"] = "a/ok";
            ((JsonObject)c["models"]!["providers"]!).Remove("p");
        }));
        await Until.TrueAsync("the new default", () => gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat.Replace("p/ok", "openclaw", StringComparison.Ordinal)),
            a => a.Headers.GetValueOrDefault("x-openclaw-model") == "a/ok");
        Assert.Equal(404, (await gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat)).Status);
        Assert.False(running.IsCompleted);

        paused.GoOn();
        var reply = await running;
        Assert.True(reply.LooksWhole, reply.ToString());
        Assert.Equal(ScriptedAnswer.Text, reply.Text);
    }

    [Fact]
    public async Task A_broken_file_changes_nothing_and_says_so_until_it_is_mended()
    {
        await using var server = ScriptedServer.Start();
        await using var gateway = await GatewayProcess.StartAsync(RunningConfig.Of(server));
        var good = await File.ReadAllTextAsync(Path.Combine(gateway.Folder, "openclaw.json"), TestContext.Current.CancellationToken);
        string[] broken = [good[..(good.Length / 2)], RunningConfig.Of(server, c => c["defaultModel"] = "nobody/nothing"), RunningConfig.Of(server, c => c["gateway"] = new JsonObject { ["auth"] = true })];
        foreach (var text in broken)
        {
            Change(gateway, Way.Renamed, text);
            var status = await Until.TrueAsync("the stale mark", () => gateway.StatusAsync(), s => s["configIsStale"]!.GetValue<bool>());
            Assert.NotEmpty(status["configProblems"]!.AsArray());
            Assert.Contains("openclaw_config_stale 1", (await gateway.GetAsync("/metrics")).Body, StringComparison.Ordinal);
            Assert.Equal(200, (await gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat)).Status);

            Change(gateway, Way.Renamed, good + " ");
            await Until.TrueAsync("the mended file", () => gateway.StatusAsync(), s => !s["configIsStale"]!.GetValue<bool>());
            Assert.Contains("openclaw_config_stale 0", (await gateway.GetAsync("/metrics")).Body, StringComparison.Ordinal);
            Change(gateway, Way.Renamed, good);
        }
        Assert.Contains("reload refused", gateway.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_vanishes_for_a_while_is_no_broken_file()
    {
        await using var server = ScriptedServer.Start();
        await using var gateway = await GatewayProcess.StartAsync(RunningConfig.Of(server));
        var path = Path.Combine(gateway.Folder, "openclaw.json");
        var text = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        File.Delete(path);
        await Task.Delay(1500, TestContext.Current.CancellationToken);
        Assert.False((await gateway.StatusAsync())["configIsStale"]!.GetValue<bool>());
        Assert.Equal(200, (await gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat)).Status);
        await File.WriteAllTextAsync(path, text.Replace("p/ok", "a/ok", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        await Until.TrueAsync("the file that came back", () => gateway.StatusAsync(), s => s["chain"]![0]!.GetValue<string>() == "a/ok");
    }

    [Fact]
    public async Task A_token_that_is_taken_out_of_the_file_is_refused_from_the_next_request_on()
    {
        await using var server = ScriptedServer.Start();
        await using var gateway = await GatewayProcess.StartAsync(RunningConfig.WithToken(server));
        Assert.Equal(200, (await gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat, RunningConfig.Bearer())).Status);
        Change(gateway, Way.Renamed, RunningConfig.WithToken(server, c => c["gateway"]!["auth"]!["token"] = "another-token-0123"));
        await Until.TrueAsync("the new token", () => gateway.GetAsync("/v1/models", RunningConfig.Bearer("another-token-0123")), a => a.Status == 200);
        Assert.Equal(401, (await gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat, RunningConfig.Bearer())).Status);
    }

    private static void Prepare(GatewayProcess gateway, Way way)
    {
        if (way != Way.LinkSwapped) return;
        var path = Path.Combine(gateway.Folder, "openclaw.json");
        Directory.CreateDirectory(Path.Combine(gateway.Folder, "..v1"));
        File.Copy(path, Path.Combine(gateway.Folder, "..v1", "openclaw.json"));
        Directory.CreateSymbolicLink(Path.Combine(gateway.Folder, "..data"), "..v1");
        File.CreateSymbolicLink(path + ".link", Path.Combine("..data", "openclaw.json"));
        File.Move(path + ".link", path, overwrite: true);
    }

    private static void Change(GatewayProcess gateway, Way way, string text)
    {
        var path = Path.Combine(gateway.Folder, "openclaw.json");
        switch (way)
        {
            case Way.Edited:
                File.WriteAllText(path, text);
                break;
            case Way.Renamed:
                File.WriteAllText(path + ".new", text);
                File.Move(path + ".new", path, overwrite: true);
                break;
            default:
                Directory.CreateDirectory(Path.Combine(gateway.Folder, "..v2"));
                File.WriteAllText(Path.Combine(gateway.Folder, "..v2", "openclaw.json"), text);
                SwapLink(Path.Combine(gateway.Folder, "..data"), "..v2");
                break;
        }
    }

    // rename(2) over the old link; Directory.Move refuses to.
    private static void SwapLink(string link, string target)
    {
        Directory.CreateSymbolicLink(link + "_tmp", target);
        using var move = System.Diagnostics.Process.Start("mv", ["-T", link + "_tmp", link]);
        move.WaitForExit();
        Assert.Equal(0, move.ExitCode);
    }
}
