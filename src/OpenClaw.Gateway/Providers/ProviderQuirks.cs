using OpenClaw.Config;
using OpenClaw.Gateway.Dialects;

namespace OpenClaw.Gateway.Providers;

/// <summary>Deviations from the protocol by preset, or by host where the user gave the provider another name, as data. Any other gets the plain protocol.</summary>
internal static class ProviderQuirks
{
    public static TargetQuirks Of(ProviderConfig provider) => provider.Preset switch
    {
        // api.openai.com refuses max_tokens for its reasoning models; other servers behind "openai" may know only the old name.
        "openai" when provider.BaseUrl.Contains("api.openai.com", StringComparison.Ordinal) => TargetQuirks.MaxCompletionTokens,
        "openrouter" => TargetQuirks.OpenRouter,
        "vllm" => TargetQuirks.ContinueFinalMessage | TargetQuirks.ContinuousUsage,
        "mistral" => TargetQuirks.PrefixFlag | TargetQuirks.ShortCallIds,
        "deepseek" => TargetQuirks.DeepSeek,
        "gemini" => TargetQuirks.CallSignatures,
        _ => OfHost(provider.BaseUrl),
    };

    // What such a server refuses it refuses under any name.
    private static TargetQuirks OfHost(string url) =>
        IsAt(url, "api.mistral.ai") ? TargetQuirks.ShortCallIds
        : IsAt(url, "api.deepseek.com") ? TargetQuirks.DeepSeek
        : IsAt(url, "api.moonshot.ai") || IsAt(url, "api.moonshot.cn") || IsAt(url, "api.kimi.com") ? TargetQuirks.Moonshot
        : IsAt(url, "openrouter.ai") ? TargetQuirks.OpenRouter
        : IsAt(url, "generativelanguage.googleapis.com") ? TargetQuirks.CallSignatures
        : TargetQuirks.None;

    private static bool IsAt(string url, string host) => url.Contains("//" + host, StringComparison.OrdinalIgnoreCase);
}
