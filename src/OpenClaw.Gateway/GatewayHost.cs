using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenClaw.Config;
using OpenClaw.Gateway.Admission;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dispatch;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Alerts;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Providers;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.Sessions;
using OpenClaw.Gateway.State;
using OpenClaw.Gateway.Telemetry;

namespace OpenClaw.Gateway;

/// <summary>What a gateway is started with.</summary>
public sealed record GatewayOptions
{
    /// <summary>The file, or null for the environment alone.</summary>
    public string? ConfigPath { get; init; }

    /// <summary>Over the file's <c>gateway.bind</c>.</summary>
    public BindMode? Bind { get; init; }

    /// <summary>Over the file's <c>gateway.port</c>; 0 takes a free one.</summary>
    public int? Port { get; init; }

    public ConfigEnvironment Environment { get; init; } = ConfigEnvironment.Process;

    /// <summary>Where the journal and a relative database file lie; null = usage is kept in memory and ends with the process.</summary>
    public string? StateFolder { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>One JSON line a decision; null = none.</summary>
    public Stream? DecisionOutput { get; init; }

    /// <summary>What an operator should read: reloads, refused reloads, drain.</summary>
    public Action<string> Log { get; init; } = static _ => { };

    /// <summary>The product's version, for the control API.</summary>
    public string Version { get; init; } = "0.0.0";
}

/// <summary>Why a gateway did not start.</summary>
public sealed record StartRefusal(string Message, string Hint, IReadOnlyList<ConfigProblem> Problems);

/// <summary>The composition root: every object is made and every endpoint is mapped here.</summary>
public sealed class GatewayHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly IAsyncDisposable[] _owned;
    private readonly Drain _drain;

    private readonly Action<string> _log;

    private GatewayHost(WebApplication app, Drain drain, Action<string> log, params IAsyncDisposable[] owned) => (_app, _drain, _log, _owned) = (app, drain, log, owned);

    /// <summary>Where programs on this machine reach it, e.g. <c>http://127.0.0.1:18789</c>.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>It listens on every address of the machine.</summary>
    public bool IsOnAllAddresses { get; private set; }

    /// <summary>What the configuration warned of.</summary>
    public IReadOnlyList<ConfigProblem> Warnings { get; private set; } = [];

    /// <summary>Starts, or says why not. The socket is open when it returns.</summary>
    public static async Task<(GatewayHost? Host, StartRefusal? Refusal)> StartAsync(GatewayOptions options, CancellationToken cancel = default)
    {
        var (disk, diskRefusal) = ReadyDisk.Of(options.Environment, options.StateFolder);
        if (diskRefusal is not null) return (null, diskRefusal);
        var time = options.Time;
        var backoff = new Backoff(Random.Shared);
        var files = new ConfigFiles(options);
        var clients = new ClientDirectory(time, options.Log);
        var builder = new StateBuilder(options, backoff, clients);
        var (config, problems, refusal) = await files.ReadAsync(cancel).ConfigureAwait(false);
        if (config is null) return (null, refusal);
        var (state, stateRefusal) = builder.Build(config);
        if (state is null) return (null, stateRefusal);

        var states = new StateHolder(state);
        var metrics = new Metrics(model => options.Log($"{model} has no price: what it costs is not counted; name it under models.prices"));
        var decisions = new DecisionLog(4000, options.DecisionOutput);
        var book = new RequestBook(decisions, metrics, time);
        var upstream = new Upstream(time);
        var drain = new Drain(metrics, config.Gateway.DrainTimeout, time, options.Log);
        var dispatcher = new Dispatcher(new Attempts(upstream, drain, time), time, backoff);
        var (ledger, ledgerProblem) = LedgerState.Open(LedgerOptions.Of(config.Storage, options));
        if (ledger is null) return (null, new StartRefusal(ledgerProblem!, "write \"sqlite:openclaw.db\" or \"postgres://user@host/database\"", []));
        var alerts = new AlertState(() => states.Current.Config.Alerts, name => options.Environment.Variable(name), new LedgerAlerts(ledger), time, options.Log);
        alerts.CheckKeys();
        states.Replaced += alerts.CheckKeys;
        alerts.TakeUp();
        var budgets = new BudgetState(new LedgerCounters(ledger), alerts, time);
        budgets.PlanOf(state.Config);
        _ = budgets.SumAsync();
        states.Replaced += () =>
        {
            budgets.PlanOf(states.Current.Config);
            _ = budgets.SumAsync();
            if (alerts.TakeNewAddress()) budgets.TellAnew();
        };
        var outages = new OutageWatch(() => states.Current.SeenTargets(), alerts, time);
        var till = new Till(budgets, ledger);
        var guard = new RunawayGuard(time, ledger);
        guard.Stopped += stop =>
        {
            metrics.RunawayStopped(stop.KindText);
            alerts.Raise(GuardAlert.Of(stop));
            options.Log($"runaway guard: session {stop.Session} of {stop.Caller} is stopped until {stop.Until.UtcDateTime:HH:mm:ss} UTC: {stop.Saw}");
        };
        var fleet = new FleetSize(ledger, budgets.Strays, time);
        fleet.Follow();
        var admission = new AdmissionChain(new RateLimits(time, () => fleet.Count), guard, time);
        var watcher = new ConfigWatcher(options, files, builder, states);
        var discovery = new LocalDiscovery(states, builder.Discovered, time, options.Log);
        var sessions = new SessionState(ledger, states, time);
        var spending = new SpendingView(new BudgetLines(budgets, time).OfAsync, id => guard.StopOf(id)?.Saw, id => guard.Resume(id) is not null, (caller, key) => RunawayGuard.IsUnnamed(key) && guard.Resume(key, caller) is not null);
        var desk = new SessionDesk(sessions, new SlashCommands(options.Version, sessions, ledger, spending, time));
        var control = new ControlApi(options.Version, states, decisions, metrics, builder, watcher, drain, new BudgetsApi(budgets, time), alerts, ledger, disk, time);
        var usage = new UsageApi(states, ledger, time);
        var clientsApi = new ClientsApi(states, clients, time);
        clients.RulesChanged += () => _ = watcher.RebuildAsync();
        clients.Follow(ledger);
        var guardApi = new GuardApi(states, guard);
        var chat = new ChatEndpoint(DialectTable.Of(DialectKind.OpenAiChat), "openai", states, desk, admission, dispatcher, till, book, time, options.Log);
        var messages = new ChatEndpoint(DialectTable.Of(DialectKind.Anthropic), "anthropic", states, desk, admission, dispatcher, till, book, time, options.Log);
        var models = new ModelsEndpoint(states);
        var counts = new PromptCount(time);
        var count = new CountTokensEndpoint(states, desk, counts);
        var held = new SessionsApi(states, sessions, spending, chat, time);
        var doors = new Doors(drain, book, states)
        {
            { "POST", "/v1/chat/completions", chat.HandleAsync },
            { "POST", "/v1/messages", messages.HandleAsync },
            { "POST", "/v1/messages/count_tokens", count.HandleAsync },
            { "GET", "/v1/models", models.ListAsync },
            { "GET", "/v1/models/*", models.ShowAsync },
            { "GET", "/healthz", control.HealthAsync },
            { "GET", "/health", control.HealthAsync },
            { "GET", "/readyz", control.ReadyAsync },
            { "GET", "/ready", control.ReadyAsync },
            { "GET", "/startupz", control.ReadyAsync },
            { "GET", "/metrics", control.MetricsAsync },
            { "GET", "/openclaw/v1/status", control.StatusAsync },
            { "GET", "/openclaw/v1/models", control.ModelsAsync },
            { "GET", "/openclaw/v1/budgets", control.BudgetsAsync },
            { "GET", "/openclaw/v1/usage", usage.UsageAsync },
            { "GET", "/openclaw/v1/decisions", control.DecisionsAsync },
            { "GET", "/openclaw/v1/decisions/*", control.DecisionAsync },
            { "GET", "/openclaw/v1/config", control.ConfigAsync },
            { "GET", "/openclaw/v1/sessions", held.ListAsync },
            { "POST", "/openclaw/v1/sessions/*/messages", held.MessageAsync },
            { "POST", "/openclaw/v1/sessions/*/reset", held.ResetAsync },
            { "GET", "/openclaw/v1/sessions/*", held.ShowAsync },
            { "PATCH", "/openclaw/v1/sessions/*", held.PatchAsync },
            { "DELETE", "/openclaw/v1/sessions/*", held.DeleteAsync },
            { "GET", "/openclaw/v1/clients", clientsApi.ListAsync },
            { "POST", "/openclaw/v1/clients", clientsApi.CreateAsync },
            { "GET", "/openclaw/v1/clients/*", clientsApi.ShowAsync },
            { "DELETE", "/openclaw/v1/clients/*", clientsApi.RevokeAsync },
            { "POST", "/openclaw/v1/clients/*/rotate", clientsApi.RotateAsync },
            { "POST", "/openclaw/v1/clients/*/revoke", clientsApi.RevokeAsync },
            { "GET", "/openclaw/v1/guard", guardApi.StopsAsync },
            { "POST", "/openclaw/v1/sessions/*/resume", guardApi.ResumeAsync },
        };

        var app = BuildServer(config.Gateway, options);
        app.Run(doors.HandleAsync);
        var host = new GatewayHost(app, drain, options.Log, clients, watcher, discovery, outages, budgets, alerts, builder, sessions, fleet, ledger, decisions, upstream, counts) { Warnings = problems };
        _ = guard.FollowAsync(app.Lifetime.ApplicationStopping);
        // Clients of the store are let in from the first request on; a store that is away holds up nobody else.
        await Task.WhenAny(clients.Loaded, Task.Delay(TimeSpan.FromSeconds(1), cancel)).ConfigureAwait(false);
        try
        {
            await app.StartAsync(cancel).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            await host.DisposeAsync().ConfigureAwait(false);
            return (null, new StartRefusal(e.Message, "another process listens there; stop it, or choose another with --port", []));
        }
        catch (System.Net.Sockets.SocketException e)
        {
            await host.DisposeAsync().ConfigureAwait(false);
            var where = $"{config.Gateway.CustomBindHost ?? (options.Bind ?? config.Gateway.Bind).ToString().ToLowerInvariant()}, port {options.Port ?? config.Gateway.Port}";
            return (null, new StartRefusal($"the gateway cannot listen on {where}: {e.Message}", "choose an address of this machine with gateway.bind, and a port above 1023 or the right to a lower one", []));
        }
        // Kestrel writes the port it really took into the addresses.
        var bound = app.Urls.First();
        var local = bound.Replace("[::]", "127.0.0.1", StringComparison.Ordinal).Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal);
        (host.Address, host.IsOnAllAddresses) = (new Uri(local), local != bound);
        watcher.Start();
        discovery.Start();
        return (host, null);
    }

    /// <summary>Stops taking requests, lets running answers end (bounded), then closes.</summary>
    public async Task StopAsync()
    {
        await _drain.RunAsync().ConfigureAwait(false);
        using var now = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(now.Token).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAllAsync([_app, .. _owned], _log).ConfigureAwait(false);
        _drain.Dispose();
    }

    /// <summary>Closes each in turn: one that cannot be closed keeps no other, and above all not the ledger, from it.</summary>
    internal static async Task CloseAllAsync(IEnumerable<IAsyncDisposable> parts, Action<string> log)
    {
        foreach (var part in parts)
        {
            try
            {
                await part.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception e)
            {
                log($"bug in the end of {part.GetType().Name}: {e}");
            }
        }
    }

    private static WebApplication BuildServer(GatewayConfig gateway, GatewayOptions options)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        if (RunsInline(options.Environment)) builder.Services.Configure<SocketTransportOptions>(static s => s.UnsafePreferInlineScheduling = true);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.AllowSynchronousIO = false;
            // Every reader of a body has its own bound (RequestEnvelope.ReadAsync), which a new configuration may raise. What is over it
            // the server throws away for five seconds at most: closed at once on a caller who is still sending, the connection
            // would be reset and the 413 with it (RFC 9112, section 9.6).
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MaxConcurrentConnections = gateway.MaxConnections;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
            kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
            // A caller that reads slowly holds a provider's stream open; one that stops reading must not for ever.
            kestrel.Limits.MinResponseDataRate = new MinDataRate(64, TimeSpan.FromSeconds(60));
            Listen(kestrel, options.Bind ?? gateway.Bind, gateway.CustomBindHost, options.Port ?? gateway.Port);
        });
        return builder.Build();
    }

    // An option, not the default: a request then runs on the thread that polls its socket, so whatever blocks there holds up
    // other sockets too. The runtime's own half of it is DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS=1.
    private static bool RunsInline(ConfigEnvironment environment) => environment.Variable("OPENCLAW_INLINE_IO") is "1" or "true";

    private static void Listen(KestrelServerOptions kestrel, BindMode bind, string? host, int port)
    {
        switch (bind)
        {
            case BindMode.Custom: kestrel.Listen(IPAddress.Parse(host!), port); break;
            case BindMode.Lan: kestrel.ListenAnyIP(port); break;
            case BindMode.Auto when StateBuilder.InContainer: kestrel.ListenAnyIP(port); break;
            // "localhost" would take both families but refuses a free port (0).
            default:
                kestrel.Listen(IPAddress.Loopback, port);
                if (port != 0 && System.Net.Sockets.Socket.OSSupportsIPv6) TryListenV6(kestrel, port);
                break;
        }
    }

    // A machine may have IPv6 compiled in and no ::1; then IPv4 alone is loopback.
    private static void TryListenV6(KestrelServerOptions kestrel, int port)
    {
        try
        {
            using var probe = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.InterNetworkV6, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
            probe.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
            kestrel.Listen(IPAddress.IPv6Loopback, port);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // IPv4 alone, as said above.
        }
    }

    // Signals belong to the command that owns the process, not to the web framework.
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
