using System.Text;

namespace OpenClaw.Config.Text;

/// <summary>Puts <c>${VAR}</c> into every string below a node; <c>$${VAR}</c> stays <c>${VAR}</c>.</summary>
internal sealed class Variables(Func<string, string?> lookup, ProblemList problems)
{
    /// <summary>Marks the strings that hold variables and leaves them as written, for conversion.</summary>
    public static void MarkIn(ConfigNode node)
    {
        foreach (var item in node.Items) MarkIn(item);
        foreach (var member in node.Members) MarkIn(member.Value);
        if (node.Kind == NodeKind.String) node.HasVariables = node.Text.Contains("${", StringComparison.Ordinal);
    }

    public void PutInto(ConfigNode node)
    {
        foreach (var item in node.Items) PutInto(item);
        foreach (var member in node.Members) PutInto(member.Value);
        if (node.Kind == NodeKind.String && node.Text.Contains("${", StringComparison.Ordinal)) Replace(node);
    }

    /// <summary>The variable's name when the text is <c>${VAR}</c> or <c>$VAR</c> and nothing else.</summary>
    public static string? WholeName(string text)
    {
        if (text.Length < 2 || text[0] != '$') return null;
        var name = text is ['$', '{', .., '}'] ? text[2..^1] : text[1..];
        return IsName(name) ? name : null;
    }

    private static bool IsName(string text)
    {
        if (text.Length == 0 || char.IsAsciiDigit(text[0])) return false;
        foreach (var character in text)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character != '_') return false;
        }
        return true;
    }

    private void Replace(ConfigNode node)
    {
        var text = node.Text;
        var result = new StringBuilder(text.Length);
        var missing = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var open = text.IndexOf("${", at, StringComparison.Ordinal);
            var close = open < 0 ? -1 : text.IndexOf('}', open);
            if (close < 0)
            {
                result.Append(text, at, text.Length - at);
                break;
            }
            var name = text[(open + 2)..close];
            var isEscaped = open > at && text[open - 1] == '$';
            result.Append(text, at, open - at - (isEscaped ? 1 : 0));
            at = close + 1;
            if (isEscaped || !IsName(name)) result.Append(text, open, close + 1 - open);
            else if (lookup(name) is { Length: > 0 } value)
            {
                result.Append(value);
                problems.Hide(name, value.Trim());
            }
            else missing.Add(name);
            node.HasVariables |= !isEscaped && IsName(name);
        }
        node.Text = result.ToString();
        if (missing.Count == 0) return;
        node.IsUnset = true;
        var names = string.Join(", ", missing.Distinct(StringComparer.Ordinal));
        problems.Warn(node, $"the environment has no {names}, so this counts as not written", $"Set {names}, or write the value; $${{NAME}} is the text ${{NAME}}.");
    }
}
