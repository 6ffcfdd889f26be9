namespace OpenClaw.Gateway.Metering.Ledger;

/// <summary>What a counter stands at.</summary>
internal readonly record struct CounterValue(decimal Usd, long Tokens)
{
    public static CounterValue operator +(CounterValue a, CounterValue b) => new(a.Usd + b.Usd, a.Tokens + b.Tokens);
}

internal enum CounterScopeKind
{
    /// <summary>Everything; the value is empty.</summary>
    Gateway,

    Client,

    Session,

    Provider,

    /// <summary>The value is <c>provider/model</c>.</summary>
    Model,

    Alias,

    Tag,
}

/// <summary>Which rows a sum is taken over. Scopes of provider and model count the calls to them, the others whole requests.</summary>
internal readonly record struct CounterScope(CounterScopeKind Kind, string Value)
{
    /// <summary>Of these only the rows of one session; null = of all.</summary>
    public string? Session { get; init; }

    public static readonly CounterScope Gateway = new(CounterScopeKind.Gateway, "");
}
