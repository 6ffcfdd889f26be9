using System.Text;
using System.Text.Json;

namespace OpenClaw.Gateway.Providers.Scripted;

/// <summary>What a piece of a stream carries, so that a fault can count it.</summary>
internal enum ScriptedMark
{
    /// <summary>Openings, closings, pings: nothing a reader would miss.</summary>
    Frame,
    Thinking,
    Text,
    Tool,
    Finish,

    /// <summary>The protocol's last word.</summary>
    Done,
}

internal readonly record struct ScriptedFrame(ScriptedMark Mark, byte[] Bytes);

/// <summary>What is to be said in one answer.</summary>
internal sealed record ScriptedTurn(string Id, string Model, long Created, int PromptTokens, bool IncludeUsage)
{
    public string? Thinking { get; init; }

    public string Text { get; init; } = "";

    public IReadOnlyList<ScriptedToolCall> Tools { get; init; } = [];

    public int CompletionTokens =>
        ScriptedAnswer.CountWords(Text) + ScriptedAnswer.CountWords(Thinking ?? "") + Tools.Sum(t => t.Pieces().Count());
}

/// <summary>The refusals that a provider can be told to give.</summary>
internal enum ScriptedError
{
    RateLimited,
    ServerError,
    Overloaded,
    ContextTooLong,
    Policy,
    MoneyOut,
    BadKey,
    NoPrefill,
    NoSuchModel,
    BadRequest,
}

/// <summary>
/// One wire protocol as its provider speaks it. Written apart from the gateway's own dialects on purpose: what tests the
/// reader must not be made by the same hand.
/// </summary>
internal abstract class ScriptedWire
{
    public static ScriptedWire OpenAi { get; } = new OpenAiWire();

    public static ScriptedWire Anthropic { get; } = new AnthropicWire();

    public static ScriptedWire Gemini { get; } = new GeminiWire();

    public static ScriptedWire Ollama { get; } = new OllamaWire();

    /// <summary>The protocol that a POST to this path speaks, or null.</summary>
    public static ScriptedWire? Of(string path) =>
        path.EndsWith("/chat/completions", StringComparison.Ordinal) ? OpenAi
        : path.EndsWith("/v1/messages", StringComparison.Ordinal) ? Anthropic
        : path.EndsWith(":generateContent", StringComparison.Ordinal) || path.EndsWith(":streamGenerateContent", StringComparison.Ordinal) ? Gemini
        : path.EndsWith("/api/chat", StringComparison.Ordinal) ? Ollama
        : null;

    public abstract string StreamType { get; }

    /// <summary>A line that readers of this protocol ignore; null = it has none.</summary>
    public virtual byte[]? Ping => null;

    public abstract IEnumerable<ScriptedFrame> Stream(ScriptedTurn turn);

    public abstract byte[] Whole(ScriptedTurn turn);

    public abstract (int Status, byte[] Body) Error(ScriptedError error, string model, int? status);

    /// <summary>An error inside a stream that already began.</summary>
    public abstract byte[] ErrorFrame();

    public abstract byte[] Models(IEnumerable<string> names, long created);

    /// <summary>A frame that looks right and is not JSON.</summary>
    public abstract byte[] BadFrame();

    protected static byte[] Json(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }
        return buffer.ToArray();
    }

    protected static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    protected static byte[] Data(byte[] json, string? eventName = null) =>
        [.. Utf8(eventName is null ? "data: " : $"event: {eventName}\ndata: "), .. json, .. "\n\n"u8];

    protected static string Words(ScriptedError error, string model) => error switch
    {
        ScriptedError.RateLimited => $"Rate limit reached for {model}.",
        ScriptedError.ServerError => "The server had an error while processing your request.",
        ScriptedError.Overloaded => "The model is overloaded. Please try again later.",
        ScriptedError.ContextTooLong => "This model's maximum context length is 8192 tokens. However, your messages resulted in 9631 tokens.",
        ScriptedError.Policy => "Your request was rejected by the content policy.",
        ScriptedError.MoneyOut => "You exceeded your current quota, please check your plan and billing details.",
        ScriptedError.BadKey => "Incorrect API key provided.",
        ScriptedError.NoPrefill => "This model does not support assistant message prefill. The conversation must end with a user message.",
        ScriptedError.NoSuchModel => $"The model '{model}' does not exist. This server's models are named after what they do; GET /v1/models lists them.",
        _ => "The request body is not a JSON object.",
    };
}
