using System.Globalization;

namespace OpenClaw.Config.Text;

/// <summary>Durations as people write them: <c>500ms</c>, <c>3s</c>, <c>2m</c>, <c>1h</c>, <c>1m30s</c>; a bare number is seconds.</summary>
public static class DurationText
{
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var rest = text.AsSpan().Trim();
        if (rest.Length is 0 or > 40) return false;
        if (TrySeconds(rest, 1000, out var milliseconds)) return TryMake(milliseconds, out duration);
        decimal total = 0;
        while (rest.Length > 0)
        {
            var digits = 0;
            while (digits < rest.Length && (char.IsAsciiDigit(rest[digits]) || rest[digits] == '.')) digits++;
            var unit = digits;
            while (unit < rest.Length && char.IsAsciiLetter(rest[unit])) unit++;
            var factor = Factor(rest[digits..unit]);
            if (factor == 0 || !TrySeconds(rest[..digits], factor, out var part)) return false;
            total += part;
            rest = rest[unit..];
        }
        return TryMake(total, out duration);
    }

    /// <summary>The shortest exact form: <c>90s</c> is written <c>90s</c>, <c>120s</c> is written <c>2m</c>.</summary>
    public static string Write(TimeSpan duration)
    {
        var milliseconds = (long)duration.TotalMilliseconds;
        var (value, unit) = milliseconds switch
        {
            0 => (0L, "s"),
            >= 2 * 86_400_000L when milliseconds % 86_400_000 == 0 => (milliseconds / 86_400_000, "d"),
        _ when milliseconds % 3_600_000 == 0 => (milliseconds / 3_600_000, "h"),
            _ when milliseconds % 60_000 == 0 => (milliseconds / 60_000, "m"),
            _ when milliseconds % 1000 == 0 => (milliseconds / 1000, "s"),
            _ => (milliseconds, "ms"),
        };
        return value.ToString(CultureInfo.InvariantCulture) + unit;
    }

    private static bool TrySeconds(ReadOnlySpan<char> digits, int factor, out decimal milliseconds)
    {
        milliseconds = 0;
        if (!decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) || value > 10_000_000_000m) return false;
        milliseconds = value * factor;
        return true;
    }

    private static bool TryMake(decimal milliseconds, out TimeSpan duration)
    {
        duration = default;
        if (milliseconds > 1_000_000_000_000m) return false;
        duration = TimeSpan.FromMilliseconds((double)decimal.Round(milliseconds));
        return true;
    }

    private static int Factor(ReadOnlySpan<char> unit) => unit switch
    {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => 0,
    };
}
