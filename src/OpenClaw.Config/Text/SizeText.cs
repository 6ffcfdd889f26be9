using System.Globalization;

namespace OpenClaw.Config.Text;

/// <summary>Sizes as people write them: <c>500MB</c>, <c>1.5GB</c>; a bare number is bytes. A KB has 1024 bytes.</summary>
public static class SizeText
{
    public const long Least = 10L << 20;
    public const long Most = 1L << 50;

    private static readonly (string Unit, long Factor)[] s_units = [("TB", 1L << 40), ("GB", 1L << 30), ("MB", 1L << 20), ("KB", 1L << 10), ("B", 1), ("", 1)];

    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var trimmed = text.AsSpan().Trim();
        foreach (var (unit, factor) in s_units)
        {
            if (!trimmed.EndsWith(unit, StringComparison.OrdinalIgnoreCase)) continue;
            var digits = trimmed[..^unit.Length].TrimEnd();
            if (!decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) || value > Most / factor) return false;
            bytes = (long)(value * factor);
            return true;
        }
        return false;
    }

    /// <summary>The shortest exact form: 1073741824 is written <c>1GB</c>.</summary>
    public static string Write(long bytes)
    {
        foreach (var (unit, factor) in s_units)
        {
            if (bytes % factor == 0) return (bytes / factor).ToString(CultureInfo.InvariantCulture) + (factor == 1 ? "B" : unit);
        }
        return bytes.ToString(CultureInfo.InvariantCulture);
    }
}
