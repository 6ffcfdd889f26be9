using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OpenClaw.Gateway.Routing;

/// <summary>What an error body says, whichever provider's shape it has. Raw words: clean them before showing them.</summary>
internal sealed record ErrorFacts
{
    /// <summary>The body was a JSON document.</summary>
    public bool IsJson { get; init; }

    /// <summary>The body is a web page: a proxy or a firewall spoke, not the provider.</summary>
    public bool IsHtml { get; init; }

    /// <summary>True when the document has an error in it.</summary>
    public bool HasError { get; init; }

    public string Message { get; init; } = "";

    /// <summary>OpenRouter's <c>metadata.raw</c>: the words of the provider behind it.</summary>
    public string Raw { get; init; } = "";

    public string? Type { get; init; }

    /// <summary>The code where it is a word (OpenAI).</summary>
    public string? Code { get; init; }

    /// <summary>The field of the request that is at fault (OpenAI's <c>param</c>).</summary>
    public string? Param { get; init; }

    /// <summary>The code where it is an HTTP status (vLLM, llama-server, OpenRouter, Google), 400–599; else null.</summary>
    public int? Number { get; init; }

    /// <summary>google.rpc status, <c>RESOURCE_EXHAUSTED</c>.</summary>
    public string? RpcStatus { get; init; }

    /// <summary>Anthropic's <c>details.error_code</c>, Google's <c>ErrorInfo.reason</c>.</summary>
    public string? DetailCode { get; init; }

    /// <summary>OpenRouter's <c>metadata.error_type</c>, one of 27 words.</summary>
    public string? ErrorType { get; init; }

    /// <summary>OpenRouter's <c>metadata.limit_source</c>.</summary>
    public string? LimitSource { get; init; }

    /// <summary>OpenRouter's <c>metadata.reason</c> of a budget refusal.</summary>
    public string? LimitReason { get; init; }

    /// <summary>OpenRouter's <c>metadata.provider_name</c>: the refusal came from the provider behind it.</summary>
    public string? UpstreamName { get; init; }

    /// <summary>OpenRouter's moderation: <c>metadata.reasons</c>, <c>flagged_input</c> or guardrail <c>patterns</c> are there.</summary>
    public bool IsModeration { get; init; }

    /// <summary>Google's <c>QuotaFailure.violations[].quotaId</c>.</summary>
    public ImmutableArray<string> QuotaIds { get; init; } = [];

    /// <summary>Google's <c>RetryInfo.retryDelay</c>, <c>"34.4s"</c>.</summary>
    public string? RetryDelay { get; init; }

    /// <summary>A point in time at which a limit ends (OpenRouter's <c>resets_at</c> or <c>headers.X-RateLimit-Reset</c>), as written.</summary>
    public string? ResetsAt { get; init; }

    /// <summary>Reads any body. Never throws; what is not JSON becomes the message.</summary>
    public static ErrorFacts Read(ReadOnlySpan<byte> body)
    {
        var text = body.Trim(" \t\r\n\uFEFF"u8);
        if (text.IsEmpty) return new ErrorFacts();
        if (text[0] is (byte)'{' or (byte)'[' or (byte)'"')
        {
            try
            {
                var reader = new Utf8JsonReader(text);
                using var document = JsonDocument.ParseValue(ref reader);
                return ErrorFactsReader.Document(document.RootElement);
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                // Cut off, or not JSON after all: its text still has the signals.
            }
        }
        var plain = Encoding.UTF8.GetString(text[..Math.Min(text.Length, 4096)]);
        return plain[0] == '<'
            ? new ErrorFacts { IsHtml = true, Message = HtmlTitle(plain) }
            : new ErrorFacts { Message = plain };
    }

    private static string HtmlTitle(string html)
    {
        var start = html.IndexOf("<title>", StringComparison.OrdinalIgnoreCase);
        if (start < 0) return "";
        start += "<title>".Length;
        var end = html.IndexOf("</title>", start, StringComparison.OrdinalIgnoreCase);
        return end < 0 ? "" : html[start..end];
    }
}

/// <summary>The shapes of error documents. Sources: the providers' own API descriptions; vLLM and llama.cpp as captured.</summary>
internal static class ErrorFactsReader
{
    /// <summary>
    /// <c>{"error":{…}}</c> (OpenAI, Google, OpenRouter, llama-server), <c>{"type":"error","error":{…}}</c> (Anthropic),
    /// <c>[{"error":{…}}]</c> (Google's OpenAI endpoint), <c>{"error":"text"}</c> (Ollama, xAI), <c>{"object":"error",…}</c>
    /// (vLLM), <c>{"response":{"error":{…}}}</c> (OpenAI Responses), <c>{"choices":[{"error":{…}}]}</c> (OpenRouter),
    /// <c>{"detail":…}</c> (FastAPI), or the inner error object alone.
    /// </summary>
    public static ErrorFacts Document(JsonElement root)
    {
        if (root.ValueKind == JsonValueKind.Array) root = root.GetArrayLength() > 0 ? root[0] : default;
        if (root.ValueKind == JsonValueKind.String) return new ErrorFacts { IsJson = true, HasError = true, Message = root.GetString()! };
        if (root.ValueKind != JsonValueKind.Object) return new ErrorFacts { IsJson = true };

        if (root.TryGetProperty("error", out var error) && error.ValueKind is not JsonValueKind.Null) return Inner(error, root);
        if (Child(root, "response") is { } response && Child(response, "error") is { } failed) return Inner(failed, response);
        if (root.TryGetProperty("choices", out var choices) && choices.ValueKind == JsonValueKind.Array && choices.GetArrayLength() > 0
            && Child(choices[0], "error") is { } choiceError)
        {
            return Inner(choiceError, root);
        }
        var looksFlat = root.TryGetProperty("message", out _) || root.TryGetProperty("detail", out _) || Text(root, "object") == "error"
            || Text(root, "type") == "error";
        return looksFlat ? Inner(root, root) : new ErrorFacts { IsJson = true };
    }

    private static ErrorFacts Inner(JsonElement error, JsonElement root)
    {
        if (error.ValueKind != JsonValueKind.Object)
        {
            return new ErrorFacts
            {
                IsJson = true, HasError = true,
                Message = error.ValueKind == JsonValueKind.String ? error.GetString()! : error.GetRawText(),
                Code = Text(root, "code"),
                Number = Status(root, "code"),
            };
        }
        var type = Text(error, "type");
        var facts = new ErrorFacts
        {
            IsJson = true, HasError = true,
            Message = Words(error, "message") ?? Words(error, "detail") ?? Words(root, "message") ?? "",
            Type = type == "error" ? null : type,
            Code = Text(error, "code"),
            Param = Text(error, "param"),
            Number = Status(error, "code"),
            RpcStatus = Text(error, "status"),
        };
        if (error.TryGetProperty("details", out var details)) facts = WithDetails(facts, details);
        return Child(error, "metadata") is { } metadata ? WithMetadata(facts, metadata) : facts;
    }

    private static ErrorFacts WithDetails(ErrorFacts facts, JsonElement details)
    {
        if (details.ValueKind == JsonValueKind.Object) return facts with { DetailCode = Text(details, "error_code") };
        if (details.ValueKind != JsonValueKind.Array) return facts;
        var quotas = ImmutableArray.CreateBuilder<string>();
        foreach (var detail in details.EnumerateArray())
        {
            if (detail.ValueKind != JsonValueKind.Object) continue;
            if (Text(detail, "retryDelay") is { } delay) facts = facts with { RetryDelay = delay };
            if (Text(detail, "reason") is { } reason) facts = facts with { DetailCode = reason };
            if (!detail.TryGetProperty("violations", out var violations) || violations.ValueKind != JsonValueKind.Array) continue;
            foreach (var violation in violations.EnumerateArray())
            {
                if (violation.ValueKind == JsonValueKind.Object && Text(violation, "quotaId") is { } id) quotas.Add(id);
            }
        }
        return facts with { QuotaIds = quotas.ToImmutable() };
    }

    private static ErrorFacts WithMetadata(ErrorFacts facts, JsonElement metadata) => facts with
    {
        ErrorType = Text(metadata, "error_type"),
        LimitSource = Text(metadata, "limit_source"),
        LimitReason = Text(metadata, "reason"),
        UpstreamName = Text(metadata, "provider_name"),
        IsModeration = metadata.TryGetProperty("flagged_input", out _) || metadata.TryGetProperty("reasons", out _)
            || metadata.TryGetProperty("patterns", out _),
        Raw = RawWords(metadata),
        ResetsAt = Text(metadata, "resets_at") ?? (Child(metadata, "headers") is { } headers ? Text(headers, "X-RateLimit-Reset") : null),
    };

    /// <summary><c>metadata.raw</c> is a document, a document in a string, or words.</summary>
    private static string RawWords(JsonElement metadata)
    {
        if (!metadata.TryGetProperty("raw", out var raw)) return "";
        if (raw.ValueKind == JsonValueKind.Object) return Document(raw).Message;
        if (raw.ValueKind != JsonValueKind.String) return "";
        var text = raw.GetString()!;
        if (!text.StartsWith('{')) return text;
        var inner = ErrorFacts.Read(Encoding.UTF8.GetBytes(text));
        return inner.Message.Length > 0 ? inner.Message : text;
    }

    private static JsonElement? Child(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var child) && child.ValueKind == JsonValueKind.Object
            ? child : null;

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value)
            ? value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Number when name == "X-RateLimit-Reset" => value.GetRawText(),
                _ => null,
            }
            : null;

    private static string? Words(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value)
            ? value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Object or JsonValueKind.Array => value.GetRawText(),
                _ => null,
            }
            : null;

    private static int? Status(JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out var value)) return null;
        var known = value.ValueKind switch
        {
            JsonValueKind.Number => value.TryGetInt32(out var number) ? number : 0,
            JsonValueKind.String => int.TryParse(value.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0,
            _ => 0,
        };
        return known is >= 400 and <= 599 ? known : null;
    }
}
