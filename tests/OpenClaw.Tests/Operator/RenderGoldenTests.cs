using System.Text;
using System.Text.Json.Nodes;
using OpenClaw.Operator.Build;
using OpenClaw.Operator.Judge;
using OpenClaw.Kube.Yaml;

namespace OpenClaw.Tests.Operator;

/// <summary>Every sample and the objects that it becomes, with everything that is said of it.</summary>
public class RenderGoldenTests
{
    private static readonly string s_samples = Path.Combine(SharedFiles.Repository, "samples", "instances");

    public static TheoryData<string> Samples => [.. Directory.GetFiles(s_samples, "*.yaml").Select(static f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_sample_becomes_what_is_approved(string name)
    {
        var text = new StringBuilder();
        foreach (var drawing in Draw(File.ReadAllText(Path.Combine(s_samples, name + ".yaml"))))
        {
            foreach (var finding in drawing.Findings) text.Append("# ").Append(finding).Append('\n');
            text.Append("---\n").Append(YamlWriter.Write(drawing.Objects));
        }
        GoldenFile.Check(Path.Combine(GoldenFile.Folder, "operator", name + ".yaml"), text.ToString());
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_sample_is_drawn_and_not_refused(string name)
    {
        Assert.All(Draw(File.ReadAllText(Path.Combine(s_samples, name + ".yaml"))), static d =>
        {
            Assert.DoesNotContain(d.Findings, static f => f.Severity == FindingSeverity.Refused);
            Assert.NotEmpty(d.Objects);
        });
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Drawing_twice_gives_the_same_bytes(string name)
    {
        var text = File.ReadAllText(Path.Combine(s_samples, name + ".yaml"));
        Assert.Equal(Draw(text).SelectMany(static d => d.Objects).Select(static o => o.ToJsonString()), Draw(text).SelectMany(static d => d.Objects).Select(static o => o.ToJsonString()));
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Every_container_of_ours_asks_for_resources_and_is_confined(string name)
    {
        var sidecars = new HashSet<string>();
        foreach (var drawing in Draw(File.ReadAllText(Path.Combine(s_samples, name + ".yaml")), out var instances))
        {
            foreach (var own in instances.SelectMany(static i => Items(i["spec"]?["sidecars"]).Concat(Items(i["spec"]?["initContainers"])))) sidecars.Add((string)own["name"]!);
            var pod = drawing.Objects.Single(static o => (string?)o["kind"] == "StatefulSet")["spec"]!["template"]!["spec"]!;
            Assert.All(Items(pod["containers"]).Concat(Items(pod["initContainers"])).Where(c => !sidecars.Contains((string)c["name"]!)), static container =>
            {
                foreach (var part in (string[])["requests", "limits"])
                {
                    Assert.NotNull(container["resources"]?[part]?["cpu"]);
                    Assert.NotNull(container["resources"]?[part]?["memory"]);
                }
                Assert.False((bool?)container["securityContext"]?["allowPrivilegeEscalation"]);
                Assert.Equal("[\"ALL\"]", container["securityContext"]?["capabilities"]?["drop"]?.ToJsonString());
            });
            Assert.True((bool?)pod["securityContext"]?["runAsNonRoot"]);
            Assert.Equal("RuntimeDefault", (string?)pod["securityContext"]?["seccompProfile"]?["type"]);
        }
    }

    private static IEnumerable<JsonObject> Items(JsonNode? list) => (list as JsonArray ?? []).OfType<JsonObject>();

    internal static List<InstanceDrawing> Draw(string yaml) => Draw(yaml, out _);

    internal static List<InstanceDrawing> Draw(string yaml, out List<JsonObject> instances)
    {
        var file = new InstanceFile();
        file.Add("test", yaml);
        Assert.Empty(file.Problems);
        instances = [.. file.Instances];
        return [.. instances.Select(i => InstanceDrawing.Of(file.FactsOf(i, "0.1.0")))];
    }
}
