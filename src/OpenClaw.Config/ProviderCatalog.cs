using System.Collections.Immutable;

namespace OpenClaw.Config;

/// <summary>What is known of a public provider without configuration: protocol, address, environment names.</summary>
public sealed record ProviderPreset(
    string Id,
    string Label,
    ApiKind Api,
    string BaseUrl,
    string EnvPrefix,
    bool IsLocal = false,
    bool NeedsKey = true)
{
    /// <summary>Further prefixes whose variables are read too (<c>GOOGLE</c> for <c>GEMINI</c>).</summary>
    public ImmutableArray<string> OtherEnvPrefixes { get; init; } = [];
}

/// <summary>The providers known by name. Data only: there is no class per provider.</summary>
public static class ProviderCatalog
{
    public static ImmutableArray<ProviderPreset> Presets { get; } =
    [
        new("anthropic", "Anthropic", ApiKind.Anthropic, "https://api.anthropic.com", "ANTHROPIC"),
        new("openai", "OpenAI", ApiKind.OpenAiChat, "https://api.openai.com/v1", "OPENAI"),
        new("gemini", "Google Gemini", ApiKind.Gemini, "https://generativelanguage.googleapis.com", "GEMINI") { OtherEnvPrefixes = ["GOOGLE"] },
        new("openrouter", "OpenRouter", ApiKind.OpenAiChat, "https://openrouter.ai/api/v1", "OPENROUTER"),
        new("ollama", "Ollama", ApiKind.Ollama, "http://127.0.0.1:11434", "OLLAMA", IsLocal: true, NeedsKey: false),
        new("vllm", "vLLM", ApiKind.OpenAiChat, "http://127.0.0.1:8000/v1", "VLLM", IsLocal: true, NeedsKey: false),
        new("groq", "Groq", ApiKind.OpenAiChat, "https://api.groq.com/openai/v1", "GROQ"),
        new("mistral", "Mistral", ApiKind.OpenAiChat, "https://api.mistral.ai/v1", "MISTRAL"),
        new("deepseek", "DeepSeek", ApiKind.OpenAiChat, "https://api.deepseek.com/v1", "DEEPSEEK"),
        new("xai", "xAI", ApiKind.OpenAiChat, "https://api.x.ai/v1", "XAI"),
        new("scripted", "Scripted (embedded)", ApiKind.Scripted, "http://scripted.invalid", "SCRIPTED", NeedsKey: false),
    ];

    /// <summary>Lower case, and <c>google</c> is <c>gemini</c>.</summary>
    public static string CanonicalId(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        var lower = id.Trim().ToLowerInvariant();
        return lower == "google" ? "gemini" : lower;
    }

    public static ProviderPreset? Find(string id)
    {
        var canonical = CanonicalId(id);
        foreach (var preset in Presets)
        {
            if (preset.Id == canonical) return preset;
        }
        return null;
    }
}
