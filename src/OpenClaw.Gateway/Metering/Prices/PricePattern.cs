namespace OpenClaw.Gateway.Metering.Prices;

/// <summary>
/// How a row of the table names models. An exact name beats everything; then comes the exact name of which the model asked for
/// is a dated snapshot; then the longest prefix (<c>claude-opus-4-5*</c>) or part (<c>*titan-text-lite*</c>). Names are
/// compared without regard to case, as providers do.
/// </summary>
internal static class PricePattern
{
    /// <summary>Higher is better; 0 = not this row.</summary>
    public static int Rank(string pattern, string model)
    {
        if (pattern.Equals(model, StringComparison.OrdinalIgnoreCase)) return int.MaxValue;
        if (!pattern.EndsWith('*'))
        {
            return pattern.AsSpan().Equals(WithoutDate(model), StringComparison.OrdinalIgnoreCase) ? int.MaxValue - 1 : 0;
        }
        if (pattern.StartsWith('*'))
        {
            var part = pattern.AsSpan(1, pattern.Length - 2);
            return model.AsSpan().Contains(part, StringComparison.OrdinalIgnoreCase) ? part.Length + 1 : 0;
        }
        var prefix = pattern.AsSpan(0, pattern.Length - 1);
        return model.AsSpan().StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && !IsAnotherVersion(model.AsSpan(prefix.Length)) ? prefix.Length + 1 : 0;
    }

    /// <summary>
    /// The name of which it is a snapshot: <c>-20250514</c>, <c>@20250514</c> (Vertex AI), <c>-2025-05-14</c> and <c>-latest</c>
    /// are cut off. Shorter numbers are versions with prices of their own (<c>gpt-4-0613</c>, <c>mistral-large-2407</c>).
    /// </summary>
    public static ReadOnlySpan<char> WithoutDate(ReadOnlySpan<char> model)
    {
        if (model.EndsWith("-latest", StringComparison.OrdinalIgnoreCase)) return model[..^7];
        var end = model.Length;
        if (end > 9 && model[end - 9] is '-' or '@' && AreDigits(model[^8..])) return model[..^9];
        var isIso = end > 11 && model[end - 11] is '-' or '@' && model[end - 6] == '-' && model[end - 3] == '-'
            && AreDigits(model.Slice(end - 10, 4)) && AreDigits(model.Slice(end - 5, 2)) && AreDigits(model[^2..]);
        return isIso ? model[..^11] : model;
    }

    // claude-sonnet-5* is not claude-sonnet-5-1, which nobody has priced yet.
    private static bool IsAnotherVersion(ReadOnlySpan<char> rest)
    {
        if (rest.Length < 2 || rest[0] is not ('-' or '.') || !char.IsAsciiDigit(rest[1])) return false;
        var digits = 1;
        while (digits + 1 < rest.Length && char.IsAsciiDigit(rest[digits + 1])) digits++;
        return digits <= 2;
    }

    private static bool AreDigits(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c)) return false;
        }
        return true;
    }
}
