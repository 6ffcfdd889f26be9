using System.Globalization;

namespace OpenClaw;

/// <summary>Times and amounts as people read them.</summary>
internal static class Readable
{
    /// <summary><c>2d 3h</c>, <c>2m 41s</c>, <c>12s</c>.</summary>
    public static string Time(TimeSpan time) => time switch
    {
        { TotalDays: >= 1 } => $"{(int)time.TotalDays}d {time.Hours}h",
        { TotalHours: >= 1 } => $"{(int)time.TotalHours}h {time.Minutes}m",
        { TotalMinutes: >= 1 } => $"{(int)time.TotalMinutes}m {time.Seconds}s",
        _ => $"{Math.Max(0, (int)time.TotalSeconds)}s",
    };

    /// <summary><c>4.2 ms</c>, <c>85 ms</c>, <c>1.20 s</c>; empty for null.</summary>
    public static string Milliseconds(double? ms) => ms switch
    {
        null => "",
        < 10 => string.Create(CultureInfo.InvariantCulture, $"{ms:0.0} ms"),
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{ms:0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{ms / 1000:0.00} s"),
    };

    /// <summary><c>8k</c>, <c>128k</c>, <c>1M</c> tokens; <c>-</c> when unknown.</summary>
    public static string Tokens(long? tokens) => tokens switch
    {
        null => "-",
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{tokens / 1_000_000.0:0.#}M"),
        >= 1000 => string.Create(CultureInfo.InvariantCulture, $"{tokens / 1000.0:0}k"),
        _ => tokens.Value.ToString(CultureInfo.InvariantCulture),
    };
}
