using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Gateway.Dialects.Gemini;

/// <summary>
/// <c>usageMetadata</c>, repeated on every chunk with running totals. The prompt count includes cached tokens; the
/// candidates' count excludes thoughts; tokens of built-in tools' prompts are counted beside the prompt. Billed output is
/// candidates plus thoughts. A field that a later chunk leaves out keeps its value.
/// </summary>
internal struct GeminiUsage
{
    private long _prompt;
    private long _cached;
    private long _candidates;
    private long _thoughts;
    private long _toolUse;
    private long _audioIn;
    private long _audioOut;

    public readonly Usage Total => new()
    {
        Input = Math.Max(0, _prompt - _cached) + _toolUse,
        CacheRead = _cached,
        Output = _candidates + _thoughts,
        Reasoning = _thoughts,
        AudioInput = _audioIn,
        AudioOutput = _audioOut,
    };

    /// <summary>True when there was a count in it (Vertex AI sends chunks that hold only <c>trafficType</c>).</summary>
    public bool Read(ReadOnlySpan<byte> json)
    {
        if (!JsonSlice.IsObject(json)) return false;
        var any = false;
        var field = JsonSlice.Properties(json);
        while (field.Next())
        {
            if (field.Is("promptTokensDetails"u8)) _audioIn = Audio(field.Value);
            else if (field.Is("candidatesTokensDetails"u8)) _audioOut = Audio(field.Value);
            else if (JsonSlice.Integer(field.Value) is { } count) any |= Set(field.Name, Math.Max(0, count));
        }
        return any;
    }

    private bool Set(ReadOnlySpan<byte> name, long count)
    {
        if (name.SequenceEqual("promptTokenCount"u8)) _prompt = count;
        else if (name.SequenceEqual("cachedContentTokenCount"u8)) _cached = count;
        else if (name.SequenceEqual("candidatesTokenCount"u8)) _candidates = count;
        else if (name.SequenceEqual("thoughtsTokenCount"u8)) _thoughts = count;
        else if (name.SequenceEqual("toolUsePromptTokenCount"u8)) _toolUse = count;
        else return false;
        return true;
    }

    private static long Audio(ReadOnlySpan<byte> details)
    {
        if (!JsonSlice.IsArray(details)) return 0;
        var element = JsonSlice.Elements(details);
        while (element.Next())
        {
            if (!JsonSlice.IsObject(element.Value)) continue;
            var isAudio = false;
            long count = 0;
            var field = JsonSlice.Properties(element.Value);
            while (field.Next())
            {
                if (field.Is("modality"u8)) isAudio = field.Value.SequenceEqual("\"AUDIO\""u8);
                else if (field.Is("tokenCount"u8)) count = Math.Max(0, JsonSlice.Integer(field.Value) ?? 0);
            }
            if (isAudio) return count;
        }
        return 0;
    }
}
