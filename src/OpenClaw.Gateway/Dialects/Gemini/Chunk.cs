// hot path: no allocation
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.Gemini;

/// <summary>The fields of one <c>GenerateContentResponse</c> as slices of its JSON. Whatever their order, they are looked at together.</summary>
internal ref struct GeminiChunk
{
    public ReadOnlySpan<byte> Candidates;
    public ReadOnlySpan<byte> Usage;
    public ReadOnlySpan<byte> PromptFeedback;
    public ReadOnlySpan<byte> Error;
    public ReadOnlySpan<byte> ResponseId;
    public ReadOnlySpan<byte> ModelVersion;
    public ReadOnlySpan<byte> CreateTime;

    /// <summary>False for an object of another protocol. An empty object is a response in which every field has its default.</summary>
    public bool IsKnown;

    public static GeminiChunk Of(ReadOnlySpan<byte> json)
    {
        var chunk = new GeminiChunk();
        if (!JsonSlice.IsObject(json)) return chunk;
        var field = JsonSlice.Properties(json);
        var hasUnknown = false;
        while (field.Next())
        {
            // The Live API has usageMetadata too, beside its own fields: it alone does not tell the protocol.
            if (field.Is("usageMetadata"u8)) chunk.Usage = field.Value;
            else if (chunk.Set(field.Name, field.Value)) chunk.IsKnown = true;
            else hasUnknown = true;
        }
        chunk.IsKnown |= !hasUnknown;
        return chunk;
    }

    private bool Set(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual("candidates"u8)) Candidates = value;
        else if (name.SequenceEqual("promptFeedback"u8)) PromptFeedback = value;
        else if (name.SequenceEqual("error"u8)) Error = value;
        else if (name.SequenceEqual("responseId"u8)) ResponseId = value;
        else if (name.SequenceEqual("modelVersion"u8)) ModelVersion = value;
        else if (name.SequenceEqual("createTime"u8)) CreateTime = value;
        else return false;
        return true;
    }
}

/// <summary>One candidate.</summary>
internal ref struct GeminiCandidate
{
    public long Index;
    public ReadOnlySpan<byte> Parts;
    public ReadOnlySpan<byte> FinishReason;
    public bool HasCitations;

    public static GeminiCandidate Of(ReadOnlySpan<byte> json)
    {
        var candidate = new GeminiCandidate();
        var field = JsonSlice.Properties(json);
        while (field.Next())
        {
            if (field.Is("content"u8)) candidate.Parts = PartsOf(field.Value);
            else if (field.Is("finishReason"u8)) candidate.FinishReason = field.Value;
            else if (field.Is("index"u8)) candidate.Index = JsonSlice.Integer(field.Value) ?? 0;
            else if (field.Is("groundingMetadata"u8) || field.Is("citationMetadata"u8) || field.Is("urlContextMetadata"u8))
            {
                candidate.HasCitations |= JsonSlice.IsObject(field.Value) && !field.Value.SequenceEqual("{}"u8);
            }
        }
        return candidate;
    }

    private static ReadOnlySpan<byte> PartsOf(ReadOnlySpan<byte> content)
    {
        var field = JsonSlice.Properties(content);
        while (field.Next())
        {
            if (field.Is("parts"u8) && JsonSlice.IsArray(field.Value)) return field.Value;
        }
        return default;
    }
}

/// <summary>One part of a candidate's content.</summary>
internal ref struct GeminiPart
{
    public ReadOnlySpan<byte> Text;
    public bool IsThought;
    public ReadOnlySpan<byte> Signature;
    public ReadOnlySpan<byte> Call;

    /// <summary>The name of a kind that the common form has no word for, or null.</summary>
    public string? Other;

    public static GeminiPart Of(ReadOnlySpan<byte> json)
    {
        var part = new GeminiPart();
        var field = JsonSlice.Properties(json);
        while (field.Next())
        {
            if (field.Is("text"u8)) part.Text = field.Value;
            else if (field.Is("thought"u8)) part.IsThought = JsonSlice.IsTrue(field.Value);
            else if (field.Is("thoughtSignature"u8)) part.Signature = field.Value;
            else if (field.Is("functionCall"u8)) part.Call = field.Value;
            else part.Other = OtherKind(field.Name) ?? part.Other;
        }
        return part;
    }

    private static string? OtherKind(ReadOnlySpan<byte> name) => name.Length switch
    {
        _ when name.SequenceEqual("inlineData"u8) => "inlineData part",
        _ when name.SequenceEqual("fileData"u8) => "fileData part",
        _ when name.SequenceEqual("executableCode"u8) => "executableCode part",
        _ when name.SequenceEqual("codeExecutionResult"u8) => "codeExecutionResult part",
        _ when name.SequenceEqual("functionResponse"u8) => "functionResponse part",
        _ when name.SequenceEqual("toolCall"u8) => "toolCall part",
        _ when name.SequenceEqual("toolResponse"u8) => "toolResponse part",
        // partMetadata, videoMetadata and the like describe the part; they are not content.
        _ when name.EndsWith("Metadata"u8) || name.SequenceEqual("mediaResolution"u8) => null,
        _ => "part of an unknown kind",
    };
}

/// <summary>A function call, whole or a piece of a streamed one.</summary>
internal ref struct GeminiCall
{
    public ReadOnlySpan<byte> Id;
    public ReadOnlySpan<byte> Name;
    public ReadOnlySpan<byte> Args;
    public ReadOnlySpan<byte> PartialArgs;
    public bool WillContinue;

    public static GeminiCall Of(ReadOnlySpan<byte> json)
    {
        var call = new GeminiCall();
        var field = JsonSlice.Properties(json);
        while (field.Next())
        {
            if (field.Is("id"u8)) call.Id = field.Value;
            else if (field.Is("name"u8)) call.Name = field.Value;
            else if (field.Is("args"u8)) call.Args = field.Value;
            else if (field.Is("partialArgs"u8)) call.PartialArgs = field.Value;
            else if (field.Is("willContinue"u8)) call.WillContinue = JsonSlice.IsTrue(field.Value);
        }
        return call;
    }
}
