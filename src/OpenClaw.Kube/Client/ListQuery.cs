using System.Collections.Immutable;

namespace OpenClaw.Kube.Client;

/// <summary>Which objects are meant. Immutable.</summary>
public sealed record ListQuery
{
    /// <summary>Everything of a kind.</summary>
    public static ListQuery All { get; } = new();

    /// <summary>Null: all namespaces.</summary>
    public string? Namespace { get; init; }

    /// <summary>For example <c>app.kubernetes.io/managed-by=x</c>; null: all.</summary>
    public string? Labels { get; init; }

    /// <summary>For example <c>metadata.name=x</c>; null: all.</summary>
    public string? Fields { get; init; }

    /// <summary>Only the metadata is sent: what is in a Secret stays in the cluster.</summary>
    public bool MetadataOnly { get; init; }

    internal IEnumerable<(string Name, string Value)> Parameters()
    {
        if (Labels is not null) yield return ("labelSelector", Labels);
        if (Fields is not null) yield return ("fieldSelector", Fields);
    }
}

/// <summary>A list, and the version of the world in which it was true.</summary>
public sealed record KubeList<T>(ImmutableArray<T> Items, string ResourceVersion);

/// <summary>What happens to the dependents of a deleted object.</summary>
public enum Propagation
{
    /// <summary>They go after it.</summary>
    Background,

    /// <summary>It goes after them.</summary>
    Foreground,

    /// <summary>They stay.</summary>
    Orphan,
}

/// <summary>On which conditions an object is deleted.</summary>
public sealed record DeleteQuery
{
    /// <summary>Only the object of this life, not a later one of the same name.</summary>
    public string? Uid { get; init; }

    /// <summary>Only when nobody has changed it since.</summary>
    public string? ResourceVersion { get; init; }

    public Propagation Propagation { get; init; } = Propagation.Background;

    public int? GracePeriodSeconds { get; init; }
}

/// <summary>What a deletion did.</summary>
public enum DeleteOutcome
{
    /// <summary>It is gone.</summary>
    Deleted,

    /// <summary>It is marked; finalizers or its dependents keep it.</summary>
    Deleting,

    /// <summary>It was not there.</summary>
    Absent,
}

/// <summary>What the API server says it is.</summary>
public sealed record ServerVersion(string GitVersion, int Major, int Minor);
