using System.Text;
using System.Text.RegularExpressions;

namespace OpenClaw.Gateway.Routing;

/// <summary>Makes a provider's words fit to be shown: one line, at most 300 characters, nothing that looks like a key or quotes the request's content.</summary>
internal static partial class FailureText
{
    public const int Longest = 300;

    /// <summary>Only so much is looked at: the rest would be cut anyway.</summary>
    private const int Considered = 4096;

    public static string Clean(string text)
    {
        if (text.Length > Considered) text = text[..Considered];
        var line = OneLine(QuotedContent.Remove(text));
        line = UserInfo().Replace(line, "://***@");
        line = QueryKey().Replace(line, "$1***");
        line = Bearer().Replace(line, "$1 ***");
        line = NamedKey().Replace(line, "$1***");
        line = KnownKey().Replace(line, "***");
        line = LongWord().Replace(line, static match => LooksRandom(match.ValueSpan) ? "***" : match.Value);
        return Shorten(line);
    }

    private static string OneLine(string text)
    {
        var line = new StringBuilder(text.Length);
        var space = false;
        foreach (var rune in text.EnumerateRunes())
        {
            // Line and paragraph separators and direction marks would let a provider forge log lines.
            if (Rune.IsWhiteSpace(rune) || Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) == System.Globalization.UnicodeCategory.Format)
            {
                space = line.Length > 0;
                continue;
            }
            if (space) line.Append(' ');
            space = false;
            line.Append(rune);
        }
        return line.ToString();
    }

    private static string Shorten(string line)
    {
        if (line.Length <= Longest) return line;
        var end = Longest - 1;
        if (char.IsHighSurrogate(line[end - 1])) end--;
        return string.Concat(line.AsSpan(0, end).TrimEnd(), "…");
    }

    /// <summary>
    /// Random keys change between upper case, lower case and digits at about every second character; names, even long
    /// ones with versions in them, do not. Long hexadecimal is taken for a key too.
    /// </summary>
    private static bool LooksRandom(ReadOnlySpan<char> word)
    {
        var changes = 0;
        var hex = 0;
        var digits = 0;
        var last = 0;
        foreach (var c in word)
        {
            var kind = char.IsAsciiDigit(c) ? 1 : char.IsAsciiLetterLower(c) ? 2 : char.IsAsciiLetterUpper(c) ? 3 : 0;
            if (kind == 0) continue;
            if (kind == 1) digits++;
            if (char.IsAsciiHexDigit(c)) hex++;
            if (last != 0 && kind != last) changes++;
            last = kind;
        }
        if (digits == 0) return false;
        return (word.Length >= 32 && hex >= word.Length - 4) || changes * 10 >= word.Length * 4;
    }

    [GeneratedRegex(@"://[^\s/@]+@")]
    private static partial Regex UserInfo();

    [GeneratedRegex(@"([?&](?:key|api_key|access_token|token)=)[^&\s""']+", RegexOptions.IgnoreCase)]
    private static partial Regex QueryKey();

    [GeneratedRegex(@"\b(Bearer|Basic)\s+[^\s,;""']{6,}", RegexOptions.IgnoreCase)]
    private static partial Regex Bearer();

    [GeneratedRegex(@"((?:api[_-]?key|access[_-]?token|client[_-]?secret|password|authorization)[""']?\s*[:=]\s*[""']?)(?=[^\s]*\d)[^\s,;""']{8,}", RegexOptions.IgnoreCase)]
    private static partial Regex NamedKey();

    [GeneratedRegex(@"\b(?:sk|pk|rk|xai|gsk|hf|ghp|gho|ghs|github_pat|glpat|nvapi|pplx|tgp_v1)[-_][A-Za-z0-9_\-*.]{6,}|\bAIza[A-Za-z0-9_\-*]{6,}|\bya29\.[A-Za-z0-9_\-]{6,}|\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]*)?")]
    private static partial Regex KnownKey();

    [GeneratedRegex(@"[A-Za-z0-9+/_=\-]{20,}")]
    private static partial Regex LongWord();
}
