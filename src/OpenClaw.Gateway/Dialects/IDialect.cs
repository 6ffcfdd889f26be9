using System.Buffers;
using System.Text.Json;
using OpenClaw.Gateway.Errors;

namespace OpenClaw.Gateway.Dialects;

internal enum DialectKind
{
    OpenAiChat,
    Anthropic,
    Gemini,
    Ollama,
}

/// <summary>How a dialect cuts its stream into frames.</summary>
internal enum Framing
{
    ServerSentEvents,
    JsonLines,
}

/// <summary>
/// A wire protocol in both directions. Stateless; one instance a process. OpenAI and Anthropic are spoken by clients and
/// by providers, Gemini and Ollama by providers.
/// </summary>
internal interface IDialect
{
    DialectKind Kind { get; }

    Framing Framing { get; }

    /// <summary>Path and query of a chat call below the provider's base URL, starting with a slash.</summary>
    string Path(string model, bool stream);

    /// <summary>Understands a whole request. A request that cannot be understood is a <see cref="GatewayError"/> that names the field.</summary>
    (ChatRequest? Request, GatewayError? Error) ReadRequest(ReadOnlyMemory<byte> body);

    /// <summary>Writes the request for <paramref name="target"/>. What the dialect cannot carry is added to <paramref name="unsupported"/> as a short phrase (<c>"logit_bias"</c>, <c>"image input"</c>).</summary>
    void WriteRequest(ChatRequest request, RequestTarget target, IBufferWriter<byte> output, ICollection<string> unsupported);

    /// <summary>Reads a whole (not streamed) answer into <paramref name="sink"/>; false when it is not this dialect's answer.</summary>
    bool ReadResponse(ReadOnlyMemory<byte> body, IChatEventSink sink);

    /// <summary>Writes a whole answer.</summary>
    void WriteResponse(ChatAnswer answer, IBufferWriter<byte> output);

    DialectStreamReader OpenReader();

    /// <summary>Opens a writer at <paramref name="position"/>: the beginning, or the middle of a stream that another provider began.</summary>
    DialectStreamWriter OpenWriter(IBufferWriter<byte> output, StreamPosition position);

    /// <summary>Writes an error body in this protocol's shape.</summary>
    void WriteError(GatewayError error, string requestId, IBufferWriter<byte> output);
}

/// <summary>What a writer of requests must know of the target.</summary>
/// <param name="Model">The model's name at the provider.</param>
/// <param name="Provider">The provider's id, for quirks.</param>
/// <param name="Quirks">What is special about the target.</param>
/// <param name="MaxTokensDefault">Written where the protocol demands a limit and the request has none.</param>
/// <param name="ContextWindow">The model's window when known (Ollama's <c>num_ctx</c>).</param>
internal sealed record RequestTarget(string Model, string Provider, TargetQuirks Quirks, int MaxTokensDefault = 4096, int? ContextWindow = null)
{
    /// <summary>It goes on with a final assistant message.</summary>
    public bool GrantsPrefill { get; init; }

    /// <summary>Whether the model can think; null = not known.</summary>
    public bool? Thinks { get; init; }

    /// <summary>It has refused <c>max_tokens</c> and asked for <c>max_completion_tokens</c>.</summary>
    public bool NewLimitName { get; init; }

    /// <summary>It has refused these.</summary>
    public RequestFields LeftOut { get; init; }
}

/// <summary>Deviations of a target from its protocol, as data.</summary>
[Flags]
internal enum TargetQuirks
{
    None = 0,

    /// <summary>Wants <c>max_completion_tokens</c>, refuses <c>max_tokens</c> (OpenAI's own).</summary>
    MaxCompletionTokens = 1,

    /// <summary>Continues a final assistant message when asked with vLLM's <c>continue_final_message</c>.</summary>
    ContinueFinalMessage = 2,

    /// <summary>Wants <c>prefix: true</c> on a final assistant message to continue (Mistral, DeepSeek beta).</summary>
    PrefixFlag = 4,

    /// <summary>Speaks OpenRouter's extensions (<c>reasoning</c>, <c>provider</c>, usage cost).</summary>
    OpenRouter = 8,

    /// <summary>Reports usage on every chunk when asked (vLLM's <c>continuous_usage_stats</c>).</summary>
    ContinuousUsage = 16,

    /// <summary>Knows neither <c>stream_options</c> nor other late additions; write the plain core only.</summary>
    PlainCore = 32,

    /// <summary>Takes only ids of calls that are nine letters and digits (Mistral).</summary>
    ShortCallIds = 64,

    /// <summary>Speaks DeepSeek's extensions: <c>thinking</c>, two efforts, no <c>json_schema</c>; wants thoughts back with every call.</summary>
    DeepSeek = 128,

    /// <summary>Its Kimi models want thoughts back with every call (Moonshot).</summary>
    Moonshot = 256,

    /// <summary>Wants the signatures of calls back in <c>extra_content</c> (Gemini behind OpenAI's protocol).</summary>
    CallSignatures = 512,
}

/// <summary>Where in the client's stream a writer starts. Kept by readers for passthrough, so that another writer can go on.</summary>
internal struct StreamPosition
{
    /// <summary>The answer's id as the client knows it; empty before the start.</summary>
    public string Id;

    /// <summary>The model name to write.</summary>
    public string Model;

    /// <summary>Unix seconds, for dialects that repeat it.</summary>
    public long Created;

    /// <summary>True once the opening event went out.</summary>
    public bool Started;

    /// <summary>Index of the last content block opened (Anthropic); -1 = none.</summary>
    public int BlockIndex;

    /// <summary>The block that is open.</summary>
    public OpenBlock Open;

    /// <summary>Next free tool index (OpenAI).</summary>
    public int ToolIndex;

    /// <summary>The client asked for usage at the end (OpenAI <c>stream_options.include_usage</c>).</summary>
    public bool IncludeUsage;

    /// <summary>The client reads one <c>function_call</c> and no <c>tool_calls</c> (OpenAI's form of 2023).</summary>
    public bool AsFunctionCall;

    public static StreamPosition Beginning(string id, string model, long created, bool includeUsage) => new()
    {
        Id = id, Model = model, Created = created, BlockIndex = -1, IncludeUsage = includeUsage,
    };
}

internal enum OpenBlock
{
    None,
    Text,
    Reasoning,
    Tool,

    /// <summary>A block of a kind that only its own dialect knows.</summary>
    Other,
}
