using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Operator.Reconcile;

namespace OpenClaw.Tests.Operator.Reconcile;

public class OwnershipTests
{
    private const string Good = "{config: {raw: {defaultModel: openai/gpt-4o}}, env: [{name: OPENAI_API_KEY, value: k}]}";
    private static readonly ObjectKey s_it = new("ns", "it");

    [Fact]
    public async Task What_is_anothers_is_never_touched_until_it_is_handed_over()
    {
        await using var stage = await OperatorStage.StartAsync();
        var theirs = stage.Put("apiVersion: v1\nkind: Service\nmetadata: {name: it}\nspec: {selector: {app: theirs}, ports: [{port: 80}]}\n");
        stage.PutInstance("it", Good);
        await stage.QuietAsync();
        Assert.Equal(theirs.ToJsonString(), stage.Get(Kinds.Service, "it").ToJsonString());
        Assert.Null(stage.Find(Kinds.StatefulSet, "it"));
        var ready = stage.Condition("it", "Ready");
        Assert.Equal(("False", "ObjectNotOurs"), (ready.Status, ready.Reason));
        Assert.Equal("Service it: there is a Service it already, and nothing says that it is this instance's; rename the instance or the other object, or hand it over: kubectl label services it app.kubernetes.io/managed-by=openclaw-operator app.kubernetes.io/instance=it", ready.Message);
        Assert.Equal("Failed", stage.Phase("it"));

        stage.Cluster.MergePatch(Kinds.Service, s_it, Labels("it"), null);
        await stage.QuietAsync();
        Assert.Equal("Running", stage.Phase("it"));
        Assert.Equal("openclaw", (string?)stage.Get(Kinds.Service, "it")["spec"]!["selector"]!["app.kubernetes.io/name"]);
    }

    [Fact]
    public async Task What_belongs_to_another_controller_is_not_taken_by_labels()
    {
        await using var stage = await OperatorStage.StartAsync();
        stage.Put("apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: it, labels: {app.kubernetes.io/managed-by: openclaw-operator, app.kubernetes.io/instance: it}, ownerReferences: [{apiVersion: x/v1, kind: Database, name: db, uid: u-db, controller: true}]}\nspec: {template: {}}\n");
        stage.PutInstance("it", Good);
        await stage.QuietAsync();
        Assert.Equal("{}", stage.Get(Kinds.StatefulSet, "it")["spec"]!["template"]!.ToJsonString());
        Assert.Contains("it belongs to the Database db; rename the instance, or the other object", stage.Condition("it", "Ready").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_orphaned_while_its_instance_is_deleted_is_not_taken_back()
    {
        await using var stage = await OperatorStage.StartAsync();
        stage.PutInstance("it", Good);
        await stage.QuietAsync();
        // The server knows of the deletion; what is watched does not yet.
        const string Gone = """{"apiVersion":"openclaw.rocks/v1alpha1","kind":"OpenClawInstanceList","metadata":{"resourceVersion":"9"},"items":[]}""";
        stage.Server.Fault = static r => r.IsList && r.Path.EndsWith("/openclawinstances", StringComparison.Ordinal) ? FakeFault.Answer(200, Gone) : null;
        stage.Cluster.MergePatch(Kinds.Service, s_it, new JsonObject { ["metadata"] = new JsonObject { ["ownerReferences"] = null } }, null);
        await stage.QuietAsync();
        Assert.Null(stage.Get(Kinds.Service, "it")["metadata"]!["ownerReferences"]);

        stage.Server.Fault = static _ => null;
        stage.Cluster.MergePatch(Kinds.Service, s_it, new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app.kubernetes.io/name"] = "x" } } }, null);
        await stage.QuietAsync();
        Assert.Equal((string?)stage.Get(WatchedKinds.Instance, "it")["metadata"]!["uid"], (string?)stage.Get(Kinds.Service, "it")["metadata"]!["ownerReferences"]![0]!["uid"]);
    }

    [Fact]
    public async Task What_the_pod_does_not_lean_on_keeps_it_from_nothing()
    {
        await using var stage = await OperatorStage.StartAsync();
        stage.Put("apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: it}\nspec: {rules: []}\n");
        stage.PutInstance("it", Good.Replace("{config", "{networking: {ingress: {enabled: true, className: nginx, hosts: [{host: a.example}]}}, config", StringComparison.Ordinal));
        await stage.QuietAsync();
        Assert.Equal("Degraded", stage.Phase("it"));
        Assert.Equal("ObjectNotOurs", stage.Condition("it", "ObjectsApplied").Reason);
        Assert.Empty((JsonArray)stage.Get(Kinds.Ingress, "it")["spec"]!["rules"]!);
    }

    [Fact]
    public async Task What_is_not_drawn_any_more_goes_and_nothing_else()
    {
        await using var stage = await OperatorStage.StartAsync();
        stage.Put("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: theirs, labels: {app.kubernetes.io/managed-by: openclaw-operator, app.kubernetes.io/instance: it}}\ndata: {}\n");
        stage.PutInstance("it", Good.Replace("{config", "{networking: {ingress: {enabled: true, className: nginx, hosts: [{host: a.example}]}}, observability: {metrics: {serviceMonitor: {enabled: true}}}, config", StringComparison.Ordinal));
        await stage.QuietAsync();
        Assert.NotNull(stage.Find(Kinds.Ingress, "it"));
        Assert.NotNull(stage.Find(Kinds.ServiceMonitor, "it"));
        stage.Cluster.MergePatch(WatchedKinds.Instance, s_it, new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["networking"] = null, ["observability"] = null, ["gateway"] = new JsonObject { ["existingSecret"] = "mine" },
                ["availability"] = new JsonObject { ["podDisruptionBudget"] = new JsonObject { ["enabled"] = false } },
                ["storage"] = new JsonObject { ["persistence"] = new JsonObject { ["enabled"] = false } },
            },
        }, null);
        stage.Put("apiVersion: v1\nkind: Secret\nmetadata: {name: mine}\ndata: {token: dA==}\n");
        await stage.QuietAsync();
        Assert.Null(stage.Find(Kinds.Ingress, "it"));
        Assert.Null(stage.Find(Kinds.ServiceMonitor, "it"));
        Assert.Null(stage.Find(Kinds.PodDisruptionBudget, "it"));
        // Data and secrets are nobody's to throw away.
        Assert.NotNull(stage.Find(Kinds.PersistentVolumeClaim, "it-data"));
        Assert.NotNull(stage.Find(Kinds.Secret, "it-gateway-token"));
        Assert.NotNull(stage.Find(Kinds.ConfigMap, "theirs"));
        var deletes = stage.Server.Requests.Where(static r => r.Method == "DELETE").ToList();
        Assert.Equal(3, deletes.Count);
        Assert.All(deletes, static d => Assert.Contains("\"preconditions\":{\"uid\":", d.Body, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refused_change_leaves_what_runs_as_it_is()
    {
        await using var stage = await OperatorStage.StartAsync();
        stage.PutInstance("it", Good);
        await stage.QuietAsync();
        stage.Cluster.MergePatch(WatchedKinds.Instance, s_it, (JsonObject)JsonNode.Parse("""{"spec":{"config":{"raw":{"defaultModel":42}}}}""")!, null);
        await stage.QuietAsync();
        Assert.Equal("Failed", stage.Phase("it"));
        Assert.Equal("ConfigInvalid", stage.Condition("it", "Ready").Reason);
        Assert.NotNull(stage.Find(Kinds.StatefulSet, "it"));
        Assert.Single(stage.Templates("it"));
        Assert.NotNull(stage.Instance("it")["status"]!["managedResources"]!["statefulSet"]);
    }

    [Fact]
    public async Task A_deleted_instance_leaves_its_claim_which_the_next_one_of_its_name_takes_up()
    {
        await using var stage = await OperatorStage.StartAsync();
        var first = (string)stage.PutInstance("it", Good)["metadata"]!["uid"]!;
        await stage.QuietAsync();
        var claim = (string?)stage.Get(Kinds.PersistentVolumeClaim, "it-data")["metadata"]!["uid"];
        stage.Cluster.Delete(WatchedKinds.Instance, s_it);
        // Before the collector comes, a new one of the name is made: nothing of the old one is taken.
        stage.PutInstance("it", Good);
        await stage.QuietAsync();
        Assert.Equal(first, (string?)stage.Get(Kinds.StatefulSet, "it")["metadata"]!["ownerReferences"]![0]!["uid"]);
        Assert.Equal("Waiting", stage.Condition("it", "ObjectsApplied").Reason);
        stage.Collect(first);
        await stage.QuietAsync();
        Assert.NotEqual(first, (string?)stage.Get(Kinds.StatefulSet, "it")["metadata"]!["ownerReferences"]![0]!["uid"]);
        Assert.Equal("Running", stage.Phase("it"));
        Assert.Equal(claim, (string?)stage.Get(Kinds.PersistentVolumeClaim, "it-data")["metadata"]!["uid"]);
    }

    [Fact]
    public async Task Upstreams_finalizer_holds_nobody_and_its_claim_outlives_the_instance()
    {
        await using var stage = await OperatorStage.OpenAsync();
        var uid = (string)stage.Put($"apiVersion: openclaw.rocks/v1alpha1\nkind: OpenClawInstance\nmetadata: {{name: it, finalizers: [openclaw.rocks/finalizer, other/one]}}\nspec: {Good}\n")["metadata"]!["uid"]!;
        stage.Put($"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: it-data, labels: {{app.kubernetes.io/managed-by: openclaw-operator, app.kubernetes.io/instance: it}}, ownerReferences: [{{apiVersion: openclaw.rocks/v1alpha1, kind: OpenClawInstance, name: it, uid: {uid}, controller: true}}]}}\nspec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 10Gi}}}}}}\n");
        await stage.StartLoopAsync();
        await Kube.Objects.UntilAsync(() => stage.Instance("it")["metadata"]!["finalizers"]!.ToJsonString() == "[\"other/one\"]", "let go");
        Assert.Equal("[]", stage.Get(Kinds.PersistentVolumeClaim, "it-data")["metadata"]!["ownerReferences"]!.ToJsonString());
    }

    private static JsonObject Labels(string instance) => new()
    {
        ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app.kubernetes.io/managed-by"] = "openclaw-operator", ["app.kubernetes.io/instance"] = instance } },
    };
}
