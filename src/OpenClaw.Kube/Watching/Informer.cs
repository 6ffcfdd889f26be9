using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using OpenClaw.Kube.Client;

namespace OpenClaw.Kube.Watching;

/// <summary>
/// Knows the objects of one kind in one scope, and tells what becomes of them. It keeps what the projection makes of each and
/// nothing else. <see cref="RunAsync"/> lists, watches, resumes a watch that ends from the last version it saw, and lists anew
/// when that version is too old; what was missed in between is told then, deletions too.
/// </summary>
/// <remarks>Reading is thread-safe. Changes are told one after the other, after the store has them; the receiver must be quick.</remarks>
public sealed class Informer<T>
    where T : class
{
    // After so many watches in a row that went wrong in another way than by the network, the version itself is doubted.
    private const int DoubtAfter = 3;

    private readonly KubeClient _client;
    private readonly ResourceKind _kind;
    private readonly ListQuery _query;
    private readonly Func<JsonElement, T> _project;
    private readonly Action<InformerChange<T>> _changed;
    private readonly InformerOptions _options;
    private readonly Store<T> _store = new();
    private readonly Lock _telling = new();
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _version;
    private int _failures;
    private long _lists;
    private long _watches;
    private volatile KubeProblem? _problem;
    private KubeProblemKind? _logged;

    /// <param name="project">What to keep of an object. It must copy: the JSON is gone after the call.</param>
    public Informer(KubeClient client, ResourceKind kind, ListQuery query, Func<JsonElement, T> project, Action<InformerChange<T>> changed, InformerOptions? options = null)
    {
        _client = client;
        _kind = kind;
        _query = query;
        _project = project;
        _changed = changed;
        _options = options ?? new InformerOptions();
    }

    /// <summary>The first list is complete.</summary>
    public bool HasSynced => _synced.Task.IsCompletedSuccessfully;

    /// <summary>What is wrong at the moment; null while it works. It works when it watches: to have listed alone is not enough.</summary>
    public KubeProblem? Problem => _problem;

    public int Count => _store.Count;

    /// <summary>How often everything was listed.</summary>
    public long Lists => Interlocked.Read(ref _lists);

    /// <summary>How often a watch was opened.</summary>
    public long Watches => Interlocked.Read(ref _watches);

    public Task WaitForSyncAsync(CancellationToken cancel) => _synced.Task.WaitAsync(cancel);

    public bool TryGet(ObjectKey key, [MaybeNullWhen(false)] out T value) => _store.TryGet(key, out value);

    public ImmutableArray<T> All() => _store.All();

    /// <summary>The objects that name this one as an owner.</summary>
    public ImmutableArray<T> OwnedBy(string uid) => _store.OwnedBy(uid);

    /// <summary>Works until it is cancelled; it does not throw then.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var resync = _options.Resync > TimeSpan.Zero
            ? _client.Options.Time.CreateTimer(static i => ((Informer<T>)i!).Resync(), this, _options.Resync, _options.Resync) : null;
        try
        {
            while (true)
            {
                cancel.ThrowIfCancellationRequested();
                var problem = _version is null ? await ListAsync(cancel).ConfigureAwait(false) : await WatchAsync(cancel).ConfigureAwait(false);
                if (problem is not null) await PauseAsync(problem, cancel).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    private async Task<KubeProblem?> ListAsync(CancellationToken cancel)
    {
        var result = await _client.ListAsync(_kind, _query, Read, cancel).ConfigureAwait(false);
        if (!result.TryGet(out var list, out var problem)) return problem;
        Interlocked.Increment(ref _lists);
        Tell(_store.Replace([.. list.Items.OfType<Stored<T>>()]));
        _version = list.ResourceVersion;
        _synced.TrySetResult();
        return null;
    }

    private async Task<KubeProblem?> WatchAsync(CancellationToken cancel)
    {
        var lifetime = _options.WatchLifetime * (1 + _client.Options.Random.NextDouble());
        var opened = await _client.WatchAsync(_kind, _query, _version!, lifetime, _options.Silence, cancel).ConfigureAwait(false);
        if (!opened.TryGet(out var stream, out var problem)) return problem;
        using var watch = stream;
        Interlocked.Increment(ref _watches);
        _problem = null;
        var since = _client.Options.Time.GetTimestamp();
        while (true)
        {
            var next = await watch.NextAsync(cancel).ConfigureAwait(false);
            if (!next.TryGet(out var found, out problem))
            {
                // One that lived for long was not part of a row of failures, though it had nothing to tell.
                if (_client.Options.Time.GetElapsedTime(since) >= TimeSpan.FromMinutes(1)) _failures = 0;
                return problem;
            }
            if (found is { } change)
            {
                Take(change);
                continue;
            }
            // An end in order. One that comes at once, again and again, must not become a storm.
            if (_client.Options.Time.GetElapsedTime(since) >= TimeSpan.FromSeconds(1)) return null;
            return new KubeProblem(KubeProblemKind.Unreachable, "the watch ended as soon as it was open");
        }
    }

    private void Take(WatchEvent change)
    {
        _failures = 0;
        LogEnd();
        if (change.Kind != WatchEventKind.Bookmark && Read(change.Object) is { } stored)
        {
            Tell(change.Kind == WatchEventKind.Deleted ? _store.Remove(stored.Key, stored.Value) : _store.Put(stored));
        }
        _version = change.ResourceVersion;
    }

    private async Task PauseAsync(KubeProblem problem, CancellationToken cancel)
    {
        _failures++;
        var isTooOld = IsTooOld(problem);
        if (isTooOld || (_failures >= DoubtAfter && problem.Kind is not (KubeProblemKind.Unreachable or KubeProblemKind.Unavailable or KubeProblemKind.TooManyRequests))) _version = null;
        // To list anew is the ordinary way on; only a second time in a row there is a wait.
        if (isTooOld && _failures == 1) return;
        if (!isTooOld && (problem.Kind != KubeProblemKind.Unreachable || _failures > 1))
        {
            _problem = problem;
            LogProblem(problem);
        }
        var wait = Backoff.Jittered(_options.FirstBackoff, _options.LongestBackoff, _failures - 1, _client.Options.Random);
        if (problem.RetryAfter is { } asked && asked > wait) wait = asked < _options.LongestBackoff ? asked : _options.LongestBackoff;
        await Task.Delay(wait, _client.Options.Time, cancel).ConfigureAwait(false);
    }

    // A refusal may last as long as the process: its beginning is worth a line, and its end.
    private void LogProblem(KubeProblem problem)
    {
        _client.Options.Log(_logged == problem.Kind ? KubeLogLevel.Debug : KubeLogLevel.Warning, $"watching {_kind}: {problem}");
        _logged = problem.Kind;
    }

    private void LogEnd()
    {
        if (_logged is null) return;
        _client.Options.Log(KubeLogLevel.Information, $"watching {_kind}: it works again");
        _logged = null;
    }

    // Besides 410: a version from the future, as after a restore of etcd.
    private static bool IsTooOld(KubeProblem problem) =>
        problem.Kind == KubeProblemKind.Gone || problem.Causes.Any(static c => c.Reason == "ResourceVersionTooLarge");

    private Stored<T>? Read(JsonElement json)
    {
        try
        {
            return Stored<T>.Read(json, _project);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or KeyNotFoundException or ArgumentException or OverflowException)
        {
            // One object that cannot be read must not hide all others. The exception's text may quote it, and is not told.
            _client.Options.Log(KubeLogLevel.Error, $"a {_kind} cannot be read: {e.GetType().Name}");
            return null;
        }
    }

    private void Resync() => Tell(_store.Pairs().Select(static p => new InformerChange<T>(ChangeKind.Resynced, p.Key, p.Value, p.Value)));

    private void Tell(IEnumerable<InformerChange<T>> changes)
    {
        lock (_telling)
        {
            foreach (var change in changes)
            {
                try
                {
                    _changed(change);
                }
#pragma warning disable CA1031 // Whatever a receiver does, the others must hear of the rest.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    _client.Options.Log(KubeLogLevel.Error, $"a receiver of changes of {_kind} failed: {e.GetType().Name}");
                }
            }
        }
    }
}
