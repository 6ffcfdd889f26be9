using OpenClaw.Config;

namespace OpenClaw.Gateway.Metering.Prices;

/// <summary>Under which names of the table a configured provider's models are priced.</summary>
internal static class PriceProviders
{
    private static readonly (string Host, string Provider)[] s_hosts =
    [
        ("api.anthropic.com", "anthropic"), ("api.openai.com", "openai"), ("generativelanguage.googleapis.com", "gemini"), ("openrouter.ai", "openrouter"),
        ("aiplatform.googleapis.com", "vertex"), ("openai.azure.com", "azure"), ("services.ai.azure.com", "azure"), ("amazonaws.com", "bedrock"),
        ("api.mistral.ai", "mistral"), ("api.groq.com", "groq"), ("api.deepseek.com", "deepseek"), ("api.x.ai", "xai"), ("api.together.xyz", "together"),
        ("api.together.ai", "together"), ("api.fireworks.ai", "fireworks"), ("api.cohere.com", "cohere"), ("api.cohere.ai", "cohere"),
        ("api.perplexity.ai", "perplexity"), ("api.cerebras.ai", "cerebras"), ("api.moonshot.ai", "moonshot"), ("api.moonshot.cn", "moonshot"),
        ("api.minimax.io", "minimax"), ("api.z.ai", "zai"), ("api.novita.ai", "novita"), ("api.voyageai.com", "voyage"),
    ];

    /// <summary>The names, the nearest first: its id (or what it stands for), then what its address says. Unknown ids are kept: the table may have them.</summary>
    public static IEnumerable<string> Of(ProviderConfig provider)
    {
        var id = Canonical(provider.Preset ?? provider.Id);
        foreach (var name in WithRelatives(id)) yield return name;
        if (HostOf(provider.BaseUrl) is not { } byHost || byHost == id) yield break;
        foreach (var name in WithRelatives(byHost)) yield return name;
    }

    /// <summary>
    /// True where the provider documents that it says in dollars what it charged: OpenRouter (openrouter.ai/docs/use-cases/usage-accounting),
    /// Perplexity (docs.perplexity.ai/api-reference/chat-completions-post), xAI (docs.x.ai/docs/api-reference). A number of that name
    /// from anyone else may be in another unit, or nothing.
    /// </summary>
    public static bool SaysWhatItCharges(ProviderConfig provider) => Of(provider).Any(static name => name is "openrouter" or "perplexity" or "xai");

    /// <summary>
    /// True for the names of models that only their makers serve (OpenAI's, Anthropic's, Google's, xAI's, Perplexity's): behind a
    /// local address such a name is a proxy's, and somebody pays for it.
    /// </summary>
    public static bool IsVendorsOwn(string model)
    {
        var name = model.AsSpan(model.LastIndexOf('/') + 1);
        if (name.StartsWith("gpt-", StringComparison.OrdinalIgnoreCase)) return !IsOpen(name[4..]);
        return name.StartsWith("claude-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("gemini-", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("chatgpt-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("text-embedding-3", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("grok-3", StringComparison.OrdinalIgnoreCase) || name.StartsWith("grok-4", StringComparison.OrdinalIgnoreCase)
            || (name.Length > 1 && name[0] is 'o' && name[1] is >= '1' and <= '9' && (name.Length == 2 || name[2] == '-'));
    }

    // GPT-OSS, GPT-2 and the free models that are named after them.
    private static bool IsOpen(ReadOnlySpan<char> name) =>
        name.StartsWith("oss", StringComparison.OrdinalIgnoreCase) || name.StartsWith("neo", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("j", StringComparison.OrdinalIgnoreCase) || name is "2" || name.StartsWith("2-", StringComparison.Ordinal);

    /// <summary>One spelling for what is written in several ways.</summary>
    public static string Canonical(string id) => id switch
    {
        "google" => "gemini",
        "google-vertex" or "vertex-ai" or "vertexai" or "google-vertex-anthropic" => "vertex",
        "azure-openai" or "azure-cognitive-services" or "microsoft-foundry" => "azure",
        "aws" or "amazon-bedrock" or "aws-bedrock" => "bedrock",
        "togetherai" or "together-ai" => "together",
        "fireworks-ai" => "fireworks",
        "x-ai" => "xai",
        "moonshotai" => "moonshot",
        "voyageai" => "voyage",
        _ => id,
    };

    // The clouds sell the makers' models at the makers' prices unless the table has their own.
    private static string[] WithRelatives(string name) => name switch
    {
        "azure" => ["azure", "openai"],
        "vertex" => ["vertex", "gemini"],
        _ => [name],
    };

    private static string? HostOf(string baseUrl)
    {
        if (!Uri.TryCreate(baseUrl, UriKind.Absolute, out var uri)) return null;
        foreach (var (host, provider) in s_hosts)
        {
            if (uri.Host.Equals(host, StringComparison.OrdinalIgnoreCase) || uri.Host.EndsWith("." + host, StringComparison.OrdinalIgnoreCase)) return provider;
            if (provider == "vertex" && uri.Host.EndsWith("-" + host, StringComparison.OrdinalIgnoreCase)) return provider;
        }
        return null;
    }
}
