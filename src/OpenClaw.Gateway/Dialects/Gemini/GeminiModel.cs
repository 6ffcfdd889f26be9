using System.Globalization;

namespace OpenClaw.Gateway.Dialects.Gemini;

internal enum GeminiThinking
{
    /// <summary>Refuses a <c>thinkingConfig</c> (1.x, 2.0, Gemma).</summary>
    None,

    /// <summary><c>thinkingBudget</c> (2.5; later ones accept it too).</summary>
    Budget,

    /// <summary><c>thinkingLevel</c> (3 and later).</summary>
    Level,
}

/// <summary>
/// What a model's name tells of its abilities. Source: Google's guides to thinking, thought signatures and function calling.
/// The moving names (<c>gemini-flash-latest</c>) may be of generation 2.5 or later: for them, what both accept is chosen.
/// </summary>
internal readonly record struct GeminiModel(int Major, int Minor, bool IsPro, bool IsLite, bool IsMoving)
{
    /// <summary>Answers 400 when the first call of a step comes back without its signature.</summary>
    public bool DemandsSignatures => Major >= 3 || IsMoving;

    /// <summary>Takes media inside a function's response, and JSON output beside tools.</summary>
    public bool IsThirdGeneration => Major >= 3;

    /// <summary>Refuses frequency and presence penalties other than 0.</summary>
    public bool RefusesPenalties => Major >= 3 || (Major == 2 && Minor >= 5) || IsMoving;

    public GeminiThinking Thinking => Major switch
    {
        >= 3 => GeminiThinking.Level,
        2 when Minor >= 5 => GeminiThinking.Budget,
        0 when IsMoving => GeminiThinking.Budget,
        _ => GeminiThinking.None,
    };

    /// <summary>The range of <c>thinkingBudget</c> other than 0 (off).</summary>
    public (int Least, int Most) BudgetRange => (IsPro, IsLite) switch
    {
        (true, _) => (128, 32768),
        (_, true) => (512, 24576),
        _ => (1, 24576),
    };

    /// <summary>The Pro models always think.</summary>
    public bool CanStopThinking => !IsPro && Major < 3;

    public static GeminiModel Of(string name)
    {
        var text = name[(name.LastIndexOf('/') + 1)..];
        if (!text.StartsWith("gemini-", StringComparison.Ordinal)) return default;
        var isPro = text.Contains("-pro", StringComparison.Ordinal);
        var isLite = text.Contains("-lite", StringComparison.Ordinal);
        var version = text.AsSpan(7);
        var end = version.IndexOf('-');
        if (end >= 0) version = version[..end];
        if (decimal.TryParse(version, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 100)
        {
            return new GeminiModel((int)number, (int)(number * 10) % 10, isPro, isLite, IsMoving: false);
        }
        return new GeminiModel(0, 0, isPro, isLite, IsMoving: text.EndsWith("-latest", StringComparison.Ordinal));
    }
}
