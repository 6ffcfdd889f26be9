namespace OpenClaw.Gateway.Dispatch;

/// <summary>How a continuation met what was already sent.</summary>
internal enum Alignment
{
    /// <summary>Not known yet.</summary>
    Pending,

    /// <summary>Nothing lost, nothing doubled.</summary>
    Exact,

    /// <summary>The texts parted and met again: the new one goes on where the sent one ended.</summary>
    Resynchronised,

    /// <summary>The texts parted for good: the new one goes on from where they parted.</summary>
    Parted,

    /// <summary>A tool call came before the new text had caught up with the sent one (<see cref="RelaySink"/>).</summary>
    Called,
}

/// <summary>
/// Finds, in the text of a new answer, the place where the already sent text ends. Give it text as it comes; it hands on
/// what the caller has not seen. Three states: comparing, searching (the texts parted), passing.
/// </summary>
/// <param name="sent">What the caller already has, UTF-8.</param>
/// <param name="isContinuation">The target was asked to go on (prefill): text that does not begin like the sent text is passed on at once.</param>
/// <param name="exactOnly">Text that parts from the sent one is not handed on at all (<see cref="IsLost"/>): two halves of a JSON document do not make one.</param>
internal sealed class TextAligner(ReadOnlyMemory<byte> sent, bool isContinuation, bool exactOnly = false)
{
    // Short enough to be found again after a difference, long enough not to be found by chance.
    private const int Anchor = 40;

    // A prefilled answer that begins with this many bytes of the sent text is a restart in disguise.
    private const int RestartSign = 24;

    private readonly List<byte> _held = [];
    private int _anchor;
    private int _matched;
    private int _searched;
    private bool _searching;

    public Alignment State { get; private set; } = sent.IsEmpty ? Alignment.Exact : Alignment.Pending;

    /// <summary>
    /// True while all of the new text is the beginning of the sent one, or there is none yet: nothing can be said of the rest.
    /// A target that was asked to go on and has said nothing, or little, goes on: it repeats nothing.
    /// </summary>
    public bool IsRepeating => State == Alignment.Pending && !_searching && !(isContinuation && (_matched < RestartSign || sent.Length < RestartSign));

    /// <summary>The texts parted, and must not: nothing of the new one can follow.</summary>
    public bool IsLost => exactOnly && State == Alignment.Parted;

    /// <summary>Takes the next text; returns what to send now, empty while undecided. The span is valid until the next call.</summary>
    public ReadOnlySpan<byte> Take(ReadOnlySpan<byte> text)
    {
        if (State != Alignment.Pending) return IsLost ? default : text;
        _held.AddRange(text);
        return _searching ? Search(false) : Compare(false);
    }

    /// <summary>The new answer is over: what is still held must go or is known to be a repetition.</summary>
    public ReadOnlySpan<byte> End()
    {
        if (State != Alignment.Pending) return default;
        return _searching ? Search(true) : Compare(true);
    }

    private ReadOnlySpan<byte> Held => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_held);

    private ReadOnlySpan<byte> Compare(bool atEnd)
    {
        var sentSpan = sent.Span;
        var held = Held;
        while (_matched < held.Length && _matched < sentSpan.Length && held[_matched] == sentSpan[_matched]) _matched++;
        if (_matched == sentSpan.Length && !(isContinuation && sentSpan.Length < RestartSign))
        {
            State = Alignment.Exact;
            return held[_matched..];
        }
        if (_matched == held.Length && !atEnd && _matched < sentSpan.Length) return default;
        if (isContinuation && (_matched < RestartSign || sentSpan.Length < RestartSign)) return ContinuePrefill(held);
        if (atEnd && _matched == held.Length)
        {
            // A shorter answer than the one that was cut: all of it has been sent.
            State = Alignment.Parted;
            return default;
        }
        if (exactOnly)
        {
            State = Alignment.Parted;
            return default;
        }
        _searching = true;
        _anchor = LengthOfAnchor(sentSpan);
        return Search(atEnd);
    }

    // A prefill was sent without its trailing white space (some targets refuse it); do not double it.
    private ReadOnlySpan<byte> ContinuePrefill(ReadOnlySpan<byte> held)
    {
        State = Alignment.Exact;
        var trailing = sent.Span[sent.Span.TrimEnd(" \t\r\n"u8).Length..];
        var skip = 0;
        while (skip < trailing.Length && skip < held.Length && held[skip] == trailing[skip]) skip++;
        return held[skip..];
    }

    private ReadOnlySpan<byte> Search(bool atEnd)
    {
        var held = Held;
        var sentSpan = sent.Span;
        if (_anchor > 0)
        {
            var found = held[_searched..].IndexOf(sentSpan[^_anchor..]);
            if (found >= 0)
            {
                State = Alignment.Resynchronised;
                return held[(_searched + found + _anchor)..];
            }
            _searched = Math.Max(_searched, held.Length - _anchor + 1);
        }
        if (!atEnd && held.Length < (sentSpan.Length * 3 / 2) + 256) return default;
        State = Alignment.Parted;
        var start = StartOfWord(held, _matched);
        if (start == 0 && NeedsSpace(sentSpan, held))
        {
            // All of another answer follows: it begins a paragraph of its own.
            _held.InsertRange(0, "\n\n"u8);
            return Held;
        }
        return held[start..];
    }

    private static bool NeedsSpace(ReadOnlySpan<byte> sent, ReadOnlySpan<byte> text) =>
        !sent.IsEmpty && !text.IsEmpty && !IsSpace(sent[^1]) && !IsSpace(text[0]);

    private static bool IsSpace(byte b) => b is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t';

    // As much of the sent text's end as stands in it only once: found elsewhere, what lies between would be said twice. 0: there is no such end.
    private static int LengthOfAnchor(ReadOnlySpan<byte> sent)
    {
        for (var length = Anchor; length <= sent.Length; length *= 2)
        {
            if (sent.IndexOf(sent[^length..]) == sent.Length - length) return length;
        }
        return 0;
    }

    // Whole words, their leading white space included, and never half a UTF-8 sequence.
    private static int StartOfWord(ReadOnlySpan<byte> text, int at)
    {
        at = Math.Min(at, text.Length);
        while (at > 0 && (at == text.Length || text[at] is not ((byte)' ' or (byte)'\n' or (byte)'\t'))) at--;
        return at;
    }
}
