using System.Collections.Immutable;

namespace OpenClaw.Operator.Api;

/// <summary>What a field holds.</summary>
internal enum FieldKind
{
    /// <summary>An object whose fields are rows of their own.</summary>
    Object,

    /// <summary>A list of such objects; its fields are rows below <c>path[]</c>.</summary>
    Objects,

    Text,

    Integer,

    Flag,

    /// <summary>A Kubernetes quantity, text or number: <c>500m</c>, <c>8Gi</c>, <c>2</c>.</summary>
    Quantity,

    /// <summary>A list of text.</summary>
    Texts,

    /// <summary>Text to text.</summary>
    TextMap,

    /// <summary>Resource name to quantity.</summary>
    QuantityMap,

    /// <summary>An object of Kubernetes' own or free JSON, kept as it is and checked where it is used.</summary>
    Any,

    /// <summary>A list of Kubernetes' own objects, kept as they are.</summary>
    AnyList,
}

/// <summary>Whether a field does what it says.</summary>
internal enum FieldState
{
    Built,

    /// <summary>Accepted; a condition names it when it is used.</summary>
    NotYet,

    /// <summary>Accepted; nothing is to be done for it here, and a condition says why.</summary>
    Needless,
}

/// <summary>
/// One row of the table from which schema, defaults, checks and documentation are made. A path is names with dots; <c>[]</c>
/// is an item of a list.
/// </summary>
internal sealed record ApiField(string Path, FieldKind Kind, string Does)
{
    /// <summary>What holds when nothing is written, as YAML would write it. It is never put into a stored object.</summary>
    public string? Default { get; init; }

    public ImmutableArray<string> Words { get; init; } = [];

    public long? Min { get; init; }

    public long? Max { get; init; }

    public int? MinLength { get; init; }

    public int? MaxLength { get; init; }

    /// <summary>RE2 and .NET alike; for a list, of each item.</summary>
    public string? Pattern { get; init; }

    /// <summary>What <see cref="Pattern"/> wants, in words and with an example.</summary>
    public string Form { get; init; } = "";

    /// <summary>Bound on items or, for a map, on its keys.</summary>
    public int? MaxItems { get; init; }

    /// <summary>No item twice (<c>x-kubernetes-list-type: set</c>).</summary>
    public bool IsSet { get; init; }

    /// <summary>The field that tells items apart (<c>x-kubernetes-list-type: map</c>).</summary>
    public string? Key { get; init; }

    /// <summary>Items of Kubernetes' own that must have a name.</summary>
    public bool ItemsAreNamed => Kind == FieldKind.AnyList && (Key is not null || Path is "initContainers" or "sidecars" or "sidecarVolumes" or "extraVolumes");

    public bool IsRequired { get; init; }

    public string? Format { get; init; }

    public FieldState State { get; init; }

    /// <summary>For a field that is not built: what to do or what happens, one sentence.</summary>
    public string Instead { get; init; } = "";
}
