using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Prices;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>
/// The <c>usage</c> objects of one answer. Each later object is cumulative and may leave out, repeat or correct what an
/// earlier one said; what it does not name stays.
/// </summary>
internal struct ReadUsage
{
    private long _input, _cacheRead, _cacheWrite, _cacheWrite1h, _output, _reasoning, _searches;
    private Usage _iterations;
    private bool _hasIterations, _saidInput, _saidOutput;
    private PriceTier _tier;

    /// <summary>
    /// The sum so far. With <c>iterations</c> (compaction, advisor, server-side fallback) it is theirs: the top level leaves
    /// some of them out, and all are billed.
    /// </summary>
    public readonly Usage Total
    {
        get
        {
            var usage = new Usage
            {
                Input = _input,
                CacheRead = _cacheRead,
                CacheWrite = Math.Max(0, _cacheWrite - _cacheWrite1h),
                CacheWrite1h = _cacheWrite1h,
                Output = _output,
                Reasoning = _reasoning,
                WebSearches = _searches,
                Tier = _tier,
                Unsaid = (_saidInput ? 0 : UsageSides.Input) | (_saidOutput ? 0 : UsageSides.Output),
            };
            if (!_hasIterations || _iterations.Total < usage.Total) return usage;
            return _iterations with
            {
                WebSearches = _searches,
                Tier = _tier,
                Reasoning = Math.Max(_reasoning, _iterations.Reasoning),
                Unsaid = (_iterations.TotalInput > 0 ? 0 : usage.Unsaid & UsageSides.Input) | (_iterations.Output > 0 ? 0 : usage.Unsaid & UsageSides.Output),
            };
        }
    }

    /// <summary>Takes in one <c>usage</c> object. <paramref name="json"/> is valid JSON; anything but an object is passed over.</summary>
    /// <param name="isOpening">The answer only begins: its output is not counted yet, whatever number stands there, and a prompt of 0 tokens is none.</param>
    /// <returns>False when it says nothing.</returns>
    public bool Read(ReadOnlySpan<byte> json, bool isOpening = false)
    {
        var seen = Scan(json, out var iterations);
        if (iterations.Length > 0) ReadIterations(iterations);
        // Some servers repeat the prompt as zero at the end: a zero never takes back what was reported.
        var says = (seen.Input ?? 0) + (seen.CacheRead ?? 0) + (seen.CacheWrite ?? 0) > 0;
        if (says)
        {
            _input = seen.Input ?? _input;
            _cacheRead = seen.CacheRead ?? _cacheRead;
            _cacheWrite = seen.CacheWrite ?? _cacheWrite;
        }
        if (seen.Write5m is not null || seen.Write1h is not null)
        {
            _cacheWrite1h = seen.Write1h ?? 0;
            _cacheWrite = Math.Max(_cacheWrite, _cacheWrite1h + (seen.Write5m ?? 0));
        }
        _cacheWrite1h = Math.Min(_cacheWrite1h, _cacheWrite);
        // Proxies open with a zero before they know; at the end, and in a whole answer, a zero is a count.
        _saidInput |= says || (seen.Input is not null && !isOpening);
        _saidOutput |= seen.Output is not null && !isOpening;
        _output = seen.Output ?? _output;
        _reasoning = seen.Thinking ?? _reasoning;
        _searches = seen.Searches ?? _searches;
        _tier = seen.Tier ?? _tier;
        return _hasIterations || seen.Tier is not null || (seen.Input ?? seen.CacheRead ?? seen.CacheWrite ?? seen.Output ?? seen.Searches) is not null;
    }

    private struct Seen
    {
        public long? Input, CacheRead, CacheWrite, Write5m, Write1h, Output, Thinking, Searches;
        public PriceTier? Tier;
    }

    private static Seen Scan(ReadOnlySpan<byte> json, out ReadOnlySpan<byte> iterations)
    {
        iterations = default;
        var seen = default(Seen);
        var reader = new Utf8JsonReader(json, JsonRead.Options);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return seen;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            if (reader.ValueSpan.SequenceEqual("input_tokens"u8)) seen.Input = Number(ref reader);
            else if (reader.ValueSpan.SequenceEqual("output_tokens"u8)) seen.Output = Number(ref reader);
            else if (reader.ValueSpan.SequenceEqual("cache_read_input_tokens"u8)) seen.CacheRead = Number(ref reader);
            else if (reader.ValueSpan.SequenceEqual("cache_creation_input_tokens"u8)) seen.CacheWrite = Number(ref reader);
            else if (reader.ValueSpan.SequenceEqual("ephemeral_5m_input_tokens"u8)) seen.Write5m = Number(ref reader);
            else if (reader.ValueSpan.SequenceEqual("ephemeral_1h_input_tokens"u8)) seen.Write1h = Number(ref reader);
            else if (reader.ValueSpan.SequenceEqual("thinking_tokens"u8)) seen.Thinking = Number(ref reader);
            else if (reader.ValueSpan.SequenceEqual("web_search_requests"u8)) seen.Searches = Number(ref reader);
            else if (reader.ValueSpan.SequenceEqual("service_tier"u8)) seen.Tier = Tier(ref reader);
            else if (reader.ValueSpan.SequenceEqual("iterations"u8)) iterations = Slice(ref reader, json);
            else if (reader.ValueSpan.SequenceEqual("cache_creation"u8) || reader.ValueSpan.SequenceEqual("server_tool_use"u8) ||
                     reader.ValueSpan.SequenceEqual("output_tokens_details"u8)) reader.Read();
            else Skip(ref reader);
        }
        return seen;
    }

    private void ReadIterations(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, JsonRead.Options);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray) return;
        var sum = default(Usage);
        var any = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var one = default(ReadUsage);
            one.Read(JsonRead.Raw(ref reader, json));
            sum += one.Total;
            any = true;
        }
        if (!any) return;
        _iterations = sum;
        _hasIterations = true;
    }

    private static long? Number(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number) return JsonRead.Tokens(ref reader);
        reader.Skip();
        return null;
    }

    private static PriceTier? Tier(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String) return PriceTiers.Read(reader.ValueSpan);
        reader.Skip();
        return null;
    }

    private static ReadOnlySpan<byte> Slice(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        reader.Read();
        return JsonRead.Raw(ref reader, json);
    }

    private static void Skip(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }
}
