using System.Text.RegularExpressions;
using OpenClaw.Commands;

namespace OpenClaw.Tests.Docs;

/// <summary>Names in the documentation are names in the code, and the other way round where a reader would look for them.</summary>
public sealed partial class NamesTests
{
    private static readonly Lazy<string> s_source = new(static () => string.Join('\n', Directory
        .EnumerateFiles(Path.Combine(SharedFiles.Repository, "src"), "*.cs", SearchOption.AllDirectories)
        .Where(static f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal))
        .Select(File.ReadAllText)));

    [Theory]
    [InlineData("docs/tour.md")]
    [InlineData("docs/routing.md")]
    [InlineData("CONTRIBUTING.md")]
    public void A_type_in_a_page_is_a_type_in_the_code(string name)
    {
        var words = MarkdownFile.Read(name).CodeWords.Where(static w => TypeName().IsMatch(w)).Distinct().ToList();
        Assert.All(words, word =>
        {
            var parts = word.Split('.');
            Assert.True(Regex.IsMatch(s_source.Value, $@"\b(class|record|struct|interface|enum) {parts[0]}\b") || IsEnumMember(word), $"{name}: `{word}` is no type in src/");
            if (parts.Length > 1) Assert.True(Regex.IsMatch(s_source.Value, $@"\b{parts[1]}\b"), $"{name}: `{word}` is not in src/");
        });
    }

    [Fact]
    public void Every_endpoint_is_in_the_readme_and_no_other()
    {
        var host = File.ReadAllText(Path.Combine(SharedFiles.Repository, "src/OpenClaw.Gateway/GatewayHost.cs"));
        var served = Door().Matches(host).Select(static m => $"{m.Groups[1].Value} {m.Groups[2].Value.Replace("*", "{id}", StringComparison.Ordinal)}").ToHashSet();
        var told = MarkdownFile.Read("README.md").CodeWords.Select(static w => w.Replace("**", "", StringComparison.Ordinal)).Where(static w => Endpoint().IsMatch(w)).ToHashSet();
        Assert.NotEmpty(served);
        Assert.Equal(served.Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_header_of_ours_is_in_the_readme_and_no_other()
    {
        var told = Header().Matches(MarkdownFile.Read("README.md").Text).Select(static m => m.Value).ToHashSet();
        var used = Header().Matches(s_source.Value).Select(static m => m.Value).ToHashSet();
        Assert.Equal(used.Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_variable_of_ours_is_in_the_readme_and_no_other()
    {
        var told = Variable().Matches(MarkdownFile.Read("README.md").Text).Select(static m => m.Value).ToHashSet();
        var used = Variable().Matches(s_source.Value).Select(static m => m.Value).ToHashSet();
        Assert.Equal(used.Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_command_is_in_the_readme_and_no_other()
    {
        var told = MarkdownFile.Read("README.md").CodeWords.Where(static w => w.StartsWith("openclaw ", StringComparison.Ordinal)).Select(static w => w.Split(' ')[1]).Distinct();
        var known = CommandLine.Parse([]).RootCommandResult.Command.Subcommands.Select(static c => c.Name);
        Assert.Equal(known.Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
    }

    // FailureReason.Cut is written as Cut where the class is clear.
    private static bool IsEnumMember(string word) => Enum.TryParse<OpenClaw.Gateway.Routing.FailureReason>(word, out _);

    [GeneratedRegex(@"^I?[A-Z][a-z]+[A-Za-z]*(\.[A-Z]\w+)?$")]
    private static partial Regex TypeName();

    [GeneratedRegex("\\{ \"(GET|POST|PATCH|DELETE)\", \"([^\"]+)\"")]
    private static partial Regex Door();

    [GeneratedRegex("^(GET|POST|PATCH|DELETE) /")]
    private static partial Regex Endpoint();

    [GeneratedRegex("x-openclaw-[a-z]+")]
    private static partial Regex Header();

    [GeneratedRegex("OPENCLAW_[A-Z_]+")]
    private static partial Regex Variable();
}
