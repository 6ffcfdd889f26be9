using System.Globalization;
using System.Text.Json;
using OpenClaw.Client;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Chat;

/// <summary>Where the words of a conversation go.</summary>
/// <param name="Answer">The answer itself, as it comes.</param>
/// <param name="Notice">A line about the answer: who gave it, what it cost, why it stopped.</param>
internal sealed record ChatVoice(Action<string> Answer, Action<string> Notice);

/// <summary>
/// One conversation: says a message, shows the answer as it comes, and tells what a person should know of it. A fallback is
/// told once, when it begins and when it ends.
/// </summary>
internal sealed class ChatLoop(ConversationClient client, ChatVoice voice)
{
    private string? _fallback;

    /// <param name="cancel">Stops the answer: the connection is closed, and with it the provider's.</param>
    public async Task<Said> SayAsync(string text, CancellationToken cancel)
    {
        var ended = true;
        var said = await client.SayAsync(
            text,
            piece =>
            {
                voice.Answer(piece);
                ended = piece.EndsWith('\n');
            },
            to => voice.Notice($"\n↪️ {to} goes on with the answer"),
            cancel).ConfigureAwait(false);
        if (!ended) voice.Answer("\n");
        if (said.Kind == SaidKind.Stopped) voice.Notice(said.Text.Length == 0 ? "(stopped)" : "(stopped: this is a part of the answer)");
        if (said.Kind is SaidKind.Answered or SaidKind.Interrupted && said.Decision is { } decision)
        {
            await TellAsync(said, await client.AfterAsync(decision, CancellationToken.None).ConfigureAwait(false)).ConfigureAwait(false);
        }
        return said;
    }

    private Task TellAsync(Said said, JsonElement session)
    {
        var last = session.Child("last");
        if (last.Text("decision") != said.Decision) return Task.CompletedTask;
        var model = last.Text("model");
        if (last.Text("fellBackFrom") is { } from)
        {
            if (_fallback != model) voice.Notice($"↪️ Model Fallback: {model} (selected {from}; {last.Text("why")})");
            _fallback = model;
        }
        else if (_fallback is { } before)
        {
            voice.Notice($"↪️ Model Fallback cleared: {model} (was {before})");
            _fallback = null;
        }
        if (Footer(session, last) is { } footer) voice.Notice(footer);
        return Task.CompletedTask;
    }

    // As /usage set it: off, the tokens, or everything.
    private static string? Footer(JsonElement session, JsonElement last)
    {
        var usage = last.Child("usage");
        var tokens = string.Create(CultureInfo.InvariantCulture, $"{Total(usage)} in / {usage.Number("output") ?? 0} out");
        return session.Text("usageFooter") switch
        {
            "tokens" => "Usage: " + tokens,
            "full" => string.Create(
                CultureInfo.InvariantCulture,
                $"Usage: {tokens} · {usage.Number("cacheRead") ?? 0} cached · {Cost(last)} · {last.Text("model")} · {Readable.Milliseconds(last.Number("totalMs"))} · session {Dollars.OfJson(session.Number("cost"))}"),
            _ => null,
        };
    }

    private static double Total(JsonElement usage) =>
        (usage.Number("input") ?? 0) + (usage.Number("cacheRead") ?? 0) + (usage.Number("cacheWrite") ?? 0) + (usage.Number("cacheWrite1h") ?? 0);

    private static string Cost(JsonElement last) => last.Text("costSource") == "unpriced" ? "no price" : Dollars.OfJson(last.Number("cost"));
}
