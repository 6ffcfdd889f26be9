using System.Collections.Immutable;

namespace OpenClaw.Config.Keys;

/// <summary>The kinds of JSON value that a place accepts.</summary>
[Flags]
internal enum JsonTypes
{
    None = 0,
    Object = 1,
    Array = 2,
    String = 4,
    Number = 8,
    Boolean = 16,
    Any = Object | Array | String | Number | Boolean,
}

/// <summary>
/// What may stand at one place of the file. The same table drives the check of types and unknown keys
/// (<see cref="ShapeCheck"/>) and the JSON Schema (<see cref="ConfigSchema"/>).
/// </summary>
internal sealed record Shape(JsonTypes Types)
{
    /// <summary>A literal to write, shown when the type is wrong.</summary>
    public required string Sample { get; init; }

    /// <summary>The keys of an object; empty with <see cref="Values"/> for a map.</summary>
    public ImmutableArray<Key> Keys { get; init; } = [];

    /// <summary>For a map: the shape of every value; keys are free.</summary>
    public Shape? Values { get; init; }

    /// <summary>The shape of a list's items.</summary>
    public Shape? Items { get; init; }

    /// <summary>The words a string may be; empty = any text.</summary>
    public ImmutableArray<string> Words { get; init; } = [];

    /// <summary>Upstream's words that are known and not supported: the section that reads them says so. Never suggested.</summary>
    public ImmutableArray<string> Declined { get; init; } = [];

    public bool IsInteger { get; init; }

    public decimal? Min { get; init; }

    public decimal? Max { get; init; }

    /// <summary>True when keys beyond <see cref="Keys"/> are accepted without a word, unless they look like one of them.</summary>
    public bool IsOpen { get; init; }

    /// <summary>With this protocol any keys are accepted: the object is handed on as it is.</summary>
    public string? FreeWhenApi { get; init; }

    /// <summary>True when a null here would lift a restriction: it is refused.</summary>
    public bool RefusesNull { get; init; }

    public Key? Find(string name)
    {
        foreach (var key in Keys)
        {
            if (key.Is(name)) return key;
        }
        return null;
    }
}

/// <summary>How a key is treated.</summary>
internal enum KeyUse
{
    /// <summary>Read.</summary>
    Read,

    /// <summary>Upstream's; accepted and left alone.</summary>
    Ignored,

    /// <summary>Upstream's; accepted and named in one warning.</summary>
    Unused,
}

/// <summary>One key of an object, with the spellings that mean it.</summary>
internal sealed record Key(string Name, Shape Shape, string Does)
{
    public KeyUse Use { get; init; } = KeyUse.Read;

    public ImmutableArray<string> Spellings { get; init; } = [];

    /// <summary>Names that are not read, and under which people write what belongs here.</summary>
    public ImmutableArray<string> MeantBy { get; init; } = [];

    public bool Is(string name) => string.Equals(Name, name, StringComparison.Ordinal) || Spellings.Contains(name);
}
