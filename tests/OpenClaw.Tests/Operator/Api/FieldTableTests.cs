using System.Text.RegularExpressions;
using OpenClaw.Operator.Api;

namespace OpenClaw.Tests.Operator.Api;

public partial class FieldTableTests
{
    /// <summary>The annotation of a plain kubectl apply may have 262144 bytes.</summary>
    private const int ApplyBound = 256 * 1024;

    [Theory]
    [InlineData("### 1.1", "OpenClawInstance", false)]
    [InlineData("### 1.2", "OpenClawInstance", true)]
    [InlineData("### 1.3", "OpenClawSelfConfig", false)]
    [InlineData("### 1.4", "OpenClawClusterDefaults", false)]
    public void Every_field_of_upstream_has_a_row(string section, string kind, bool isStatus)
    {
        var text = File.ReadAllText(SharedFiles.Require("reference/upstream-operator.md"));
        var part = text[text.IndexOf(section, StringComparison.Ordinal)..];
        part = part[..part.IndexOf("\n##", 5, StringComparison.Ordinal)];
        var api = ApiKinds.All.Single(k => k.Kind == kind);
        var paths = PathCell().Matches(part).SelectMany(static m => Expand(m.Groups[1].Value)).ToList();
        Assert.True(paths.Count > 4);
        var missing = paths.Where(p => !Knows(p, api, isStatus)).ToList();
        Assert.Empty(missing);
    }

    [Fact]
    public void A_definition_is_small_enough_for_a_plain_apply()
    {
        Assert.All(ApiKinds.Definitions(), static d => Assert.True(d.ToJsonString().Length < ApplyBound, $"{d["metadata"]!["name"]}: {d.ToJsonString().Length}"));
    }

    [Fact]
    public void No_default_is_in_a_schema()
    {
        Assert.All(ApiKinds.Definitions(), static d => Assert.DoesNotContain("\"default\"", d.ToJsonString(), StringComparison.Ordinal));
    }

    [Fact]
    public void A_default_is_a_value_that_its_own_field_accepts()
    {
        Assert.All(InstanceFields.Spec.Where(static f => f.Default is not null), static field =>
        {
            switch (field.Kind)
            {
                case FieldKind.Integer:
                    var number = long.Parse(field.Default!, System.Globalization.CultureInfo.InvariantCulture);
                    Assert.InRange(number, field.Min ?? long.MinValue, field.Max ?? long.MaxValue);
                    break;
                case FieldKind.Flag:
                    Assert.Contains(field.Default, (string[])["true", "false"]);
                    break;
                default:
                    if (!field.Words.IsEmpty) Assert.Contains(field.Default, field.Words);
                    if (field is { Pattern: { } pattern, Kind: FieldKind.Text or FieldKind.Quantity }) Assert.Matches(pattern, field.Default);
                    break;
            }
        });
    }

    [Fact]
    public void A_field_that_is_not_built_says_what_to_do_instead()
    {
        Assert.All(InstanceFields.Spec.Where(static f => f.State != FieldState.Built), static f => Assert.NotEmpty(f.Instead));
    }

    [Fact]
    public void No_path_is_in_the_table_twice()
    {
        foreach (var kind in ApiKinds.All) Assert.Empty(kind.Spec.GroupBy(static f => f.Path).Where(static g => g.Count() > 1).Select(static g => g.Key));
    }

    [Fact]
    public void Every_rule_stands_at_a_field_and_reads_fields_that_are_there()
    {
        var tree = FieldTree.Of(InstanceFields.Spec);
        Assert.All(InstanceRules.All, rule =>
        {
            Assert.True(tree.At(rule.Path) is { Field.Kind: FieldKind.Object }, rule.Path);
            foreach (Match match in SelfPath().Matches(rule.Cel))
            {
                var path = (rule.Path + "." + match.Groups[1].Value).Trim('.');
                if (path.EndsWith(".all", StringComparison.Ordinal)) path = path[..^4];
                Assert.True(tree.At(path) is not null, $"{rule.Cel}: no field {path}");
            }
        });
    }

    [Fact]
    public void A_rule_that_walks_a_list_has_a_bound_to_walk_to()
    {
        // Without one the API server's estimate of the cost is that of the largest request, and it refuses the definition.
        var tree = FieldTree.Of(InstanceFields.Spec);
        Assert.All(InstanceRules.All.SelectMany(static r => Walks().Matches(r.Cel).Select(m => (r.Path + "." + m.Groups[1].Value).Trim('.'))), path => Assert.NotNull(tree.At(path)!.Field.MaxItems));
    }

    private static bool Knows(string path, ApiKind api, bool isStatus)
    {
        if (path.StartsWith("spec.", StringComparison.Ordinal)) path = path[5..];
        if (path.StartsWith("status.", StringComparison.Ordinal))
        {
            path = path[7..];
            isStatus = true;
        }
        var rows = isStatus ? api.Status : api.Spec;
        var parent = path.Contains('.', StringComparison.Ordinal) ? path[..path.LastIndexOf('.')] : path;
        return rows.Any(f => f.Path == path || (f.Path == parent && f.Kind is FieldKind.QuantityMap or FieldKind.Any));
    }

    /// <summary><c>a.{b,c}.d</c> is two paths.</summary>
    private static IEnumerable<string> Expand(string path)
    {
        var open = path.IndexOf('{', StringComparison.Ordinal);
        if (open < 0) return [path];
        var close = path.IndexOf('}', open);
        return path[(open + 1)..close].Split(',').SelectMany(word => Expand(path[..open] + word + path[(close + 1)..]));
    }

    [GeneratedRegex(@"^\| `([A-Za-z0-9.{},\[\]]+)` \|", RegexOptions.Multiline)]
    private static partial Regex PathCell();

    [GeneratedRegex(@"(?:self|oldSelf)\.([A-Za-z.]+)")]
    private static partial Regex SelfPath();

    [GeneratedRegex(@"self\.([A-Za-z.]+)\.all\(")]
    private static partial Regex Walks();
}
