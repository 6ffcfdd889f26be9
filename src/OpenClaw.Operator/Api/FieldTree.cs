using System.Collections.Immutable;

namespace OpenClaw.Operator.Api;

/// <summary>The rows of a table as the tree that their paths say.</summary>
internal sealed class FieldTree
{
    private readonly Dictionary<string, FieldTree> _children = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];

    private FieldTree(ApiField field) => Field = field;

    public ApiField Field { get; private set; }

    /// <summary>The fields below, as written in the table; of a list of objects, those of its items.</summary>
    public IEnumerable<(string Name, FieldTree Node)> Children => _order.Select(n => (n, _children[n]));

    public FieldTree? Child(string name) => _children.GetValueOrDefault(name);

    public static FieldTree Of(IEnumerable<ApiField> rows)
    {
        var root = new FieldTree(new ApiField("", FieldKind.Object, ""));
        foreach (var row in rows) root.Add(row);
        return root;
    }

    private void Add(ApiField row)
    {
        var node = this;
        var path = "";
        foreach (var segment in row.Path.Split('.'))
        {
            path = path.Length == 0 ? segment : path + "." + segment;
            var name = segment.TrimEnd('[', ']');
            if (!node._children.TryGetValue(name, out var child))
            {
                child = new FieldTree(new ApiField(path, FieldKind.Object, ""));
                node._children.Add(name, child);
                node._order.Add(name);
                if (path != row.Path) throw new InvalidOperationException($"the table has {row.Path} before {path}");
            }
            node = child;
        }
        node.Field = row;
    }

    /// <summary>The node at a path without brackets, or null.</summary>
    public FieldTree? At(string path)
    {
        var node = this;
        if (path.Length == 0) return node;
        foreach (var name in path.Split('.'))
        {
            if (node.Child(name) is not { } next) return null;
            node = next;
        }
        return node;
    }
}
