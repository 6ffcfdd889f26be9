using Microsoft.AspNetCore.Builder;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Kube.Config;
using OpenClaw.Kube.Control;
using OpenClaw.Operator.Packaging;
using OpenClaw.Operator.Running;

namespace OpenClaw.Operator;

/// <summary>The composition root of <c>openclaw operator run</c>: every object is made here. It works until it is stopped.</summary>
internal sealed class OperatorHost : IAsyncDisposable
{
    private static readonly TimeSpan s_firstAnswer = TimeSpan.FromSeconds(20);

    private readonly OperatorOptions _options;
    private readonly WebApplication? _app;
    private readonly Readiness _readiness;
    private readonly KubeClient[] _clients;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _asking;

    private OperatorHost(OperatorOptions options, WebApplication? app, Readiness readiness, DefinitionWatch definitions, Leadership leadership, params KubeClient[] clients)
    {
        (_options, _app, _readiness, _clients) = (options, app, readiness, clients);
        _asking = Task.Run(() => definitions.RunAsync(_stop.Token));
        Ended = Task.Run(() => leadership.RunAsync(_stop.Token));
    }

    /// <summary>Completes when the work has ended: null because it was stopped, else why.</summary>
    public Task<OperatorRefusal?> Ended { get; }

    /// <summary>Where health and metrics are; null: nowhere.</summary>
    public Uri? Address { get; private init; }

    /// <summary>Starts, or says why not. The socket is open and the API server has answered when it returns.</summary>
    public static async Task<(OperatorHost? Host, OperatorRefusal? Refusal)> StartAsync(OperatorOptions options, CancellationToken cancel = default)
    {
        var (access, refusal) = Find(options);
        if (access is null) return (null, refusal);
        var time = options.Environment.Time;
        var calls = new ApiCallCounts(time);
        var client = new KubeClient(access, ClientOptions(options, calls));
        // The lease must not wait behind other calls, nor for the bucket that they share.
        var leaseClient = new KubeClient(access, ClientOptions(options, calls) with { RequestsPerSecond = 0 });
        if (await RefusedAsync(leaseClient, access, cancel).ConfigureAwait(false) is { } silent) return (null, Close(silent, client, leaseClient));

        var definitions = new DefinitionWatch(client, time, options.Log);
        var work = new LeaderWork(client, definitions, options);
        var election = options.LeaderElect ? new LeaderElection(leaseClient, LeaseOptions(options, access)) : null;
        var leadership = new Leadership(election, work, options.Log);
        var readiness = new Readiness(leadership, work, definitions, calls);
        var metrics = new OperatorMetrics(options.Version, leadership, work, definitions, calls);
        OperatorHost? host = null;
        var doors = new OperatorDoors(readiness, leadership, metrics, () => host is null or { Ended.IsCompleted: false });
        var app = options.Bind is null ? null : OperatorServer.Build(options.Bind, doors);
        try
        {
            if (app is not null) await app.StartAsync(cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            await app!.DisposeAsync().ConfigureAwait(false);
            return (null, Close(new OperatorRefusal(OperatorRefusalKind.Configuration, $"nothing can listen on {options.Bind}: {e.Message}", "another process listens there; stop it, or choose another address with --bind"), client, leaseClient));
        }
        options.Log(KubeLogLevel.Information, $"operator {options.Version} at {access}, {Scope(options)}{(app is null ? "" : $", health and metrics on {options.Bind}")}");
        host = new OperatorHost(options, app, readiness, definitions, leadership, client, leaseClient) { Address = AddressOf(app) };
        return (host, null);
    }

    /// <summary>
    /// Stops in order: no longer ready, no new work, what is under way is finished, the lease is given back. At most
    /// <see cref="OperatorOptions.DrainLimit"/>.
    /// </summary>
    /// <returns>Null when it ended in order.</returns>
    public async Task<OperatorRefusal?> StopAsync()
    {
        _readiness.Drain();
        _options.Log(KubeLogLevel.Information, "asked to stop: finishing what is under way");
        await _stop.CancelAsync().ConfigureAwait(false);
        using var limit = new CancellationTokenSource();
        var waiting = Task.Delay(_options.DrainLimit, _options.Environment.Time, limit.Token);
        var first = await Task.WhenAny(Ended, waiting).ConfigureAwait(false);
        await limit.CancelAsync().ConfigureAwait(false);
        if (first != Ended) return new OperatorRefusal(OperatorRefusalKind.Broken, $"the work did not end within {_options.DrainLimit.TotalSeconds:F0} s", "the lease runs out by itself");
        var result = await Ended.ConfigureAwait(false);
        if (result is null) _options.Log(KubeLogLevel.Information, "stopped");
        return result;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _asking.ConfigureAwait(false);
        if (_app is not null)
        {
            using var now = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            await _app.StopAsync(now.Token).ConfigureAwait(false);
            await _app.DisposeAsync().ConfigureAwait(false);
        }
        foreach (var client in _clients) client.Dispose();
        if (Ended.IsCompleted) _stop.Dispose();
    }

    private static (ClusterAccess? Access, OperatorRefusal? Refusal) Find(OperatorOptions options)
    {
        try
        {
            return (ClusterFinder.Find(options.Environment, options.KubeConfig, options.Context), null);
        }
        catch (KubeConfigException e)
        {
            return (null, new OperatorRefusal(OperatorRefusalKind.Configuration, e.Message, "name a kubeconfig with --kubeconfig, or run it in the cluster: openclaw operator manifests | kubectl apply -f -"));
        }
    }

    private static KubeClientOptions ClientOptions(OperatorOptions options, ApiCallCounts calls) => new()
    {
        UserAgent = $"{PackageNames.Operator}/{options.Version} ({options.Host})",
        FieldManager = PackageNames.Operator,
        RequestsPerSecond = options.RequestsPerSecond,
        Burst = 2 * options.RequestsPerSecond,
        Time = options.Environment.Time,
        Random = options.Random,
        Log = options.Log,
        Observe = calls.Observe,
    };

    private static LeaderElectionOptions LeaseOptions(OperatorOptions options, ClusterAccess access) => new()
    {
        // Outside of a cluster the lease is the installed operator's: whoever runs one from a desk does not write beside it.
        Lease = new ObjectKey(options.LeaseNamespace ?? (options.IsInCluster ? access.Namespace : PackageNames.Namespace), PackageNames.Lease),
        Identity = LeaderElectionOptions.UniqueIdentity(options.Host, options.Random),
    };

    /// <summary>Asks the API server who it is, to say at once what is wrong.</summary>
    private static async Task<OperatorRefusal?> RefusedAsync(KubeClient client, ClusterAccess access, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(s_firstAnswer);
        try
        {
            var asked = await client.VersionAsync(limit.Token).ConfigureAwait(false);
            return asked.Problem switch
            {
                null or { Kind: KubeProblemKind.Forbidden or KubeProblemKind.TooManyRequests } => null,
                { Kind: KubeProblemKind.Credentials or KubeProblemKind.Unauthorized } problem => new OperatorRefusal(
                    OperatorRefusalKind.Configuration, $"{access} does not take these credentials: {problem.Message}", "mend the user in the kubeconfig, or log in again"),
                { } problem => Silent(access, problem.Message),
            };
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return Silent(access, $"no answer within {s_firstAnswer.TotalSeconds:F0} s");
        }
    }

    private static OperatorRefusal Silent(ClusterAccess access, string why) =>
        new(OperatorRefusalKind.Unreachable, $"the API server {access} does not answer: {why}", "is the address right, is it up, and does a firewall or a network policy keep it from here?");

    private static OperatorRefusal Close(OperatorRefusal refusal, params ReadOnlySpan<KubeClient> clients)
    {
        foreach (var client in clients) client.Dispose();
        return refusal;
    }

    private static string Scope(OperatorOptions options) => options.WatchNamespaces.IsEmpty ? "all namespaces" : $"namespaces {string.Join(", ", options.WatchNamespaces)}";

    // Kestrel writes the port that it really took into the addresses.
    private static Uri? AddressOf(WebApplication? app) => app is null ? null
        : new Uri(app.Urls.First().Replace("[::]", "127.0.0.1", StringComparison.Ordinal).Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal));
}
