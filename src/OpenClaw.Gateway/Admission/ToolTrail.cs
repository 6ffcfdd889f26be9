namespace OpenClaw.Gateway.Admission;

/// <summary>One tool call and its result, as numbers. The name is where it stands in the body.</summary>
internal struct ToolMark
{
    public ulong Call;
    public ulong Result;
    public ulong Id;
    public int NameStart;
    public int NameLength;

    public readonly bool IsLike(in ToolMark other) => Call == other.Call && Result == other.Result;
}

/// <summary>The last tool calls of a turn, in a ring that the caller gives (on its stack).</summary>
internal ref struct ToolTrail(Span<ToolMark> ring)
{
    public const int Size = 64;

    /// <summary>A cycle of calls is at most so long.</summary>
    private const int MaxPeriod = 4;

    private readonly Span<ToolMark> _ring = ring;
    private int _count;

    /// <summary>A person spoke: whatever comes is another turn.</summary>
    public void Clear() => _count = 0;

    public void Add(in ToolMark mark) => _ring[_count++ % Size] = mark;

    /// <summary>The result of the call with this id, or of the last one when none has it.</summary>
    public readonly void Answer(ulong id, ulong result)
    {
        for (var back = 1; back <= Math.Min(_count, Size); back++)
        {
            ref var mark = ref At(back);
            if (mark.Id != id) continue;
            mark.Result = Hash64.Join(mark.Result, result);
            return;
        }
    }

    /// <summary>The loop that the trail ends in: how often it was gone through, and how many calls it has. (1, 1) when there is none.</summary>
    public readonly (int Rounds, int Period, ToolMark Last) Loop()
    {
        var kept = Math.Min(_count, Size);
        if (kept < 2) return (kept, 1, kept == 0 ? default : At(1));
        var best = (Rounds: 1, Period: 1);
        for (var period = 1; period <= MaxPeriod; period++)
        {
            var same = 0;
            while (same + period < kept && At(same + 1).IsLike(At(same + 1 + period))) same++;
            var rounds = (same + period) / period;
            if (rounds > best.Rounds) best = (rounds, period);
        }
        return (best.Rounds, best.Period, At(1));
    }

    // 1 is the newest.
    private readonly ref ToolMark At(int back) => ref _ring[(_count - back) % Size];
}
