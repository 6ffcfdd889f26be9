using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Prices;

namespace OpenClaw.Gateway.Dialects.Gemini;

/// <summary>
/// <c>usageMetadata</c>, repeated on every chunk with running totals. The prompt count includes cached tokens; the
/// candidates' count excludes thoughts; tokens of built-in tools' prompts are counted beside the prompt. Billed output is
/// candidates plus thoughts. A field that a later chunk leaves out keeps its value. The Live and Interactions APIs have other
/// names for the same counts.
/// </summary>
internal struct GeminiUsage
{
    private long? _prompt;
    private long _cached;
    private long? _candidates;
    private long _thoughts;
    private long _toolUse;
    private long _total;
    private Modalities _in;
    private Modalities _cachedIn;
    private Modalities _out;
    private PriceTier _tier;

    private record struct Modalities(long Audio, long Image);

    /// <summary>Something that candidates' tokens are counted for has come: without it Gemini leaves their count out.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>The counts so far. The total is the prompt, tools' prompts, candidates and thoughts together: a side that is missing is its rest.</summary>
    public readonly Usage Total
    {
        get
        {
            var prompt = _prompt ?? (_candidates is null ? null : Rest(_candidates.Value));
            var candidates = _candidates ?? (_prompt is null ? null : Rest(_prompt.Value));
            return new Usage
            {
                Input = Math.Max(0, (prompt ?? 0) - _cached) + _toolUse,
                CacheRead = _cached,
                Output = (candidates ?? 0) + _thoughts,
                Reasoning = _thoughts,
                AudioInput = _in.Audio,
                AudioCacheRead = Math.Min(_cachedIn.Audio, _cached),
                AudioOutput = _out.Audio,
                ImageInput = Math.Max(0, _in.Image - _cachedIn.Image),
                ImageOutput = _out.Image,
                Tier = _tier,
                Unsaid = (prompt is null ? UsageSides.Input : 0) | (candidates is null && IsAnswered ? UsageSides.Output : 0),
            };
        }
    }

    private readonly long? Rest(long side) => _total - side - _toolUse - _thoughts is > 0 and var rest ? rest : null;

    /// <summary>True when there was a count in it (Vertex AI sends chunks that hold only <c>trafficType</c>).</summary>
    public bool Read(ReadOnlySpan<byte> json)
    {
        if (!JsonSlice.IsObject(json)) return false;
        var any = false;
        var field = JsonSlice.Properties(json);
        while (field.Next())
        {
            if (field.Is("promptTokensDetails"u8) || field.Is("input_tokens_by_modality"u8)) _in = Details(field.Value);
            else if (field.Is("cacheTokensDetails"u8)) _cachedIn = Details(field.Value);
            else if (field.Is("candidatesTokensDetails"u8) || field.Is("responseTokensDetails"u8)) _out = Details(field.Value);
            else if (field.Is("trafficType"u8)) _tier = PriceTiers.Read(field.Value.Trim((byte)'"'));
            else if (JsonSlice.Tokens(field.Value) is { } count) any |= Set(field.Name, count);
        }
        return any;
    }

    private bool Set(ReadOnlySpan<byte> name, long count)
    {
        if (name.SequenceEqual("promptTokenCount"u8) || name.SequenceEqual("total_input_tokens"u8)) _prompt = count;
        else if (name.SequenceEqual("cachedContentTokenCount"u8) || name.SequenceEqual("total_cached_tokens"u8)) _cached = count;
        else if (name.SequenceEqual("candidatesTokenCount"u8) || name.SequenceEqual("responseTokenCount"u8) || name.SequenceEqual("total_output_tokens"u8)) _candidates = count;
        else if (name.SequenceEqual("thoughtsTokenCount"u8) || name.SequenceEqual("total_thought_tokens"u8)) _thoughts = count;
        else if (name.SequenceEqual("toolUsePromptTokenCount"u8) || name.SequenceEqual("total_tool_use_tokens"u8)) _toolUse = count;
        else if (name.SequenceEqual("totalTokenCount"u8) || name.SequenceEqual("total_tokens"u8)) _total = count;
        else return false;
        return true;
    }

    private static Modalities Details(ReadOnlySpan<byte> details)
    {
        var found = default(Modalities);
        if (!JsonSlice.IsArray(details)) return found;
        var element = JsonSlice.Elements(details);
        while (element.Next())
        {
            if (!JsonSlice.IsObject(element.Value)) continue;
            ReadOnlySpan<byte> modality = default;
            long count = 0;
            var field = JsonSlice.Properties(element.Value);
            while (field.Next())
            {
                if (field.Is("modality"u8)) modality = field.Value.Trim((byte)'"');
                else if (field.Is("tokenCount"u8) || field.Is("tokens"u8)) count = JsonSlice.Tokens(field.Value) ?? 0;
            }
            if (System.Text.Ascii.EqualsIgnoreCase(modality, "AUDIO"u8)) found.Audio += count;
            else if (System.Text.Ascii.EqualsIgnoreCase(modality, "IMAGE"u8)) found.Image += count;
        }
        return found;
    }
}
