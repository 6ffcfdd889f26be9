namespace OpenClaw.Bench;

internal static class Statistics
{
    public static double Median(this IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        if (sorted.Length == 0) return double.NaN;
        var half = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /// <summary>The median of the quotients of each round, so that a drift of the machine between rounds cancels out.</summary>
    public static double MedianRatio(IEnumerable<double> ours, IEnumerable<double> theirs) => ours.Zip(theirs, static (a, b) => a / b).Median();
}
