using System.Buffers;
using System.Text;
using OpenClaw.Gateway.Dialects;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>The text of an answer as its caller got it, over all hops: for a conversation that the gateway holds. Bounded.</summary>
internal sealed class ReplyText
{
    private const int MaxBytes = 1024 * 1024;
    private readonly ArrayBufferWriter<byte> _text = new();

    /// <summary>Adds what one hop sent.</summary>
    public void Take(Exchange x, OpenedAnswer opened)
    {
        if (opened.Relay is { } relay) Add(relay.Emitted);
        else if (opened.Pump is { } pump) Add(opened.Tracker.TextBytes[..pump.SentText]);
        else
        {
            var answer = new ChatAnswer();
            x.Dialect.ReadResponse(opened.Body, answer);
            foreach (var part in answer.Parts.OfType<TextPart>()) Add(Encoding.UTF8.GetBytes(part.Text));
        }
    }

    public override string ToString() => Encoding.UTF8.GetString(_text.WrittenSpan);

    private void Add(ReadOnlySpan<byte> text) => _text.Write(text[..Math.Min(text.Length, MaxBytes - _text.WrittenCount)]);
}
