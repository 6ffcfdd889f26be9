using System.Collections.Immutable;
using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>
/// The aliases as written, from <c>models.aliases</c> and <c>agents.defaults.models.REF.alias</c>, and their resolution.
/// An alias may name another one; a circle is an error that names its members.
/// </summary>
internal sealed class AliasNames
{
    private const int MaxDepth = 64;

    private static readonly string[] Reserved = ["openclaw", "default", "auto"];
    private readonly ReadContext _context;
    private readonly Dictionary<string, List<(ConfigNode Node, string Text)>> _written = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImmutableArray<ModelRef>> _resolved = new(StringComparer.Ordinal);
    private readonly HashSet<string> _lists = new(StringComparer.Ordinal);
    private readonly List<string> _path = [];

    public AliasNames(ReadContext context)
    {
        _context = context;
        foreach (var member in ReadContext.Members(context.Root.At("models", "aliases"))) AddNative(member);
        foreach (var member in ReadContext.Members(context.Root.At("agents", "defaults", "models"))) AddUpstream(member);
    }

    public IEnumerable<string> Names => _written.Keys;

    public bool Contains(string name) => _written.ContainsKey(name);

    /// <summary>Where the alias is written.</summary>
    public ConfigNode? Place(string name) => _written.TryGetValue(name, out var targets) && targets.Count > 0 ? targets[0].Node : null;

    /// <summary>It is written as a list, or names an alias that is.</summary>
    public bool IsList(string name)
    {
        // Circles are refused by who resolves them.
        for (var depth = 0; depth < MaxDepth; depth++)
        {
            if (_lists.Contains(name)) return true;
            if (!_written.TryGetValue(name, out var targets) || targets.Count != 1) return false;
            name = targets[0].Text;
        }
        return false;
    }

    public ImmutableArray<ModelRef> Resolve(string name, References references)
    {
        if (_resolved.TryGetValue(name, out var known)) return known;
        if (_path.Contains(name))
        {
            var circle = string.Join(" -> ", _path[_path.IndexOf(name)..].Append(name).Select(Shown.Text));
            _context.Problems.Error(Place(name), $"the aliases go in a circle: {circle}", "Let one of them name \"provider/model\".");
            return [];
        }
        if (_path.Count > MaxDepth)
        {
            _context.Problems.Error(Place(name), $"aliases name aliases more than {MaxDepth} deep", "Let them name \"provider/model\".");
            return [];
        }
        _path.Add(name);
        var targets = new List<ModelRef>();
        foreach (var (node, text) in _written[name])
        {
            foreach (var target in references.Resolve(node, text))
            {
                if (!targets.Contains(target) && targets.Count < 256) targets.Add(target);
            }
        }
        _path.RemoveAt(_path.Count - 1);
        return _resolved[name] = [.. targets];
    }

    private void AddNative(ConfigMember member)
    {
        if (!IsName(member.Value, member.Name)) return;
        var targets = new List<(ConfigNode, string)>();
        IEnumerable<ConfigNode> nodes = member.Value.Kind == NodeKind.Array ? ReadContext.Items(member.Value) : [member.Value];
        foreach (var node in nodes)
        {
            if (_context.Text(node) is { } text) targets.Add((node, text));
        }
        if (targets.Count > 0)
        {
            _written[member.Name] = targets;
            if (member.Value.Kind == NodeKind.Array) _lists.Add(member.Name);
        }
        else if (member.Value is { Kind: NodeKind.Array, Items.Count: 0 }) _context.Problems.Error(member.Value, $"the alias \"{Shown.Text(member.Name)}\" names nothing", "Write [\"provider/model\"], or remove it.");
    }

    private void AddUpstream(ConfigMember member)
    {
        var node = member.Value["alias"];
        if (_context.Text(node) is not { } name || !IsName(node!, name)) return;
        if (member.Name.Contains('*', StringComparison.Ordinal))
        {
            _context.Problems.Error(node, "a pattern cannot have an alias", "Give the alias to one model.");
        }
        else if (_written.TryGetValue(name, out var other) && (other.Count != 1 || other[0].Text != member.Name))
        {
            _context.Problems.Error(node, $"the alias \"{Shown.Text(name)}\" is given twice: here and on line {other[0].Node.Line}", "Give one of them another name.");
        }
        else
        {
            _written[name] = [(node!, member.Name)];
        }
    }

    private bool IsName(ConfigNode at, string name)
    {
        var problem = name switch
        {
            _ when name.Contains('/', StringComparison.Ordinal) => "holds a slash, like a reference",
            _ when name.Length is 0 or > 64 || name.Any(static c => char.IsWhiteSpace(c) || char.IsControl(c) || c == '*') => "is empty, too long or holds a space or a star",
            _ when Reserved.Contains(name, StringComparer.OrdinalIgnoreCase) => "is reserved for the default chain",
            _ => null,
        };
        if (problem is null) return true;
        _context.Problems.Error(at, $"the alias \"{Shown.Text(name)}\" {problem}", "Use a short word such as \"fast\".");
        return false;
    }
}
