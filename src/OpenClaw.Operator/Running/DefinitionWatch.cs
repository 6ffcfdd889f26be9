using System.Collections.Immutable;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Running;

/// <summary>
/// Whether the cluster knows our kinds. While it does not, it is asked every few seconds and the work waits; later it is asked
/// now and then, because definitions can be taken away. Thread-safe.
/// </summary>
internal sealed class DefinitionWatch(KubeClient client, TimeProvider time, KubeLog log)
{
    public static readonly TimeSpan WhileMissing = TimeSpan.FromSeconds(3);
    public static readonly TimeSpan WhileServed = TimeSpan.FromMinutes(1);

    private static readonly ImmutableArray<ResourceKind> s_kinds =
        [.. ApiKinds.All.Where(static k => k.Kind != "OpenClawSelfConfig").Select(static k => new ResourceKind(ApiKinds.Group, ApiKinds.Version, k.Kind, k.Plural, k.IsNamespaced))];

    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _missing = "the cluster was not asked yet";

    /// <summary>What is missing and what to apply; null when all is there.</summary>
    public string? Missing => _missing;

    /// <summary>Completes when all definitions were there for the first time.</summary>
    public Task WaitAsync(CancellationToken cancel) => _first.Task.WaitAsync(cancel);

    /// <summary>Asks until it is cancelled; it does not throw then.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                await AskAsync(cancel).ConfigureAwait(false);
                await Task.Delay(_missing is null ? WhileServed : WhileMissing, time, cancel).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    private async Task AskAsync(CancellationToken cancel)
    {
        // What is missing is remembered for longer than one wants to wait here.
        if (_missing is not null) client.Discovery.Forget();
        var absent = ImmutableArray.CreateBuilder<string>();
        foreach (var kind in s_kinds)
        {
            var served = await client.Discovery.ServesAsync(kind, cancel).ConfigureAwait(false);
            // Whoever does not answer has not said that they are gone.
            if (!served.TryGet(out var yes, out _)) return;
            if (!yes) absent.Add($"{kind.Plural}.{kind.Group}");
        }
        Tell(absent.Count == 0 ? null : $"the cluster does not know {string.Join(" and ", absent)}; apply them: openclaw operator manifests --crds | kubectl apply -f -");
    }

    private void Tell(string? missing)
    {
        if (missing == _missing) return;
        if (missing is not null) log(KubeLogLevel.Error, missing + ". Waiting for them");
        else log(KubeLogLevel.Information, "the cluster knows the operator's definitions");
        _missing = missing;
        if (missing is null) _first.TrySetResult();
    }
}
