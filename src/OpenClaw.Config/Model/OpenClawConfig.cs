using System.Collections.Immutable;
using System.Net;

namespace OpenClaw.Config;

/// <summary>
/// What a person wrote in <c>openclaw.json</c>, whichever of the three dialects they wrote it in, after reading and
/// validation. Immutable; the gateway derives its tables from it and swaps them whole.
/// </summary>
public sealed record OpenClawConfig
{
    /// <summary>Address, port, authentication and the bounds of the listener.</summary>
    public GatewayConfig Gateway { get; init; } = new();

    /// <summary>Every provider that the file names or that a known key or base URL in the environment enables, by id.</summary>
    public ImmutableArray<ProviderConfig> Providers { get; init; } = [];

    /// <summary>Default chain, allowlist, aliases and prices.</summary>
    public ModelsConfig Models { get; init; } = new();

    /// <summary>Timeouts, retries, cooldown, continuation.</summary>
    public RoutingConfig Routing { get; init; } = new();

    public ImmutableArray<BudgetConfig> Budgets { get; init; } = [];

    public ImmutableArray<LimitConfig> Limits { get; init; } = [];

    public ImmutableArray<ClientConfig> Clients { get; init; } = [];

    /// <summary>What stops a session that runs away.</summary>
    public GuardConfig Guard { get; init; } = new();

    public StorageConfig Storage { get; init; } = new();

    public SessionsConfig Sessions { get; init; } = new();

    public ImmutableArray<AlertConfig> Alerts { get; init; } = [];

    /// <summary>The provider with this id, or null.</summary>
    public ProviderConfig? FindProvider(string id)
    {
        foreach (var provider in Providers)
        {
            if (string.Equals(provider.Id, id, StringComparison.Ordinal)) return provider;
        }
        return null;
    }
}

/// <summary>Where the gateway listens. Anything but <see cref="Loopback"/> requires authentication.</summary>
public enum BindMode
{
    /// <summary>127.0.0.1 and ::1.</summary>
    Loopback,

    /// <summary>Every interface.</summary>
    Lan,

    /// <summary>Loopback, or every interface when the process runs in a container.</summary>
    Auto,

    /// <summary>The address in <see cref="GatewayConfig.CustomBindHost"/>.</summary>
    Custom,
}

/// <summary>How a caller proves who it is.</summary>
public enum AuthMode
{
    /// <summary>No check. Refused beyond loopback.</summary>
    None,

    /// <summary>A shared token (or a client's own).</summary>
    Token,
}

public sealed record GatewayConfig
{
    public BindMode Bind { get; init; } = BindMode.Loopback;

    public string? CustomBindHost { get; init; }

    /// <summary>True when others than this machine can reach it. The one answer for the check of the file, the start and the doctor.</summary>
    /// <param name="inContainer">Where <see cref="BindMode.Auto"/> is every interface.</param>
    public bool IsOpenToOthers(bool inContainer) => Bind switch
    {
        BindMode.Loopback => false,
        BindMode.Auto => inContainer,
        BindMode.Custom => !IPAddress.TryParse(CustomBindHost, out var address) || !IPAddress.IsLoopback(address),
        _ => true,
    };

    public int Port { get; init; } = 18789;

    /// <summary><c>auth: true</c> and <c>auth: {mode: "token"}</c> are <see cref="AuthMode.Token"/>.</summary>
    public AuthMode Auth { get; init; } = AuthMode.Token;

    /// <summary>True when the file says nothing about <c>auth</c>: then a token is used if there is one, and loopback without one is allowed.</summary>
    public bool AuthIsImplied { get; init; } = true;

    /// <summary>The gateway token; null means <c>OPENCLAW_GATEWAY_TOKEN</c>.</summary>
    public SecretConfig? Token { get; init; }

    /// <summary>Largest accepted request body in bytes.</summary>
    public long MaxBodyBytes { get; init; } = 32L * 1024 * 1024;

    /// <summary>Requests in flight at once; the next one is refused with 503.</summary>
    public int MaxConcurrentRequests { get; init; } = 4096;

    /// <summary>Open client connections at once.</summary>
    public int MaxConnections { get; init; } = 8192;

    /// <summary>How long running answers may go on after SIGTERM.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(25);
}

public sealed record StorageConfig
{
    /// <summary>Requests are not written down; what sessions and clients need is kept as long as the process lives.</summary>
    public const string None = "none";

    /// <summary><c>sqlite:FILE</c>, <c>postgres://…</c> or <see cref="None"/>.</summary>
    public string Url { get; init; } = "sqlite:openclaw.db";

    /// <summary>How long each request has a row of its own; after that it is part of a daily sum.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Bytes; above them the oldest rows become daily sums early.</summary>
    public long MaxBytes { get; init; } = 1L << 30;
}

public sealed record AlertConfig
{
    public required string Url { get; init; }

    public string? SecretEnv { get; init; }
}
