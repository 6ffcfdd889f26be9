using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Providers.Scripted;
using OpenClaw.Tests.Docs;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>
/// A gateway in front of one scripted server: provider <c>p</c> speaks Chat, <c>a</c> speaks Messages, and neither goes on with
/// a given beginning, so that a cut answer is asked for again.
/// </summary>
internal sealed class ScriptedStage : IAsyncDisposable
{
    private ScriptedStage(ScriptedServer server, RunningGateway gateway) => (Server, Gateway) = (server, gateway);

    public ScriptedServer Server { get; }

    public RunningGateway Gateway { get; }

    /// <summary>What was asked of the providers' models, oldest first; not what the gateway asked to find out about the server.</summary>
    public IReadOnlyList<ScriptedCall> Asked => [.. Server.Calls.Where(static c => c.Method == "POST" && !c.Path.EndsWith("/api/show", StringComparison.Ordinal))];

    /// <param name="fallbacks">The targets after the one that is asked for.</param>
    /// <param name="routing">Members of <c>routing</c>, beside the retries.</param>
    /// <param name="providers">Members of <c>models.providers</c>, made from the server; null: <c>p</c> and <c>a</c>.</param>
    /// <param name="time">The gateway's clock, not the server's; null: the system's.</param>
    public static async Task<ScriptedStage> StartAsync(string[] fallbacks, string routing = "", Func<ScriptedServer, string>? providers = null, ManualTime? time = null, int retries = 0)
    {
        var server = ScriptedServer.Start(new ScriptedOptions { KeepBodies = true });
        var gateway = await RunningGateway.StartAsync($$"""
            {
              "models": {
                "providers": { {{(providers ?? PlainProviders)(server)}} },
                "fallbacks": [{{string.Join(", ", fallbacks.Select(static f => $"\"{f}\""))}}]
              },
              "routing": { "retries": {{retries}}{{(routing.Length > 0 ? ", " + routing : "")}} }
            }
            """, time);
        return new ScriptedStage(server, gateway);
    }

    /// <summary>Asks over <c>/v1/chat/completions</c>, or <c>/v1/messages</c>.</summary>
    /// <param name="more">Further members of the request.</param>
    public async Task<StageAnswer> AskAsync(string model, bool messages = false, bool stream = true, string more = "", params (string Name, string Value)[] headers)
    {
        var (answer, body) = await Gateway.PostAsync(PathOf(messages), JsonOf(model, stream, more), headers);
        using (answer) return new StageAnswer((int)answer.StatusCode, body, answer.Headers.ToDictionary(static h => h.Key, static h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>Asks for a stream and looks at what has come of it after every line.</summary>
    public async Task<StageAnswer> FollowAsync(string model, bool messages, Action<StageAnswer> look)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Gateway.Address, PathOf(messages))) { Content = new StringContent(JsonOf(model, stream: true, ""), Encoding.UTF8, "application/json") };
        using var response = await Gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var answer = new StageAnswer((int)response.StatusCode, "", response.Headers.ToDictionary(static h => h.Key, static h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase));
        while (await reader.ReadLineAsync() is { } line) look(answer = answer with { Body = answer.Body + line + "\n" });
        return answer;
    }

    /// <summary>Waits until the providers were asked so often.</summary>
    public async Task AskedAsync(int count)
    {
        for (var i = 0; i < 4000 && Asked.Count < count; i++) await Task.Delay(5);
        Assert.Equal(count, Asked.Count);
    }

    /// <summary>Stops the gateway and returns what it decided about an answer.</summary>
    public async Task<JsonElement> DecisionAsync(StageAnswer answer) => (await Gateway.StopAsync())[answer.Headers["x-openclaw-decision"]];

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Server.DisposeAsync();
    }

    /// <summary>For scripts: says the text a word a piece; cut: the connection ends after its last word.</summary>
    public static async Task SayAsync(ScriptedExchange x, string text, int promptTokens = 5, bool cut = false)
    {
        var turn = new ScriptedTurn("said", x.Request.Model, 1, promptTokens, x.Request.IncludeUsage) { Text = text };
        if (!x.Request.Stream)
        {
            await x.WholeAsync(200, "application/json", x.Wire.Whole(turn));
            return;
        }
        await x.HeadAsync(200, x.Wire.StreamType, null);
        var saidText = false;
        foreach (var frame in x.Wire.Stream(turn))
        {
            if (cut && saidText && frame.Mark != ScriptedMark.Text) return;
            saidText |= frame.Mark == ScriptedMark.Text;
            await x.Connection.ChunkAsync(frame.Bytes);
        }
        await x.Connection.EndChunksAsync();
        x.KeepOpen = x.Request.KeepAlive;
    }

    /// <summary>For scripts: says these events of a stream, each as a chunk, and ends the body or cuts it off.</summary>
    public static async Task EventsAsync(ScriptedExchange x, string[] data, bool cut = false)
    {
        await x.HeadAsync(200, x.Wire.StreamType, null);
        foreach (var line in data) await x.Connection.ChunkAsync(Encoding.UTF8.GetBytes($"data: {line}\n\n"));
        if (!cut) await x.Connection.EndChunksAsync();
    }

    private static string PathOf(bool messages) => messages ? "/v1/messages" : "/v1/chat/completions";

    private static string JsonOf(string model, bool stream, string more)
    {
        var members = (stream ? ", \"stream\": true" : "") + (more.Length > 0 ? ", " + more : "");
        return $$"""{ "model": "{{model}}", "max_tokens": 1000, "messages": [{ "role": "user", "content": "Say it, please." }]{{members}} }""";
    }

    private static string PlainProviders(ScriptedServer server) => $$"""
        "p": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "apiKey": "sk-of-p", "prefill": false },
        "a": { "api": "anthropic-messages", "baseUrl": "{{server.Origin}}", "apiKey": "sk-of-a", "prefill": false }
        """;
}

/// <summary>What a caller got, and how a client that knows no more than the protocol reads it.</summary>
internal sealed record StageAnswer(int Status, string Body, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The data of a stream's events that are JSON; comments and the event's name are nothing to such a client.</summary>
    public IEnumerable<JsonElement> Events => Body.Split('\n')
        .Where(static line => line.StartsWith("data: {", StringComparison.Ordinal))
        .Select(static line => JsonDocument.Parse(line["data: ".Length..]).RootElement);

    /// <summary>The text of a stream.</summary>
    public string Text => string.Concat(Events.Select(TextOf));

    public bool HasErrorEvent => Events.Any(static e => e.TryGetProperty("error", out _));

    /// <summary>The stream has its protocol's last frame.</summary>
    public bool HasEnd => Body.Contains("data: [DONE]\n\n", StringComparison.Ordinal) || Events.Any(static e => e.TryGetProperty("type", out var type) && type.ValueEquals("message_stop"));

    /// <summary>The comments of a stream that are the gateway's, in order.</summary>
    public string[] Seams => [.. Body.Split('\n').Where(static line => line.StartsWith(": openclaw ", StringComparison.Ordinal)).Select(static line => line[": openclaw ".Length..])];

    /// <summary>What a stream used, as it says last: prompt (cached included), of it from the cache, output.</summary>
    public (long Prompt, long Cached, long Output) Usage
    {
        get
        {
            var usage = Events.Where(static e => e.TryGetProperty("usage", out var u) && u.ValueKind == JsonValueKind.Object).Last().GetProperty("usage");
            if (usage.TryGetProperty("prompt_tokens", out var prompt))
            {
                return (prompt.GetInt64(), usage.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt64(), usage.GetProperty("completion_tokens").GetInt64());
            }
            var cached = usage.GetProperty("cache_read_input_tokens").GetInt64();
            return (usage.GetProperty("input_tokens").GetInt64() + cached, cached, usage.GetProperty("output_tokens").GetInt64());
        }
    }

    private static string? TextOf(JsonElement data)
    {
        if (data.TryGetProperty("choices", out var choices))
        {
            if (choices.ValueKind != JsonValueKind.Array) return null;
            return choices.GetArrayLength() > 0 && choices[0].GetProperty("delta").TryGetProperty("content", out var content) ? content.GetString() : null;
        }
        return data.TryGetProperty("delta", out var delta) && delta.TryGetProperty("text", out var text) ? text.GetString() : null;
    }
}
