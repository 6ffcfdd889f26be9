using System.Text;
using OpenClaw.Config;
using OpenClaw.Gateway;

namespace OpenClaw.Tests.Gateway;

/// <summary><c>OPENCLAW_INLINE_IO</c> changes which thread runs a request and nothing that a caller sees.</summary>
public sealed class InlineIoTests
{
    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    public async Task A_cut_stream_is_healed_whichever_thread_runs_it(string inline)
    {
        var cancel = TestContext.Current.CancellationToken;
        var folder = Directory.CreateTempSubdirectory("openclaw-inline-").FullName;
        var file = Path.Combine(folder, "openclaw.json");
        await File.WriteAllTextAsync(file, """{ "defaultModel": "scripted/cut-after-20", "models": { "fallbacks": ["scripted/ok"] }, "routing": { "retries": 0 } }""", cancel);
        var environment = ConfigEnvironment.Of(new Dictionary<string, string> { ["OPENCLAW_INLINE_IO"] = inline });
        var (host, refusal) = await GatewayHost.StartAsync(new GatewayOptions { ConfigPath = file, Port = 0, Environment = environment }, cancel);
        Assert.True(host is not null, refusal?.Message);
        await using (host)
        {
            using var client = new HttpClient();
            var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => AskAsync(client, host.Address, cancel)));
            Assert.All(replies, static reply =>
            {
                Assert.Contains("data: [DONE]", reply, StringComparison.Ordinal);
                Assert.DoesNotContain("\"error\"", reply, StringComparison.Ordinal);
            });
        }
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<string> AskAsync(HttpClient client, Uri address, CancellationToken cancel)
    {
        using var body = new StringContent("""{"model":"default","stream":true,"messages":[{"role":"user","content":"hi"}]}""", Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync(new Uri(address, "/v1/chat/completions"), body, cancel);
        return await answer.Content.ReadAsStringAsync(cancel);
    }
}
