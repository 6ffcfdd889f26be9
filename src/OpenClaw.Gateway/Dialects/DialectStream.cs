using OpenClaw.Gateway.Errors;

namespace OpenClaw.Gateway.Dialects;

internal enum FrameOutcome
{
    /// <summary>Understood (or an unknown event that may be ignored).</summary>
    Read,

    /// <summary>The protocol's last frame (<c>[DONE]</c>, <c>message_stop</c>, <c>done: true</c>).</summary>
    Done,

    /// <summary>Does not parse, or is not this protocol.</summary>
    Malformed,
}

/// <summary>
/// Reads the frames of one answer. Holds per-stream state; not thread-safe. Never throws on bad input.
/// </summary>
internal abstract class DialectStreamReader
{
    /// <summary>
    /// Where the client's stream stands once every frame read so far was forwarded as it is. Copied by the pump at each
    /// forward, so that a writer can continue there. The reader fills Id, Model, Created, Started, BlockIndex, Open, ToolIndex.
    /// </summary>
    public abstract StreamPosition Position { get; }

    /// <summary>True when the stream carries something a continuation cannot redo (several choices, audio, server tools in progress).</summary>
    public virtual bool IsUncontinuable => false;

    /// <summary>How many of several choices (OpenAI's <c>n</c>) have their finish. A protocol without choices has one answer, whose finish the sink is told.</summary>
    public virtual int FinishedChoices => int.MaxValue;

    /// <summary>One of several choices has begun and not finished.</summary>
    public virtual bool HasOpenChoices => false;

    /// <summary>The last frame read held usage and nothing else (OpenAI's chunk with empty <c>choices</c>).</summary>
    public bool LastFrameWasUsageOnly { get; protected set; }

    /// <summary>The last frame read only says that the connection is alive (Anthropic's <c>ping</c>).</summary>
    public bool LastFrameWasPing { get; protected set; }

    /// <summary>The body ended in order: what a reader took for the finish, and was not sure of, it tells now.</summary>
    public virtual void BodyEnded(IChatEventSink sink)
    {
    }

    /// <summary>Where the last frame's payload has its usage beside an answer's pieces: start and length of the member, its name included. Length 0: it has none.</summary>
    public (int Start, int Length) UsageBeside { get; protected set; }

    /// <summary>Understands one frame's payload. <paramref name="eventName"/> is SSE's <c>event:</c> field, empty if absent.</summary>
    public abstract FrameOutcome Read(ReadOnlySpan<byte> eventName, ReadOnlySpan<byte> data, IChatEventSink sink);
}

/// <summary>Writes the events of one answer in a dialect's stream. Bytes go to the buffer given at opening; the owner flushes.</summary>
internal abstract class DialectStreamWriter : IChatEventSink
{
    public abstract void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model);

    public abstract void Text(ReadOnlySpan<byte> utf8);

    public abstract void RefusalText(ReadOnlySpan<byte> utf8);

    public abstract void Reasoning(ReadOnlySpan<byte> utf8);

    public abstract void ReasoningSignature(ReadOnlySpan<byte> signature);

    public abstract void RedactedReasoning(ReadOnlySpan<byte> data);

    public abstract void ToolCall(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name);

    public abstract void ToolArguments(int index, ReadOnlySpan<byte> json);

    public abstract void ToolSignature(int index, ReadOnlySpan<byte> signature);

    /// <summary>Kept and written at the end (or where the protocol wants it).</summary>
    public abstract void Usage(in Metering.Usage usage);

    /// <summary>Kept and written by <see cref="End"/>.</summary>
    public abstract void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence);

    /// <summary>Not written: failures inside a hop are the dispatcher's business. Use <see cref="Error"/>.</summary>
    public virtual void Fail(Routing.UpstreamFailure failure)
    {
    }

    public virtual void Unmapped(string what)
    {
    }

    /// <summary>Closes what is open and writes finish, usage and the protocol's last frame.</summary>
    public abstract void End();

    /// <summary>Ends the stream with the protocol's error event.</summary>
    public abstract void Error(GatewayError error, string requestId);

    /// <summary>Marks a hand-over in a way that standard clients ignore (an SSE comment); <paramref name="note"/> is one line of JSON.</summary>
    public abstract void Seam(ReadOnlySpan<byte> note);

    /// <summary>Says "still here" in a way that standard clients ignore.</summary>
    public abstract void KeepAlive();
}
