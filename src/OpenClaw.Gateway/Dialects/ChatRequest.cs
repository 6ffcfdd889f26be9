using System.Text;
namespace OpenClaw.Gateway.Dialects;

internal enum ChatRole
{
    User,
    Assistant,
}

/// <summary>
/// A request in the words that all dialects share, for translation only; a request that goes to its own dialect is never
/// parsed into this. JSON values that no one here must understand are kept as raw text.
/// </summary>
internal sealed class ChatRequest
{
    public string Model { get; set; } = "";

    public bool Stream { get; set; }

    /// <summary>System and developer instructions before the conversation, in order; later ones are turns.</summary>
    public List<TextPart> System { get; } = [];

    public List<ChatTurn> Turns { get; } = [];

    public List<ToolDefinition> Tools { get; } = [];

    public ToolChoice ToolChoice { get; set; } = ToolChoice.Unset;

    /// <summary>Null = not said.</summary>
    public bool? ParallelToolCalls { get; set; }

    /// <summary>It offers tools in OpenAI's form of 2023 (<c>functions</c>): its client reads one <c>function_call</c> and no <c>tool_calls</c>.</summary>
    public bool WantsFunctionCall { get; set; }

    public int? MaxTokens { get; set; }

    public double? Temperature { get; set; }

    public double? TopP { get; set; }

    public int? TopK { get; set; }

    public double? FrequencyPenalty { get; set; }

    public double? PresencePenalty { get; set; }

    public long? Seed { get; set; }

    public List<string> StopSequences { get; } = [];

    public OutputFormat Output { get; set; } = OutputFormat.Text;

    public ReasoningRequest? Reasoning { get; set; }

    /// <summary>End user or session the client names, or null.</summary>
    public string? User { get; set; }

    /// <summary>Anthropic's mark for what is to be cached, as it is reported.</summary>
    public const string CacheControlName = "cache_control";

    /// <summary>OpenAI's name for what is to be cached together, as it is reported.</summary>
    public const string CacheKeyName = "prompt_cache_key";

    /// <summary>Stands where a target demands that a user begins and none says anything.</summary>
    public const string Beginning = "(The conversation begins.)";

    /// <summary>How that is reported.</summary>
    public const string WithoutBeginning = "a conversation that no user begins (begun for them)";

    /// <summary>Noted where nothing that the user says, or says last, can be carried: the target would answer what nobody asked.</summary>
    public const string NothingElse = "nothing else was said";

    /// <summary>Thoughts of earlier answers, as they are reported where a target does not take them.</summary>
    public const string EarlierReasoning = "reasoning of earlier answers";

    /// <summary>Something in it is marked to be cached.</summary>
    public bool HasCacheControl =>
        System.Exists(static p => p.CacheControl is not null) || Tools.Exists(static t => t.CacheControl is not null) || Turns.Exists(static t => t.Parts.Exists(static p => p.CacheControl is not null));

    /// <summary>Request fields of the source dialect that have no counterpart here, by name: reported for every translated target.</summary>
    public List<string> Unmapped { get; } = [];
}

/// <summary>One message: consecutive parts of one role. Tool results are parts of a user turn.</summary>
internal sealed class ChatTurn(ChatRole role)
{
    public ChatRole Role { get; } = role;

    public List<ChatPart> Parts { get; } = [];

    /// <summary>Of a user turn: instructions that stand in mid-conversation. Where a target knows none there, they are text of the user's.</summary>
    public bool IsSystem { get; init; }

    /// <summary>OpenAI's participant name, or null.</summary>
    public string? Name { get; set; }
}

/// <summary>A piece of a message. Closed set.</summary>
internal abstract record ChatPart
{
    /// <summary>Raw JSON of Anthropic's <c>cache_control</c>, or null.</summary>
    public string? CacheControl { get; init; }
}

internal sealed record TextPart(string Text) : ChatPart;

/// <summary>An image, document or sound, inline (base64) or by URL: exactly one of <paramref name="Base64"/> and <paramref name="Url"/>.</summary>
/// <param name="Kind">image, document, audio or video.</param>
/// <param name="MediaType">MIME type; may be empty for a URL.</param>
internal sealed record MediaPart(MediaKind Kind, string MediaType, string? Base64, string? Url) : ChatPart
{
    /// <summary>OpenAI's image <c>detail</c>, or null.</summary>
    public string? Detail { get; init; }

    /// <summary>A detail other than what everybody chooses anyway.</summary>
    public bool HasDetail => Detail is not (null or "auto");

    public string? FileName { get; init; }

    /// <summary>What a document of plain text says, for a target that takes no documents; null = it is none.</summary>
    public string? DocumentText()
    {
        if (Kind != MediaKind.Document || Base64 is not { } data || !MediaType.StartsWith("text/", StringComparison.Ordinal)) return null;
        var bytes = new byte[data.Length];
        return Convert.TryFromBase64String(data, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : data;
    }
}

internal enum MediaKind
{
    Image,
    Document,
    Audio,
    Video,
}

/// <summary>Reasoning of an earlier answer. Only its issuer accepts the signature.</summary>
internal sealed record ReasoningPart(string Text, string? Signature) : ChatPart
{
    /// <summary>Opaque data of a redacted block, or null.</summary>
    public string? RedactedData { get; init; }

    /// <summary>There is something in it that is lost where it is left out.</summary>
    public bool SaysSomething => Text.Length > 0 || IsSealed;

    /// <summary>What it says only its issuer can read.</summary>
    public bool IsSealed => RedactedData is { Length: > 0 } || (Text.Length == 0 && Signature is { Length: > 0 });
}

/// <summary>A call the model made. <paramref name="ArgumentsJson"/> is JSON text, <c>{}</c> when there are none; may be invalid JSON if the model wrote it so.</summary>
internal sealed record ToolCallPart(string Id, string Name, string ArgumentsJson) : ChatPart
{
    /// <summary>Gemini's <c>thoughtSignature</c>, or null.</summary>
    public string? Signature { get; init; }
}

internal sealed record ToolResultPart(string CallId, IReadOnlyList<ChatPart> Content, bool IsError) : ChatPart
{
    /// <summary>The tool's name where the dialect needs it (Gemini, Ollama); filled by <see cref="ChatRequest"/> readers from the call with the same id.</summary>
    public string? Name { get; init; }
}

/// <summary>A part of the source dialect that the common form has no word for, kept for the report. Never sent.</summary>
internal sealed record UnmappedPart(string What) : ChatPart;

/// <param name="ParametersJson">JSON Schema as raw text; <c>{"type":"object","properties":{}}</c> when none was given.</param>
internal sealed record ToolDefinition(string Name, string? Description, string ParametersJson)
{
    public bool? Strict { get; init; }

    public string? CacheControl { get; init; }
}

internal readonly record struct ToolChoice(ToolChoiceKind Kind, string? Name = null)
{
    public static readonly ToolChoice Unset;
}

internal enum ToolChoiceKind
{
    Unset,
    Auto,
    None,
    Required,
    Named,
}

internal sealed record OutputFormat(OutputFormatKind Kind, string? Name = null, string? SchemaJson = null, bool? Strict = null, string? Description = null)
{
    public static readonly OutputFormat Text = new(OutputFormatKind.Text);
}

internal enum OutputFormatKind
{
    Text,
    JsonObject,
    JsonSchema,
}

/// <summary>How hard to think: a budget in tokens, an effort word (<c>none minimal low medium high xhigh max</c>), or both.</summary>
/// <param name="Enabled">False = explicitly off.</param>
/// <param name="IncludeThoughts">Null = the dialect's default.</param>
internal sealed record ReasoningRequest(bool Enabled, string? Effort = null, int? BudgetTokens = null, bool? IncludeThoughts = null);
