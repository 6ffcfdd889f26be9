using System.Text.Json.Nodes;
using OpenClaw.Operator.Packaging;
using OpenClaw.Kube.Yaml;

namespace OpenClaw.Tests.Operator;

public class PackageFilesTests
{
    private static readonly string s_folder = Path.Combine(SharedFiles.Repository, "deploy");
    private static readonly IReadOnlyList<PackageFile> s_files = PackageFiles.All(OpenClaw.Commands.VersionCommand.Version, []);

    [Fact]
    public void The_folder_deploy_is_what_the_command_writes_and_nothing_else()
    {
        if (Environment.GetEnvironmentVariable("OPENCLAW_GOLDEN") == "write") Write();
        Assert.All(s_files, static file => Assert.Equal(file.Text, File.ReadAllText(Path.Combine(s_folder, file.Path)).ReplaceLineEndings("\n")));
        var there = Directory.EnumerateFiles(s_folder, "*", SearchOption.AllDirectories).Select(static f => Path.GetRelativePath(s_folder, f).Replace('\\', '/'));
        Assert.Equal(s_files.Select(static f => f.Path).Order(StringComparer.Ordinal), there.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_resource_that_a_kustomization_names_is_there()
    {
        Assert.All(s_files.Where(static f => f.Path.EndsWith("kustomization.yaml", StringComparison.Ordinal)), static file =>
        {
            var folder = Path.GetDirectoryName(file.Path)!;
            foreach (var resource in (JsonArray)YamlReader.Read(file.Text).Documents[0].Content!["resources"]!)
            {
                var path = Path.Combine(folder, (string)resource!).Replace('\\', '/');
                Assert.Contains(s_files, f => f.Path == path || f.Path == path + "/kustomization.yaml");
            }
        });
    }

    [Fact]
    public void No_right_is_a_wildcard_and_no_secret_and_no_claim_can_be_deleted()
    {
        foreach (var rule in OperatorRights.Namespaced().Concat(OperatorRights.ClusterWide()).Concat(OperatorRights.Leadership()))
        {
            var text = rule.ToJsonString();
            Assert.DoesNotContain("*", text, StringComparison.Ordinal);
            Assert.DoesNotContain("escalate", text, StringComparison.Ordinal);
            if (text.Contains("\"secrets\"", StringComparison.Ordinal) || text.Contains("\"persistentvolumeclaims\"", StringComparison.Ordinal)) Assert.DoesNotContain("delete", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_value_of_the_chart_is_read_by_a_template()
    {
        var values = (JsonObject)YamlReader.Read(s_files.Single(static f => f.Path.EndsWith("values.yaml", StringComparison.Ordinal)).Text).Documents[0].Content!;
        var templates = string.Join('\n', s_files.Where(static f => f.Path.Contains("/templates/", StringComparison.Ordinal)).Select(static f => f.Text));
        Assert.All(values, value => Assert.Contains(".Values." + value.Key, templates, StringComparison.Ordinal));
        foreach (var group in (string[])["image", "crds", "rbac", "admissionPolicy", "metrics"])
        {
            Assert.All((JsonObject)values[group]!, value => Assert.Contains($".Values.{group}.{value.Key}", templates, StringComparison.Ordinal));
        }
        Assert.Equal(Count(templates, "{{- if") + Count(templates, "{{- with") + Count(templates, "{{- range"), Count(templates, "{{- end"));
    }

    [Fact]
    public void The_operators_own_pod_is_as_confined_as_those_it_makes()
    {
        var pod = YamlReader.Read(s_files.Single(static f => f.Path == "operator/deployment.yaml").Text).Documents[0].Content!["spec"]!["template"]!["spec"]!;
        var context = pod["containers"]![0]!["securityContext"]!;
        Assert.True((bool)context["readOnlyRootFilesystem"]!);
        Assert.False((bool)context["allowPrivilegeEscalation"]!);
        Assert.True((bool)pod["securityContext"]!["runAsNonRoot"]!);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private static void Write()
    {
        if (Directory.Exists(s_folder)) Directory.Delete(s_folder, recursive: true);
        foreach (var file in s_files)
        {
            var path = Path.Combine(s_folder, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, file.Text);
        }
    }
}
