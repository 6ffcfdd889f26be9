using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Running;

public sealed class KeyRotationTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("openclaw-keys-").FullName;
    private readonly ConcurrentQueue<string> _seen = [];
    private readonly ConcurrentDictionary<string, bool> _good = [];
    private ScriptedServer _server = null!;
    private GatewayProcess _gateway = null!;

    private string KeyFile => Path.Combine(_folder, "key");

    public async ValueTask InitializeAsync()
    {
        _server = ScriptedServer.Start();
        _server.On("checked", CheckAsync);
        Rotate("sk-rotating-0");
        _gateway = await GatewayProcess.StartAsync(RunningConfig.Of(_server, c =>
        {
            c["models"]!["providers"]!["p"]!["apiKey"] = new JsonObject { ["source"] = "file", ["path"] = KeyFile };
            c["defaultModel"] = "p/checked";
        }));
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_next_request_carries_the_new_key()
    {
        Assert.Equal(200, (await AskAsync()).Status);
        Rotate("sk-rotating-1");
        await Until.TrueAsync("the new key", AskAsync, a => a.Status == 200 && _seen.Last() == "sk-rotating-1");
    }

    [Fact]
    public async Task A_key_that_was_refused_is_used_again_when_its_file_changes()
    {
        _good["sk-rotating-0"] = false;
        var refused = await AskAsync();
        Assert.True(refused.Status is 401 or 502 or 503, $"{refused.Status} {refused.Body}");
        var before = _seen.Count;
        await AskAsync();
        Assert.Equal(before, _seen.Count);
        Rotate("sk-rotating-1");
        await Until.TrueAsync("the key that works", AskAsync, a => a.Status == 200);
    }

    [Fact]
    public async Task Fifty_rotations_under_load_fail_nobody()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var failures = new ConcurrentBag<string>();
        var count = 0;
        var callers = Enumerable.Range(0, 4).Select(i => Task.Run(async () =>
        {
            using var client = new ChatClient(_gateway.Url);
            while (!stop.IsCancellationRequested)
            {
                var reply = await client.AskAsync(new ChatAsk("p/checked", i % 2 == 0 ? ClientProtocol.Chat : ClientProtocol.Messages, Stream: i < 2), TestContext.Current.CancellationToken);
                Interlocked.Increment(ref count);
                if (!reply.LooksWhole) failures.Add(reply.ToString());
            }
        }, TestContext.Current.CancellationToken)).ToArray();
        // The provider takes the old key until the new one is in use, as every provider that rotates without downtime does.
        for (var i = 1; i <= 50; i++)
        {
            var key = $"sk-rotating-{i}";
            Rotate(key);
            if (i % 10 == 0) await Until.TrueAsync("key " + key, () => Task.FromResult(_seen.Contains(key)), static b => b);
            else await Task.Delay(20, TestContext.Current.CancellationToken);
        }
        await stop.CancelAsync();
        await Task.WhenAll(callers);
        Assert.Empty(failures);
        Assert.True(count > 50, $"only {count} requests");
        Assert.DoesNotContain("sk-rotating", _gateway.Log, StringComparison.Ordinal);
    }

    private Task<PlainAnswer> AskAsync() => _gateway.CallAsync("POST", "/v1/chat/completions", """{"model":"p/checked","messages":[{"role":"user","content":"hello"}]}""");

    private void Rotate(string key)
    {
        _good[key] = true;
        File.WriteAllText(KeyFile + ".new", key + "\n");
        File.Move(KeyFile + ".new", KeyFile, overwrite: true);
    }

    private Task CheckAsync(ScriptedExchange x)
    {
        var key = x.Request.Headers.GetValueOrDefault("authorization", "").Replace("Bearer ", "", StringComparison.Ordinal);
        _seen.Enqueue(key);
        if (!_good.GetValueOrDefault(key)) return x.ErrorAsync(ScriptedError.BadKey);
        var turn = new ScriptedTurn("checked", x.Request.Model, 0, 4, x.Request.IncludeUsage) { Text = ScriptedAnswer.Text };
        return x.Request.Stream
            ? x.WholeAsync(200, x.Wire.StreamType, [.. x.Wire.Stream(turn).SelectMany(static f => f.Bytes)])
            : x.WholeAsync(200, "application/json", x.Wire.Whole(turn));
    }
}
