using System.Globalization;
using OpenClaw.Config.Keys;
using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>What every section needs while one file is read: the tree, the variables, the place for problems.</summary>
internal sealed class ReadContext
{
    private readonly ConfigEnvironment _environment;
    private readonly Dictionary<string, string> _fileVariables = new(StringComparer.Ordinal);

    /// <param name="keepsVariables">True while converting: variables stay text and the environment is not asked.</param>
    public ReadContext(ConfigNode root, ConfigEnvironment environment, ProblemList problems, bool keepsVariables)
    {
        Root = root;
        Problems = problems;
        KeepsVariables = keepsVariables;
        _environment = environment;
        ReadFileVariables();
        PutVariables();
        var check = new ShapeCheck(problems, keepsVariables);
        check.Check(root);
        LeftOut = check.LeftOut;
        Skipped = check.Skipped;
    }

    public ConfigNode Root { get; }

    public ProblemList Problems { get; }

    public bool KeepsVariables { get; }

    /// <summary>While converting: values whose variable cannot be kept.</summary>
    public IReadOnlyList<ConfigNode> LeftOut { get; }

    /// <summary>Values of upstream's that nothing here reads.</summary>
    public IReadOnlyList<ConfigNode> Skipped { get; }

    /// <summary>Every place read so far that names a file with a secret.</summary>
    public List<SecretPlace> SecretFiles { get; } = [];

    /// <summary>A variable of the process, or null; empty counts as missing.</summary>
    public string? Process(string name) => KeepsVariables ? null : _environment.Variable(name) is { Length: > 0 } value ? value : null;

    public string? FileVariable(string name) => _fileVariables.GetValueOrDefault(name);

    public IEnumerable<KeyValuePair<string, string>> AllVariables() =>
        KeepsVariables ? [] : _environment.All().Concat(_fileVariables.Where(v => Process(v.Key) is null));

    /// <summary>Process first, then <c>env.vars</c> of the file.</summary>
    public string? Lookup(string name) => Process(name) ?? FileVariable(name);

    private void ReadFileVariables()
    {
        foreach (var member in Root["env"]?["vars"]?.Members ?? [])
        {
            if (member.Value is { IsString: true, Text.Length: > 0 }) _fileVariables.TryAdd(member.Name, member.Value.Text);
        }
    }

    private void PutVariables()
    {
        var variables = new Variables(Lookup, Problems);
        foreach (var member in Root.Members)
        {
            if (KeyTable.Root.Find(member.Name) is not { Use: KeyUse.Read } || member.Name is "env" or "meta") continue;
            if (KeepsVariables) Variables.MarkIn(member.Value);
            else variables.PutInto(member.Value);
        }
    }

    /// <summary>A string that is there, usable and not blank; a blank one is a warning.</summary>
    public string? Text(ConfigNode? node)
    {
        if (node is not { IsString: true }) return null;
        var text = node.Text.Trim();
        if (text.Length > 0) return text;
        Problems.Warn(node, "an empty string counts as not written", "Remove the key, or write a value.");
        return null;
    }

    public static bool? Flag(ConfigNode? node) => node switch
    {
        { IsRefused: true } or null => null,
        { Kind: NodeKind.True } => true,
        { Kind: NodeKind.False } => false,
        _ => null,
    };

    public static decimal? Number(ConfigNode? node) =>
        node is { Kind: NodeKind.Number, IsRefused: false }
        && decimal.TryParse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null;

    public static int? Integer(ConfigNode? node) => Number(node) is { } value && value == decimal.Truncate(value) && value is >= int.MinValue and <= int.MaxValue ? (int)value : null;

    /// <summary>A duration within bounds; a refused one is a problem and null.</summary>
    public TimeSpan? Duration(ConfigNode? node, TimeSpan min, TimeSpan max)
    {
        if (node is null || node.IsRefused || node.IsUnset || node.Kind is not (NodeKind.String or NodeKind.Number)) return null;
        if (!DurationText.TryParse(node.Text, out var duration))
        {
            Problems.Error(node, $"{Shown.Value(node)} is not a duration", "Write a number with ms, s, m, h or d, such as \"30s\"; a bare number is seconds.");
            return null;
        }
        if (duration >= min && duration <= max) return duration;
        Problems.Error(node, $"{Shown.Value(node)} is not between {DurationText.Write(min)} and {DurationText.Write(max)}", $"Write a duration in that range, such as \"{DurationText.Write(min > TimeSpan.FromSeconds(30) ? min : TimeSpan.FromSeconds(30) > max ? max : TimeSpan.FromSeconds(30))}\".");
        return null;
    }

    /// <summary>The usable items of a list.</summary>
    public static IEnumerable<ConfigNode> Items(ConfigNode? list) =>
        list is { IsArray: true } ? list.Items.Where(static i => !i.IsRefused && !i.IsUnset && i.Kind != NodeKind.Null) : [];

    /// <summary>The usable members of an object.</summary>
    public static IEnumerable<ConfigMember> Members(ConfigNode? map) =>
        map is { IsObject: true }
            ? map.Members.Where(static m => !m.IsDuplicate && m.Value is { IsRefused: false, IsUnset: false } && m.Value.Kind != NodeKind.Null && m.Name != "$include")
            : [];
}
