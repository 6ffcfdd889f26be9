using System.Collections.Immutable;
using System.Runtime.InteropServices;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Gateway.Metering;

/// <summary>A request's calls as the ledger keeps them.</summary>
internal static class LedgerHops
{
    public static ImmutableArray<LedgerHop> Of(List<AttemptRecord> attempts)
    {
        var hops = new LedgerHop[attempts.Count];
        for (var i = 0; i < hops.Length; i++) hops[i] = Of(attempts[i]);
        return ImmutableCollectionsMarshal.AsImmutableArray(hops);
    }

    /// <summary>Those that are over and were charged; of most requests there are none before the last call ends.</summary>
    public static ImmutableArray<LedgerHop> Charged(List<AttemptRecord>? attempts)
    {
        if (attempts is null) return [];
        List<LedgerHop>? charged = null;
        foreach (var attempt in attempts)
        {
            if (attempt.Usage.IsBilled) (charged ??= []).Add(Of(attempt));
        }
        return charged is null ? [] : [.. charged];
    }

    private static LedgerHop Of(AttemptRecord attempt) => new(
        attempt.Called.Provider, attempt.Called.Model, attempt.Key, attempt.KindText, attempt.ResultText,
        attempt.Status, attempt.StartedMs, attempt.EndedMs, attempt.Usage, attempt.Cost);
}
