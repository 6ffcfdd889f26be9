using System.Diagnostics.CodeAnalysis;

namespace OpenClaw.Config;

/// <summary>
/// <c>provider/model</c>, split at the first slash: <c>openrouter/google/gemini-2.5-flash</c> is OpenRouter's
/// <c>google/gemini-2.5-flash</c>. Compared exactly; the provider part is lower-cased and <c>google</c> becomes <c>gemini</c>.
/// </summary>
public readonly record struct ModelRef(string Provider, string Model)
{
    /// <summary>Reads a reference; false when there is no slash, or nothing on one side of it.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ModelRef reference)
    {
        reference = default;
        if (string.IsNullOrWhiteSpace(text)) return false;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || slash == text.Length - 1) return false;
        reference = new ModelRef(ProviderCatalog.CanonicalId(text[..slash]), text[(slash + 1)..]);
        return true;
    }

    public override string ToString() => Provider + "/" + Model;
}

/// <summary>One line of an allowlist: an exact reference or <c>provider/prefix*</c>.</summary>
public readonly record struct AllowRule(string Provider, string Pattern)
{
    public bool IsWildcard => Pattern.EndsWith('*');

    public bool Matches(ModelRef reference) =>
        string.Equals(Provider, reference.Provider, StringComparison.Ordinal)
        && (IsWildcard
            ? reference.Model.StartsWith(Pattern[..^1], StringComparison.Ordinal)
            : string.Equals(Pattern, reference.Model, StringComparison.Ordinal));

    public override string ToString() => Provider + "/" + Pattern;
}
