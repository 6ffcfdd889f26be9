using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Providers;

/// <summary>
/// Reads <c>GET /v1/models</c> of OpenAI and of those who answer like it. OpenAI's own names only the ids; others add the
/// window: vLLM <c>max_model_len</c>, OpenRouter <c>context_length</c> and <c>top_provider</c>, llama-server
/// <c>meta.n_ctx</c> (what it was started with) or <c>meta.n_ctx_train</c>, Groq <c>context_window</c>, Mistral
/// <c>max_context_length</c>.
/// </summary>
internal static class OpenAiModels
{
    /// <summary>The models in the server's order; null when the body is no such listing.</summary>
    public static IReadOnlyList<DiscoveredModel>? Read(ReadOnlyMemory<byte> body)
    {
        using var document = DiscoveryJson.TryParse(body);
        if (document is null || !document.RootElement.TryGetProperty("data", out _)) return null;
        var models = new List<DiscoveredModel>();
        foreach (var entry in DiscoveryJson.Array(document.RootElement, "data"))
        {
            if (JsonRead.String(entry, "id") is not { Length: > 0 } id) continue;
            models.Add(new DiscoveredModel(id, Window(entry), MaxOutput(entry), Abilities(entry)) { Owner = JsonRead.String(entry, "owned_by") });
        }
        return models;
    }

    private static int? Window(JsonElement entry) =>
        DiscoveryJson.Tokens(entry, "max_model_len")
        ?? DiscoveryJson.Tokens(DiscoveryJson.Object(entry, "top_provider"), "context_length")
        ?? DiscoveryJson.Tokens(entry, "context_length")
        ?? DiscoveryJson.Tokens(entry, "context_window")
        ?? DiscoveryJson.Tokens(entry, "max_context_length")
        ?? DiscoveryJson.Tokens(DiscoveryJson.Object(entry, "meta"), "n_ctx")
        ?? DiscoveryJson.Tokens(DiscoveryJson.Object(entry, "meta"), "n_ctx_train");

    private static int? MaxOutput(JsonElement entry) =>
        DiscoveryJson.Tokens(DiscoveryJson.Object(entry, "top_provider"), "max_completion_tokens")
        ?? DiscoveryJson.Tokens(entry, "max_completion_tokens");

    // OpenRouter: architecture.input_modalities and supported_parameters.
    private static ModelAbilities Abilities(JsonElement entry)
    {
        var abilities = ModelAbilities.Unknown;
        if (DiscoveryJson.Object(entry, "architecture") is { } architecture)
        {
            foreach (var word in DiscoveryJson.Array(architecture, "input_modalities"))
            {
                abilities |= JsonRead.String(word) switch
                {
                    "text" => ModelAbilities.Chat,
                    "image" => ModelAbilities.Vision,
                    _ => ModelAbilities.Unknown,
                };
            }
        }
        foreach (var word in DiscoveryJson.Array(entry, "supported_parameters"))
        {
            abilities |= JsonRead.String(word) switch
            {
                "tools" => ModelAbilities.Tools,
                "reasoning" => ModelAbilities.Reasoning,
                _ => ModelAbilities.Unknown,
            };
        }
        return abilities;
    }
}
