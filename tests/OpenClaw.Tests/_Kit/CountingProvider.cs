using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.Tests;

/// <summary>
/// A provider that counts what it bills: prompt words and every token it has sent. Its models are <c>talk-TOKENS-MSms</c>: an
/// answer of so many tokens, a token a piece, with a pause between two of them; <c>max_tokens</c> ends it early. Of three
/// answers of <c>wobble-TOKENS-MSms</c> one is an error, one is cut after a third of it, where it streams, and one is whole.
/// </summary>
internal sealed class CountingProvider : IAsyncDisposable
{
    /// <summary>Dollars for a million tokens.</summary>
    public const decimal InputPrice = 1;

    public const decimal OutputPrice = 10;

    private readonly ScriptedServer _server = ScriptedServer.Start(new ScriptedOptions { LogCapacity = 10 });
    private long _prompt;
    private long _output;
    private long _openPrompt;
    private long _openOutput;
    private int _calls;
    private int _wobbles;
    private int _open;

    public CountingProvider()
    {
        _server.On("talk*", AnswerAsync);
        _server.On("stumble*", StumbleAsync);
        _server.On("wobble*", WobbleAsync);
    }

    public Uri BaseUrl => _server.BaseUrl;

    /// <summary>What it would bill: prompt and output tokens.</summary>
    public (long Prompt, long Output) Billed => (Interlocked.Read(ref _prompt), Interlocked.Read(ref _output));

    public decimal Cost => Dollars(Billed.Prompt, Billed.Output);

    /// <summary>What answers that have ended came to; not less, should one end meanwhile.</summary>
    public decimal CostOfEnded
    {
        get
        {
            var open = Dollars(Interlocked.Read(ref _openPrompt), Interlocked.Read(ref _openOutput));
            return Cost - open;
        }
    }

    public int Calls => _calls;

    /// <summary>Answers that were an error.</summary>
    public int Errors { get; private set; }

    /// <summary>Streams whose connection was ended in the middle.</summary>
    public int Cuts { get; private set; }

    /// <summary>Answers under way.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Set: the Nth answer (from 1) ends its connection after so many tokens.</summary>
    public ConcurrentDictionary<int, int> CutAfter { get; } = new();

    /// <summary>A provider of the configuration, with its price.</summary>
    public string Config(params string[] models) => $$"""
        "count": { "baseUrl": "{{BaseUrl}}", "api": "openai-completions", "apiKey": "sk-count", "models": [{{string.Join(", ", models.Select(static m => $$"""{ "id": "{{m}}", "name": "{{m}}", "maxTokens": 100000, "contextWindow": 200000, "cost": { "input": 1, "output": 10 } }"""))}}] }
        """;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static decimal Dollars(long prompt, long output) => ((prompt * InputPrice) + (output * OutputPrice)) / 1_000_000m;

    private Task StumbleAsync(ScriptedExchange x) => x.ErrorAsync(ScriptedError.ServerError, 503);

    private Task WobbleAsync(ScriptedExchange x)
    {
        var kind = Interlocked.Increment(ref _wobbles) % 3;
        if (kind == 0)
        {
            lock (_server) Errors++;
            return StumbleAsync(x);
        }
        return AnswerAsync(x, kind == 1 ? int.Parse(x.Request.Model.Split('-')[1], CultureInfo.InvariantCulture) / 3 : int.MaxValue);
    }

    private Task AnswerAsync(ScriptedExchange x) => AnswerAsync(x, int.MaxValue);

    private async Task AnswerAsync(ScriptedExchange x, int cutAfter)
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
        var cut = Math.Min(cutAfter, CutAfter.GetValueOrDefault(number, int.MaxValue));
        var bill = new Bill(this);
        Interlocked.Increment(ref _open);
        try
        {
            if (!x.Request.Stream)
            {
                await x.WaitAsync(pause * Math.Min(tokens, 50));
                bill.Add(x.Request.PromptWords, tokens);
                await x.WholeAsync(200, "application/json", x.Wire.Whole(turn));
                return;
            }
            bill.Add(x.Request.PromptWords, 0);
            await x.HeadAsync(200, x.Wire.StreamType, null);
            var sent = 0;
            foreach (var frame in x.Wire.Stream(turn))
            {
                if (frame.Mark == ScriptedMark.Text && sent++ == cut)
                {
                    lock (_server) Cuts++;
                    return;
                }
                // What is generated is billed, whether or not anyone still reads it.
                if (frame.Mark == ScriptedMark.Text) bill.Add(0, 1);
                await x.Connection.ChunkAsync(frame.Bytes);
                if (frame.Mark != ScriptedMark.Text) continue;
                if (pause > TimeSpan.Zero) await x.WaitAsync(pause);
            }
            await x.Connection.EndChunksAsync();
            x.KeepOpen = x.Request.KeepAlive;
        }
        finally
        {
            bill.Close();
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

    // One answer's.
    private sealed class Bill(CountingProvider provider)
    {
        private long _prompt;
        private long _output;

        public void Add(long prompt, long output)
        {
            (_prompt, _output) = (_prompt + prompt, _output + output);
            Interlocked.Add(ref provider._openPrompt, prompt);
            Interlocked.Add(ref provider._openOutput, output);
            Interlocked.Add(ref provider._prompt, prompt);
            Interlocked.Add(ref provider._output, output);
        }

        public void Close()
        {
            Interlocked.Add(ref provider._openPrompt, -_prompt);
            Interlocked.Add(ref provider._openOutput, -_output);
        }
    }
}
