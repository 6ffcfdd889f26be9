using System.Numerics;

namespace OpenClaw.Gateway.Dialects.Ollama;

/// <summary>
/// Chooses <c>num_ctx</c>. Ollama's default is 4,096 tokens on small machines and a longer prompt loses its beginning without
/// a word; the model's whole window, on the other hand, may not fit in memory, since the cache for it is reserved when the
/// model is loaded. So: room for the prompt by a generous estimate plus the answer, rounded up to a power of two (each other
/// value would load the model anew), at least 8,192, at most the model's window when that is known.
/// </summary>
internal static class OllamaContextLength
{
    public const int Least = 8192;

    // What most vision models spend on one picture at most.
    private const int TokensPerImage = 4096;

    // Room for an answer whose length nobody limited; a longer one ends with the reason "length".
    private const int MostUnasked = 8192;

    private const int TokensPerMessage = 16;

    public static int Choose(ChatRequest request, RequestTarget target)
    {
        var need = EstimatePrompt(request) + (request.MaxTokens ?? Math.Min(target.MaxTokensDefault, MostUnasked));
        var rounded = (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Clamp(need, Least, 1L << 30));
        return (int)(target.ContextWindow is { } window and > 0 ? Math.Min(rounded, window) : rounded);
    }

    /// <summary>An upper bound for all common tokenizers: two characters of ASCII or one byte of anything else a token.</summary>
    public static long EstimatePrompt(ChatRequest request)
    {
        long tokens = 0;
        foreach (var part in request.System) tokens += Tokens(part.Text);
        foreach (var turn in request.Turns)
        {
            tokens += TokensPerMessage;
            foreach (var part in turn.Parts) tokens += Tokens(part);
        }
        foreach (var tool in request.Tools) tokens += TokensPerMessage + Tokens(tool.Name) + Tokens(tool.Description) + Tokens(tool.ParametersJson);
        return tokens + Tokens(request.Output.SchemaJson);
    }

    private static long Tokens(ChatPart part) => part switch
    {
        TextPart text => Tokens(text.Text),
        ReasoningPart reasoning => Tokens(reasoning.Text),
        MediaPart => TokensPerImage,
        ToolCallPart call => TokensPerMessage + Tokens(call.Name) + Tokens(call.ArgumentsJson),
        ToolResultPart result => TokensPerMessage + result.Content.Sum(Tokens),
        _ => 0,
    };

    private static long Tokens(string? text)
    {
        if (text is null) return 0;
        long ascii = 0, other = 0;
        foreach (var c in text)
        {
            if (c < 0x80) ascii++;
            else other += c < 0x800 || char.IsSurrogate(c) ? 2 : 3;
        }
        return (ascii / 2) + other + 1;
    }
}
