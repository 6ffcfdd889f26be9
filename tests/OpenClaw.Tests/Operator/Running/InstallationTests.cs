using System.Text.Json.Nodes;
using OpenClaw.Commands;
using OpenClaw.Kube.Config;
using OpenClaw.Kube.Yaml;
using OpenClaw.Operator;
using OpenClaw.Operator.Packaging;
using OpenClaw.Operator.Running;

namespace OpenClaw.Tests.Operator.Running;

/// <summary>What is installed agrees with what the process does.</summary>
public class InstallationTests
{
    public static TheoryData<string> Scopes => ["", "team-a,team-b"];

    [Theory]
    [MemberData(nameof(Scopes))]
    public async Task The_process_that_the_deployment_starts_answers_where_its_probes_ask(string namespaces)
    {
        var container = Object("Deployment", namespaces)["spec"]!["template"]!["spec"]!["containers"]![0]!;
        string[] arguments = [.. container["args"]!.AsArray().Select(static a => (string)a!)];
        Assert.Empty(CommandLine.Parse(arguments).Errors);
        var read = OperatorSettings.Read(Flags(arguments), Surroundings(container), "pod", "1");
        Assert.Null(read.Problem);
        Assert.Equal(namespaces, string.Join(',', read.Options!.WatchNamespaces));
        var port = container["ports"]!.AsArray().Single()!;
        Assert.Equal((long)port["containerPort"]!, read.Options.Bind!.Port);

        await using var stage = await HostStage.SetAsync();
        var host = await stage.StartAsync(read.Options with { KubeConfig = stage.KubeConfig, Bind = stage.Options().Bind, Environment = stage.Options().Environment });
        foreach (var probe in (string[])["livenessProbe", "readinessProbe"])
        {
            Assert.Equal((string)port["name"]!, (string)container[probe]!["httpGet"]!["port"]!);
            Assert.NotEqual(404, (await HostStage.GetAsync(host, (string)container[probe]!["httpGet"]!["path"]!)).Code);
        }
        Assert.Equal((string)port["name"]!, (string)Object("Service", namespaces)["spec"]!["ports"]![0]!["targetPort"]!);
        Assert.Equal(200, (await HostStage.GetAsync(host, "/metrics")).Code);
    }

    [Fact]
    public void The_grace_time_is_longer_than_a_stop_takes()
    {
        var pod = Object("Deployment", "")["spec"]!["template"]!["spec"]!;
        Assert.InRange(new OperatorOptions { Host = "h", Version = "1" }.DrainLimit.TotalSeconds, 6, (long)pod["terminationGracePeriodSeconds"]! - 3);
    }

    [Fact]
    public void The_selectors_find_the_operators_pods()
    {
        var labels = Object("Deployment", "")["spec"]!["template"]!["metadata"]!["labels"]!.AsObject();
        foreach (var selector in (JsonNode[])[Object("Deployment", "")["spec"]!["selector"]!["matchLabels"]!, Object("Service", "")["spec"]!["selector"]!, OperatorObjects.DisruptionBudget()["spec"]!["selector"]!["matchLabels"]!])
        {
            Assert.All(selector.AsObject(), pair => Assert.Equal((string)pair.Value!, (string?)labels[pair.Key]));
        }
        Assert.All(OperatorObjects.ServiceMonitor()["spec"]!["selector"]!["matchLabels"]!.AsObject(), pair => Assert.Equal((string)pair.Value!, (string?)Object("Service", "")["metadata"]!["labels"]![pair.Key]));
    }

    [Fact]
    public void Named_namespaces_have_the_rights_and_the_cluster_only_what_no_namespace_can_give()
    {
        var everywhere = Access([]);
        var named = Access(["team-a", "team-b"]);
        Assert.Equal(["openclawclusterdefaults"], Resources(named.Single(static o => Is(o, "ClusterRole", "openclaw-operator"))));
        foreach (var name in (string[])["team-a", "team-b"])
        {
            var role = named.Single(o => Is(o, "Role", "openclaw-operator") && (string?)o["metadata"]!["namespace"] == name);
            var binding = named.Single(o => Is(o, "RoleBinding", "openclaw-operator") && (string?)o["metadata"]!["namespace"] == name);
            Assert.Equal("openclaw-operator-system", (string?)binding["subjects"]![0]!["namespace"]);
            Assert.Equal("Role", (string?)binding["roleRef"]!["kind"]);
            Assert.Equal(Resources(everywhere.Single(static o => Is(o, "ClusterRole", "openclaw-operator"))).Except(["openclawclusterdefaults"]), Resources(role));
        }
        Assert.DoesNotContain(everywhere, static o => Is(o, "Role", "openclaw-operator"));
    }

    [Fact]
    public void The_lease_that_the_process_takes_is_the_one_it_has_rights_for()
    {
        var leader = Access([]).Single(static o => Is(o, "Role", "openclaw-operator-leader"));
        Assert.Contains(leader["rules"]!.AsArray(), static r => r!["resourceNames"]?.AsArray().Any(static n => (string)n! == HostStage.Lease.Name) == true);
        Assert.Equal(HostStage.Lease.Namespace, (string?)leader["metadata"]!["namespace"]);
    }

    private static List<JsonObject> Access(string[] namespaces) => [.. OperatorObjects.Access(namespaces)];

    private static bool Is(JsonObject json, string kind, string name) => (string?)json["kind"] == kind && (string?)json["metadata"]!["name"] == name;

    private static IEnumerable<string> Resources(JsonObject role) => role["rules"]!.AsArray().SelectMany(static r => r!["resources"]!.AsArray()).Select(static r => (string)r!);

    private static JsonObject Object(string kind, string namespaces) => YamlReader.Read(PackageFiles.Manifests("1", namespaces.Split(',', StringSplitOptions.RemoveEmptyEntries))).Documents
        .Select(static d => (JsonObject)d.Content!).Single(o => (string?)o["kind"] == kind);

    private static Func<string, string?> Flags(string[] arguments) => flag => Array.IndexOf(arguments, flag) is var at and >= 0 ? arguments[at + 1] : null;

    private static KubeEnvironment Surroundings(JsonNode container) => new()
    {
        Variable = name => container["env"]!.AsArray().Any(e => (string?)e!["name"] == name) ? "openclaw-operator-system" : null,
    };
}
