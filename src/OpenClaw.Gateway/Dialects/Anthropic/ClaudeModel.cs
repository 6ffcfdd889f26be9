namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>
/// What a model's name says about what it accepts (platform.claude.com/docs: "Models overview", "Adaptive thinking",
/// "Structured outputs"; state of autumn 2026). A name that is not Claude's is another server speaking this protocol: it
/// gets the oldest, plainest form.
/// </summary>
internal readonly record struct ClaudeModel(int Major, int Minor)
{
    public bool IsClaude => Major > 0;

    /// <summary>Knows <c>thinking</c> at all.</summary>
    public bool Thinks => !IsClaude || AtLeast(3, 7);

    /// <summary>Knows <c>thinking: adaptive</c> and <c>output_config.effort</c>.</summary>
    public bool ThinksAdaptively => AtLeast(4, 6);

    /// <summary>Refuses a thinking budget and every sampling parameter.</summary>
    public bool RefusesBudgetsAndSampling => AtLeast(4, 7);

    /// <summary>Cannot be told not to think: Fable and Mythos, and Opus from 5.5 on.</summary>
    public bool AlwaysThinks => IsLarge || AtLeast(5, 5);

    /// <summary>Refuses a tool choice that forces a call (Fable and Mythos 5.1, Opus 5.5).</summary>
    public bool RefusesForcedTools => AtLeast(5, 1);

    /// <summary>Of the Fable or Mythos line.</summary>
    public bool IsLarge { get; private init; }

    /// <summary>Refuses <c>temperature</c> and <c>top_p</c> together.</summary>
    public bool RefusesTwoSamplings => AtLeast(4, 1);

    /// <summary>Enforces <c>output_config.format</c>.</summary>
    public bool EnforcesSchemas => AtLeast(4, 5);

    /// <summary>Goes on from a final assistant message. Newer models answer 400 (litellm#27967).</summary>
    public bool ContinuesAnAnswer => !AtLeast(4, 6);

    /// <summary>Reads <c>claude-opus-4-8</c>, <c>claude-3-7-sonnet-20250219</c>, <c>anthropic/claude-opus-4.8</c>, <c>us.anthropic.claude-sonnet-4-5-20250929-v1:0</c>.</summary>
    public static ClaudeModel Parse(string model)
    {
        var at = model.IndexOf("claude-", StringComparison.OrdinalIgnoreCase);
        if (at < 0) return default;
        int major = 0, minor = 0;
        foreach (var piece in model[(at + 7)..].Split('-', '.', '@', ':'))
        {
            // A date ends the version; so does a word after it.
            if (!int.TryParse(piece, out var number))
            {
                if (major > 0) break;
                continue;
            }
            if (number >= 100) break;
            if (major == 0) major = number;
            else
            {
                minor = number;
                break;
            }
        }
        var isLarge = model.Contains("fable", StringComparison.OrdinalIgnoreCase) || model.Contains("mythos", StringComparison.OrdinalIgnoreCase);
        // The preview of Mythos has no number; it came with 4.7 and takes what that takes.
        if (isLarge && major == 0 && model.Contains("preview", StringComparison.OrdinalIgnoreCase)) (major, minor) = (4, 7);
        return new ClaudeModel(major, minor) { IsLarge = isLarge && major > 0 };
    }

    private bool AtLeast(int major, int minor) => Major > major || (Major == major && Minor >= minor);
}
