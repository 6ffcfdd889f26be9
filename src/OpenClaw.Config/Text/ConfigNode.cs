using System.Globalization;
using System.Text;

namespace OpenClaw.Config.Text;

internal enum NodeKind
{
    Object,
    Array,
    String,
    Number,
    True,
    False,
    Null,
}

/// <summary>
/// One value of a configuration file with its place in the bytes. Built by <see cref="JsonTextParser"/>; variables are put
/// in once by <see cref="Variables"/>; afterwards only read.
/// </summary>
internal sealed class ConfigNode(NodeKind kind, int start, int line)
{
    public NodeKind Kind { get; set; } = kind;

    /// <summary>Byte offset of the first character.</summary>
    public int Start { get; } = start;

    /// <summary>Byte offset behind the last character.</summary>
    public int End { get; set; }

    public int Line { get; } = line;

    /// <summary>A string's characters or a number in JSON's own notation; "" for the other kinds.</summary>
    public string Text { get; set; } = "";

    /// <summary>The text as the file has it, before variables; the only form that may be shown.</summary>
    public string Written { get; set; } = "";

    /// <summary>True when a variable in this string is missing: the value counts as not written.</summary>
    public bool IsUnset { get; set; }

    /// <summary>True when variables were put into this string.</summary>
    public bool HasVariables { get; set; }

    /// <summary>True when a check refused the value: a problem exists and nothing else is to be said of it.</summary>
    public bool IsRefused { get; set; }

    public ConfigNode? Parent { get; private set; }

    /// <summary>The key or index under which the parent holds it.</summary>
    public string Segment => _segment;

    private string _segment = "";

    public List<ConfigMember> Members { get; } = [];

    public List<ConfigNode> Items { get; } = [];

    public bool IsObject => Kind == NodeKind.Object && !IsRefused;

    public bool IsArray => Kind == NodeKind.Array && !IsRefused;

    /// <summary>True for a string that is there and usable.</summary>
    public bool IsString => Kind == NodeKind.String && !IsUnset && !IsRefused;

    /// <summary>The value under a known key, or null when it is absent, null, unset or refused.</summary>
    public ConfigNode? this[string key]
    {
        get
        {
            if (Kind != NodeKind.Object) return null;
            foreach (var member in Members)
            {
                if (member.IsDuplicate || !string.Equals(member.Key, key, StringComparison.Ordinal)) continue;
                var value = member.Value;
                return value.Kind == NodeKind.Null || value.IsUnset || value.IsRefused ? null : value;
            }
            return null;
        }
    }

    /// <summary>The value along a path of known keys, or null.</summary>
    public ConfigNode? At(params ReadOnlySpan<string> path)
    {
        var node = this;
        foreach (var key in path)
        {
            node = node[key];
            if (node is null) return null;
        }
        return node;
    }

    /// <summary>RFC 6901; "" is the document.</summary>
    public string Pointer
    {
        get
        {
            var segments = new List<string>();
            for (var node = this; node.Parent is not null; node = node.Parent) segments.Add(node._segment);
            var text = new StringBuilder();
            for (var i = segments.Count - 1; i >= 0; i--) text.Append('/').Append(Escape(segments[i]));
            return text.ToString();
        }
    }

    public static string Escape(string segment) =>
        segment.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    public void Add(ConfigMember member)
    {
        Members.Add(member);
        member.Value.Parent = this;
        member.Value._segment = member.Name;
    }

    public void Add(ConfigNode item)
    {
        item._segment = Items.Count.ToString(CultureInfo.InvariantCulture);
        item.Parent = this;
        Items.Add(item);
    }
}

/// <summary>One <c>key: value</c> of an object.</summary>
internal sealed class ConfigMember(string name, int nameStart, int line, ConfigNode value)
{
    /// <summary>As written.</summary>
    public string Name { get; } = name;

    /// <summary>The name in the key table (<c>baseURL</c> is <c>baseUrl</c>); equal to <see cref="Name"/> elsewhere.</summary>
    public string Key { get; set; } = name;

    public int NameStart { get; } = nameStart;

    public int Line { get; } = line;

    public ConfigNode Value { get; } = value;

    /// <summary>The line of an earlier member with the same key; 0 when there is none.</summary>
    public int FirstLine { get; set; }

    public bool IsDuplicate => FirstLine != 0;
}
