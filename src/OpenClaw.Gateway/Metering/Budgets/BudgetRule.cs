using System.Collections.Immutable;
using System.Globalization;
using OpenClaw.Config;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Metering.Budgets;

/// <summary>What a budget does when it is used up.</summary>
internal enum BudgetAction
{
    Block,
    Downgrade,
    Warn,
}

internal enum BudgetScope
{
    Gateway,
    Client,
    Session,
    Request,
    Provider,
    Model,
    Alias,
    Tag,
}

/// <summary>
/// One budget of a configuration, made ready: whom it covers, which counter it counts in, what it does. Immutable but for a
/// cache of the current window and <see cref="IsOld"/>; belongs to a snapshot, while its counters outlive it.
/// </summary>
internal sealed class BudgetRule
{
    private readonly string _named;
    private readonly TimeZoneInfo _zone;
    private BudgetWindowBox _window;

    /// <param name="twin">How many budgets before it say the same: two of one kind must not share a counter.</param>
    public BudgetRule(BudgetConfig config, int twin = 0)
    {
        var colon = config.Scope.IndexOf(':', StringComparison.Ordinal);
        var kind = colon < 0 ? config.Scope : config.Scope[..colon];
        _named = colon < 0 ? "" : config.Scope[(colon + 1)..];
        Scope = kind switch
        {
            "gateway" => BudgetScope.Gateway,
            "client" => BudgetScope.Client,
            "session" => BudgetScope.Session,
            "request" => BudgetScope.Request,
            "provider" => BudgetScope.Provider,
            "model" => BudgetScope.Model,
            "alias" => BudgetScope.Alias,
            "tag" => BudgetScope.Tag,
            _ => throw new ArgumentException("no such scope: " + config.Scope, nameof(config)),
        };
        Period = config.Period switch
        {
            "request" => BudgetPeriod.Request,
            "session" => BudgetPeriod.Session,
            "hour" => BudgetPeriod.Hour,
            "day" => BudgetPeriod.Day,
            "week" => BudgetPeriod.Week,
            "month" => BudgetPeriod.Month,
            _ => BudgetPeriod.Total,
        };
        Action = config.Action switch
        {
            "downgrade" => BudgetAction.Downgrade,
            "warn" => BudgetAction.Warn,
            _ => BudgetAction.Block,
        };
        InTokens = config.Unit == "tokens";
        _zone = config.TimeZone is { } zone && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? found : TimeZoneInfo.Utc;
        _window = new BudgetWindowBox(BudgetWindow.Always with { Ends = DateTimeOffset.MinValue });
        Config = config;
        Lines = [.. config.WarnAt.Append(1m).Distinct().Order()];
        Name = config.Name ?? $"{config.Scope}, {PeriodWords}{(twin > 0 ? $" ({twin + 1})" : "")}";
        Id = $"{config.Scope}/{config.Period}/{config.Unit}{(config.TimeZone is { } tz ? "/" + tz : "")}{(config.Name is { } name ? "#" + name : "")}{(twin > 0 ? "~" + twin.ToString(CultureInfo.InvariantCulture) : "")}";
    }

    public BudgetConfig Config { get; }

    /// <summary>A later configuration is in force, which may say otherwise; requests that began under this one go on with it.</summary>
    public bool IsOld { get; set; }

    /// <summary>Names the counters. Whoever changes scope, period, unit, zone or name begins another count, read from the ledger's rows.</summary>
    public string Id { get; }

    /// <summary>For people.</summary>
    public string Name { get; }

    public BudgetScope Scope { get; }

    public BudgetPeriod Period { get; }

    public BudgetAction Action { get; }

    /// <summary>True: tokens; false: dollars.</summary>
    public bool InTokens { get; }

    public decimal Limit => Config.Limit;

    /// <summary>The fractions of the limit at which somebody is told, ascending; the limit itself is always one.</summary>
    public ImmutableArray<decimal> Lines { get; }

    /// <summary>True when each request has a counter of its own, which nobody else sees.</summary>
    public bool IsPerRequest => Scope == BudgetScope.Request || Period == BudgetPeriod.Request;

    /// <summary><c>per day</c>, <c>in all</c>.</summary>
    public string PeriodWords => Period switch
    {
        BudgetPeriod.Total => "in all",
        _ => "per " + Config.Period,
    };

    /// <summary>Whether this client's requests can be counted here: a budget of another client's is none of its business.</summary>
    public bool IsFor(string client) => Scope != BudgetScope.Client || _named.Length == 0 || client == _named;

    /// <summary>The subject of a budget that has only one counter at a time (empty: all share it); null where each subject has its own.</summary>
    public string? OnlySubject => IsPerRequest || Period == BudgetPeriod.Session || Scope == BudgetScope.Session || (Scope == BudgetScope.Client && _named.Length == 0)
        ? null : Scope == BudgetScope.Client ? _named : "";

    /// <summary>Whether a call of this request to <paramref name="target"/> is counted here.</summary>
    public bool Covers(RequestFacts facts, Target target) => Scope switch
    {
        BudgetScope.Client => IsFor(facts.Client),
        BudgetScope.Provider => target.Provider.Id == _named,
        BudgetScope.Model => target.Name == _named,
        BudgetScope.Alias => facts.Alias == _named,
        BudgetScope.Tag => facts.Tags.Contains(_named),
        _ => true,
    };

    /// <summary>
    /// Whose counter: empty for one that all share; null for a counter of the request's own. A request without a session is a
    /// session of one request: leaving the header out frees nobody of the limit, and freezes nobody either.
    /// </summary>
    public string? SubjectOf(RequestFacts facts)
    {
        if (IsPerRequest) return null;
        if (Scope == BudgetScope.Session) return facts.Session;
        var subject = Scope == BudgetScope.Client ? facts.Client : "";
        if (Period != BudgetPeriod.Session) return subject;
        return facts.Session is not { } session ? null : subject.Length == 0 ? session : subject + "/" + session;
    }

    public BudgetWindow WindowAt(DateTimeOffset at)
    {
        var box = _window;
        if (box.Window.Holds(at)) return box.Window;
        var window = BudgetWindow.Of(Period, _zone, at);
        _window = new BudgetWindowBox(window);
        return window;
    }

    /// <summary>Which of the ledger's rows this budget counts, for a counter that is made later than they were.</summary>
    public CounterScope RowsOf(string subject, RequestFacts? facts) => Scope switch
    {
        // A session is one client's: its name says whose.
        BudgetScope.Gateway or BudgetScope.Client when Period == BudgetPeriod.Session => new CounterScope(CounterScopeKind.Session, facts?.Session ?? subject),
        _ when Period == BudgetPeriod.Session && Scope != BudgetScope.Session => RowsOfAll(subject) with { Session = facts?.Session ?? subject },
        _ => RowsOfAll(subject),
    };

    private CounterScope RowsOfAll(string subject) => Scope switch
    {
        BudgetScope.Client => new CounterScope(CounterScopeKind.Client, subject),
        BudgetScope.Session => new CounterScope(CounterScopeKind.Session, subject),
        BudgetScope.Provider => new CounterScope(CounterScopeKind.Provider, _named),
        BudgetScope.Model => new CounterScope(CounterScopeKind.Model, _named),
        BudgetScope.Alias => new CounterScope(CounterScopeKind.Alias, _named),
        BudgetScope.Tag => new CounterScope(CounterScopeKind.Tag, _named),
        _ => CounterScope.Gateway,
    };

    /// <summary>Dollars or tokens, as they are shown.</summary>
    public string Show(decimal amount) => InTokens
        ? decimal.Round(amount).ToString("#,##0", CultureInfo.InvariantCulture) + " tokens"
        : Dollars.Text(amount);

    // A struct of three fields is not swapped in one go; a reference is.
    private sealed class BudgetWindowBox(BudgetWindow window)
    {
        public BudgetWindow Window { get; } = window;
    }
}
