// hot path: no allocation per chunk
using System.Buffers;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>
/// Follows one hop's answer as it passes: its text (to align a continuation with), whether a tool call began, finish, usage,
/// failure. Pooled memory; dispose returns it.
/// </summary>
/// <param name="keepText">True where frames are passed on as they are; a relay keeps what it emits itself.</param>
internal sealed class AnswerTracker(bool keepText) : IChatEventSink, IDisposable
{
    /// <summary>Longer text is not kept: no answer of a model is, and one that is could not be finished by another.</summary>
    public const int MaxText = 4 * 1024 * 1024;

    private byte[] _text = [];

    /// <summary>What the call took along: should the provider repeat it in an error, it is blanked.</summary>
    public CallSecrets Secrets { get; init; }

    /// <summary>The caller's form has room for one call.</summary>
    public bool TakesOneCall { get; init; }

    /// <summary>Something that a person or a program would call an answer has come.</summary>
    public bool HasContent { get; private set; }

    public bool HasTools { get; private set; }

    public bool HasReasoning { get; private set; }

    public bool HasRefusal { get; private set; }

    public int TextLength { get; private set; }

    public ReadOnlySpan<byte> TextBytes => _text.AsSpan(0, TextLength);

    /// <summary>There was more text than is kept.</summary>
    public bool IsTextCut { get; private set; }

    public FinishReason Finished { get; private set; }

    public Usage UsageSoFar { get; private set; }

    /// <summary>The provider has said what was used, were it nothing. What it says before the answer begins (Anthropic's opening) is not it.</summary>
    public bool HasUsage { get; private set; }

    /// <summary>What the provider has not counted of an answer that is at its end.</summary>
    public UsageSides Unsaid
    {
        get
        {
            var unsaid = UsageSoFar.Unsaid;
            if (!HasUsage && UsageSoFar.TotalInput == 0) unsaid |= UsageSides.Input;
            if (!HasUsage && UsageSoFar.Output == 0) unsaid |= UsageSides.Output;
            // Where nothing was generated there is nothing to count.
            return HasContent || GeneratedBytes > 0 || UnmappedParts is not null ? unsaid : unsaid & ~UsageSides.Output;
        }
    }

    public UpstreamFailure? Failure { get; private set; }

    public List<string>? UnmappedParts { get; private set; }

    private long _piecesAtUsage;

    /// <summary>Text, reasoning and tool arguments so far.</summary>
    public long GeneratedBytes { get; private set; }

    /// <summary>Events that carried them.</summary>
    public long Pieces { get; private set; }

    /// <summary>The provider reports what is used as it goes, and has just done so.</summary>
    public bool UsageIsRunning => _piecesAtUsage > 0 && Pieces - _piecesAtUsage <= 1 && UsageSoFar.Output > 0;

    public void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model)
    {
    }

    public void Text(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty) return;
        HasContent = true;
        Count(utf8.Length);
        if (!keepText) return;
        IsTextCut |= TextLength + utf8.Length > MaxText;
        if (IsTextCut) return;
        if (_text.Length - TextLength < utf8.Length) Grow(utf8.Length);
        utf8.CopyTo(_text.AsSpan(TextLength));
        TextLength += utf8.Length;
    }

    public void RefusalText(ReadOnlySpan<byte> utf8)
    {
        HasContent |= !utf8.IsEmpty;
        HasRefusal = true;
        Count(utf8.Length);
    }

    public void Reasoning(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty) return;
        HasContent = true;
        HasReasoning = true;
        Count(utf8.Length);
    }

    public void ReasoningSignature(ReadOnlySpan<byte> signature)
    {
    }

    public void RedactedReasoning(ReadOnlySpan<byte> data)
    {
        HasContent = true;
        HasReasoning = true;
    }

    public void ToolCall(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name)
    {
        HasContent = true;
        HasTools = true;
        if (TakesOneCall && index > 0) Unmapped("a second function call");
        Count(name.Length);
    }

    public void ToolArguments(int index, ReadOnlySpan<byte> json) => Count(json.Length);

    public void ToolSignature(int index, ReadOnlySpan<byte> signature)
    {
    }

    public void Usage(in Usage usage)
    {
        (UsageSoFar, _piecesAtUsage) = (usage, Pieces);
        HasUsage |= usage.Unsaid != UsageSides.Both && (GeneratedBytes > 0 || HasContent || HasTools || Finished != FinishReason.None);
    }

    public void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence) => Finished = reason;

    public void Fail(UpstreamFailure failure) => Failure ??= Upstream.Without(Secrets, failure);

    public void Unmapped(string what)
    {
        UnmappedParts ??= [];
        if (UnmappedParts.Count < 16 && !UnmappedParts.Contains(what)) UnmappedParts.Add(what);
    }

    public void Dispose()
    {
        if (_text.Length > 0) ArrayPool<byte>.Shared.Return(_text);
        _text = [];
        TextLength = 0;
    }

    private void Count(int bytes)
    {
        if (bytes == 0) return;
        GeneratedBytes += bytes;
        Pieces++;
    }

    private void Grow(int more)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(4096, (TextLength + more) * 2));
        _text.AsSpan(0, TextLength).CopyTo(larger);
        if (_text.Length > 0) ArrayPool<byte>.Shared.Return(_text);
        _text = larger;
    }
}
