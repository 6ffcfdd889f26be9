using System.Globalization;

namespace OpenClaw.Gateway.Providers.Scripted;

/// <summary>
/// A fault as a model's name says it: words, and at most one number and one duration among them.
/// <c>stall-after-20-30s</c> is <c>stall-after</c>, 20, 30 s; <c>error-500-once</c> is <c>error-once</c>, 500.
/// </summary>
/// <param name="Name">The words, joined by hyphens.</param>
internal readonly record struct ScriptedFault(string Name, int? Number, TimeSpan? Duration)
{
    /// <summary>Reads the part of <paramref name="model"/> after its last slash; a leading <c>fb-</c> is dropped.</summary>
    public static ScriptedFault Parse(string model)
    {
        var tag = model[(model.LastIndexOf('/') + 1)..].Trim().ToLowerInvariant();
        if (tag.StartsWith("fb-", StringComparison.Ordinal)) tag = tag[3..];
        int? number = null;
        TimeSpan? duration = null;
        var words = new List<string>();
        foreach (var word in tag.Split('-'))
        {
            if (number is null && int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var n)) number = n;
            else if (duration is null && TryReadDuration(word, out var d)) duration = d;
            else words.Add(word);
        }
        return new ScriptedFault(string.Join('-', words), number, duration);
    }

    /// <summary>Every name with what it does, for model lists and for people.</summary>
    public static IReadOnlyList<(string Name, string What)> Catalogue { get; } =
    [
        ("ok", "answers"),
        ("ok-no-prefill", "answers; 400 when the last message is the assistant's"),
        ("rate-limited-once", "429 with Retry-After once, then answers"),
        ("rate-limited", "429 every time"),
        ("error-500-once", "this status once, then answers"),
        ("error-500", "this status every time"),
        ("down", "503 every time"),
        ("overloaded", "the protocol's own overload error every time"),
        ("outage-60s", "503 for this long from its first request, then answers"),
        ("refused", "the connection is reset as soon as it is there"),
        ("reset", "the connection is reset before any header"),
        ("reset-once", "reset once, then answers"),
        ("silent", "accepts and never answers"),
        ("slow-headers-20s", "nothing, not even headers, for this long, then answers"),
        ("slow-first-token-20s", "headers at once, the first token after this long"),
        ("pings-forever", "headers and comments, never a token"),
        ("cut", "the connection closes after 40 of 60 tokens, without an end"),
        ("cut-after-20", "closes after this many tokens"),
        ("cut-at-byte-500", "closes after this many bytes of the body"),
        ("reset-after-20", "reset after this many tokens"),
        ("stall-after-20-30s", "silent for this long after this many tokens, then closes"),
        ("bad-json", "the tenth token's event is not JSON"),
        ("no-done", "everything but the protocol's last word"),
        ("garbage-end", "after 40 tokens a line of plain text and a proper end"),
        ("clean-end", "after 40 tokens a proper end of the body, without a finish"),
        ("error-mid-stream", "an error event of the protocol after 40 tokens"),
        ("error-in-200", "status 200, and an error in the body"),
        ("empty", "status 200 and nothing"),
        ("html", "status 200 and a web page"),
        ("wrong-type", "status 200 and plain text"),
        ("redirect", "a 307 to another path of this server"),
        ("ignores-stream", "answers whole although a stream was asked for"),
        ("drip", "answers in pieces of a few bytes"),
        ("gzip", "answers compressed, asked or not"),
        ("odd-chunks", "answers in chunks that split lines and characters"),
        ("long-headers", "answers with 24 KB of headers"),
        ("half-headers", "closes in the middle of the headers"),
        ("context-too-long", "400, the prompt does not fit"),
        ("policy", "400, refused for its content"),
        ("money-out", "the protocol's out-of-quota error"),
        ("bad-key", "401"),
        ("no-such-model", "404"),
        ("tool", "calls get_weather"),
        ("tool-parallel", "calls get_weather twice"),
        ("tool-cut-12", "closes after this many characters of the arguments"),
        ("thinking", "thinks, then answers"),
        ("thinking-cut", "closes in mid-thought"),
    ];

    private static bool TryReadDuration(string word, out TimeSpan duration)
    {
        duration = default;
        var (digits, unit) = word.EndsWith("ms", StringComparison.Ordinal) ? (word[..^2], 1)
            : word.EndsWith('s') ? (word[..^1], 1000)
            : word.EndsWith('m') ? (word[..^1], 60_000)
            : ("", 0);
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var n)) return false;
        duration = TimeSpan.FromMilliseconds((double)n * unit);
        return true;
    }
}
