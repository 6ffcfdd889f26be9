using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace OpenClaw.Kube.Yaml;

/// <summary>
/// What an unquoted word means, as kubectl reads it (sigs.k8s.io/yaml over go-yaml v2, resolve.go): YAML 1.1's words for true
/// and false, integers in four bases with underscores, floats; a date stays text.
/// </summary>
internal static partial class YamlScalars
{
    /// <summary>The value of a plain scalar; null is JSON's null.</summary>
    public static JsonNode? Resolve(string text, YamlWords words) => words == YamlWords.Core ? ResolveCore(text) : ResolveKubectl(text);

    private static JsonValue? ResolveKubectl(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "y" or "Y" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "true" or "True" or "TRUE":
                return JsonValue.Create(true);
            case "n" or "N" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "false" or "False" or "FALSE":
                return JsonValue.Create(false);
        }
        if (text[0] is not ((>= '0' and <= '9') or '+' or '-' or '.')) return JsonValue.Create(text);
        var digits = text.Replace("_", "", StringComparison.Ordinal);
        if (Integer(digits) is { } integer) return integer;
        if (Float().IsMatch(digits) && double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real)) return JsonValue.Create(real);
        return JsonValue.Create(text);
    }

    // https://yaml.org/spec/1.2.2/#1032-tag-resolution, without its octal and hexadecimal numbers.
    private static JsonValue? ResolveCore(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE":
                return JsonValue.Create(true);
            case "false" or "False" or "FALSE":
                return JsonValue.Create(false);
        }
        if (CoreInteger().IsMatch(text) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) return JsonValue.Create(number);
        if (CoreFloat().IsMatch(text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real)) return JsonValue.Create(real);
        return JsonValue.Create(text);
    }

    /// <summary>True when a plain scalar with these characters would be read as this same text.</summary>
    public static bool IsText(string text) =>
        text is not ("<<" or "=") && !SpecialFloat().IsMatch(text) && ResolveKubectl(text) is { } value && value.TryGetValue<string>(out _);

    private static JsonValue? Integer(string text)
    {
        var isNegative = text.StartsWith('-');
        var body = text.AsSpan(isNegative || text.StartsWith('+') ? 1 : 0);
        if (body.IsEmpty) return null;
        var radix = body switch
        {
            ['0', 'x' or 'X', ..] => 16,
            ['0', 'b' or 'B', ..] => 2,
            ['0', 'o' or 'O', ..] => 8,
            ['0', _, ..] => 8,
            _ => 10,
        };
        var digits = body[(radix == 10 ? 0 : char.IsAsciiLetter(body[1]) ? 2 : 1)..];
        if (digits.IsEmpty) return null;
        UInt128 number = 0;
        foreach (var character in digits)
        {
            var digit = char.IsAsciiHexDigit(character) ? Convert.ToInt32(character.ToString(), 16) : radix;
            if (digit >= radix || number > ulong.MaxValue) return null;
            number = (number * (uint)radix) + (uint)digit;
        }
        if (number <= long.MaxValue) return JsonValue.Create(isNegative ? -(long)number : (long)number);
        return isNegative || number > ulong.MaxValue ? null : JsonValue.Create((ulong)number);
    }

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")]
    private static partial Regex Float();

    [GeneratedRegex("^[-+]?(0|[1-9][0-9]*)$")]
    private static partial Regex CoreInteger();

    [GeneratedRegex(@"^[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+)([eE][-+]?[0-9]+)?$")]
    private static partial Regex CoreFloat();

    [GeneratedRegex(@"^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$")]
    private static partial Regex SpecialFloat();
}
