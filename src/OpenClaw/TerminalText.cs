using System.Buffers;

namespace OpenClaw;

/// <summary>Text that others wrote (a model, a caller, a provider), for a terminal that would obey what is in it.</summary>
internal static class TerminalText
{
    private const char Replacement = '\uFFFD';

    // C0 but for line feed and tab, DEL, C1 (ECMA-48), and what turns the direction of the text around (Unicode UAX 9).
    private static readonly SearchValues<char> s_unsafe = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Where(static c => c is not ('\n' or '\t')).Concat(Enumerable.Range(0x7F, 0x21)).Concat(Enumerable.Range(0x202A, 5)).Concat(Enumerable.Range(0x2066, 4)).Select(static c => (char)c)]);

    /// <summary>The text without what a terminal obeys: characters are replaced one by one, so that a sequence that comes in pieces is caught too. A carriage return is left out.</summary>
    public static string Safe(string text)
    {
        if (text.AsSpan().IndexOfAny(s_unsafe) < 0) return text;
        return string.Concat(text.Where(static c => c != '\r').Select(static c => s_unsafe.Contains(c) ? Replacement : c));
    }
}
