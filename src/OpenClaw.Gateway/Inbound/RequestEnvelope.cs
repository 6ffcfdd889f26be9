// hot path: one pass over the body, no allocation but the model's name
using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Dispatch;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Prices;

namespace OpenClaw.Gateway.Inbound;

/// <summary>
/// A request body, read once under a size cap into a pooled buffer and kept as it came, with the few facts that routing
/// needs peeked out of it. Dispose returns the buffer.
/// </summary>
internal sealed class RequestEnvelope : IDisposable
{
    // A length is only announced: memory is taken as the bytes come.
    private const int MaxFirstBuffer = 64 * 1024;

    /// <summary>A name is kept in many places (decisions, ledger, targets); no model's is a tenth as long.</summary>
    public const int MaxModel = 512;

    private byte[] _buffer;
    private int _length;
    private (int Start, int Length) _slash;
    private List<(int Start, int Length)>? _media;
    private bool _isModelTooLong;
    private bool _isModelNoText;
    private bool _isLimitText;

    private RequestEnvelope(byte[] buffer, int length)
    {
        _buffer = buffer;
        _length = length;
    }

    public ReadOnlyMemory<byte> Body => _buffer.AsMemory(0, _length);

    /// <summary>The <c>model</c> field; empty when absent.</summary>
    public string Model { get; private set; } = "";

    public bool Stream { get; private set; }

    /// <summary>OpenAI's <c>stream_options.include_usage</c>.</summary>
    public bool IncludeUsage { get; private set; }

    /// <summary>vLLM's <c>stream_options.continuous_usage_stats</c>: usage on every chunk.</summary>
    public bool WantsContinuousUsage { get; private set; }

    public bool HasTools { get; private set; }

    public bool HasImages => Images > 0;

    public int Images { get; private set; }

    /// <summary>Documents and recordings, whose tokens no text tells.</summary>
    public int Documents { get; private set; }

    /// <summary>Bytes of inline media, as they stand in the body.</summary>
    public long MediaBytes { get; private set; }

    /// <summary>Reasoning was asked for (<c>thinking</c>, <c>reasoning</c>, <c>reasoning_effort</c>): no prefill then.</summary>
    public bool WantsReasoning { get; private set; }

    /// <summary>The answer is to be JSON (OpenAI's <c>response_format</c>, Anthropic's <c>output_config.format</c>).</summary>
    public bool WantsStructure { get; private set; }

    /// <summary>More than one choice was asked for (<c>n</c>).</summary>
    public bool WantsChoices => Choices > 1;

    public int Choices { get; private set; } = 1;

    /// <summary>The last message is the assistant's: the client itself asks for a continuation.</summary>
    public bool EndsWithAssistant { get; private set; }

    /// <summary><c>max_tokens</c> or <c>max_completion_tokens</c>, the larger of the two; null = neither is a limit.</summary>
    public int? MaxTokens { get; private set; }

    /// <summary>Prompt tokens, estimated from the bytes of the text that the JSON stands for; inline media is not counted.</summary>
    public int EstimatedTokens { get; private set; }

    /// <summary><c>service_tier</c>: how the caller wants to be served, and pay; null = not said, or left to the provider (<c>auto</c>).</summary>
    public PriceTier? ServiceTier { get; private set; }

    /// <summary>Searches that the provider may run for this request.</summary>
    public SearchTools Searches { get; private set; } = SearchTools.None;

    /// <summary>The provider searches before each answer (OpenAI's <c>web_search_options</c>), and its usage does not say so.</summary>
    public bool SearchesAlways { get; private set; }

    /// <summary>It names other models than the one that is asked for (<see cref="CallerRouting"/>).</summary>
    public bool NamesModels { get; private set; }

    /// <summary>Tokens of OpenAI's <c>prediction</c>, at most: what of it is rejected is billed as output, and seen by nobody.</summary>
    public long Predicted { get; private set; }

    /// <summary>OpenAI's <c>user</c>: who the client says is asking, or null.</summary>
    public string? User { get; private set; }

    /// <summary>Anthropic's <c>metadata.user_id</c>, or null.</summary>
    public string? UserId { get; private set; }

    /// <summary>OpenAI's <c>prompt_cache_key</c>, or null.</summary>
    public string? PromptCacheKey { get; private set; }

    /// <summary>The word behind the slash of the last text that begins like a slash command (<c>/status</c>), or null. Whether it is one is decided by who understands the request.</summary>
    public string? SlashWord => _slash.Length == 0 ? null : SlashText.WordOf(_buffer.AsSpan(_slash.Start, _slash.Length));

    /// <summary>An envelope around a body that was written here.</summary>
    public static RequestEnvelope Of(ReadOnlySpan<byte> body)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(body.Length);
        body.CopyTo(buffer);
        var envelope = new RequestEnvelope(buffer, body.Length);
        if (envelope.Peek() is not { } error) return envelope;
        envelope.Dispose();
        throw new ArgumentException(error.Message, nameof(body));
    }

    /// <summary>Reads and peeks; a body that is too large, cut off or not a JSON object is an error in words.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<(RequestEnvelope? Envelope, GatewayError? Error)> ReadAsync(HttpRequest request, long maxBytes, CancellationToken cancel)
    {
        if (request.ContentLength > maxBytes) return (null, TooLarge(maxBytes));
        if (request.Headers.ContentEncoding.Count > 0 && request.Headers.ContentEncoding != "identity")
        {
            return (null, new GatewayError(GatewayErrorKind.BadRequest, "a compressed request body is not accepted; send it without Content-Encoding") { Status = 415 });
        }
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp((request.ContentLength ?? 8192) + 1, 1024, MaxFirstBuffer));
        var (length, isTooLarge) = (0, false);
        try
        {
            while (true)
            {
                // From the server's own pipe: its stream would lay two more methods and a last read for nothing between.
                var read = await request.BodyReader.ReadAsync(cancel).ConfigureAwait(false);
                foreach (var part in read.Buffer)
                {
                    // Before memory is taken: what is too long must not need more than there can be.
                    isTooLarge |= part.Length > maxBytes - length;
                    if (isTooLarge) break;
                    while (part.Length > buffer.Length - length) buffer = Grow(buffer, length);
                    part.Span.CopyTo(buffer.AsSpan(length));
                    length += part.Length;
                }
                request.BodyReader.AdvanceTo(read.Buffer.End);
                if (isTooLarge) return (null, TooLarge(maxBytes));
                if (read.IsCompleted) break;
            }
            var envelope = new RequestEnvelope(buffer, length);
            if (envelope.Peek() is { } error) return (null, error);
            buffer = null!;
            return (envelope, null);
        }
        finally
        {
            if (buffer is not null) ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The most tokens that the prompt can be, by what it is made of; inline media is not counted.</summary>
    public long MostTokens()
    {
        var (most, at) = (0L, 0);
        for (var i = 0; i < _media?.Count; i++)
        {
            most += PromptBound.OfJson(_buffer.AsSpan(at.._media[i].Start));
            at = _media[i].Start + _media[i].Length;
        }
        return most + PromptBound.OfJson(_buffer.AsSpan(at.._length));
    }

    public void Dispose()
    {
        if (_buffer.Length == 0) return;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <summary>Puts <paramref name="text"/> where the text of <see cref="SlashWord"/> stands; every other byte stays. False: that text is not <paramref name="expected"/>.</summary>
    public bool TryReplaceSlashText(string expected, string text)
    {
        var reader = new Utf8JsonReader(_buffer.AsSpan(_slash.Start - 1, _slash.Length + 2));
        if (_slash.Length == 0 || !reader.Read() || reader.GetString()!.Trim() != expected) return false;
        var quoted = System.Text.Encoding.UTF8.GetBytes(JsonEncodedText.Encode(text).ToString());
        var replaced = ArrayPool<byte>.Shared.Rent(_length - _slash.Length + quoted.Length);
        _buffer.AsSpan(0, _slash.Start).CopyTo(replaced);
        quoted.CopyTo(replaced, _slash.Start);
        _buffer.AsSpan(_slash.Start + _slash.Length, _length - _slash.Start - _slash.Length).CopyTo(replaced.AsSpan(_slash.Start + quoted.Length));
        ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _length, _slash) = (replaced, _length - _slash.Length + quoted.Length, default);
        return true;
    }

    private static byte[] Grow(byte[] buffer, int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private static GatewayError TooLarge(long maxBytes) => new(
        GatewayErrorKind.RequestTooLarge,
        $"the request body is larger than {maxBytes} bytes; send less, or raise gateway.maxBodyBytes");

    /// <summary>Why a name of more than <see cref="MaxModel"/> characters is refused.</summary>
    public static GatewayError ModelTooLong { get; } = new(GatewayErrorKind.BadRequest, $"model has at most {MaxModel} characters") { Param = "model" };

    private static readonly GatewayError s_modelNoText = new(GatewayErrorKind.BadRequest, "model is not a string; write its name in quotation marks, such as \"provider/model\"") { Param = "model" };

    private GatewayError? Peek()
    {
        DropMark();
        if (_length == 0) return new GatewayError(GatewayErrorKind.BadRequest, "the request body is empty; send a JSON object");
        // The JSON reader lets bad bytes in strings pass, and they would travel on to the provider (RFC 8259, section 8.1).
        if (!Utf8.IsValid(_buffer.AsSpan(0, _length))) return new GatewayError(GatewayErrorKind.BadRequest, "the request body is not valid UTF-8");
        try
        {
            var reader = new Utf8JsonReader(_buffer.AsSpan(0, _length), new JsonReaderOptions { MaxDepth = 128 });
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return new GatewayError(GatewayErrorKind.BadRequest, "the request body is not a JSON object");
            }
            EstimatedTokens = (int)Math.Min(int.MaxValue, (PeekFields(ref reader) / 4) + 1);
            // Some servers read a number in quotation marks, others read over it: as good as none.
            if (_isLimitText) MaxTokens = null;
            return _isModelNoText ? s_modelNoText : _isModelTooLong ? ModelTooLong : null;
        }
        catch (JsonException e)
        {
            return new GatewayError(
                GatewayErrorKind.BadRequest,
                $"the request body is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine})");
        }
        catch (InvalidOperationException)
        {
            return new GatewayError(GatewayErrorKind.BadRequest, "the request body is not valid UTF-8");
        }
    }

    // A byte order mark is no part of the JSON (RFC 8259, section 8.1, lets a reader ignore it); no provider gets it.
    private void DropMark()
    {
        if (!_buffer.AsSpan(0, _length).StartsWith("\uFEFF"u8)) return;
        _length -= 3;
        _buffer.AsSpan(3, _length).CopyTo(_buffer);
    }

    // Every string is counted as prompt text but inline media; depth-1 fields are looked at by name.
    private long PeekFields(ref Utf8JsonReader reader)
    {
        long text = 0;
        var (inMessages, isData, free) = (false, false, int.MaxValue);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1)
            {
                inMessages = reader.ValueTextEquals("messages"u8);
                if (!inMessages) PeekTopLevel(ref reader, ref text);
                continue;
            }
            if (reader.TokenType == JsonTokenType.PropertyName && inMessages)
            {
                isData = reader.ValueTextEquals("data"u8) || reader.ValueTextEquals("file_data"u8);
                if (reader.CurrentDepth <= free) free = IsOfCall(ref reader) ? reader.CurrentDepth : int.MaxValue;
                if (reader.CurrentDepth > free) continue;
                if (reader.CurrentDepth == 3 && reader.ValueTextEquals("role"u8))
                {
                    reader.Read();
                    EndsWithAssistant = reader.TokenType == JsonTokenType.String && reader.ValueSpan.SequenceEqual("assistant"u8);
                }
                else if (reader.ValueTextEquals("image_url"u8)) Images++;
                else if (reader.ValueTextEquals("type"u8))
                {
                    // Not ValueTextEquals for values: that throws on a lone surrogate, which clients that cut emoji in half do send.
                    reader.Read();
                    if (reader.TokenType == JsonTokenType.String) CountPart(reader.ValueSpan);
                }
                continue;
            }
            if (reader.TokenType != JsonTokenType.String) continue;
            if (IsMedia(reader.ValueSpan, isData)) LeaveOut(ref reader);
            else text += reader.ValueIsEscaped ? JsonEscapes.Length(reader.ValueSpan) : reader.ValueSpan.Length;
            // Elsewhere it is a stop word, a schema or a name.
            if (inMessages && SlashText.IsCommand(reader.ValueSpan)) _slash = ((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
        }
        return text;
    }

    // Longer than all its letters escaped: not even looked at.
    private void ReadModel(ref Utf8JsonReader reader)
    {
        if (reader.ValueSpan.Length > MaxModel * 6 || (Model = reader.GetString()!).Length > MaxModel) _isModelTooLong = true;
    }

    // What a model gave a tool is anybody's JSON: an "image_url" in it is no image of the request. Depths: messages 1, members
    // of a message 3, of a part 5.
    private static bool IsOfCall(ref Utf8JsonReader reader) => reader.CurrentDepth switch
    {
        3 => reader.ValueTextEquals("tool_calls"u8) || reader.ValueTextEquals("function_call"u8),
        5 => reader.ValueTextEquals("input"u8),
        _ => false,
    };

    private void CountPart(ReadOnlySpan<byte> type)
    {
        if (type.SequenceEqual("image"u8)) Images++;
        else if (UnseenParts.IsDocument(type)) Documents++;
    }

    private void LeaveOut(ref Utf8JsonReader reader)
    {
        MediaBytes += reader.ValueSpan.Length;
        (_media ??= []).Add(((int)reader.TokenStartIndex, reader.ValueSpan.Length + 2));
    }

    private void PeekTopLevel(ref Utf8JsonReader reader, ref long text)
    {
        if (reader.ValueTextEquals("model"u8))
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.String) ReadModel(ref reader);
            else if (reader.TokenType != JsonTokenType.Null) _isModelNoText = true;
            reader.Skip();
        }
        else if (reader.ValueTextEquals("stream"u8))
        {
            reader.Read();
            Stream = reader.TokenType == JsonTokenType.True;
        }
        else if (reader.ValueTextEquals("max_tokens"u8) || reader.ValueTextEquals("max_completion_tokens"u8))
        {
            reader.Read();
            // Servers differ in which of the two they read, and some take -1 for no limit.
            if (reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var max) && max >= 1) MaxTokens = Math.Max(MaxTokens ?? 0, (int)Math.Min(int.MaxValue, max));
            _isLimitText |= reader.TokenType == JsonTokenType.String;
        }
        else if (reader.ValueTextEquals("n"u8))
        {
            reader.Read();
            if (ReadNumber(ref reader) is { } n) Choices = Math.Max(Choices, (int)Math.Clamp(Math.Ceiling(n), 1, 1024));
        }
        else if (reader.ValueTextEquals("user"u8))
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.String) User = reader.GetString();
        }
        else if (reader.ValueTextEquals("prompt_cache_key"u8))
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.String) PromptCacheKey = reader.GetString();
        }
        else if (reader.ValueTextEquals("stream_options"u8)) PeekObject(ref reader, "include_usage"u8);
        else if (reader.ValueTextEquals("metadata"u8)) PeekObject(ref reader, "user_id"u8);
        else if (reader.ValueTextEquals("tools"u8) || reader.ValueTextEquals("functions"u8))
        {
            reader.Read();
            var isList = reader.TokenType == JsonTokenType.StartArray;
            HasTools |= isList;
            var tools = JsonRead.Raw(ref reader, _buffer.AsSpan(0, _length));
            if (isList && SearchTools.Read(tools) is var found && found != SearchTools.None) Searches = found;
            text += JsonEscapes.Length(tools);
        }
        else if (reader.ValueTextEquals("service_tier"u8))
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.String && !reader.ValueSpan.SequenceEqual("auto"u8)) ServiceTier = PriceTiers.Read(reader.ValueSpan);
            reader.Skip();
        }
        else if (reader.ValueTextEquals("web_search_options"u8))
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartObject) (Searches, SearchesAlways) = (new SearchTools(1, true), true);
            reader.Skip();
        }
        else if (reader.ValueTextEquals("thinking"u8) || reader.ValueTextEquals("reasoning"u8) || reader.ValueTextEquals("reasoning_effort"u8))
        {
            reader.Read();
            WantsReasoning = reader.TokenType != JsonTokenType.Null && !IsDisabled(reader);
            reader.Skip();
        }
        else if (reader.ValueTextEquals("response_format"u8) || reader.ValueTextEquals("output_config"u8) || reader.ValueTextEquals("output_format"u8))
        {
            WantsStructure |= IsStructure(reader);
        }
        else if (CallerRouting.IsField(ref reader))
        {
            NamesModels = true;
            reader.Read();
            reader.Skip();
        }
        else if (reader.ValueTextEquals("prediction"u8))
        {
            reader.Read();
            Predicted += PromptBound.OfJson(JsonRead.Raw(ref reader, _buffer.AsSpan(0, _length)));
        }
        else if (reader.ValueTextEquals("system"u8))
        {
            var before = (int)reader.BytesConsumed;
            reader.Read();
            reader.Skip();
            text += JsonEscapes.Length(_buffer.AsSpan(before..(int)reader.BytesConsumed));
        }
    }

    // Many servers take 5.0 and "5" for 5.
    private static double? ReadNumber(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number when reader.TryGetDouble(out var number) => number,
        JsonTokenType.String when reader.ValueSpan.Length <= 32 && double.TryParse(reader.ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture, out var said) && double.IsFinite(said) => said,
        _ => null,
    };

    // {"type":"disabled"}, {"enabled":false} and "none" switch reasoning off. By value: a probe that leaves the reader alone.
    private static bool IsDisabled(Utf8JsonReader probe)
    {
        if (probe.TokenType == JsonTokenType.String) return probe.ValueSpan.SequenceEqual("none"u8);
        if (probe.TokenType != JsonTokenType.StartObject) return false;
        while (probe.Read() && probe.TokenType != JsonTokenType.EndObject)
        {
            if (probe.TokenType == JsonTokenType.String && probe.ValueSpan.SequenceEqual("disabled"u8)) return true;
            if (probe.TokenType == JsonTokenType.False) return true;
        }
        return false;
    }

    // {"type":"json_schema",…} and {"format":{…}}, but not {"type":"text"}. By value: the schema is prompt text and is counted.
    private static bool IsStructure(Utf8JsonReader probe)
    {
        probe.Read();
        if (probe.TokenType != JsonTokenType.StartObject) return false;
        while (probe.Read() && probe.TokenType == JsonTokenType.PropertyName)
        {
            var (isType, isFormat) = (probe.ValueTextEquals("type"u8), probe.ValueTextEquals("format"u8));
            probe.Read();
            if (isType) return probe.TokenType == JsonTokenType.String && !probe.ValueSpan.SequenceEqual("text"u8);
            if (isFormat) return probe.TokenType == JsonTokenType.StartObject;
            probe.Skip();
        }
        return false;
    }

    private void PeekObject(ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) return;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var isWanted = reader.ValueTextEquals(name);
            var isContinuous = reader.ValueTextEquals("continuous_usage_stats"u8);
            reader.Read();
            if (isContinuous) WantsContinuousUsage = reader.TokenType == JsonTokenType.True;
            if (isWanted && reader.TokenType == JsonTokenType.String) UserId = reader.GetString();
            else if (isWanted) IncludeUsage = reader.TokenType == JsonTokenType.True;
            reader.Skip();
        }
    }

    // By its place and its letters: text without a space may be Chinese, or a list of numbers, and is paid for.
    private static bool IsMedia(ReadOnlySpan<byte> value, bool isData)
    {
        if (value.Length <= 1024) return false;
        if (value.StartsWith("data:"u8)) return value[..256].IndexOf(";base64,"u8) > 0;
        return isData && value[..1024].IndexOfAnyExcept(s_base64) < 0;
    }

    private static readonly SearchValues<byte> s_base64 = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_\\"u8);
}
