using System.IO.Compression;
using System.Text;
using OpenClaw.Config;
using OpenClaw.Gateway;
using OpenClaw.Gateway.Dispatch.Http;

namespace OpenClaw.Tests.Gateway.Dispatch.Http;

/// <summary>What a provider gets from the gateway, and what the gateway understands of its answer, over plain connections.</summary>
public sealed class UpstreamOverOwnConnectionsTests : IDisposable
{
    private const string Answer = """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"the lobster is patient"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":4,"total_tokens":5}}""";
    private const string AnthropicAnswer = """{"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"the lobster is patient"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":4}}""";

    private readonly ScriptedPeer _peer = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("openclaw-own-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _peer.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>One request to a gateway whose provider is the peer; the peer's answer is given whole.</summary>
    private async Task<(string Asked, string Reply)> AskAsync(string provider, string door, byte[] answer, params (string Name, string Value)[] headers)
    {
        var file = Path.Combine(_folder, "openclaw.json");
        await File.WriteAllTextAsync(file, $$"""{ "defaultModel": "p/m", "models": { "providers": { "p": { "baseUrl": "{{new Uri(_peer.Address, "/v1")}}", "apiKey": "sk-1", {{provider}} } } }, "routing": { "retries": 0 } }""", Cancel);
        var (host, refusal) = await GatewayHost.StartAsync(new GatewayOptions { ConfigPath = file, Port = 0, Environment = ConfigEnvironment.Of(new Dictionary<string, string> { ["OPENCLAW_STATE_DIR"] = _folder }) }, Cancel);
        Assert.True(host is not null, refusal?.Message);
        await using (host)
        {
            var answering = Task.Run(async () =>
            {
                while (true)
                {
                    using var peer = await _peer.AcceptAsync(Cancel);
                    var asked = await peer.RequestAsync(Cancel);
                    // A server of one's own is also asked for its models.
                    if (asked.StartsWith("GET ", StringComparison.Ordinal)) continue;
                    await peer.SendAsync(answer, Cancel);
                    return asked;
                }
            }, Cancel);
            using var client = new HttpClient();
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(host.Address, door)) { Content = new StringContent("""{"model":"p/m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}""", Encoding.UTF8, "application/json") };
            foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
            using var reply = await client.SendAsync(request, Cancel);
            return (await answering, await reply.Content.ReadAsStringAsync(Cancel));
        }
    }

    private static byte[] Http(string text, string type = "application/json", string encoding = "") => Http(Encoding.UTF8.GetBytes(text), type, encoding);

    private static byte[] Http(byte[] body, string type, string encoding) =>
    [
        .. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n{(encoding.Length > 0 ? $"Content-Encoding: {encoding}\r\n" : "")}\r\n"), .. body,
    ];

    [Fact]
    public async Task A_request_has_what_a_provider_needs_and_nothing_of_the_callers()
    {
        var (asked, _) = await AskAsync("\"api\": \"openai-completions\"", "/v1/chat/completions", Http(Answer), ("x-private", "mine"), ("anthropic-beta", "b"), ("Authorization", "Bearer callers"));
        var head = asked[..asked.IndexOf("\r\n\r\n", StringComparison.Ordinal)].Split("\r\n");
        Assert.Equal("POST /v1/chat/completions HTTP/1.1", head[0]);
        Assert.Equal(
            ["Accept-Encoding: gzip, deflate, br", "Authorization: Bearer sk-1", $"Content-Length: {asked.Length - string.Join("\r\n", head).Length - 4}", "Content-Type: application/json", $"Host: {_peer.Address.Authority}"],
            head[1..].Order(StringComparer.Ordinal));
        Assert.Contains("\"model\":\"m\"", asked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Configured_headers_win_but_for_those_that_frame_the_message()
    {
        var (asked, reply) = await AskAsync(
            "\"api\": \"openai-completions\", \"headers\": { \"authorization\": \"Basic x\", \"Host\": \"models.example\", \"accept-encoding\": \"identity\", \"Content-Length\": \"1\", \"Transfer-Encoding\": \"chunked\", \"X-Team\": \"a b\" }",
            "/v1/chat/completions", Http(Answer));
        Assert.Contains("the lobster is patient", reply, StringComparison.Ordinal);
        foreach (var line in (string[])["authorization: Basic x", "Host: models.example", "accept-encoding: identity", "X-Team: a b"]) Assert.Contains($"\r\n{line}\r\n", asked, StringComparison.Ordinal);
        foreach (var gone in (string[])["sk-1", "Content-Length: 1\r\n", "chunked", "Accept-Encoding: gzip", _peer.Address.Authority]) Assert.DoesNotContain(gone, asked, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "anthropic-version: 2023-06-01")]
    [InlineData("2024-01-01", "anthropic-version: 2024-01-01")]
    public async Task Anthropics_version_goes_on_and_beta_flags_reach_only_Anthropic(string version, string expected)
    {
        (string, string)[] headers = version.Length > 0 ? [("anthropic-version", version), ("anthropic-beta", "flag")] : [("anthropic-beta", "flag")];
        var (asked, reply) = await AskAsync("\"api\": \"anthropic-messages\"", "/v1/messages", Http(AnthropicAnswer), headers);
        Assert.Contains("the lobster is patient", reply, StringComparison.Ordinal);
        Assert.Contains($"\r\n{expected}\r\n", asked, StringComparison.Ordinal);
        Assert.Contains("\r\nx-api-key: sk-1\r\n", asked, StringComparison.Ordinal);
        Assert.DoesNotContain("anthropic-beta", asked, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("deflate, bare")]
    public async Task Compressed_answers_are_understood(string encoding)
    {
        using var packed = new MemoryStream();
        await using (Stream packing = encoding switch
        {
            "gzip" => new GZipStream(packed, CompressionMode.Compress, leaveOpen: true),
            "br" => new BrotliStream(packed, CompressionMode.Compress, leaveOpen: true),
            "deflate" => new ZLibStream(packed, CompressionMode.Compress, leaveOpen: true),
            _ => new DeflateStream(packed, CompressionMode.Compress, leaveOpen: true),
        })
        {
            await packing.WriteAsync(Encoding.UTF8.GetBytes(Answer), Cancel);
        }
        var (_, reply) = await AskAsync("\"api\": \"openai-completions\"", "/v1/chat/completions", Http(packed.ToArray(), "application/json", encoding.Split(',')[0]));
        Assert.Contains("the lobster is patient", reply, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_encoding_that_is_none_is_read_as_it_is()
    {
        var (_, reply) = await AskAsync("\"api\": \"openai-completions\"", "/v1/chat/completions", Http(Answer, encoding: "identity"));
        Assert.Contains("the lobster is patient", reply, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Bearer sk-1 \t x~", true)]
    [InlineData("a\r\nHost: elsewhere", false)]
    [InlineData("a\0", false)]
    [InlineData("schlüssel", false)]
    [InlineData("\u007f", false)]
    public void A_header_holds_visible_characters_only(string value, bool may) => Assert.Equal(may, TargetCalls.MayBeSent(value));
}
