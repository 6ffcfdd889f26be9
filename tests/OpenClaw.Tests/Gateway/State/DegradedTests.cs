using System.Text.Json.Nodes;

namespace OpenClaw.Tests.Gateway.State;

/// <summary>What is amiss beside the requests is seen where one looks, and not in the log alone.</summary>
public sealed class DegradedTests : IDisposable
{
    private const string Token = "the-owners-token";

    private readonly string _folder = Directory.CreateTempSubdirectory("openclaw-degraded-").FullName;

    private string Key => Path.Combine(_folder, "key");

    private string Owner => Path.Combine(_folder, "owner");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Files_that_no_longer_give_their_secrets_are_in_readiness_and_status_until_they_are_back()
    {
        await using var stage = await StartAsync();
        Assert.Equal("[]", await DegradedAsync(stage));
        File.Delete(Key);
        File.WriteAllText(Owner, "");
        await LookAsync(stage, degraded: """["secrets: a file no longer gives one, its old value is in use"]""");

        var status = JsonNode.Parse(await stage.GetAsync("/openclaw/v1/status", Token))!;
        Assert.Equal(
            [$"file:{Key}: the file {Key} does not exist; its old value is in use", $"file:{Owner}: file:{Owner} is empty; its old value is in use"],
            status["secretProblems"]!.AsArray().Select(static p => (string?)p).Order(StringComparer.Ordinal));
        var key = status["providers"]![0]!["keys"]![0]!;
        Assert.Equal(("ok", $"the file {Key} does not exist; its old value is in use"), ((string?)key["state"], (string?)key["problem"]));

        File.WriteAllText(Key, "k-1");
        File.WriteAllText(Owner, Token);
        await LookAsync(stage, degraded: "[]");
        status = JsonNode.Parse(await stage.GetAsync("/openclaw/v1/status", Token))!;
        Assert.Empty(status["secretProblems"]!.AsArray());
        Assert.Null(status["providers"]![0]!["keys"]![0]!["problem"]);
    }

    [Fact]
    public async Task A_file_that_is_not_valid_is_in_readiness_until_it_is_mended()
    {
        await using var stage = await StartAsync();
        Assert.StartsWith("reload refused", await stage.ReloadAsync("{"), StringComparison.Ordinal);
        Assert.Equal("""["configuration: not valid, the one before is in force"]""", await DegradedAsync(stage));
        Assert.StartsWith("reloaded", await stage.ReloadAsync(Config), StringComparison.Ordinal);
        Assert.Equal("[]", await DegradedAsync(stage));
    }

    private string Config => $$"""
        { "gateway": { "auth": { "token": { "source": "file", "path": "{{Owner}}" } } }, "defaultModel": "p/m",
          "models": { "providers": { "p": { "api": "openai-completions", "baseUrl": "http://127.0.0.1:9/v1", "apiKey": { "source": "file", "path": "{{Key}}" }, "models": [{ "id": "m" }] } } } }
        """;

    private async Task<ReloadStage> StartAsync()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("its paths would need escapes");
        File.WriteAllText(Key, "k-1");
        File.WriteAllText(Owner, Token);
        return await ReloadStage.StartAsync(Config);
    }

    private static async Task<string> DegradedAsync(ReloadStage stage) =>
        JsonNode.Parse(await stage.GetAsync("/readyz"))!["degraded"]!.ToJsonString();

    private static async Task LookAsync(ReloadStage stage, string degraded)
    {
        for (var i = 0; i < 50 && await DegradedAsync(stage) != degraded; i++) stage.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(degraded, await DegradedAsync(stage));
    }
}
