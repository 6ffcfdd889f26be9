using System.Text.RegularExpressions;

namespace OpenClaw.Tests;

/// <summary>Holds the dependency arrows: the projects know each other only as the tour says.</summary>
public partial class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> s_allowed = new()
    {
        ["OpenClaw"] = ["OpenClaw.Gateway", "OpenClaw.Operator"],
        ["OpenClaw.Gateway"] = ["OpenClaw.Config"],
        ["OpenClaw.Operator"] = ["OpenClaw.Kube", "OpenClaw.Config"],
        ["OpenClaw.Kube"] = [],
        ["OpenClaw.Config"] = [],
    };

    public static TheoryData<string> Projects => [.. Directory.EnumerateFiles(Path.Combine(SharedFiles.Repository, "src"), "*.csproj", SearchOption.AllDirectories)
        .Select(static f => Path.GetFileNameWithoutExtension(f))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_refers_only_to_those_below_it(string project)
    {
        Assert.True(s_allowed.TryGetValue(project, out var allowed), $"{project} has no place in the tour");
        var text = File.ReadAllText(Path.Combine(SharedFiles.Repository, "src", project, project + ".csproj"));
        var references = Reference().Matches(text).Select(static m => m.Groups[1].Value).ToArray();
        Assert.All(references, r => Assert.Contains(r, allowed));
    }

    [Fact]
    public void The_configuration_knows_no_web_server()
    {
        var text = File.ReadAllText(Path.Combine(SharedFiles.Repository, "src", "OpenClaw.Config", "OpenClaw.Config.csproj"));
        Assert.DoesNotContain("FrameworkReference", text, StringComparison.Ordinal);
        Assert.DoesNotContain("PackageReference", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_named_after_what_it_is_not()
    {
        // A Manager, Helper or Util says nothing of what it does; the names of this house do.
        var bad = Directory.EnumerateFiles(Path.Combine(SharedFiles.Repository, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(static f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal))
            .Select(static f => Path.GetFileNameWithoutExtension(f))
            .Where(static n => Vague().IsMatch(n));
        Assert.Empty(bad);
    }

    [GeneratedRegex("ProjectReference Include=\"[^\"]*?([A-Za-z.]+)\\.csproj\"")]
    private static partial Regex Reference();

    [GeneratedRegex("(Manager|Helper|Utils?|Service|Processor|Handler|Base|Impl)$")]
    private static partial Regex Vague();
}
