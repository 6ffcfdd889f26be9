using System.Globalization;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Providers;

/// <summary>Reads Ollama's <c>GET /api/tags</c>: the models that are pulled. Source: docs/api.md of ollama/ollama (MIT).</summary>
internal static class OllamaTags
{
    /// <summary>The models in the server's order; null when the body is no such listing.</summary>
    public static IReadOnlyList<DiscoveredModel>? Read(ReadOnlyMemory<byte> body)
    {
        using var document = DiscoveryJson.TryParse(body);
        if (document is null || !document.RootElement.TryGetProperty("models", out _)) return null;
        var models = new List<DiscoveredModel>();
        foreach (var entry in DiscoveryJson.Array(document.RootElement, "models"))
        {
            var id = JsonRead.String(entry, "model") ?? JsonRead.String(entry, "name");
            if (string.IsNullOrEmpty(id)) continue;
            var details = DiscoveryJson.Object(entry, "details");
            models.Add(new DiscoveredModel(id)
            {
                Digest = JsonRead.String(entry, "digest"),
                SizeBytes = DiscoveryJson.Count(entry, "size"),
                ParameterSize = details is { } d ? JsonRead.String(d, "parameter_size") : null,
                Quantization = details is { } q ? JsonRead.String(q, "quantization_level") : null,
            });
        }
        return models;
    }
}

/// <summary>What Ollama's <c>POST /api/show</c> tells of one model.</summary>
/// <param name="ContextWindow">The most the model was trained for, in tokens; null when not said.</param>
/// <param name="DefaultContext"><c>num_ctx</c> of its Modelfile, or null.</param>
internal sealed record OllamaShow(int? ContextWindow, int? DefaultContext, ModelAbilities Abilities)
{
    /// <summary>Null when the body is no such answer. The window is <c>model_info["{architecture}.context_length"]</c>.</summary>
    public static OllamaShow? Read(ReadOnlyMemory<byte> body)
    {
        using var document = DiscoveryJson.TryParse(body);
        if (document is null) return null;
        var root = document.RootElement;
        if (!root.TryGetProperty("model_info", out _) && !root.TryGetProperty("details", out _) && !root.TryGetProperty("modelfile", out _)) return null;
        var abilities = ModelAbilities.Unknown;
        foreach (var word in DiscoveryJson.Array(root, "capabilities")) abilities |= Ability(JsonRead.String(word));
        return new OllamaShow(Window(DiscoveryJson.Object(root, "model_info")), DefaultOf(JsonRead.String(root, "parameters")), abilities);
    }

    private static int? Window(JsonElement? info)
    {
        if (info is not { } fields) return null;
        if (JsonRead.String(fields, "general.architecture") is { } architecture
            && DiscoveryJson.Tokens(fields, architecture + ".context_length") is { } window) return window;
        foreach (var field in fields.EnumerateObject())
        {
            if (field.Name.EndsWith(".context_length", StringComparison.Ordinal)) return DiscoveryJson.Tokens(fields, field.Name);
        }
        return null;
    }

    private static int? DefaultOf(string? parameters)
    {
        foreach (var line in (parameters ?? "").Split('\n', StringSplitOptions.TrimEntries))
        {
            if (!line.StartsWith("num_ctx", StringComparison.Ordinal)) continue;
            if (int.TryParse(line.AsSpan(7).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0) return value;
        }
        return null;
    }

    private static ModelAbilities Ability(string? word) => word switch
    {
        "completion" => ModelAbilities.Chat,
        "tools" => ModelAbilities.Tools,
        "vision" => ModelAbilities.Vision,
        "thinking" => ModelAbilities.Reasoning,
        "embedding" => ModelAbilities.Embedding,
        _ => ModelAbilities.Unknown,
    };
}
