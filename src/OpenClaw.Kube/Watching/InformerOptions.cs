namespace OpenClaw.Kube.Watching;

/// <summary>How an informer behaves. Immutable.</summary>
public sealed record InformerOptions
{
    /// <summary>A watch lives between this and twice this; the server ends it, and it is resumed.</summary>
    public TimeSpan WatchLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A watch that says nothing for so long is taken for dead. Servers send a bookmark about once a minute.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>All objects are told again after this; zero: never, which is right when everything that matters is watched.</summary>
    public TimeSpan Resync { get; init; } = TimeSpan.Zero;

    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(800);

    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>What became of an object.</summary>
public enum ChangeKind
{
    Added,
    Updated,
    Deleted,

    /// <summary>Nothing happened; it is told again.</summary>
    Resynced,
}

/// <param name="Old">What was known before; null when it was added.</param>
/// <param name="New">What is known now; null when it was deleted.</param>
public readonly record struct InformerChange<T>(ChangeKind Kind, ObjectKey Key, T? Old, T? New)
    where T : class
{
    /// <summary>The object as it is, or as it was last.</summary>
    public T Latest => New ?? Old!;
}
