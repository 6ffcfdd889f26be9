using System.Diagnostics;

namespace OpenClaw.Kube.Control;

/// <summary>How a loop behaves. Immutable.</summary>
public sealed record ControllerOptions
{
    public int Workers { get; init; } = 4;

    /// <summary>A look that takes longer is cancelled and counts as failed.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long what is under way may go on after the stop; zero: it is cancelled at once.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.Zero;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public KubeLog Log { get; init; } = KubeLogs.None;

    /// <summary>Told of every look when it has ended, with the time it took. From any thread; must be quick and not throw.</summary>
    public Action<ReconcileOutcome, TimeSpan>? Observe { get; init; }
}

/// <summary>
/// Workers over a queue: take a name, look at it, say what follows. The same name is never looked at twice at once. An exception
/// is a bug: it is logged, counted and tried again with a growing wait, and the loop goes on.
/// </summary>
public sealed class ControllerLoop<TKey>(string name, WorkQueue<TKey> queue, Func<TKey, CancellationToken, Task<ReconcileResult>> reconcile, ControllerOptions options)
    where TKey : notnull
{
    public ControllerCounters Counters { get; } = new();

    public string Name => name;

    /// <summary>Works until it is stopped, then waits for what is under way.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var abort = new CancellationTokenSource();
        await using var stopping = stop.Register(() =>
        {
            queue.Close();
            if (options.Grace <= TimeSpan.Zero) abort.Cancel();
        }).ConfigureAwait(false);
        var workers = Enumerable.Range(0, options.Workers).Select(_ => Task.Run(() => WorkAsync(abort.Token), CancellationToken.None)).ToArray();
        var all = Task.WhenAll(workers);
        if (options.Grace > TimeSpan.Zero) await AbortAfterGraceAsync(all, abort, stop).ConfigureAwait(false);
        await all.ConfigureAwait(false);
    }

    private async Task AbortAfterGraceAsync(Task workers, CancellationTokenSource abort, CancellationToken stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.Register(() => stopped.TrySetResult()).ConfigureAwait(false);
        await Task.WhenAny(workers, stopped.Task).ConfigureAwait(false);
        if (workers.IsCompleted) return;
        await Task.WhenAny(workers, Task.Delay(options.Grace, options.Time, CancellationToken.None)).ConfigureAwait(false);
        await abort.CancelAsync().ConfigureAwait(false);
    }

    private async Task WorkAsync(CancellationToken abort)
    {
        while (true)
        {
            var (taken, key) = await queue.TakeAsync(CancellationToken.None).ConfigureAwait(false);
            if (!taken) return;
            try
            {
                var since = options.Time.GetTimestamp();
                var result = await LookAsync(key, abort).ConfigureAwait(false);
                var took = options.Time.GetElapsedTime(since);
                Counters.Took(took);
                options.Observe?.Invoke(result.Outcome, took);
                Follow(key, result);
            }
            finally
            {
                queue.Done(key);
            }
        }
    }

    private async Task<ReconcileResult> LookAsync(TKey key, CancellationToken abort)
    {
        using var limit = new CancellationTokenSource(options.Limit, options.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(abort, limit.Token);
        try
        {
            return await reconcile(key, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            return ReconcileResult.Done;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return ReconcileResult.Retry($"it took longer than {options.Limit.TotalSeconds:F0} s");
        }
#pragma warning disable CA1031 // A bug in the look at one name must not stop the others.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Counters.Panicked();
            options.Log(KubeLogLevel.Error, $"{name} {key}: {e}");
            return ReconcileResult.Retry(e.GetType().Name);
        }
    }

    private void Follow(TKey key, ReconcileResult result)
    {
        Counters.Ended(result.Outcome);
        switch (result.Outcome)
        {
            case ReconcileOutcome.Done:
                queue.Forget(key);
                break;
            case ReconcileOutcome.After:
                queue.Forget(key);
                queue.AddAfter(key, result.Delay);
                break;
            case ReconcileOutcome.Terminal:
                queue.Forget(key);
                options.Log(KubeLogLevel.Warning, $"{name} {key}: {result.Why}");
                break;
            case ReconcileOutcome.Retry:
                var wait = queue.AddRateLimited(key);
                options.Log(KubeLogLevel.Warning, $"{name} {key}: {result.Why}; again in {wait.TotalSeconds:F1} s");
                break;
            default:
                throw new UnreachableException();
        }
    }
}
