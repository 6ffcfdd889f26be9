using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.Tests;

/// <summary>
/// A provider that counts what it bills: prompt words and every token it has sent. Its models are <c>talk-TOKENS-MSms</c>: an
/// answer of so many tokens, a token a piece, with a pause between two of them; <c>max_tokens</c> ends it early.
/// </summary>
internal sealed class CountingProvider : IAsyncDisposable
{
    /// <summary>Dollars for a million tokens.</summary>
    public const decimal InputPrice = 1;

    public const decimal OutputPrice = 10;

    private readonly ScriptedServer _server = ScriptedServer.Start(new ScriptedOptions { LogCapacity = 10 });
    private long _prompt;
    private long _output;
    private int _calls;
    private int _open;

    public CountingProvider()
    {
        _server.On("talk*", AnswerAsync);
        _server.On("stumble*", StumbleAsync);
    }

    public Uri BaseUrl => _server.BaseUrl;

    /// <summary>What it would bill: prompt and output tokens.</summary>
    public (long Prompt, long Output) Billed => (Interlocked.Read(ref _prompt), Interlocked.Read(ref _output));

    public decimal Cost => ((Billed.Prompt * InputPrice) + (Billed.Output * OutputPrice)) / 1_000_000m;

    public int Calls => _calls;

    /// <summary>Answers under way.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Set: the Nth answer (from 1) ends its connection after so many tokens.</summary>
    public ConcurrentDictionary<int, int> CutAfter { get; } = new();

    /// <summary>A provider of the configuration, with its price.</summary>
    public string Config(params string[] models) => $$"""
        "count": { "baseUrl": "{{BaseUrl}}", "api": "openai-completions", "apiKey": "sk-count", "models": [{{string.Join(", ", models.Select(static m => $$"""{ "id": "{{m}}", "name": "{{m}}", "maxTokens": 100000, "contextWindow": 200000, "cost": { "input": 1, "output": 10 } }"""))}}] }
        """;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task StumbleAsync(ScriptedExchange x) => await x.ErrorAsync(ScriptedError.ServerError, 503);

    private async Task AnswerAsync(ScriptedExchange x)
    {
        var parts = x.Request.Model.Split('-');
        var pause = parts.Length > 2 ? TimeSpan.FromMilliseconds(int.Parse(parts[2].Replace("ms", "", StringComparison.Ordinal), CultureInfo.InvariantCulture)) : TimeSpan.Zero;
        var wanted = Wanted(x.Request.Body);
        var tokens = Math.Min(wanted.Length ?? int.Parse(parts[1], CultureInfo.InvariantCulture), wanted.Most ?? int.MaxValue);
        var turn = new ScriptedTurn(x.Call.Attempt.ToString(CultureInfo.InvariantCulture), x.Request.Model, 1, x.Request.PromptWords, x.Request.IncludeUsage)
        {
            Text = string.Join(' ', Enumerable.Range(0, tokens).Select(static i => "w" + (i % 1000).ToString(CultureInfo.InvariantCulture))),
        };
        var number = Interlocked.Increment(ref _calls);
        var cut = CutAfter.GetValueOrDefault(number, int.MaxValue);
        Interlocked.Increment(ref _open);
        try
        {
            if (!x.Request.Stream)
            {
                await x.WaitAsync(pause * Math.Min(tokens, 50));
                Interlocked.Add(ref _prompt, x.Request.PromptWords);
                Interlocked.Add(ref _output, tokens);
                await x.WholeAsync(200, "application/json", x.Wire.Whole(turn));
                return;
            }
            Interlocked.Add(ref _prompt, x.Request.PromptWords);
            await x.HeadAsync(200, x.Wire.StreamType, null);
            var sent = 0;
            foreach (var frame in x.Wire.Stream(turn))
            {
                if (frame.Mark == ScriptedMark.Text && sent++ == cut) return;
                // What is generated is billed, whether or not anyone still reads it.
                if (frame.Mark == ScriptedMark.Text) Interlocked.Increment(ref _output);
                await x.Connection.ChunkAsync(frame.Bytes);
                if (frame.Mark != ScriptedMark.Text) continue;
                if (pause > TimeSpan.Zero) await x.WaitAsync(pause);
            }
            await x.Connection.EndChunksAsync();
            x.KeepOpen = x.Request.KeepAlive;
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    // max_tokens, and how long the answer would be without it, where the caller says so (in user).
    private static (int? Most, int? Length) Wanted(byte[] body)
    {
        using var json = JsonDocument.Parse(body);
        var root = json.RootElement;
        int? most = root.TryGetProperty("max_tokens", out var m) ? m.GetInt32() : root.TryGetProperty("max_completion_tokens", out var c) ? c.GetInt32() : null;
        int? length = root.TryGetProperty("user", out var u) && int.TryParse(u.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : null;
        return (most, length);
    }
}
