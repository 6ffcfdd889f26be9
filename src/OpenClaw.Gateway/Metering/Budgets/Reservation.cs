using System.Collections.Immutable;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Metering.Prices;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Metering.Budgets;

/// <summary>Who asks for what, as far as money is concerned.</summary>
/// <param name="Id">The decision's id.</param>
/// <param name="PromptTokens">Estimated.</param>
/// <param name="MaxTokens">What the caller allows for the answer, or null.</param>
/// <param name="MaxCost">The caller's own bound for this request (<c>x-openclaw-max-cost</c>), dollars, or null.</param>
internal sealed record RequestFacts(string Id, string Client, string? Session, string? Alias, ImmutableArray<string> Tags, string Protocol, int PromptTokens, int? MaxTokens, bool Stream, decimal? MaxCost)
{
    /// <summary>Pictures in the prompt, which its estimate does not count.</summary>
    public int Images { get; init; }

    /// <summary>Of those that are inline, where their heads tell it.</summary>
    public ImmutableArray<PictureSize> PictureSizes { get; init; } = [];

    /// <summary>Answers asked for at once (<c>n</c>).</summary>
    public int Choices { get; init; } = 1;

    /// <summary>The answer may hold thoughts that are paid for and never shown.</summary>
    public bool MayThink { get; init; }

    /// <summary>The caller's own: what only it can say reaches no target of another.</summary>
    public DialectKind Dialect { get; init; }

    /// <summary>The most tokens that the prompt's text can be; null = not known, by the estimate.</summary>
    public long? PromptMost { get; init; }

    /// <summary>Documents and recordings in the prompt.</summary>
    public int Documents { get; init; }

    /// <summary>Bytes of inline media.</summary>
    public long MediaBytes { get; init; }

    /// <summary>Recordings, which are among the documents.</summary>
    public Sounds Sounds { get; init; }

    /// <summary>A part of the prompt is not in the request: only the provider sees how long it is.</summary>
    public bool HasUnseen { get; init; }

    /// <summary>How the caller wants to be served; null = as the provider has it.</summary>
    public PriceTier? ServiceTier { get; init; }

    /// <summary>Tokens of a prediction, at most, which are billed as output where they are rejected.</summary>
    public long Predicted { get; init; }

    public SearchTools Searches { get; init; } = SearchTools.None;

    /// <summary>The request's calls so far, as they are made; null = nobody keeps them.</summary>
    public List<AttemptRecord>? Calls { get; init; }
}

/// <summary>
/// The money of one request, from before its first call to its last hop: <see cref="HoldAsync"/> before each call,
/// <see cref="MayGoOnAsync"/> while an answer grows, <see cref="HopEnded"/> after it. Used by one request at a time; disposing
/// gives back whatever is still held, on every path.
/// </summary>
internal sealed class Reservation : IDisposable
{
    /// <summary>Output tokens that are asked for before what is held runs out.</summary>
    private const int Ahead = 512;

    /// <summary>An answer ends this much before what is held does: what the provider sends until it hears of it is paid for too.</summary>
    private const int Margin = 64;

    // An answer is not cut at every read for want of a few tokens.
    private const int SmallestPiece = 128;

    private readonly BudgetState _state;
    private readonly BudgetPlan _plan;
    private readonly DateTimeOffset _at;
    private readonly List<LedgerCharge> _charges = [];
    private readonly List<(BudgetRule? Rule, BudgetCounter Counter)> _own = [];
    private readonly List<BudgetHold> _holds = [];
    private List<(BudgetCounter Counter, decimal Used)>? _unclosed;
    private HoldSize _size;
    private Target? _target;
    private long _output;
    private (long Output, decimal Usd)? _priced;
    private long _askAt = long.MaxValue;
    private long _lookAt;
    private bool _isBounded;
    private bool _isDowngraded;
    private Task? _asking;

    public Reservation(BudgetState state, BudgetPlan plan, RequestFacts facts, DateTimeOffset at) => (_state, _plan, Facts, _at) = (state, plan, facts, at);

    public RequestFacts Facts { get; }

    /// <summary>Output tokens that the next call may be allowed to generate; null = no bound of ours (write the caller's own).</summary>
    public int? OutputLimit { get; private set; }

    /// <summary>The longest answer that the call can give, in tokens.</summary>
    public long LongestAnswer => OutputLimit is { } limit ? (long)limit * Math.Max(1, Facts.Choices) : _size.Whole;

    /// <summary>A budget that may refuse holds the call.</summary>
    public bool Binds { get; private set; }

    /// <summary>Searches that each tool without a bound of its own may run; null = no bound of ours.</summary>
    public int? SearchLimit { get; private set; }

    /// <summary>How the call is paid for, as far as that is known before it answers.</summary>
    public PriceTier Tier => _size.Tier;

    /// <summary>The caller has the beginning of an answer: what comes is its rest, and is sent nowhere else for money's sake.</summary>
    public bool IsUnderWay { get; set; }

    /// <summary>What the caller should know of the last hold and of what came of it: a shorter answer, a budget that is over; null = nothing.</summary>
    public List<string>? Warnings { get; private set; }

    /// <summary>What this request adds to the counters.</summary>
    public ImmutableArray<LedgerCharge> Charges => [.. _charges];

    /// <summary>Holds what a call to <paramref name="target"/> may cost; null = held, else why not. Call before every attempt.</summary>
    /// <param name="isAgain">For another call of the target that was held for before: what sends requests elsewhere has had its say.</param>
    public ValueTask<BudgetFinding?> HoldAsync(Target target, CancellationToken cancel, bool isAgain = false)
    {
        // What an attempt before this one held came to nothing.
        GiveBack();
        (_target, OutputLimit, SearchLimit, Warnings, Binds, _askAt, _lookAt) = (target, null, null, null, false, long.MaxValue, 0);
        _size = HoldSize.Of(Facts, target, target.Health.Tokens);
        _priced = null;
        if (_plan.IsEmpty && Facts.MaxCost is null)
        {
            _output = Math.Min(_size.Whole, HoldSize.Chunk);
            Open();
            return default;
        }
        if (FindHolds(target, isAgain) is { } finding) return new(Clear(finding));
        foreach (var hold in _holds)
        {
            if (_state.NeedsRead(hold)) return HoldSlowlyAsync(cancel);
        }
        if (TryHold() is { } shortage) return shortage.CanAsk && _state.IsShared ? HoldSlowlyAsync(cancel) : new(Refuse(shortage));
        Open();
        return default;
    }

    /// <summary>The answer has grown. False: the money ends here, end the answer.</summary>
    /// <param name="bytes">Generated so far.</param>
    /// <param name="pieces">Events that carried them.</param>
    public ValueTask<bool> MayGoOnAsync(long bytes, long pieces)
    {
        // No token is less than a byte: until that many have come there is nothing to look at.
        if (_askAt == long.MaxValue || (bytes < _lookAt && pieces < _lookAt)) return new(true);
        // Who was told a limit keeps to it, so an estimate that is beyond is the estimate's fault until it cannot be.
        var tokens = _isBounded ? TokenCalibration.OutputFloor(bytes, pieces) : _target!.Health.Tokens.OutputCeiling(bytes, pieces);
        if (tokens >= _askAt) return GrowAsync(tokens);
        _lookAt = Math.Max(bytes, pieces) + _askAt - tokens;
        return new(true);
    }

    /// <summary>The call is over and used this much; frees what was held for it.</summary>
    public void HopEnded(Target target, in Usage usage, in Cost cost)
    {
        foreach (var hold in _holds)
        {
            var used = hold.Counter.InTokens ? usage.Total : cost.Total;
            hold.Counter.Settle(hold.Held, used);
            if (hold.IsOwn)
            {
                if (used > 0 && hold.Rule is { } rule) EndedAlone(rule, hold.Counter.Now.Spent);
                continue;
            }
            if (_state.IsShared) (_unclosed ??= []).Add((hold.Counter, used));
            Add(_charges, hold.Counter.Key, cost.Total, usage.Total);
            if (used > 0) _state.Spent(hold.InForce!, hold.Counter, _at);
        }
        _holds.Clear();
        _askAt = long.MaxValue;
        if (cost.Source == CostSource.Reported) target.Health.Tokens.LearnCost(cost.Total, target.Price.CostOf(usage with { ReportedCost = null }, _at).Total);
    }

    /// <summary>Comes after the request was written down: what it used is on its way to the database.</summary>
    public void Dispose()
    {
        GiveBack();
        foreach (var (counter, used) in _unclosed ?? []) counter.Closed(used);
        _unclosed = null;
        _state.Strays.Ended(_plan);
    }

    /// <summary>What will be said of a whole answer once it is charged: its headers go out before.</summary>
    public void Foretell(in Usage usage, in Cost cost)
    {
        foreach (var hold in _holds)
        {
            if (hold is { IsOwn: true, Rule: { } rule }) WarnAlone(rule, hold.Counter.Now.Spent + (hold.Counter.InTokens ? usage.Total : cost.Total));
        }
    }

    private void WarnAlone(BudgetRule rule, decimal spent)
    {
        if (rule.Action == BudgetAction.Warn && spent >= rule.Limit && Warnings?.Contains(BudgetWords.OnlyWarns(rule)) != true) (Warnings ??= []).Add(BudgetWords.OnlyWarns(rule));
    }

    private void EndedAlone(BudgetRule rule, decimal spent)
    {
        WarnAlone(rule, spent);
        _state.SpentAlone(rule, spent, Facts, _at);
    }

    private void GiveBack()
    {
        foreach (var hold in _holds) hold.Counter.Release(hold.Held);
        _holds.Clear();
    }

    // Every budget that counts a call to this target, in an order that is the same for all.
    private BudgetFinding? FindHolds(Target target, bool isAgain)
    {
        foreach (var rule in _plan.Rules)
        {
            if (!rule.Covers(Facts, target)) continue;
            var mode = rule.Action switch
            {
                BudgetAction.Warn => HoldMode.Count,
                // A request is sent to something cheaper once, and not any more when its answer has begun; from there on only hard budgets bound it.
                BudgetAction.Downgrade => _isDowngraded || IsUnderWay || isAgain ? HoldMode.Count : HoldMode.Soft,
                _ => HoldMode.Hard,
            };
            if (mode != HoldMode.Count && !rule.InTokens && IsUnpriced(target)) return BudgetWords.Unpriced(rule.Name, target);
            if (rule.Action == BudgetAction.Warn && !rule.InTokens && IsUnpriced(target)) (Warnings ??= []).Add($"budget {rule.Name} does not count this call: nobody knows what {target.Name} costs (models.prices)");
            var subject = rule.SubjectOf(Facts);
            if (mode == HoldMode.Hard && subject is not null && _state.WhyNotAccepting is { } why) return BudgetWords.NotAccepting(rule.Name, why);
            var counter = subject is null ? OwnCounter(rule) : _state.CounterOf(rule, subject, _at);
            _holds.Add(new BudgetHold(rule, counter, mode) { IsOwn = subject is null });
        }
        if (Facts.MaxCost is not { } bound) return null;
        if (IsUnpriced(target)) return BudgetWords.Unpriced("x-openclaw-max-cost", target);
        _holds.Add(new BudgetHold(null, OwnCounter(null), HoldMode.Hard) { IsOwn = true, Bound = bound });
        return null;
    }

    private bool IsUnpriced(Target target) => target.Price.IsUnpriced && !_plan.MayRunUnpriced(target.Ref);

    private BudgetCounter OwnCounter(BudgetRule? rule)
    {
        foreach (var (whose, counter) in _own)
        {
            if (whose == rule) return counter;
        }
        var made = new BudgetCounter(default, rule?.InTokens ?? false, isShared: false);
        made.Load(default, default);
        _own.Add((rule, made));
        return made;
    }

    // All or nothing: the first that has not enough gives the others theirs back, and is returned.
    private BudgetShortage? TryHold()
    {
        var (output, bounded) = HasPlenty() ? _size.First(long.MaxValue, long.MaxValue) : FairPart();
        for (var i = 0; i < _holds.Count; i++)
        {
            var hold = _holds[i];
            hold.Held = AmountFor(hold.Counter, output);
            // A soft budget sends elsewhere what comes after, and shortens nothing: it has enough while an answer can begin.
            if (hold.Counter.TryTake(hold.Held, hold.Mode, hold.Limit, hold.Mode == HoldMode.Soft ? AmountFor(hold.Counter, _size.Least) : null))
            {
                _holds[i] = hold;
                continue;
            }
            for (var j = 0; j < i; j++)
            {
                _holds[j].Counter.Undo(_holds[j].Held);
                _holds[j] = _holds[j] with { Held = 0 };
            }
            return new BudgetShortage(hold.Counter, hold, hold.Held, AmountFor(hold.Counter, _size.Least));
        }
        Begin(output, bounded);
        return null;
    }

    // Nearly always: then nobody need ask how many tokens a part of what is left would pay for.
    private bool HasPlenty()
    {
        foreach (var hold in _holds)
        {
            if (hold.Mode == HoldMode.Hard && hold.Counter.Left(hold.Limit) / ShareOf(hold) < AmountFor(hold.Counter, _size.Wanted)) return false;
        }
        return true;
    }

    private (long Output, bool IsBounded) FairPart()
    {
        var (share, all) = (long.MaxValue, long.MaxValue);
        foreach (var hold in _holds)
        {
            if (hold.Mode != HoldMode.Hard) continue;
            var left = hold.Counter.Left(hold.Limit);
            all = Math.Min(all, _size.Affordable(left, 1, hold.Counter.InTokens, _target!.Price, _at));
            share = Math.Min(share, _size.Affordable(left, ShareOf(hold), hold.Counter.InTokens, _target.Price, _at));
        }
        return _size.First(share, all);
    }

    // Where an answer of any length costs the same there is nothing to bound.
    private bool IsPaidByLength()
    {
        foreach (var hold in _holds)
        {
            if (hold.Mode == HoldMode.Hard && AmountFor(hold.Counter, 1_000_000) > AmountFor(hold.Counter, 0)) return true;
        }
        return false;
    }

    private int ShareOf(in BudgetHold hold) => hold.IsOwn ? 1 : _size.Share;

    private void Begin(long output, bool bounded)
    {
        _output = output;
        _isBounded = bounded || output >= _size.Whole;
        foreach (var hold in _holds)
        {
            Binds |= hold.Mode == HoldMode.Hard;
            if (hold.Rule is { Action: BudgetAction.Warn } rule && hold.Counter.Now.Spent >= rule.Limit) (Warnings ??= []).Add(BudgetWords.OnlyWarns(rule));
        }
        if (!Binds) return;
        if (_size.Searches > 0 && !Facts.Searches.IsBounded) SearchLimit = SearchTools.Assumed;
        if (bounded)
        {
            if (!IsPaidByLength()) return;
            OutputLimit = (int)Math.Min(int.MaxValue, output / Math.Max(1, Facts.Choices));
            var why = output < _size.Whole ? "one call holds no more of what a budget has left" : $"a budget holds it, and nobody knows how long one of {_target!.Name} may be (max_tokens, or maxTokens of the model under models.providers)";
            (Warnings ??= []).Add($"the answer may have {OutputLimit} tokens: {why}");
        }
        if (Facts.Stream) _askAt = _isBounded ? (long)(output * 1.25) + SmallestPiece : Math.Max(1, output - Ahead);
    }

    private decimal AmountFor(BudgetCounter counter, long output) => counter.InTokens ? _size.Tokens(output) : UsdFor(output);

    // The same for every budget in dollars, and for what is written down.
    private decimal UsdFor(long output)
    {
        if (_priced is { } known && known.Output == output) return known.Usd;
        var usd = _size.Usd(output, _target!.Price, _at);
        _priced = (output, usd);
        return usd;
    }

    // The database is asked: for a counter that was never read, or for a part of a budget that gateways share.
    private async ValueTask<BudgetFinding?> HoldSlowlyAsync(CancellationToken cancel)
    {
        var since = _state.Timestamp;
        while (true)
        {
            if (await _state.LoadAsync(_holds, Facts, _at, cancel).ConfigureAwait(false) is { } failed) return Clear(failed);
            if (TryHold() is not { } shortage) break;
            if (!shortage.CanAsk || !_state.IsShared) return Refuse(shortage);
            switch (await _state.Leases.AskAsync(shortage, since, cancel).ConfigureAwait(false))
            {
                case LeaseAnswer.Away: return Clear(BudgetWords.NotAccepting(shortage.Hold.Rule!.Name, "its database does not answer"));
                case LeaseAnswer.UsedUp: return Refuse(shortage);
                default: break;
            }
        }
        Open();
        return null;
    }

    private BudgetFinding Clear(BudgetFinding finding)
    {
        _holds.Clear();
        return finding;
    }

    private BudgetFinding Refuse(BudgetShortage shortage)
    {
        _holds.Clear();
        var (spent, reserved) = shortage.Counter.Now;
        if (shortage.Hold.Rule is not { } rule) return BudgetWords.OverMaxCost(shortage.Hold.Limit, spent, shortage.Least);
        _isDowngraded |= rule.Action == BudgetAction.Downgrade;
        if (shortage.Hold.IsOwn) _state.RefusedAlone(rule, shortage.Least, spent, Facts, _at);
        else _state.Refused(shortage.Hold.InForce!, shortage.Counter, shortage.Least, _at);
        return BudgetWords.UsedUp(rule, shortage.Hold.Limit, spent, reserved, shortage.Counter.Elsewhere, shortage.Least, rule.WindowAt(_at), _state.UtcNow);
    }

    private async ValueTask<bool> GrowAsync(long tokens)
    {
        // A provider that was told a limit keeps to it; this one does not.
        if (_isBounded) return false;
        var shortage = TryGrow(tokens);
        if (shortage is null) return true;
        var end = _output - Margin;
        if (_state.IsShared && shortage.Value.CanAsk)
        {
            _asking ??= _state.Leases.AskAheadAsync(shortage.Value);
            if (tokens >= end)
            {
                // Up to here it went on by what is held; now the answer waits for the database, for a moment.
                await _asking.ConfigureAwait(false);
                if (TryGrow(tokens) is null) return true;
            }
            if (_asking.IsCompleted) _asking = null;
        }
        (_askAt, _lookAt) = (Math.Min(tokens + (SmallestPiece / 2), Math.Max(end, tokens + 1)), 0);
        return tokens < end;
    }

    // The next piece, or as much of it as there is.
    private BudgetShortage? TryGrow(long tokens)
    {
        BudgetShortage? shortage = null;
        // What has come at once, beyond all that is held, is held at once.
        var beyond = Math.Max(0, tokens - _output);
        for (var piece = HoldSize.Chunk; piece >= SmallestPiece; piece /= 4)
        {
            shortage = TryHoldMore(Math.Min(beyond + piece, Math.Max(1, _size.IsKnown ? _size.Whole - _output : long.MaxValue)));
            if (shortage is not null) continue;
            _isBounded = _size.IsKnown && _output >= _size.Whole;
            (_askAt, _lookAt) = (_isBounded ? (long)(_output * 1.25) + SmallestPiece : Math.Max(tokens + 1, _output - Ahead), 0);
            Open();
            return null;
        }
        return shortage;
    }

    private BudgetShortage? TryHoldMore(long piece)
    {
        for (var i = 0; i < _holds.Count; i++)
        {
            var hold = _holds[i];
            var more = AmountFor(hold.Counter, _output + piece) - hold.Held;
            if (hold.Counter.TryTake(more, hold.Mode == HoldMode.Soft ? HoldMode.Count : hold.Mode, hold.Limit))
            {
                _holds[i] = hold with { Held = hold.Held + more };
                continue;
            }
            for (var j = 0; j < i; j++)
            {
                var back = _holds[j].Held - AmountFor(_holds[j].Counter, _output);
                _holds[j].Counter.Undo(back);
                _holds[j] = _holds[j] with { Held = _holds[j].Held - back };
            }
            return new BudgetShortage(hold.Counter, hold, more, AmountFor(hold.Counter, _output + Math.Min(piece, SmallestPiece)) - hold.Held);
        }
        _output += piece;
        return null;
    }

    // Written down before the call, and whenever more is held: what a crash would cost.
    private void Open()
    {
        if (_state.IsOff) return;
        var usage = new Usage { Input = _size.Input, Output = _output, Estimated = true };
        var most = UsdFor(_output);
        List<LedgerCharge>? reserved = null;
        foreach (var hold in _holds)
        {
            if (!hold.IsOwn) Add(reserved ??= [.. _charges], hold.Counter.Key, most, usage.Total);
        }
        _state.Opened(new LedgerOpening(
            Facts.Id, _at, Facts.Client, Facts.Session, Facts.Tags, Facts.Protocol, _target!.Name, usage, Cost.Of(most, _target.Price.Source), reserved is null ? [.. _charges] : [.. reserved])
        {
            Earlier = LedgerHops.Charged(Facts.Calls),
        });
    }

    private static void Add(List<LedgerCharge> charges, CounterKey key, decimal usd, long tokens)
    {
        for (var i = 0; i < charges.Count; i++)
        {
            if (charges[i].Counter != key) continue;
            charges[i] = new LedgerCharge(key, charges[i].Usd + usd, charges[i].Tokens + tokens);
            return;
        }
        charges.Add(new LedgerCharge(key, usd, tokens));
    }
}

/// <summary>What one budget holds for the call that is under way.</summary>
/// <param name="Rule">Null for the caller's own bound.</param>
internal record struct BudgetHold(BudgetRule? Rule, BudgetCounter Counter, HoldMode Mode)
{
    public decimal Held { get; set; }

    /// <summary>The caller's own, dollars.</summary>
    public decimal Bound { get; init; }

    /// <summary>What is in force now: a limit that was changed holds for what is under way, too.</summary>
    public readonly decimal Limit => InForce?.Limit ?? Bound;

    /// <summary><see cref="Rule"/> as the newest configuration has it.</summary>
    public readonly BudgetRule? InForce => Counter.Rule ?? Rule;

    /// <summary>The counter is the request's own, and nobody else's.</summary>
    public bool IsOwn { get; init; }
}

/// <summary>A budget that had not enough.</summary>
/// <param name="Need">What was wanted.</param>
/// <param name="Least">What would have done.</param>
internal readonly record struct BudgetShortage(BudgetCounter Counter, BudgetHold Hold, decimal Need, decimal Least)
{
    /// <summary>Where the database is shared it may grant more.</summary>
    public bool CanAsk => Hold.Mode == HoldMode.Hard && !Hold.IsOwn;
}
