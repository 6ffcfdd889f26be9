using System.Text;
using System.Text.RegularExpressions;

namespace OpenClaw.Gateway.Routing;

/// <summary>
/// Takes out what a provider's error quotes of the request: llama.cpp prints the message that it could not read, vLLM's
/// validation the whole input. Such an error goes into decisions and logs, which hold no prompt.
/// </summary>
internal static partial class QuotedContent
{
    public static string Remove(string text)
    {
        var kept = new StringBuilder(text.Length);
        var at = 0;
        for (var match = Start().Match(text); match.Success; match = Start().Match(text, at))
        {
            var value = match.Index + match.Length - 1;
            var end = text[value] is '{' or '[' ? EndOfNested(text, value) : EndOfString(text, value);
            kept.Append(text, at, value - at).Append('…');
            at = end;
        }
        return at == 0 ? text : kept.Append(text, at, text.Length - at).ToString();
    }

    /// <summary>Takes out whatever stands in quotation marks: names, and values of the request.</summary>
    public static string RemoveQuotes(string text) => Quote().Replace(Remove(text), "…");

    /// <summary>The same up to the last mark of the kind that came first: a value may have marks of its own.</summary>
    public static string RemoveQuotesWhole(string text) => WholeQuote().Replace(Remove(text), "…");

    // One that was cut off goes to the end of the text.
    private static int EndOfString(string text, int start)
    {
        for (var i = start + 1; i < text.Length; i++)
        {
            if (text[i] == '\\') i++;
            else if (text[i] == text[start]) return i + 1;
        }
        return text.Length;
    }

    private static int EndOfNested(string text, int start)
    {
        var depth = 0;
        for (var i = start; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '"' or '\'':
                    i = EndOfString(text, i) - 1;
                    break;
                case '{' or '[':
                    depth++;
                    break;
                case '}' or ']' when --depth == 0:
                    return i + 1;
            }
        }
        return text.Length;
    }

    // No apostrophe: before an opening mark stands no letter, and none behind a closing one.
    [GeneratedRegex(@"(?<![\p{L}\p{N}])(?:([""'`])(?:(?!\1).)*\1(?![\p{L}\p{N}])|“[^”]*”)", RegexOptions.Singleline)]
    private static partial Regex Quote();

    [GeneratedRegex(@"(?<![\p{L}\p{N}])(?:([""'`])(?:.*\1(?![\p{L}\p{N}])|.*)|“.*”)", RegexOptions.Singleline)]
    private static partial Regex WholeQuote();

    // A member that holds what a caller wrote, in JSON or as Python prints it, up to where its value begins.
    [GeneratedRegex("""["'](?:content|text|input|prompt|messages|contents|parts|arguments|system)["']\s*:\s*["'{\[]""")]
    private static partial Regex Start();
}
