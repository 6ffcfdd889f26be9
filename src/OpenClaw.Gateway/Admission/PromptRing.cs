namespace OpenClaw.Gateway.Admission;

/// <summary>A prompt that begins turns of a session again and again, and what its turns cost since somebody last said something else.</summary>
internal sealed class RecurringPrompt
{
    public ulong Turn { get; set; }

    public DateTimeOffset First { get; set; }

    public DateTimeOffset Last { get; set; }

    public TimeSpan Interval { get; set; }

    /// <summary>Intervals in a row that were as long as the one before.</summary>
    public int Regular { get; set; }

    /// <summary>Turns, since the last sign of life.</summary>
    public int Count { get; set; }

    public decimal Spent { get; set; }

    /// <summary>Requests of the turn after its first: tools that were used.</summary>
    public int Steps { get; set; }

    /// <summary>The last answer was a few words.</summary>
    public bool IsShort { get; set; }

    /// <summary>Nothing much was done: a look at a file or two, a few words.</summary>
    public bool IsIdle => IsShort && Steps <= 4;

    public bool NamesHeartbeat { get; set; }
}

/// <summary>The last four prompts of a session. A prompt that is none of them is a sign of life: somebody is there. Not thread-safe.</summary>
internal sealed class PromptRing
{
    private const int Size = 4;

    // A report that is asked for twice a day is a job, not a heartbeat.
    private static readonly TimeSpan s_apart = TimeSpan.FromHours(6);

    // A client library trying again is no turn of its own.
    private static readonly TimeSpan s_together = TimeSpan.FromSeconds(15);

    private readonly RecurringPrompt?[] _ring = new RecurringPrompt?[Size];
    private int _next;

    public RecurringPrompt? Find(ulong turn)
    {
        foreach (var prompt in _ring)
        {
            if (prompt?.Turn == turn) return prompt;
        }
        return null;
    }

    /// <summary>A turn begins.</summary>
    public void Begin(in RequestSign sign, DateTimeOffset now)
    {
        if (Find(sign.Turn) is not { } known || now - known.Last > s_apart)
        {
            Meet(sign, now);
            return;
        }
        var interval = now - known.Last;
        if (interval < s_together) return;
        var isLikeBefore = known.Interval > TimeSpan.Zero && (interval - known.Interval).Duration() <= 0.15 * (interval > known.Interval ? interval : known.Interval);
        known.Regular = isLikeBefore ? known.Regular + 1 : 0;
        // A turn with work in it is no heartbeat, whatever began it.
        (known.Spent, known.Count) = known.IsIdle ? (known.Spent, known.Count + 1) : (0, 1);
        (known.Interval, known.Last, known.Steps) = (interval, now, 0);
    }

    public void Clear() => Array.Clear(_ring);

    private void Meet(in RequestSign sign, DateTimeOffset now)
    {
        foreach (var prompt in _ring)
        {
            if (prompt is not null) (prompt.Spent, prompt.Count, prompt.Regular) = (0, 0, 0);
        }
        var known = Find(sign.Turn);
        if (known is null) _ring[_next++ % Size] = known = new RecurringPrompt { Turn = sign.Turn };
        (known.First, known.Last, known.Count, known.Interval, known.NamesHeartbeat) = (now, now, 1, TimeSpan.Zero, sign.NamesHeartbeat);
        (known.IsShort, known.Steps, known.Spent, known.Regular) = (false, 0, 0, 0);
    }
}
