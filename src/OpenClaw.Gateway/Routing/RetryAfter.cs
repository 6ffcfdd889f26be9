using System.Globalization;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace OpenClaw.Gateway.Routing;

/// <summary>
/// How long a provider asks to wait, in every spelling seen: <c>retry-after</c> (seconds, fractions, <c>2s</c>, HTTP date),
/// <c>retry-after-ms</c>, <c>x-ratelimit-reset-*</c> (<c>6m0s</c>), <c>anthropic-ratelimit-*-reset</c> (RFC 3339),
/// Google's RetryInfo, and "try again in 1.5s" in the text. Nonsense is ignored; of several the longest holds.
/// </summary>
internal static partial class RetryAfter
{
    /// <summary>A wait beyond this is not believed.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    private static readonly string[] s_openAi = ["requests", "tokens"];
    private static readonly string[] s_anthropic = ["requests", "tokens", "input-tokens", "output-tokens"];

    /// <summary>A lookup over an answer's headers, first value of each.</summary>
    public static Func<string, string?> Lookup(HttpHeaders headers) =>
        name => headers.NonValidated.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    /// <summary>What the provider asks for outright: <c>retry-after</c> and <c>retry-after-ms</c>.</summary>
    public static TimeSpan? Asked(Func<string, string?> header, DateTimeOffset now)
    {
        var wait = OrAtOnce(Number(header("retry-after-ms")), TimeSpan.TicksPerMillisecond);
        var after = header("retry-after")?.Trim();
        if (string.IsNullOrEmpty(after)) return wait;
        return Later(wait, Number(after) is { } seconds ? OrAtOnce(seconds, TimeSpan.TicksPerSecond) : Duration(after) ?? Until(after, now));
    }

    /// <summary>
    /// <see cref="Asked"/> and the reset times of the limits that are used up. Read it for refusals that are about rates:
    /// the reset headers are on every answer.
    /// </summary>
    public static TimeSpan? Read(Func<string, string?> header, DateTimeOffset now)
    {
        var wait = Asked(header, now);
        foreach (var what in s_openAi)
        {
            if (!IsUsedUp(header("x-ratelimit-remaining-" + what))) continue;
            wait = Later(wait, Duration(header("x-ratelimit-reset-" + what)));
        }
        foreach (var what in s_anthropic)
        {
            if (!IsUsedUp(header($"anthropic-ratelimit-{what}-remaining"))) continue;
            wait = Later(wait, Until(header($"anthropic-ratelimit-{what}-reset"), now));
        }
        return IsUsedUp(header("x-ratelimit-remaining")) ? Later(wait, Until(header("x-ratelimit-reset"), now)) : wait;
    }

    /// <summary><c>1s</c>, <c>6m0s</c>, <c>1h2m3.5s</c>, <c>200ms</c>, <c>34.4s</c>, <c>2 minutes</c>; a bare number is seconds. Null: not a wait.</summary>
    public static TimeSpan? Duration(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        if (Number(text) is { } seconds) return Believed(seconds, TimeSpan.TicksPerSecond);
        double ticks = 0;
        var end = 0;
        foreach (var piece in Piece().EnumerateMatches(text))
        {
            if (piece.Index != end) return null;
            end = piece.Index + piece.Length;
            ticks += Ticks(text.AsSpan(piece.Index, piece.Length));
        }
        return end == text.Length ? Believed(ticks, 1) : null;
    }

    /// <summary>The wait named in a sentence ("Please try again in 6m0s", "Please retry in 34.4s", "retry after 12 seconds"), or null.</summary>
    public static TimeSpan? FromText(string text)
    {
        TimeSpan? wait = null;
        foreach (Match match in Sentence().Matches(text))
        {
            wait = Later(wait, Duration(match.Groups[1].Value.TrimEnd()));
        }
        return wait;
    }

    /// <summary>The time until a moment written as RFC 3339, as an HTTP date or as a Unix time in seconds or milliseconds; a small number is a wait in seconds.</summary>
    public static TimeSpan? Until(string? text, DateTimeOffset now)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        if (Number(text) is { } number)
        {
            return number switch
            {
                > 1e11 => Believed(number - now.ToUnixTimeMilliseconds(), TimeSpan.TicksPerMillisecond),
                > 1e9 => Believed(number - now.ToUnixTimeSeconds(), TimeSpan.TicksPerSecond),
                _ => Believed(number, TimeSpan.TicksPerSecond),
            };
        }
        const DateTimeStyles Styles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, Styles, out var at) ? Believed((at - now).Ticks, 1) : null;
    }

    /// <summary>The longer of two waits.</summary>
    public static TimeSpan? Later(TimeSpan? one, TimeSpan? other) =>
        one is null ? other : other is null || one > other ? one : other;

    /// <summary>A limit counts when nothing of it remains, or when its provider does not tell.</summary>
    private static bool IsUsedUp(string? remaining) => remaining is null || Number(remaining) is null or <= 0;

    private static TimeSpan? Believed(double? amount, double ticks) =>
        amount is { } a && a > 0 && a * ticks <= Longest.Ticks ? TimeSpan.FromTicks((long)(a * ticks)) : null;

    /// <summary>0 is an answer too where a wait is named outright: come again at once.</summary>
    private static TimeSpan? OrAtOnce(double? amount, double ticks) => amount is 0 ? TimeSpan.Zero : Believed(amount, ticks);

    private static double? Number(string? text) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
            CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    private static double Ticks(ReadOnlySpan<char> piece)
    {
        var digits = 0;
        while (char.IsAsciiDigit(piece[digits]) || piece[digits] == '.') digits++;
        if (!double.TryParse(piece[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return double.NaN;
        var unit = piece[digits..].Trim();
        return number * unit switch
        {
            _ when unit.StartsWith("ms", StringComparison.OrdinalIgnoreCase) || unit.StartsWith("mil", StringComparison.OrdinalIgnoreCase) => TimeSpan.TicksPerMillisecond,
            _ when unit.StartsWith('m') || unit.StartsWith('M') => TimeSpan.TicksPerMinute,
            _ when unit.StartsWith('h') || unit.StartsWith('H') => TimeSpan.TicksPerHour,
            _ when unit.StartsWith('d') || unit.StartsWith('D') => TimeSpan.TicksPerDay,
            _ => TimeSpan.TicksPerSecond,
        };
    }

    private const string PiecePattern = @"\d+(?:\.\d+)?\s*(?:milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)(?![a-z])\s*";

    [GeneratedRegex(PiecePattern, RegexOptions.IgnoreCase)]
    private static partial Regex Piece();

    [GeneratedRegex(@"\b(?:again in|retry in|retry after|available in|please wait)\s+(?:about\s+)?((?:" + PiecePattern + ")+)", RegexOptions.IgnoreCase)]
    private static partial Regex Sentence();
}
