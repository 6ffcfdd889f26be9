using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.Tests.Providers.Scripted;

public sealed class ScriptedServerTests : IAsyncDisposable
{
    private readonly ScriptedServer _server = ScriptedServer.Start(new ScriptedOptions
    {
        Stall = TimeSpan.FromMilliseconds(50), FirstToken = TimeSpan.FromMilliseconds(50), Silence = TimeSpan.FromMilliseconds(100), Drip = TimeSpan.Zero,
    });

    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public void The_answer_has_sixty_words() => Assert.Equal(60, ScriptedAnswer.CountWords(ScriptedAnswer.Text));

    [Theory]
    [InlineData("stall-after-20-30s", "stall-after", 20, 30_000)]
    [InlineData("error-500-once", "error-once", 500, null)]
    [InlineData("primary/slow-first-token-250ms", "slow-first-token", null, 250)]
    [InlineData("fb-ok", "ok", null, null)]
    public void Reads_a_fault_from_the_last_part_of_a_name(string model, string name, int? number, int? milliseconds)
    {
        var fault = ScriptedFault.Parse(model);
        Assert.Equal(name, fault.Name);
        Assert.Equal(number, fault.Number);
        Assert.Equal(milliseconds, (int?)fault.Duration?.TotalMilliseconds);
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"ok","messages":[{"role":"user","content":"hi"}]}""", "choices.0.message.content")]
    [InlineData("/v1/messages", """{"model":"ok","messages":[{"role":"user","content":"hi"}]}""", "content.0.text")]
    [InlineData("/v1beta/models/ok:generateContent", """{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}""", "candidates.0.content.parts.0.text")]
    [InlineData("/api/chat", """{"model":"ok","stream":false,"messages":[{"role":"user","content":"hi"}]}""", "message.content")]
    public async Task Answers_whole_in_four_protocols(string path, string body, string where)
    {
        var (status, text) = await Post(path, body);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(ScriptedAnswer.Text, At(text, where));
    }

    [Theory]
    [InlineData("ok", true)]
    [InlineData("drip", true)]
    [InlineData("odd-chunks", true)]
    [InlineData("no-done", true)]
    [InlineData("long-headers", true)]
    [InlineData("slow-first-token", true)]
    [InlineData("bad-json", false)]
    [InlineData("garbage-end", false)]
    [InlineData("clean-end", false)]
    public async Task Streams_as_its_name_says(string model, bool whole)
    {
        var (_, text) = await Post("/v1/chat/completions", Chat(model, stream: true));
        var said = string.Concat(Events(text).Select(e => At(e, "choices.0.delta.content")));
        Assert.Equal(whole, said == ScriptedAnswer.Text);
        Assert.Equal(model is not ("no-done" or "garbage-end" or "clean-end"), text.Contains("[DONE]", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("cut-at-byte-300")]
    [InlineData("reset-after-5")]
    [InlineData("stall")]
    [InlineData("tool-cut-12")]
    [InlineData("thinking-cut")]
    [InlineData("silent")]
    [InlineData("reset")]
    [InlineData("half-headers")]
    public async Task Breaks_the_connection_as_its_name_says(string model)
    {
        await Assert.ThrowsAnyAsync<Exception>(() => Post("/v1/chat/completions", Chat(model, stream: true)));
        Assert.Equal(1, _server.CountOf(model));
    }

    [Fact]
    public async Task Fails_once_and_then_answers()
    {
        Assert.Equal(HttpStatusCode.TooManyRequests, (await Post("/v1/chat/completions", Chat("rate-limited-once"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await Post("/v1/chat/completions", Chat("rate-limited-once"))).Status);
        _server.Reset();
        Assert.Equal(HttpStatusCode.TooManyRequests, (await Post("/v1/chat/completions", Chat("rate-limited-once"))).Status);
    }

    [Fact]
    public async Task Is_down_until_its_outage_is_over()
    {
        var time = new ManualTime();
        await using var server = ScriptedServer.Start(new ScriptedOptions { Time = time });
        async Task<HttpStatusCode> Ask()
        {
            using var response = await _client.PostAsync(new Uri(server.Origin, "/v1/chat/completions"), new StringContent(Chat("outage-60s")), TestContext.Current.CancellationToken);
            return response.StatusCode;
        }
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await Ask());
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await Ask());
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(HttpStatusCode.OK, await Ask());
    }

    [Fact]
    public async Task Continues_an_answer_that_it_is_given_the_beginning_of()
    {
        var start = ScriptedAnswer.Text[..30].TrimEnd();
        var body = "{\"model\":\"ok\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":" + "\"" + start + "\"" + "}]}";
        var (_, text) = await Post("/v1/chat/completions", body);
        Assert.Equal(ScriptedAnswer.Text, start + At(text, "choices.0.message.content"));
        Assert.Equal(HttpStatusCode.BadRequest, (await Post("/v1/chat/completions", body.Replace("\"ok\"", "\"ok-no-prefill\"", StringComparison.Ordinal))).Status);
        Assert.All(_server.Calls, c => Assert.True(c.IsPrefill));
    }

    [Fact]
    public async Task Notes_a_caller_who_leaves()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _server.Port, TestContext.Current.CancellationToken);
        var body = Chat("silent-30s", stream: true);
        await socket.SendAsync(Encoding.UTF8.GetBytes($"POST /v1/chat/completions HTTP/1.1\r\nAuthorization: Bearer sk-secret\r\nContent-Length: {body.Length}\r\n\r\n{body}"), TestContext.Current.CancellationToken);
        while (_server.CountOf("silent-30s") == 0) await Task.Yield();
        var call = _server.CallsOf("silent-30s").Single();
        Assert.Null(call.PeerClosedAt);
        Assert.Equal(["Authorization"], call.KeyHeaders);
        Assert.DoesNotContain("sk-secret", string.Concat(call.Headers.Values), StringComparison.Ordinal);
        socket.Close();
        while (call.EndedAt is null) await Task.Yield();
        Assert.NotNull(call.PeerClosedAt);
    }

    [Fact]
    public async Task Every_name_of_the_catalogue_is_played()
    {
        foreach (var (name, _) in ScriptedFault.Catalogue.Where(f => f.Name is not "no-such-model"))
        {
            foreach (var stream in (bool[])[false, true])
            {
                try
                {
                    var (status, _) = await Post("/v1/chat/completions", Chat(name, stream), 100);
                    Assert.NotEqual(HttpStatusCode.NotFound, status);
                }
                catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
                {
                    // A fault that breaks the connection, or keeps it.
                }
            }
        }
        Assert.Equal(2 * (ScriptedFault.Catalogue.Count - 1), _server.Calls.Count);
        Assert.Equal(HttpStatusCode.NotFound, (await Post("/v1/chat/completions", Chat("no-such-model"))).Status);
    }

    [Theory]
    [InlineData("/v1/models", "data.0.id")]
    [InlineData("/api/tags", "models.0.name")]
    [InlineData("/v1beta/models", "models.0.displayName")]
    public async Task Lists_its_models(string path, string where) =>
        Assert.Equal("ok", At(await _client.GetStringAsync(new Uri(_server.Origin, path), TestContext.Current.CancellationToken), where));

    [Fact]
    public async Task Replays_a_recording_up_to_a_byte()
    {
        _server.Replay("recorded", "text/event-stream", "data: {}\n\n"u8.ToArray());
        Assert.Equal("data: {}\n\n", (await Post("/v1/chat/completions", Chat("recorded"))).Text);
        _server.Replay("recorded", "text/event-stream", "data: {}\n\n"u8.ToArray(), cutAt: 4);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => Post("/v1/chat/completions", Chat("recorded")));
    }

    private static string Chat(string model, bool stream = false) =>
        "{\"model\":\"" + model + "\",\"stream\":" + (stream ? "true" : "false") + ",\"messages\":[{\"role\":\"user\",\"content\":\"hi there\"}]}";

    private async Task<(HttpStatusCode Status, string Text)> Post(string path, string body, int milliseconds = 10_000)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(milliseconds);
        using var response = await _client.PostAsync(new Uri(_server.Origin, path), new StringContent(body), timeout.Token);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(timeout.Token));
    }

    private static IEnumerable<string> Events(string stream) =>
        stream.Split('\n').Where(l => l.StartsWith("data: {", StringComparison.Ordinal) && l.EndsWith('}')).Select(l => l[6..]);

    private static string? At(string json, string path)
    {
        using var document = JsonDocument.Parse(json);
        var element = document.RootElement;
        foreach (var step in path.Split('.'))
        {
            if (int.TryParse(step, out var index))
            {
                if (element.GetArrayLength() <= index) return null;
                element = element[index];
            }
            else if (!element.TryGetProperty(step, out element))
            {
                return null;
            }
        }
        return element.GetString();
    }
}
