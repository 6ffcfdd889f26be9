using System.Buffers;
using System.Globalization;

namespace OpenClaw.Operator.Api;

/// <summary>Durations as Kubernetes writes them: <c>1h30m</c>, <c>90s</c>, <c>1.5h</c>.</summary>
internal static class GoDuration
{
    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789.");

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var rest = text.AsSpan();
        if (rest.IsEmpty) return false;
        var seconds = 0.0;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(s_digits);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return false;
            rest = rest[digits..];
            var letters = rest.IndexOfAny(s_digits);
            var unit = letters < 0 ? rest : rest[..letters];
            rest = rest[unit.Length..];
            double? size = unit switch { "h" => 3600, "m" => 60, "s" => 1, "ms" => 1e-3, "us" or "µs" => 1e-6, "ns" => 1e-9, _ => null };
            if (size is null) return false;
            seconds += number * size.Value;
        }
        if (seconds > TimeSpan.MaxValue.TotalSeconds) return false;
        duration = TimeSpan.FromSeconds(seconds);
        return true;
    }
}
