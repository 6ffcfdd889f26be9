using System.Text;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Gateway.Dialects;

/// <summary>Writes down what a reader tells, one line an event; pieces of the same text are joined, so that only the content counts.</summary>
internal sealed class EventLog : IChatEventSink
{
    private readonly List<(string Key, StringBuilder Text)> _lines = [];

    public Usage Total { get; private set; }

    public FinishReason Reason { get; private set; }

    public UpstreamFailure? Failure { get; private set; }

    public List<string> Notes { get; } = [];

    public IEnumerable<string> Lines => _lines.Select(l => $"{l.Key} {l.Text}");

    public string Joined(string key) => string.Concat(_lines.Where(l => l.Key == key).Select(l => l.Text));

    public override string ToString() => string.Join('\n', Lines);

    public void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model) => Add("start", $"{Text8(id)} {Text8(model)}");

    public void Text(ReadOnlySpan<byte> utf8) => Append("text", utf8);

    public void RefusalText(ReadOnlySpan<byte> utf8) => Append("refusal", utf8);

    public void Reasoning(ReadOnlySpan<byte> utf8) => Append("reasoning", utf8);

    public void ReasoningSignature(ReadOnlySpan<byte> signature) => Add("signature", Text8(signature));

    public void RedactedReasoning(ReadOnlySpan<byte> data) => Add("redacted", Text8(data));

    public void ToolCall(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name) => Add($"call {index}", $"{Text8(id)} {Text8(name)}");

    public void ToolArguments(int index, ReadOnlySpan<byte> json) => Append($"arguments {index}", json);

    public void ToolSignature(int index, ReadOnlySpan<byte> signature) => Add($"signature {index}", Text8(signature));

    public void Usage(in Usage usage)
    {
        Total = usage;
        _lines.RemoveAll(l => l.Key == "usage");
        Add("usage", usage.ToString());
    }

    public void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence)
    {
        Reason = reason;
        Add("finish", $"{reason} {Text8(stopSequence)}");
    }

    public void Fail(UpstreamFailure failure)
    {
        Failure ??= failure;
        Add("fail", failure.ToString());
    }

    public void Unmapped(string what)
    {
        Notes.Add(what);
        Add("note", what);
    }

    private static string Text8(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    private void Add(string key, string text) => _lines.Add((key, new StringBuilder(text)));

    private void Append(string key, ReadOnlySpan<byte> utf8)
    {
        if (_lines.Count == 0 || _lines[^1].Key != key) Add(key, "");
        _lines[^1].Text.Append(Text8(utf8));
    }
}
