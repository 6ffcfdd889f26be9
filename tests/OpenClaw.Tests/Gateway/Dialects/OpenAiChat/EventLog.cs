using System.Text;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Gateway.Dialects.OpenAiChat;

/// <summary>A sink that notes every event as one readable word; pieces of the same text become one.</summary>
internal sealed class EventLog : IChatEventSink
{
    private readonly List<string> _events = [];
    private string _open = "";

    public Usage LastUsage { get; private set; }

    public UpstreamFailure? Failure { get; private set; }

    public override string ToString() => string.Join(' ', _events);

    public string Of(string kind) => string.Concat(_events.Where(e => e.StartsWith(kind + "(", StringComparison.Ordinal)).Select(e => e[(kind.Length + 1)..^1]));

    public void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model) => Add("start", $"{Str(id)},{Str(model)}", false);

    public void Text(ReadOnlySpan<byte> utf8) => Add("text", Str(utf8), true);

    public void RefusalText(ReadOnlySpan<byte> utf8) => Add("refusal", Str(utf8), true);

    public void Reasoning(ReadOnlySpan<byte> utf8) => Add("reasoning", Str(utf8), true);

    public void ReasoningSignature(ReadOnlySpan<byte> signature) => Add("signature", Str(signature), false);

    public void RedactedReasoning(ReadOnlySpan<byte> data) => Add("redacted", Str(data), false);

    public void ToolCall(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name) => Add("call" + index, $"{Str(id)},{Str(name)}", false);

    public void ToolArguments(int index, ReadOnlySpan<byte> json) => Add("args" + index, Str(json), true);

    public void ToolSignature(int index, ReadOnlySpan<byte> signature) => Add("callsignature" + index, Str(signature), false);

    public void Usage(in Usage usage)
    {
        LastUsage = usage;
        Add("usage", $"{usage.TotalInput}+{usage.Output}", false);
    }

    public void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence) => Add("finish", stopSequence.IsEmpty ? reason.ToString() : $"{reason},{Str(stopSequence)}", false);

    public void Fail(UpstreamFailure failure)
    {
        Failure = failure;
        Add("fail", failure.Reason.ToString(), false);
    }

    public void Unmapped(string what) => Add("unmapped", what, false);

    private void Add(string kind, string value, bool joins)
    {
        if (joins && _open == kind) _events[^1] = _events[^1][..^1] + value + ")";
        else _events.Add($"{kind}({value})");
        _open = kind;
    }

    private static string Str(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);
}
