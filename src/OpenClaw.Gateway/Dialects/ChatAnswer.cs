using System.Text;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dialects;

/// <summary>A whole answer, collected from a reader's events, for translation of answers that do not stream.</summary>
internal sealed class ChatAnswer : IChatEventSink
{
    public string Id { get; set; } = "";

    public string Model { get; set; } = "";

    /// <summary>Unix seconds.</summary>
    public long Created { get; set; }

    /// <summary>The caller reads one <c>function_call</c> and no <c>tool_calls</c>.</summary>
    public bool AsFunctionCall { get; init; }

    /// <summary>The caller's names of tools; null = as the target calls them.</summary>
    public ToolNames? ToolNames { get; init; }

    /// <summary>In the order in which the model produced them: text, reasoning, tool calls.</summary>
    public List<ChatPart> Parts { get; } = [];

    /// <summary>Text in which the model declined, or null.</summary>
    public string? Refusal { get; private set; }

    public Usage UsageTotal { get; set; }

    public FinishReason Reason { get; private set; }

    public string? StopSequence { get; private set; }

    public UpstreamFailure? Failure { get; private set; }

    public List<string> UnmappedParts { get; } = [];

    private readonly StringBuilder _text = new();
    private OpenBlock _open;
    private readonly List<(int Index, int Part)> _tools = [];
    private readonly Dictionary<int, StringBuilder> _arguments = [];

    public void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model)
    {
        if (id.Length > 0) Id = Encoding.UTF8.GetString(id);
        if (model.Length > 0) Model = Encoding.UTF8.GetString(model);
    }

    public void Text(ReadOnlySpan<byte> utf8) => Append(OpenBlock.Text, utf8);

    public void RefusalText(ReadOnlySpan<byte> utf8) => Refusal += Encoding.UTF8.GetString(utf8);

    public void Reasoning(ReadOnlySpan<byte> utf8) => Append(OpenBlock.Reasoning, utf8);

    public void ReasoningSignature(ReadOnlySpan<byte> signature)
    {
        var text = _open == OpenBlock.Reasoning ? _text.ToString() : "";
        _text.Clear();
        _open = OpenBlock.None;
        Parts.Add(new ReasoningPart(text, Encoding.UTF8.GetString(signature)));
    }

    public void RedactedReasoning(ReadOnlySpan<byte> data)
    {
        CloseOpen();
        Parts.Add(new ReasoningPart("", null) { RedactedData = Encoding.UTF8.GetString(data) });
    }

    public void ToolCall(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name)
    {
        CloseOpen();
        if (ToolNames is not null) name = ToolNames.Whole(name);
        _tools.Add((index, Parts.Count));
        _arguments[index] = new StringBuilder();
        Parts.Add(new ToolCallPart(Encoding.UTF8.GetString(id), Encoding.UTF8.GetString(name), "{}"));
    }

    public void ToolArguments(int index, ReadOnlySpan<byte> json)
    {
        if (_arguments.TryGetValue(index, out var builder)) builder.Append(Encoding.UTF8.GetString(json));
    }

    public void ToolSignature(int index, ReadOnlySpan<byte> signature)
    {
        foreach (var (i, part) in _tools)
        {
            if (i == index) Parts[part] = (ToolCallPart)Parts[part] with { Signature = Encoding.UTF8.GetString(signature) };
        }
    }

    public void Usage(in Usage usage) => UsageTotal = usage;

    public void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence)
    {
        Reason = reason;
        StopSequence = stopSequence.Length > 0 ? Encoding.UTF8.GetString(stopSequence) : null;
        Complete();
    }

    public void Fail(UpstreamFailure failure) => Failure ??= failure;

    public void Unmapped(string what) => UnmappedParts.Add(what);

    /// <summary>Moves what was collected piecewise into <see cref="Parts"/>; called by <see cref="Finish"/>.</summary>
    public void Complete()
    {
        CloseOpen();
        foreach (var (index, part) in _tools)
        {
            var json = _arguments[index].ToString();
            if (json.Length > 0) Parts[part] = (ToolCallPart)Parts[part] with { ArgumentsJson = json };
        }
    }

    private void Append(OpenBlock block, ReadOnlySpan<byte> utf8)
    {
        if (_open != block) CloseOpen();
        _open = block;
        _text.Append(Encoding.UTF8.GetString(utf8));
    }

    private void CloseOpen()
    {
        switch (_open)
        {
            case OpenBlock.Text: Parts.Add(new TextPart(_text.ToString())); break;
            case OpenBlock.Reasoning: Parts.Add(new ReasoningPart(_text.ToString(), null)); break;
            default: break;
        }
        _text.Clear();
        _open = OpenBlock.None;
    }
}
