using System.Globalization;
using System.Text;

namespace OpenClaw.Gateway.Providers.Scripted;

/// <summary>Plays a fault. One switch: each name of <see cref="ScriptedFault.Catalogue"/> has its line here or in <see cref="ScriptedBody"/>.</summary>
internal static class ScriptedPlay
{
    /// <param name="sinceFirst">Time since the model's first request, for <c>outage</c>.</param>
    public static Task PlayAsync(ScriptedExchange x, ScriptedFault fault, TimeSpan sinceFirst)
    {
        var once = x.Call.Attempt == 1;
        return fault.Name switch
        {
            "ok" or "no-done" or "bad-json" or "drip" or "gzip" or "odd-chunks" or "tool" or "tool-parallel" or "thinking" => AnswerAsync(x, fault),
            "cut" or "cut-after" or "cut-at-byte" or "reset-after" or "stall" or "stall-after" or "garbage-end" or "clean-end" => AnswerAsync(x, fault),
            "tool-cut" or "thinking-cut" => AnswerAsync(x, fault),
            "error-mid-stream" => x.Request.Stream ? AnswerAsync(x, fault) : x.ErrorAsync(ScriptedError.ServerError),
            "ok-no-prefill" => x.Request.Prefill is null ? AnswerAsync(x, fault) : x.ErrorAsync(ScriptedError.NoPrefill),
            "rate-limited-once" => once ? x.ErrorAsync(ScriptedError.RateLimited, null, fault.Duration ?? x.Options.RetryAfter) : AnswerAsync(x, fault),
            "rate-limited" => x.ErrorAsync(ScriptedError.RateLimited, null, fault.Duration),
            "error-once" => once ? x.ErrorAsync(ScriptedError.ServerError, fault.Number) : AnswerAsync(x, fault),
            "error" => x.ErrorAsync(ScriptedError.ServerError, fault.Number),
            "down" => x.ErrorAsync(ScriptedError.ServerError, 503),
            "overloaded" => x.ErrorAsync(ScriptedError.Overloaded),
            "outage" => sinceFirst < (fault.Duration ?? x.Options.Outage) ? x.ErrorAsync(ScriptedError.ServerError, 503) : AnswerAsync(x, fault),
            "context-too-long" => x.ErrorAsync(ScriptedError.ContextTooLong),
            "policy" => x.ErrorAsync(ScriptedError.Policy),
            "money-out" => x.ErrorAsync(ScriptedError.MoneyOut),
            "bad-key" => x.ErrorAsync(ScriptedError.BadKey),
            "refused" or "reset" => ResetAsync(x),
            "reset-once" => once ? ResetAsync(x) : AnswerAsync(x, fault),
            "silent" => x.WaitAsync(fault.Duration ?? x.Options.Silence),
            "slow-headers" => LateAsync(x, fault),
            "slow-first-token" => x.Request.Stream ? AnswerAsync(x, fault, fault.Duration ?? x.Options.FirstToken) : LateAsync(x, fault),
            "pings-forever" => PingAsync(x, fault.Duration ?? x.Options.Silence),
            "error-in" => x.WholeAsync(200, Type(x), x.Request.Stream ? x.Wire.ErrorFrame() : x.Wire.Error(ScriptedError.ServerError, x.Request.Model, 500).Body),
            "empty" => x.WholeAsync(200, Type(x), []),
            "html" => x.WholeAsync(fault.Number ?? 200, "text/html; charset=utf-8", Encoding.UTF8.GetBytes(Page)),
            "wrong-type" => x.WholeAsync(200, "text/plain; charset=utf-8", "All good here."u8.ToArray()),
            "redirect" => x.WholeAsync(307, "text/plain", [], ("Location", x.Origin + "/elsewhere" + x.Request.Target)),
            "ignores-stream" => x.WholeAsync(200, "application/json", x.Wire.Whole(Turn(x, fault))),
            "long-headers" => LongHeadersAsync(x, fault),
            "half-headers" => x.Connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-str"),
            _ => x.ErrorAsync(ScriptedError.NoSuchModel),
        };
    }

    private const string Page = "<!doctype html><html><head><title>Sign in</title></head><body><h1>Sign in to continue</h1></body></html>";

    private static string Type(ScriptedExchange x) => x.Request.Stream ? x.Wire.StreamType : "application/json";

    private static ScriptedTurn Turn(ScriptedExchange x, ScriptedFault fault)
    {
        var prefill = fault.Name == "ok-no-prefill" ? null : x.Request.Prefill;
        var turn = new ScriptedTurn(
            string.Create(CultureInfo.InvariantCulture, $"scripted{x.Call.Attempt:D4}"), x.Request.Model,
            x.Options.Time.GetUtcNow().ToUnixTimeSeconds(), x.Request.PromptWords, x.Request.IncludeUsage)
        {
            Text = ScriptedAnswer.Remainder(prefill),
        };
        return fault.Name switch
        {
            "tool" or "tool-cut" => turn with { Text = "", Tools = ScriptedAnswer.OneTool },
            "tool-parallel" => turn with { Text = "", Tools = ScriptedAnswer.TwoTools },
            "thinking" or "thinking-cut" => turn with { Thinking = ScriptedAnswer.Thinking },
            _ => turn,
        };
    }

    private static async Task AnswerAsync(ScriptedExchange x, ScriptedFault fault, TimeSpan beforeFirst = default)
    {
        var body = ScriptedBody.Build(x.Wire, Turn(x, fault), fault, x.Request.Stream);
        var pause = fault.Name == "drip" ? x.Options.Drip : x.Options.TokenInterval;
        if (body.Gzip) await x.HeadAsync(200, Type(x), body.Length, ("Content-Encoding", "gzip"));
        else await x.HeadAsync(200, Type(x), body.Length);
        await x.WaitAsync(beforeFirst);
        foreach (var piece in body.Pieces)
        {
            if (body.Length is null) await x.Connection.ChunkAsync(piece);
            else await x.Connection.WriteAsync(piece);
            await x.WaitAsync(pause);
        }
        switch (body.Ending)
        {
            case ScriptedEnding.Proper:
                if (body.Length is null) await x.Connection.EndChunksAsync();
                x.KeepOpen = x.Request.KeepAlive;
                break;
            case ScriptedEnding.Reset:
                x.Connection.Reset();
                break;
            case ScriptedEnding.Stall:
                await x.WaitAsync(fault.Duration ?? x.Options.Stall);
                break;
            default:
                break;
        }
    }

    private static Task ResetAsync(ScriptedExchange x)
    {
        x.Connection.Reset();
        return Task.CompletedTask;
    }

    private static async Task LateAsync(ScriptedExchange x, ScriptedFault fault)
    {
        await x.WaitAsync(fault.Duration ?? x.Options.FirstToken);
        await AnswerAsync(x, fault);
    }

    private static async Task PingAsync(ScriptedExchange x, TimeSpan time)
    {
        await x.HeadAsync(200, Type(x), null);
        var step = TimeSpan.FromTicks(Math.Max(time.Ticks / 200, TimeSpan.TicksPerMillisecond * 10));
        for (var passed = TimeSpan.Zero; passed < time; passed += step)
        {
            if (x.Request.Stream && x.Wire.Ping is { } ping) await x.Connection.ChunkAsync(ping);
            await x.WaitAsync(step);
        }
    }

    private static async Task LongHeadersAsync(ScriptedExchange x, ScriptedFault fault)
    {
        var body = x.Request.Stream ? [.. ScriptedBody.Build(x.Wire, Turn(x, fault), fault, true).Pieces.SelectMany(p => p)] : x.Wire.Whole(Turn(x, fault));
        await x.WholeAsync(200, Type(x), body, ("x-long", new string('a', 12_000)), ("x-long-too", new string('b', 12_000)));
    }
}
