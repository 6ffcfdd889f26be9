using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using OpenClaw.Config;
using OpenClaw.Gateway.Admission;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Providers;
using OpenClaw.Gateway.Providers.Scripted;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.State;

/// <summary>Makes a snapshot of a configuration. Holds what outlives snapshots: target health, key pools, secrets, the embedded provider.</summary>
internal sealed class StateBuilder : IAsyncDisposable
{
    private readonly GatewayOptions _options;
    private readonly ClientDirectory? _clients;
    private readonly SecretWatcher _watcher;
    private readonly KeyStates _keys;
    private RoutingConfig _routing = new();
    private ScriptedServer? _scripted;

    // Where the socket was bound when the process started: it stays there, whatever the file says later.
    private bool? _startedOpen;

    // What is in force asks for a token. Only a file that says "auth": false ends that: silence may be a file that lost its half.
    private bool _asksForToken;

    /// <param name="clients">The clients of the store; null = there is none.</param>
    public StateBuilder(GatewayOptions options, Backoff backoff, ClientDirectory? clients = null)
    {
        (_options, _clients) = (options, clients);
        Secrets = new SecretStore(options.Environment);
        _keys = new KeyStates(Secrets);
        _watcher = new SecretWatcher(Secrets, options.Time, changed => SecretsChanged?.Invoke(string.Join(", ", changed)), options.Log);
        Health = new TargetHealth(reference => new TargetState(reference.ToString(), backoff, () => _routing, _options.Time));
    }

    /// <summary>Files with secrets changed; says which, never what is in them.</summary>
    public event Action<string>? SecretsChanged;

    public static bool InContainer => File.Exists("/.dockerenv") || Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST") is not null;

    public SecretStore Secrets { get; }

    public TargetHealth Health { get; }

    /// <summary>What the servers of one's own said they serve.</summary>
    public DiscoveryState Discovered { get; } = new();

    /// <summary>A snapshot, or why the configuration must not be served (a token that is missing, a bind that would be open to all).</summary>
    public (GatewayState? State, StartRefusal? Refusal) Build(OpenClawConfig config)
    {
        var (authentication, refusal) = Authenticate(config);
        if (authentication is null) return (null, refusal);
        _startedOpen ??= IsOpenToOthers(config.Gateway);
        _asksForToken = !authentication.IsOpen;
        _routing = config.Routing;
        Secrets.Use(SecretsOf(config));
        if (_scripted is null && config.Providers.Any(static p => p.Api == ApiKind.Scripted))
        {
            _scripted = ScriptedServer.Start(new ScriptedOptions { Time = _options.Time });
        }
        var providers = config.Providers.Select(p => new ProviderEntry
        {
            Config = p,
            Keys = new KeyPool(p, _keys),
            BaseUrlOverride = p.Api == ApiKind.Scripted ? _scripted!.BaseUrl.ToString() : null,
            Secrets = Secrets,
        });
        return (new GatewayState(WithClients(config), authentication, providers, Health, _options.Time.GetUtcNow(), Discovered) { Written = config }, null);
    }

    private static IEnumerable<SecretConfig> SecretsOf(OpenClawConfig config) =>
    [
        .. config.Gateway.Token is { } token ? [token] : Array.Empty<SecretConfig>(),
        .. config.Clients.Select(static c => c.Token),
        .. config.Providers.SelectMany(static p => p.Keys),
        .. config.Providers.SelectMany(static p => p.Headers).Select(static h => h.Value),
    ];

    // What a client has of its own holds like what is written under budgets and limits with its name.
    private OpenClawConfig WithClients(OpenClawConfig config)
    {
        var stored = _clients?.All.Where(c => c.Revoked is null && config.Clients.All(f => f.Name != c.Name)).ToList() ?? [];
        return config with
        {
            Clients = [.. config.Clients, .. stored.Select(static c => new ClientConfig { Name = c.Name, Token = SecretConfig.None, Allow = c.Allow, Budgets = c.Budgets, Limits = c.Limits, Expires = c.Expires })],
            Budgets = [.. config.Budgets, .. config.Clients.SelectMany(static c => c.Budgets), .. stored.SelectMany(static c => c.Budgets)],
            Limits = Distinct([.. config.Limits, .. config.Clients.SelectMany(static c => c.Limits), .. stored.SelectMany(static c => c.Limits)]),
        };
    }

    // What is written twice is one limit: two of one number would count each request twice.
    private static ImmutableArray<LimitConfig> Distinct(ImmutableArray<LimitConfig> limits)
    {
        var known = new HashSet<(string Scope, bool OfTokens, int Number)>();
        return [.. limits.Select(limit => limit with
        {
            RequestsPerMinute = limit.RequestsPerMinute is { } requests && known.Add((limit.Scope, false, requests)) ? requests : null,
            TokensPerMinute = limit.TokensPerMinute is { } tokens && known.Add((limit.Scope, true, tokens)) ? tokens : null,
        }).Where(static l => l.RequestsPerMinute is not null || l.TokensPerMinute is not null)];
    }

    private (Authentication?, StartRefusal?) Authenticate(OpenClawConfig config)
    {
        var gateway = config.Gateway;
        var isOpenToOthers = _startedOpen == true || IsOpenToOthers(gateway);
        var token = gateway.Token is { } named ? Secrets.Read(named).Value?.Reveal() : _options.Environment.Variable("OPENCLAW_GATEWAY_TOKEN");
        if (gateway.Auth == AuthMode.None)
        {
            return isOpenToOthers
                ? (null, OpenToOthers(gateway))
                : (Authentication.OpenTo(_clients), null);
        }
        if (string.IsNullOrEmpty(token))
        {
            if (!gateway.AuthIsImplied || isOpenToOthers || !config.Clients.IsEmpty)
            {
                if (gateway.Token is { } lacking) return (null, new StartRefusal($"the gateway's token cannot be read: {Secrets.Read(lacking).Problem ?? $"{lacking} is empty"}", "make what gateway.auth.token names, or take it out of the file and set OPENCLAW_GATEWAY_TOKEN", []));
                return (null, new StartRefusal("authentication is on but there is no token", "set OPENCLAW_GATEWAY_TOKEN (openssl rand -hex 32 makes one), or gateway.auth.token", []));
            }
            return _asksForToken
                ? (null, new StartRefusal("the file names no token any more and does not say \"auth\": false under gateway: the gateway goes on asking for its token", "write \"auth\": false to let everybody on this machine in, or start it again", []))
                : (Authentication.OpenTo(_clients), null);
        }
        var tokens = new List<(string, Caller)> { (token, Caller.Owner) };
        var hashed = new List<(byte[], Caller)>();
        foreach (var client in config.Clients)
        {
            var caller = new Caller(client.Name) { Allow = client.Allow.IsEmpty ? null : client.Allow, Expires = client.Expires };
            if (client.TokenHash is { } hash)
            {
                hashed.Add((Convert.FromHexString(hash), caller));
                continue;
            }
            if (Secrets.Read(client.Token).Value is not { } own)
            {
                return (null, new StartRefusal($"client \"{client.Name}\" has no token ({client.Token})", "set it, or remove the client", []));
            }
            tokens.Add((own.Reveal(), caller));
        }
        return TwinsAmong(tokens, hashed) is { } twins ? (null, twins) : (Authentication.Require(tokens, hashed, _clients, _options.Time), null);
    }

    // The file's reader sees twins only where tokens stand in it: what files and variables hold is known here.
    private static StartRefusal? TwinsAmong(IEnumerable<(string Token, Caller Caller)> tokens, IEnumerable<(byte[] Hash, Caller Caller)> hashed)
    {
        var holders = new Dictionary<TokenHash, Caller>();
        foreach (var (hash, caller) in tokens.Select(static t => (TokenHash.OfToken(t.Token), t.Caller)).Concat(hashed.Select(static h => (TokenHash.Of(h.Hash), h.Caller))))
        {
            if (holders.TryAdd(hash, caller)) continue;
            var (one, other) = (Holder(holders[hash]), Holder(caller));
            return new StartRefusal($"{one} and {other} have the same token", "give each a token of its own: openssl rand -hex 32 makes one", []);
        }
        return null;

        static string Holder(Caller caller) => caller == Caller.Owner ? "the gateway (gateway.auth.token)" : $"the client \"{caller.Name}\"";
    }

    private bool IsOpenToOthers(GatewayConfig gateway) => (gateway with { Bind = _options.Bind ?? gateway.Bind }).IsOpenToOthers(InContainer);

    private StartRefusal OpenToOthers(GatewayConfig gateway) => IsOpenToOthers(gateway)
        ? new StartRefusal("gateway.auth is off but the gateway would listen beyond loopback", "set gateway.auth to true and OPENCLAW_GATEWAY_TOKEN, or gateway.bind to \"loopback\"", [])
        : new StartRefusal("gateway.auth is off but the gateway listens beyond loopback until it is started again", "start it again to listen where gateway.bind says, or keep gateway.auth on", []);

    public async ValueTask DisposeAsync()
    {
        _watcher.Dispose();
        if (_scripted is not null) await _scripted.DisposeAsync().ConfigureAwait(false);
    }
}
