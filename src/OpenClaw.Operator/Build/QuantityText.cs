using System.Globalization;

namespace OpenClaw.Operator.Build;

/// <summary>Kubernetes' quantities as numbers, to compare them: <c>500m</c>, <c>8Gi</c>, <c>1e3</c>.</summary>
internal static class QuantityText
{
    private static readonly (string Suffix, double Size)[] s_suffixes =
    [
        ("Ki", 1024d), ("Mi", 1048576d), ("Gi", 1073741824d), ("Ti", 1099511627776d), ("Pi", 1125899906842624d), ("Ei", 1152921504606846976d),
        ("n", 1e-9), ("u", 1e-6), ("m", 1e-3), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12), ("P", 1e15), ("E", 1e18),
    ];

    public static bool TryParse(string text, out double value)
    {
        var size = 1d;
        foreach (var (suffix, factor) in s_suffixes)
        {
            if (!text.EndsWith(suffix, StringComparison.Ordinal)) continue;
            text = text[..^suffix.Length];
            size = factor;
            break;
        }
        var isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
        value *= size;
        return isNumber;
    }
}
