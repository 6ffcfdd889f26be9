using System.Globalization;

namespace OpenClaw.Gateway.Sessions;

/// <summary>Money, tokens and times as the command texts write them.</summary>
internal static class Amounts
{
    /// <summary><c>480</c>, <c>9999</c>, <c>12.3k</c>, <c>1.5M</c>.</summary>
    public static string Tokens(long tokens) => tokens switch
    {
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{tokens / 1_000_000.0:0.#}M"),
        >= 10_000 => string.Create(CultureInfo.InvariantCulture, $"{tokens / 1000.0:0.#}k"),
        _ => tokens.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>A context window: <c>128k</c>.</summary>
    public static string Window(long tokens) => tokens switch
    {
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{tokens / 1_000_000.0:0.#}M"),
        >= 1000 => string.Create(CultureInfo.InvariantCulture, $"{tokens / 1000.0:0}k"),
        _ => tokens.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary><c>2d 3h</c>, <c>2m 41s</c>, <c>12s</c>.</summary>
    public static string Time(TimeSpan time) => time switch
    {
        { TotalDays: >= 1 } => $"{(int)time.TotalDays}d {time.Hours}h",
        { TotalHours: >= 1 } => $"{(int)time.TotalHours}h {time.Minutes}m",
        { TotalMinutes: >= 1 } => $"{(int)time.TotalMinutes}m {time.Seconds}s",
        _ => $"{Math.Max(0, (int)time.TotalSeconds)}s",
    };

    public static string Ago(TimeSpan time) => time.TotalSeconds < 5 ? "just now" : Time(time) + " ago";

    /// <summary>Whole percent.</summary>
    public static long Percent(decimal part, decimal whole) => whole == 0 ? 0 : (long)Math.Round(part * 100 / whole, MidpointRounding.AwayFromZero);

    /// <summary><c>1 request</c>, <c>2 requests</c>.</summary>
    public static string Count(long n, string one) => string.Create(CultureInfo.InvariantCulture, $"{n} {one}{(n == 1 ? "" : "s")}");
}
