namespace OpenClaw.Config.Writing;

/// <summary>The names of the protocols in files.</summary>
internal static class ApiText
{
    public static string Name(ApiKind api) => api switch
    {
        ApiKind.OpenAiChat => "openai-completions",
        ApiKind.Anthropic => "anthropic-messages",
        ApiKind.Gemini => "google-generative-ai",
        ApiKind.Ollama => "ollama",
        _ => "scripted",
    };

    /// <summary>True when the provider is one of the known ones, at its own address, in its own protocol.</summary>
    public static bool IsAtHome(ProviderConfig provider) =>
        ProviderCatalog.Find(provider.Id) is { } preset
        && string.Equals(provider.BaseUrl, preset.BaseUrl, StringComparison.Ordinal)
        && provider.Api == preset.Api;

    /// <summary>The variable in which the provider's key is found without configuration.</summary>
    public static string KeyVariable(ProviderConfig provider) =>
        Reading.ProviderVariables.KeyName(provider.Id, provider.Preset is null ? null : ProviderCatalog.Find(provider.Preset));

    /// <summary>True when nothing is said of the provider but its address and protocol.</summary>
    public static bool IsPlain(ProviderConfig provider) =>
        provider.Keys.IsEmpty && provider.Headers.IsEmpty && provider.AuthHeader is null && provider.Models.IsEmpty && provider.Prefill is null
        && provider.RoutingPreferencesJson is null && provider.ExtraBodyJson is null && provider.ScriptJson is null && provider.Timeout is null;
}
