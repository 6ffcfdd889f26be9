using System.Collections.Immutable;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;

namespace OpenClaw.Operator.Reconcile;

/// <summary>
/// Which of the optional kinds the cluster serves. Asked at the start and then every minute: who installs a definition later
/// gets what was left out, without a restart. Thread-safe.
/// </summary>
internal sealed class ServedKinds(KubeClient client, TimeProvider time, KubeLog log, Action changed)
{
    private static readonly TimeSpan s_every = TimeSpan.FromMinutes(1);

    private volatile ImmutableHashSet<string>? _names;

    /// <summary><c>apiVersion/kind</c>; null until the cluster has answered for the first time.</summary>
    public ImmutableHashSet<string>? Names => _names;

    public bool Serves(ResourceKind kind) => _names?.Contains(WatchedKinds.Name(kind.ApiVersion, kind.Kind)) == true;

    /// <summary>Works until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        for (var failures = 0; !cancel.IsCancellationRequested;)
        {
            var problem = await AskAsync(cancel).ConfigureAwait(false);
            failures = problem is null ? 0 : failures + 1;
            if (problem is not null) log(KubeLogLevel.Warning, $"what the cluster serves: {problem}");
            var wait = problem is null ? s_every : Backoff.Jittered(TimeSpan.FromSeconds(1), s_every, failures - 1, client.Options.Random);
            await Task.Delay(wait, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Null when the cluster answered for every kind; else nothing was concluded.</summary>
    private async Task<KubeProblem?> AskAsync(CancellationToken cancel)
    {
        var names = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        try
        {
            foreach (var kind in WatchedKinds.Optional)
            {
                var served = await client.Discovery.ServesAsync(kind, cancel).ConfigureAwait(false);
                if (!served.TryGet(out var yes, out var problem)) return problem;
                if (yes) names.Add(WatchedKinds.Name(kind.ApiVersion, kind.Kind));
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return null;
        }
        if (_names is { } known && known.SetEquals(names)) return null;
        _names = names.ToImmutable();
        changed();
        return null;
    }
}
