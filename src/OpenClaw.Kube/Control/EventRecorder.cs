using System.Text.Json.Nodes;
using System.Threading.Channels;
using OpenClaw.Kube.Client;
using OpenClaw.Kube.Resources;

namespace OpenClaw.Kube.Control;

/// <summary>What an event is about.</summary>
public sealed record EventSubject(ResourceKind Kind, ObjectMeta Meta);

/// <summary>How events are kept few. Immutable; the figures are client-go's.</summary>
public sealed record EventOptions
{
    /// <summary>Who reports, for example <c>openclaw-operator</c>.</summary>
    public required string Component { get; init; }

    /// <summary>The Pod or machine it runs on.</summary>
    public required string Instance { get; init; }

    /// <summary>Where events of cluster-wide objects go.</summary>
    public string FallbackNamespace { get; init; } = "default";

    public int Waiting { get; init; } = 1000;

    /// <summary>Different events that are remembered, to count their return.</summary>
    public int Remembered { get; init; } = 4096;

    /// <summary>Of one object at a time; then one every <see cref="RefillEvery"/>.</summary>
    public int BurstPerObject { get; init; } = 25;

    public TimeSpan RefillEvery { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>
/// Tells users about objects, as Events of <c>v1</c>. Recording never waits and never fails: what is too much is dropped and
/// counted. The same event again raises the count of the first. Messages must have no secret; they are cut to what a server takes.
/// </summary>
public sealed class EventRecorder(KubeClient client, EventOptions options)
{
    private const int MaxMessage = 1024;

    private readonly Channel<Recorded> _waiting = Channel.CreateBounded<Recorded>(
        new BoundedChannelOptions(options.Waiting) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
    private readonly RecentKeys<EventKey, Written> _written = new(options.Remembered);
    private readonly RecentKeys<string, RequestBucket> _buckets = new(options.Remembered);
    private readonly TimeProvider _time = client.Options.Time;
    private long _dropped;
    private long _sent;

    /// <summary>Events that nobody will see: too many at once, or the server did not take them.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    public long Sent => Interlocked.Read(ref _sent);

    public void Normal(EventSubject subject, string reason, string message) => Record(new Recorded(subject, "Normal", reason, message, _time.GetUtcNow()));

    public void Warning(EventSubject subject, string reason, string message) => Record(new Recorded(subject, "Warning", reason, message, _time.GetUtcNow()));

    /// <summary>Sends what is recorded, one after the other, until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            await foreach (var recorded in _waiting.Reader.ReadAllAsync(cancel).ConfigureAwait(false))
            {
                if (IsTooMuch(recorded)) Interlocked.Increment(ref _dropped);
                else await SendAsync(recorded, cancel).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Asked to stop; what is still waiting is not worth a delay.
        }
    }

    private void Record(Recorded recorded)
    {
        if (!_waiting.Writer.TryWrite(recorded)) Interlocked.Increment(ref _dropped);
    }

    private bool IsTooMuch(Recorded recorded)
    {
        var bucket = _buckets.GetOrAdd(recorded.Subject.Meta.Uid, _ => new RequestBucket(1 / options.RefillEvery.TotalSeconds, options.BurstPerObject, _time));
        return !bucket.TryTake();
    }

    private async Task SendAsync(Recorded recorded, CancellationToken cancel)
    {
        var key = new EventKey(recorded.Subject.Meta.Uid, recorded.Type, recorded.Reason, recorded.Message);
        var result = _written.TryGet(key, out var before) ? await CountAsync(before, recorded, cancel).ConfigureAwait(false) : null;
        if (result is null || result.Value.Is(KubeProblemKind.NotFound))
        {
            var name = new ObjectKey(NamespaceOf(recorded), NameOf(recorded));
            before = new Written(name, 1);
            result = await client.CreateAsync(Kinds.Event, name.Namespace, Json(name, recorded), cancel).ConfigureAwait(false);
        }
        if (result.Value.Problem is { } problem)
        {
            Interlocked.Increment(ref _dropped);
            client.Options.Log(KubeLogLevel.Debug, $"an event was not taken: {problem}");
            return;
        }
        Interlocked.Increment(ref _sent);
        _written.Set(key, before!);
    }

    private async Task<KubeResult<KubeObject>?> CountAsync(Written before, Recorded recorded, CancellationToken cancel)
    {
        before.Count++;
        var patch = new JsonObject { ["count"] = before.Count, ["lastTimestamp"] = KubeJson.Write(recorded.At) };
        return await client.MergePatchAsync(Kinds.Event, before.Key, patch, null, cancel).ConfigureAwait(false);
    }

    private JsonObject Json(ObjectKey key, Recorded recorded)
    {
        var (kind, meta) = (recorded.Subject.Kind, recorded.Subject.Meta);
        var json = KubeJson.NewObject(Kinds.Event, key);
        var about = new JsonObject { ["apiVersion"] = kind.ApiVersion, ["kind"] = kind.Kind, ["name"] = meta.Name, ["uid"] = meta.Uid };
        if (meta.Namespace.Length > 0) about["namespace"] = meta.Namespace;
        if (meta.ResourceVersion.Length > 0) about["resourceVersion"] = meta.ResourceVersion;
        json["involvedObject"] = about;
        json["type"] = recorded.Type;
        json["reason"] = Cut(recorded.Reason, 128);
        json["message"] = Cut(recorded.Message, MaxMessage);
        json["count"] = 1;
        json["firstTimestamp"] = KubeJson.Write(recorded.At);
        json["lastTimestamp"] = KubeJson.Write(recorded.At);
        json["source"] = new JsonObject { ["component"] = options.Component, ["host"] = options.Instance };
        json["reportingComponent"] = options.Component;
        json["reportingInstance"] = Cut(options.Instance, 128);
        return json;
    }

    // Events of a cluster-wide object cannot be in its namespace: it has none.
    private string NamespaceOf(Recorded recorded) => recorded.Subject.Meta.Namespace is { Length: > 0 } ns ? ns : options.FallbackNamespace;

    // As client-go names them: the object, and a number that no other has.
    private string NameOf(Recorded recorded)
    {
        var name = recorded.Subject.Meta.Name;
        var number = client.Options.Random.NextInt64().ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
        return $"{(name.Length <= 230 ? name : name[..230].TrimEnd('.', '-'))}.{number}";
    }

    private static string Cut(string text, int length)
    {
        if (text.Length <= length) return text;
        var end = char.IsHighSurrogate(text[length - 2]) ? length - 2 : length - 1;
        return text[..end] + "…";
    }

    private sealed record Recorded(EventSubject Subject, string Type, string Reason, string Message, DateTimeOffset At);

    private readonly record struct EventKey(string Uid, string Type, string Reason, string Message);

    private sealed class Written(ObjectKey key, int count)
    {
        public ObjectKey Key => key;

        public int Count { get; set; } = count;
    }
}
