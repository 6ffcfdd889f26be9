using System.Globalization;
using System.Text;
using System.Text.Json;
using OpenClaw.Client;

namespace OpenClaw.Demo;

/// <summary>The show as a table that grows row by row, so its columns have fixed widths.</summary>
internal sealed class DemoText(bool colors)
{
    private const int NameWidth = 32;
    private const int WhatWidth = 44;
    private const int TimeWidth = 10;

    public string Head()
    {
        var line = Columns("fault, attempt by attempt", "what happened", "first word", "total");
        return Dim(line) + "\n" + Dim(new string('─', line.Length)) + "\n";
    }

    /// <summary>The rows of one fault: what the caller got, and below it every attempt.</summary>
    /// <param name="expected">The answer as it is without a fault.</param>
    public string Rows(int number, string title, DemoReply reply, JsonElement decision, string expected)
    {
        var text = new StringBuilder();
        var name = number == 0 ? title : string.Create(CultureInfo.InvariantCulture, $"{number}. {title}");
        var verdict = Verdict(reply, expected).PadRight(WhatWidth);
        text.Append(Columns(
            Bold(name.PadRight(NameWidth)),
            IsWhole(reply, expected) ? Green(verdict) : Red(verdict),
            Readable.Milliseconds(reply.FirstTokenMs),
            Readable.Milliseconds(reply.TotalMs))).Append('\n');
        foreach (var attempt in decision.Items("attempts"))
        {
            text.Append(Columns("   " + attempt.Text("target"), What(attempt), "", "").TrimEnd()).Append('\n');
        }
        return text.Append('\n').ToString();
    }

    /// <summary>What an attempt came to, in plain words.</summary>
    public static string What(JsonElement attempt)
    {
        var waited = attempt.Number("waitedMs") is { } ms ? $"waited {Readable.Milliseconds(ms)}, " : "";
        if (attempt.Text("failure") is not { } failure)
        {
            return waited + attempt.Text("kind") switch
            {
                "restart" => "asked again, skipped what was said, finished",
                "prefill" => "went on where it stopped",
                _ => "answered",
            };
        }
        return waited + failure switch
        {
            "connect" => "nobody listens there",
            "rateLimited" => "429, asks to come back later",
            "cut" => "broke off in mid-answer",
            "idleTimeout" => "silent in mid-answer for 1 s, given up",
            _ => failure,
        };
    }

    /// <summary>True when the caller got exactly what it would have got without the fault.</summary>
    public static bool IsWhole(DemoReply reply, string expected) => reply.Problem is null && reply.Text == expected;

    public static string Verdict(DemoReply reply, string expected)
    {
        var total = new DemoReply(expected, null, 0, null, null).Words;
        var words = string.Create(CultureInfo.InvariantCulture, $"{reply.Words} of {total} words");
        return IsWhole(reply, expected) ? $"whole answer: yes, {words}" : $"whole answer: NO, {words}{(reply.Problem is null ? "" : ", " + reply.Problem)}";
    }

    public static string Invitation(string gateway) => $$"""
        The gateway stays up at {{gateway}}; Ctrl-C ends it. Try it:

        # a chain whose first target is cut in mid-answer, streaming
        curl -sN {{gateway}}/v1/chat/completions -H 'content-type: application/json' \
          -d '{"model":"default","stream":true,"messages":[{"role":"user","content":"hello"}]}'

        # the same over Anthropic's protocol, whose first provider is not there
        curl -s {{gateway}}/v1/messages -H 'content-type: application/json' \
          -d '{"model":"refused","max_tokens":200,"messages":[{"role":"user","content":"hello"}]}'

        # why each request went where it went
        curl -s '{{gateway}}/openclaw/v1/decisions?limit=2'

        """;

    private static string Columns(string name, string what, string first, string total) =>
        name.PadRight(NameWidth) + "  " + what.PadRight(WhatWidth) + "  " + first.PadLeft(TimeWidth) + "  " + total.PadLeft(TimeWidth);

    private string Bold(string text) => Paint(text, "1");

    private string Red(string text) => Paint(text, "31");

    private string Green(string text) => Paint(text, "32");

    private string Dim(string text) => Paint(text, "2");

    private string Paint(string text, string code) => colors ? $"\u001b[{code}m{text}\u001b[0m" : text;
}
