namespace OpenClaw.Gateway.Dialects;

/// <summary>Fields of Chat Completions without which a request is still the same request: a target that refuses one is asked without it.</summary>
[Flags]
internal enum RequestFields
{
    None = 0,
    Temperature = 1,
    TopP = 2,
    TopK = 4,
    FrequencyPenalty = 8,
    PresencePenalty = 16,
    Seed = 32,
    Stop = 64,
    ParallelToolCalls = 128,
    User = 256,
    StreamOptions = 512,

    /// <summary>Fields of which a target that refuses one value takes its own default alone.</summary>
    Sampling = Temperature | TopP | TopK | FrequencyPenalty | PresencePenalty,
}

/// <summary>The fields by the names that a provider's error gives them.</summary>
internal static class RequestFieldNames
{
    private static readonly (string Name, RequestFields Field)[] s_names =
    [
        ("temperature", RequestFields.Temperature),
        ("top_p", RequestFields.TopP),
        ("top_k", RequestFields.TopK),
        ("frequency_penalty", RequestFields.FrequencyPenalty),
        ("presence_penalty", RequestFields.PresencePenalty),
        ("seed", RequestFields.Seed),
        ("stop", RequestFields.Stop),
        ("parallel_tool_calls", RequestFields.ParallelToolCalls),
        ("user", RequestFields.User),
        ("stream_options", RequestFields.StreamOptions),
    ];

    /// <summary>None: no field that can be left out.</summary>
    public static RequestFields Of(ReadOnlySpan<char> name)
    {
        // Of stream_options.include_usage the whole is left out.
        if (name.IndexOf('.') is > 0 and var dot) name = name[..dot];
        foreach (var (known, field) in s_names)
        {
            if (name.SequenceEqual(known)) return field;
        }
        return RequestFields.None;
    }
}
