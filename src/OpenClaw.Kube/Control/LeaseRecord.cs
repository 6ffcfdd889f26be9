using OpenClaw.Kube.Client;
using OpenClaw.Kube.Resources;

namespace OpenClaw.Kube.Control;

/// <summary>
/// The lease as this process sees it, and the rules for taking and renewing it (client-go, tools/leaderelection). Clocks of
/// different machines are never compared: what counts is how long ago this process saw the lease change.
/// </summary>
internal sealed class LeaseRecord(KubeClient client, LeaderElectionOptions options, TimeProvider time)
{
    private KubeObject? _object;
    private long _seenAt;

    public Lease? Seen { get; private set; }

    /// <summary>What went wrong last; null when nothing did.</summary>
    public KubeProblem? Problem { get; private set; }

    /// <summary>Somebody else holds it, as far as is known.</summary>
    public bool IsForeign => Seen is { Holder.Length: > 0 } lease && lease.Holder != options.Identity;

    /// <summary>Takes or renews it.</summary>
    /// <returns>The moment before the request that did it was sent; null when it did not work.</returns>
    public async Task<Moment?> TryTakeAsync(CancellationToken cancel)
    {
        Problem = null;
        var got = await client.GetAsync(Kinds.Lease, options.Lease, cancel).ConfigureAwait(false);
        if (got.Is(KubeProblemKind.NotFound)) return await CreateAsync(cancel).ConfigureAwait(false);
        if (!got.TryGet(out var found, out var problem)) return Failed(problem);
        See(found);
        if (IsForeign && !IsExpired) return null;
        var isOurs = Seen!.Holder == options.Identity;
        var now = time.GetUtcNow();
        var next = new Lease(options.Identity, Seconds(options.LeaseDuration), isOurs ? Seen.AcquiredAt : now, now, isOurs ? Seen.Transitions : Seen.Transitions + 1);
        var moment = Moment.Now(time);
        var put = await client.UpdateAsync(Kinds.Lease, next.Write(options.Lease, _object), cancel).ConfigureAwait(false);
        if (!put.TryGet(out var written, out problem)) return Failed(problem);
        See(written);
        return moment;
    }

    /// <summary>Gives it back, if it is still as we wrote it.</summary>
    public async Task ReleaseAsync(CancellationToken cancel)
    {
        if (_object is null || Seen?.Holder != options.Identity) return;
        var now = time.GetUtcNow();
        var free = new Lease("", 1, now, now, Seen.Transitions);
        var put = await client.UpdateAsync(Kinds.Lease, free.Write(options.Lease, _object), cancel).ConfigureAwait(false);
        if (put.TryGet(out var written, out var problem)) See(written);
        else Problem = problem;
    }

    // As long as its holder asked for, when that is longer than ours: the holder counts on it.
    private bool IsExpired
    {
        get
        {
            var asked = TimeSpan.FromSeconds(Seen!.DurationSeconds);
            return time.GetElapsedTime(_seenAt) >= (asked > options.LeaseDuration ? asked : options.LeaseDuration);
        }
    }

    private async Task<Moment?> CreateAsync(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var first = new Lease(options.Identity, Seconds(options.LeaseDuration), now, now, (Seen?.Transitions ?? -1) + 1);
        var moment = Moment.Now(time);
        var made = await client.CreateAsync(Kinds.Lease, options.Lease.Namespace, first.Write(options.Lease, null), cancel).ConfigureAwait(false);
        if (!made.TryGet(out var written, out var problem)) return Failed(problem);
        See(written);
        return moment;
    }

    private void See(KubeObject found)
    {
        var isNew = _object is null || _object.Meta.ResourceVersion != found.Meta.ResourceVersion || _object.Meta.Uid != found.Meta.Uid;
        _object = found;
        Seen = Lease.Read(found.Json);
        if (isNew) _seenAt = time.GetTimestamp();
    }

    private Moment? Failed(KubeProblem problem)
    {
        Problem = problem;
        return null;
    }

    private static int Seconds(TimeSpan time) => (int)Math.Ceiling(time.TotalSeconds);
}
