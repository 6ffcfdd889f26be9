using OpenClaw.Config;
using OpenClaw.Gateway.Dialects.Anthropic;
using OpenClaw.Gateway.Dialects.Gemini;
using OpenClaw.Gateway.Dialects.Ollama;
using OpenClaw.Gateway.Dialects.OpenAiChat;

namespace OpenClaw.Gateway.Dialects;

/// <summary>The dialects, by kind.</summary>
internal static class DialectTable
{
    private static readonly IDialect?[] s_all =
    [
        new OpenAiChatDialect(),
        new AnthropicDialect(),
        new GeminiDialect(),
        new OllamaDialect(),
    ];

    public static IDialect Of(DialectKind kind) =>
        s_all[(int)kind] ?? throw new NotSupportedException(kind.ToString());

    /// <summary>The dialect that a provider's protocol is.</summary>
    public static DialectKind KindOf(ApiKind api) => api switch
    {
        ApiKind.Anthropic => DialectKind.Anthropic,
        ApiKind.Gemini => DialectKind.Gemini,
        ApiKind.Ollama => DialectKind.Ollama,
        _ => DialectKind.OpenAiChat,
    };
}
