using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>Reads base URLs and brings them into the form the protocols append their paths to.</summary>
internal static class AddressText
{
    /// <summary>The text of a valid base URL; null when absent or refused (a problem).</summary>
    public static string? Read(ReadContext context, ConfigNode? node)
    {
        if (context.Text(node) is not { } text) return null;
        if (context.KeepsVariables && node!.HasVariables) return text;
        if (ProviderAddress.Problem(text) is not { } problem) return text.TrimEnd('/');
        node!.IsRefused = true;
        context.Problems.Error(node, $"the base URL {problem.Message}", problem.Instead);
        return null;
    }

    /// <summary>
    /// Without a trailing slash, and without the version segment that Anthropic's and Gemini's paths bring along
    /// (upstream's files have it, the vendors' documentation does not).
    /// </summary>
    public static string Normal(string baseUrl, ApiKind api)
    {
        var text = baseUrl.TrimEnd('/');
        var version = api switch { ApiKind.Anthropic => "/v1", ApiKind.Gemini => "/v1beta", _ => null };
        return version is not null && text.EndsWith(version, StringComparison.Ordinal) ? text[..^version.Length] : text;
    }
}
