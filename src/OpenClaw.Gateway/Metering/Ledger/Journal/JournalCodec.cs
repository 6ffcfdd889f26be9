using System.Collections.Immutable;

namespace OpenClaw.Gateway.Metering.Ledger.Journal;

/// <summary>
/// The journal's records as bytes. The first byte is the kind. Hops are parts with a length, so later versions may add
/// fields at the end of a hop or of a record; a kind that is not known is skipped.
/// </summary>
internal static class JournalCodec
{
    private const byte Opening = 1;
    private const byte Entry = 2;
    private const byte Put = 3;
    private const byte Delete = 4;
    private const int MaxItems = 10_000;

    public static void Write(FrameBuffer to, LedgerOpening opening)
    {
        to.Byte(Opening);
        to.Text(opening.Id);
        to.Number(opening.At.ToUnixTimeMilliseconds());
        to.Text(opening.Client);
        to.Text(opening.Session);
        Write(to, opening.Tags);
        to.Text(opening.Protocol);
        to.Text(opening.Target);
        Write(to, opening.Assumed);
        Write(to, opening.AssumedCost);
        Write(to, opening.Reserved);
        // Most have none, and are as they were before there was such a field.
        if (!opening.Earlier.IsEmpty) Write(to, opening.Earlier);
    }

    public static void Write(FrameBuffer to, LedgerEntry entry)
    {
        to.Byte(Entry);
        to.Text(entry.Id);
        to.Number(entry.At.ToUnixTimeMilliseconds());
        to.Text(entry.Client);
        to.Text(entry.Session);
        Write(to, entry.Tags);
        to.Text(entry.Protocol);
        to.Text(entry.Requested);
        to.Text(entry.Alias);
        to.Text(entry.Answered);
        to.Text(entry.Outcome);
        to.Number(entry.Status);
        to.Real(entry.TotalMs);
        to.Real(entry.FirstTokenMs);
        Write(to, entry.Hops);
        Write(to, entry.Charges);
    }

    public static void Write(FrameBuffer to, RecordChange change)
    {
        to.Byte(change.Json is null ? Delete : Put);
        to.Text(change.Kind);
        to.Text(change.Key);
        to.Number(change.At.ToUnixTimeMilliseconds());
        if (change.Json is { } json) to.Bytes(json.Span);
    }

    /// <summary>The record, or an empty item for a kind of a later version.</summary>
    /// <exception cref="InvalidDataException">The bytes are no record, although their checksum holds.</exception>
    public static JournalItem Read(ReadOnlySpan<byte> payload)
    {
        var from = new FrameReader(payload);
        return from.Byte() switch
        {
            Opening => new JournalItem(ReadOpening(ref from), null, null),
            Entry => new JournalItem(null, ReadEntry(ref from), null),
            Put => new JournalItem(null, null, ReadChange(ref from, isPut: true)),
            Delete => new JournalItem(null, null, ReadChange(ref from, isPut: false)),
            _ => default,
        };
    }

    private static void Write(FrameBuffer to, ImmutableArray<LedgerHop> hops)
    {
        to.Number(hops.Length);
        foreach (var hop in hops)
        {
            var part = to.BeginPart();
            Write(to, hop);
            to.EndPart(part);
        }
    }

    private static void Write(FrameBuffer to, LedgerHop hop)
    {
        to.Text(hop.Provider);
        to.Text(hop.Model);
        to.Text(hop.Key);
        to.Text(hop.Kind);
        to.Text(hop.Result);
        to.Number(hop.Status ?? 0);
        to.Real(hop.StartedMs);
        to.Real(hop.EndedMs);
        Write(to, hop.Usage);
        Write(to, hop.Cost);
    }

    private static void Write(FrameBuffer to, ImmutableArray<string> tags)
    {
        if (tags.IsDefault) tags = [];
        to.Number(tags.Length);
        foreach (var tag in tags) to.Text(tag);
    }

    private static void Write(FrameBuffer to, ImmutableArray<LedgerCharge> charges)
    {
        if (charges.IsDefault) charges = [];
        to.Number(charges.Length);
        foreach (var charge in charges)
        {
            to.Text(charge.Counter.Budget);
            to.Text(charge.Counter.Subject);
            to.Text(charge.Counter.Window);
            to.Money(charge.Usd);
            to.Number(charge.Tokens);
        }
    }

    private static void Write(FrameBuffer to, in Usage usage)
    {
        to.Number(usage.Input);
        to.Number(usage.CacheRead);
        to.Number(usage.CacheWrite);
        to.Number(usage.CacheWrite1h);
        to.Number(usage.Output);
        to.Number(usage.Reasoning);
        to.Number(usage.AudioInput);
        to.Number(usage.AudioOutput);
        to.Number(usage.RejectedPrediction);
        to.Number(usage.WebSearches);
        to.Byte((byte)((usage.Estimated ? 1 : 0) | (usage.ReportedCost is null ? 0 : 2)));
        if (usage.ReportedCost is { } reported) to.Money(reported);
    }

    private static void Write(FrameBuffer to, in Cost cost)
    {
        to.Money(cost.Input);
        to.Money(cost.CacheRead);
        to.Money(cost.CacheWrite);
        to.Money(cost.Output);
        to.Money(cost.Extras);
        to.Byte((byte)cost.Source);
    }

    private static LedgerOpening ReadOpening(ref FrameReader from) => new(
        from.Text(), DateTimeOffset.FromUnixTimeMilliseconds(from.Number()), from.Text(), from.TextOrNone(), ReadTags(ref from), from.Text(), from.Text(),
        ReadUsage(ref from), ReadCost(ref from), ReadCharges(ref from))
    {
        Earlier = from.IsAtEnd ? [] : ReadHops(ref from),
    };

    private static LedgerEntry ReadEntry(ref FrameReader from) => new()
    {
        Id = from.Text(),
        At = DateTimeOffset.FromUnixTimeMilliseconds(from.Number()),
        Client = from.Text(),
        Session = from.TextOrNone(),
        Tags = ReadTags(ref from),
        Protocol = from.Text(),
        Requested = from.Text(),
        Alias = from.TextOrNone(),
        Answered = from.TextOrNone(),
        Outcome = from.Text(),
        Status = (int)from.Number(),
        TotalMs = from.Real(),
        FirstTokenMs = from.RealOrNone(),
        Hops = ReadHops(ref from),
        Charges = ReadCharges(ref from),
    };

    private static RecordChange ReadChange(ref FrameReader from, bool isPut)
    {
        var (kind, key, at) = (from.Text(), from.Text(), DateTimeOffset.FromUnixTimeMilliseconds(from.Number()));
        return isPut ? new RecordChange(kind, key, from.Bytes().ToArray(), at) : new RecordChange(kind, key, null, at);
    }

    private static ImmutableArray<LedgerHop> ReadHops(ref FrameReader from)
    {
        var hops = ImmutableArray.CreateBuilder<LedgerHop>();
        for (var count = from.Count(MaxItems); count > 0; count--)
        {
            var part = from.Part();
            hops.Add(ReadHop(ref part));
        }
        return hops.ToImmutable();
    }

    private static LedgerHop ReadHop(ref FrameReader from)
    {
        var (provider, model, key, kind, result) = (from.Text(), from.Text(), from.Text(), from.Text(), from.Text());
        var status = (int)from.Number();
        return new LedgerHop(provider, model, key, kind, result, status == 0 ? null : status, from.Real(), from.RealOrNone(), ReadUsage(ref from), ReadCost(ref from));
    }

    private static ImmutableArray<string> ReadTags(ref FrameReader from)
    {
        var count = from.Count(MaxItems);
        if (count == 0) return [];
        var tags = ImmutableArray.CreateBuilder<string>();
        for (; count > 0; count--) tags.Add(from.Text());
        return tags.ToImmutable();
    }

    private static ImmutableArray<LedgerCharge> ReadCharges(ref FrameReader from)
    {
        var count = from.Count(MaxItems);
        if (count == 0) return [];
        var charges = ImmutableArray.CreateBuilder<LedgerCharge>();
        for (; count > 0; count--)
        {
            var key = new CounterKey(from.Text(), from.Text(), from.Text());
            charges.Add(new LedgerCharge(key, from.Money(), from.Number()));
        }
        return charges.ToImmutable();
    }

    private static Usage ReadUsage(ref FrameReader from)
    {
        var usage = new Usage
        {
            Input = from.Number(),
            CacheRead = from.Number(),
            CacheWrite = from.Number(),
            CacheWrite1h = from.Number(),
            Output = from.Number(),
            Reasoning = from.Number(),
            AudioInput = from.Number(),
            AudioOutput = from.Number(),
            RejectedPrediction = from.Number(),
            WebSearches = from.Number(),
        };
        var flags = from.Byte();
        return usage with { Estimated = (flags & 1) != 0, ReportedCost = (flags & 2) != 0 ? from.Money() : null };
    }

    private static Cost ReadCost(ref FrameReader from) =>
        new(from.Money(), from.Money(), from.Money(), from.Money(), from.Money(), (CostSource)from.Byte());
}
