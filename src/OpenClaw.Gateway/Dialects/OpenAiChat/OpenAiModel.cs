using System.Globalization;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>
/// What a model's name says about how OpenAI's own server wants it asked to think (developers.openai.com: "Reasoning models",
/// the pages of the models; openai-openapi#541; state of autumn 2026). Of another server a name says nothing of this.
/// </summary>
internal readonly record struct OpenAiModel(int Major, int Minor, string? Name)
{
    /// <summary>Knows <c>xhigh</c>; earlier ones refuse it.</summary>
    public bool KnowsXhigh => AtLeast(5, 2) || Name?.StartsWith("gpt-5.1-codex-max", StringComparison.Ordinal) == true;

    /// <summary>Knows <c>minimal</c>, which came with gpt-5 and went with gpt-5.1.</summary>
    public bool KnowsMinimal => (Major, Minor) == (5, 0) && Name is { } name && !name.Contains("codex", StringComparison.Ordinal) && !name.Contains("-pro", StringComparison.Ordinal);

    /// <summary>
    /// Refuses tools in Chat Completions unless its <c>reasoning_effort</c> is <c>none</c>; from gpt-5.5 on also where none is
    /// written, because it thinks by default.
    /// </summary>
    public bool ThinksOrCalls => AtLeast(5, 4);

    /// <summary>Reads <c>gpt-5.1-codex-max</c>, <c>gpt-5-mini-2025-08-07</c>; 0.0 for what is no numbered GPT.</summary>
    public static OpenAiModel Parse(string model)
    {
        if (!model.StartsWith("gpt-", StringComparison.Ordinal)) return new OpenAiModel(0, 0, model);
        var version = model.AsSpan(4);
        var end = version.IndexOf('-');
        if (end >= 0) version = version[..end];
        var dot = version.IndexOf('.');
        var minor = 0;
        return int.TryParse(dot < 0 ? version : version[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            && (dot < 0 || int.TryParse(version[(dot + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out minor))
            ? new OpenAiModel(major, minor, model) : new OpenAiModel(0, 0, model);
    }

    private bool AtLeast(int major, int minor) => Major > major || (Major == major && Minor >= minor);
}
