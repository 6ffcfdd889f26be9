using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Gateway.Dialects;

/// <summary>Counts bytes and keeps nothing: for allocation tests.</summary>
internal sealed class NoSink : IChatEventSink
{
    public long Bytes { get; private set; }

    public void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model)
    {
    }

    public void Text(ReadOnlySpan<byte> utf8) => Bytes += utf8.Length;

    public void RefusalText(ReadOnlySpan<byte> utf8) => Bytes += utf8.Length;

    public void Reasoning(ReadOnlySpan<byte> utf8) => Bytes += utf8.Length;

    public void ReasoningSignature(ReadOnlySpan<byte> signature)
    {
    }

    public void RedactedReasoning(ReadOnlySpan<byte> data)
    {
    }

    public void ToolCall(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name)
    {
    }

    public void ToolArguments(int index, ReadOnlySpan<byte> json)
    {
    }

    public void ToolSignature(int index, ReadOnlySpan<byte> signature)
    {
    }

    public void Usage(in Usage usage)
    {
    }

    public void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence)
    {
    }

    public void Fail(UpstreamFailure failure)
    {
    }

    public void Unmapped(string what)
    {
    }
}
