using System.Collections.Immutable;

namespace OpenClaw.Config.Text;

/// <summary>Collects problems up to a bound, so that a hostile file cannot make a report larger than itself.</summary>
internal sealed class ProblemList
{
    private const int Bound = 200;
    private readonly List<ConfigProblem> _problems = [];
    private readonly List<(string Value, string Name)> _hidden = [];
    private int _more;

    public bool HasErrors { get; private set; }

    /// <summary>True when further problems are only counted: expensive hints need not be computed.</summary>
    public bool IsFull => _problems.Count >= Bound;

    public void Error(ConfigNode? at, string message, string instead) =>
        Add(ProblemSeverity.Error, at?.Line ?? 0, at?.Pointer ?? "", message, instead);

    public void Warn(ConfigNode? at, string message, string instead) =>
        Add(ProblemSeverity.Warning, at?.Line ?? 0, at?.Pointer ?? "", message, instead);

    /// <summary>
    /// From now on a variable's value is shown as <c>${NAME}</c>, wherever it turns up in a problem: a secret may have been
    /// put where a model or a word was expected.
    /// </summary>
    public void Hide(string name, string value)
    {
        const int Shortest = 6;
        if (value.Length < Shortest || ProviderCatalog.Find(value) is not null) return;
        AddHidden(value, name);
        // Long values are shown cut off, references in two parts.
        if (value.Length > 24) AddHidden(value[..24], name);
        var slash = value.IndexOf('/', StringComparison.Ordinal);
        if (value.Length - slash - 1 >= Shortest && slash >= 0) AddHidden(value[(slash + 1)..], name);
        if (slash >= Shortest) AddHidden(value[..slash], name);
    }

    private void AddHidden(string value, string name)
    {
        if (_hidden.Count < 1000 && !_hidden.Contains((value, name))) _hidden.Add((value, name));
    }

    private string WithoutValues(string text)
    {
        foreach (var (value, name) in _hidden) text = text.Replace(value, "${" + name + "}", StringComparison.OrdinalIgnoreCase);
        return text;
    }

    public void Add(ProblemSeverity severity, int line, string pointer, string message, string instead)
    {
        // An error must not be pushed out by two hundred warnings.
        var isFirstError = severity == ProblemSeverity.Error && !HasErrors;
        HasErrors |= severity == ProblemSeverity.Error;
        if (IsFull && !isFirstError)
        {
            _more++;
            return;
        }
        _problems.Add(new ConfigProblem(severity, line, pointer, WithoutValues(message), WithoutValues(instead)));
    }

    /// <summary>In the order of the file; problems of the environment last.</summary>
    public ImmutableArray<ConfigProblem> ToImmutable()
    {
        var ordered = _problems.OrderBy(static p => p.Line == 0 ? int.MaxValue : p.Line).ToList();
        if (_more > 0)
        {
            ordered.Add(new ConfigProblem(
                HasErrors ? ProblemSeverity.Error : ProblemSeverity.Warning, 0, "", $"{_more} more problems", "Correct the ones above first."));
        }
        return [.. ordered];
    }
}
