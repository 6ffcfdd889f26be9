using OpenClaw.Config;
using OpenClaw.Gateway.Dialects;

namespace OpenClaw.Gateway.Providers;

/// <summary>Deviations from the protocol by preset, as data. A provider of the user's own gets the plain protocol.</summary>
internal static class ProviderQuirks
{
    public static TargetQuirks Of(ProviderConfig provider) => provider.Preset switch
    {
        // api.openai.com refuses max_tokens for its reasoning models; other servers behind "openai" may know only the old name.
        "openai" when provider.BaseUrl.Contains("api.openai.com", StringComparison.Ordinal) => TargetQuirks.MaxCompletionTokens,
        "openrouter" => TargetQuirks.OpenRouter,
        "vllm" => TargetQuirks.ContinueFinalMessage | TargetQuirks.ContinuousUsage,
        "mistral" => TargetQuirks.PrefixFlag,
        _ => TargetQuirks.None,
    };
}
