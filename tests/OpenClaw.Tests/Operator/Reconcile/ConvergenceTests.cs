using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Kube.Control;
using OpenClaw.Operator.Reconcile;

namespace OpenClaw.Tests.Operator.Reconcile;

public class ConvergenceTests
{
    private const string Good = "{config: {raw: {defaultModel: openai/gpt-4o}}, envFrom: [{secretRef: {name: keys}}]}";

    [Fact]
    public async Task An_instance_becomes_its_objects_once_and_then_nothing_is_written()
    {
        await using var stage = await OperatorStage.StartAsync();
        Keys(stage);
        var instance = stage.PutInstance("it", Good);
        await stage.QuietAsync();
        foreach (var kind in (ResourceKind[])[Kinds.ServiceAccount, Kinds.NetworkPolicy, Kinds.PodDisruptionBudget, Kinds.Service, Kinds.StatefulSet])
        {
            var owner = Assert.Single((JsonArray)stage.Get(kind, "it")["metadata"]!["ownerReferences"]!)!;
            Assert.Equal((string?)instance["metadata"]!["uid"], (string?)owner["uid"]);
        }
        Assert.Equal(64, Convert.FromBase64String((string)stage.Get(Kinds.Secret, "it-gateway-token")["data"]!["token"]!).Length);
        Assert.Null(stage.Get(Kinds.PersistentVolumeClaim, "it-data")["metadata"]!["ownerReferences"]);
        Assert.Equal("Running", stage.Phase("it"));
        Assert.Equal(("True", "ReconcileSucceeded"), (stage.Condition("it", "Ready").Status, stage.Condition("it", "Ready").Reason));
        Assert.Single(stage.Templates("it"));
        var status = stage.Instance("it")["status"]!;
        Assert.Equal("it-gateway-token", (string?)status["managedResources"]!["gatewayTokenSecret"]);
        Assert.Equal("openai", (string?)status["providers"]![0]!["name"]);
        Assert.Equal(("present", "open"), ((string?)status["providers"]![0]!["key"], (string?)status["providers"]![0]!["egress"]));

        // Poked without a change of what is wanted, and by a new process that remembers nothing.
        Assert.Equal(0, await stage.WritesOfAsync(() => stage.Cluster.MergePatch(WatchedKinds.Instance, new ObjectKey("ns", "it"), Annotation("poke", "1"), null)));
        Assert.Equal(0, await stage.WritesOfAsync(() => { }));
        var before = stage.Writes;
        await stage.RestartLoopAsync();
        Assert.Equal(before, stage.Writes);
    }

    [Fact]
    public async Task A_password_for_the_ingress_is_made_once_and_is_the_one_that_it_asks_for()
    {
        const string Asked = "{config: {raw: {defaultModel: openai/gpt-4o}}, envFrom: [{secretRef: {name: keys}}], networking: {ingress: {enabled: true, className: nginx, hosts: [{host: a.example}], security: {basicAuth: {enabled: true, username: ops}}}}}";
        await using var stage = await OperatorStage.StartAsync();
        Keys(stage);
        stage.PutInstance("it", Asked);
        await stage.QuietAsync();
        string Key(string name) => System.Text.Encoding.UTF8.GetString(Convert.FromBase64String((string)stage.Get(Kinds.Secret, "it-basic-auth")["data"]![name]!));
        Assert.Equal(("ops", 40), (Key("username"), Key("password").Length));
#pragma warning disable CA5350 // htpasswd's form.
        Assert.Equal($"ops:{{SHA}}{Convert.ToBase64String(System.Security.Cryptography.SHA1.HashData(System.Text.Encoding.UTF8.GetBytes(Key("password"))))}", Key("auth"));
#pragma warning restore CA5350
        Assert.Equal("it-basic-auth", (string?)stage.Get(Kinds.Ingress, "it")["metadata"]!["annotations"]!["nginx.ingress.kubernetes.io/auth-secret"]);
        Assert.Equal("it-basic-auth", (string?)stage.Instance("it")["status"]!["managedResources"]!["basicAuthSecret"]);
        Assert.Single(stage.Templates("it"));
        var (password, before) = (Key("password"), stage.Writes);
        await stage.RestartLoopAsync();
        Assert.Equal((password, before), (Key("password"), stage.Writes));
    }

    [Fact]
    public async Task A_gateway_does_not_wait_for_a_password_that_cannot_be_made()
    {
        await using var stage = await OperatorStage.StartAsync();
        Keys(stage);
        stage.Put("apiVersion: v1\nkind: Secret\nmetadata: {name: it-basic-auth, namespace: ns}\ndata: {theirs: eA==}\n");
        stage.PutInstance("it", "{config: {raw: {defaultModel: openai/gpt-4o}}, envFrom: [{secretRef: {name: keys}}], networking: {ingress: {enabled: true, className: nginx, hosts: [{host: a.example}], security: {basicAuth: {enabled: true}}}}}");
        await stage.QuietAsync();
        Assert.Equal("True", stage.Condition("it", "Ready").Status);
        Assert.Equal("{\"theirs\":\"eA==\"}", stage.Get(Kinds.Secret, "it-basic-auth")["data"]!.ToJsonString());
        Assert.Contains("without a key auth", stage.Condition("it", "ObjectsApplied").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_ends_after_every_single_write_leaves_nothing_half_done()
    {
        await using var stage = await OperatorStage.OpenAsync();
        Keys(stage);
        stage.PutInstance("it", "{config: {raw: {defaultModel: openai/gpt-4o}}, envFrom: [{secretRef: {name: keys}}], networking: {ingress: {enabled: true, className: nginx, hosts: [{host: a.example}]}}, security: {rbac: {additionalRules: [{apiGroups: [\"\"], resources: [pods], verbs: [get]}]}}}");
        var left = 0;
        stage.MayWrite = () => Interlocked.Decrement(ref left) >= 0;
        var runs = 0;
        for (var written = -1; written != 0; runs++)
        {
            var before = stage.Writes;
            left = 1;
            await stage.StartLoopAsync();
            await stage.StopLoopAsync();
            written = stage.Writes - before;
            Assert.InRange(written, 0, 1);
            Assert.True(runs < 40, "it does not come to an end");
        }
        Assert.InRange(runs, 12, 25);
        Assert.Equal("Running", stage.Phase("it"));
        Assert.Single(stage.Templates("it"));
        Assert.NotNull(stage.Find(Kinds.Ingress, "it"));
        Assert.NotNull(stage.Find(Kinds.RoleBinding, "it"));
        await stage.StartLoopAsync();
    }

    [Fact]
    public async Task What_others_change_or_delete_is_put_right_and_what_they_add_stays()
    {
        await using var stage = await OperatorStage.StartAsync();
        Keys(stage);
        stage.PutInstance("it", Good);
        await stage.QuietAsync();
        var config = stage.Get(Kinds.ConfigMap, "it-config")["data"]!.ToJsonString();
        stage.Cluster.MergePatch(Kinds.ConfigMap, new ObjectKey("ns", "it-config"), new JsonObject { ["data"] = new JsonObject { ["openclaw.json"] = "{}" } }, null);
        stage.Cluster.MergePatch(Kinds.NetworkPolicy, new ObjectKey("ns", "it"), new JsonObject { ["spec"] = new JsonObject { ["egress"] = new JsonArray(new JsonObject()) } }, null);
        stage.Cluster.Delete(Kinds.Service, new ObjectKey("ns", "it"));
        stage.Cluster.MergePatch(Kinds.ServiceAccount, new ObjectKey("ns", "it"), Annotation("theirs", "yes"), null);
        await stage.QuietAsync();
        Assert.Equal(config, stage.Get(Kinds.ConfigMap, "it-config")["data"]!.ToJsonString());
        Assert.True(((JsonArray)stage.Get(Kinds.NetworkPolicy, "it")["spec"]!["egress"]!).Count > 1);
        Assert.NotNull(stage.Find(Kinds.Service, "it"));
        Assert.Equal("yes", (string?)stage.Get(Kinds.ServiceAccount, "it")["metadata"]!["annotations"]!["theirs"]);
        // Another label is no reason to write anything.
        Assert.Equal(0, await stage.WritesOfAsync(() => stage.Cluster.MergePatch(Kinds.Service, new ObjectKey("ns", "it"), new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["more"] = "x" } } }, null)));
        Assert.Single(stage.Templates("it"));
    }

    [Fact]
    public async Task Conflicts_and_lost_answers_delay_it_and_are_nobodys_news()
    {
        var random = new Random(7);
        await using var stage = await OperatorStage.StartAsync();
        Keys(stage);
        stage.Server.Fault = r => r.Method == "GET" || r.Path.EndsWith("/events", StringComparison.Ordinal) ? null : random.Next(3) switch
        {
            0 => FakeFault.Answer(409, "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Conflict\",\"code\":409,\"message\":\"the object has been modified\"}"),
            1 when r.Method == "PATCH" => FakeFault.Cut with { LoseAnswer = true },
            _ => null,
        };
        for (var i = 0; i < 5; i++) stage.PutInstance("it" + i, Good);
        await Kube.Objects.UntilAsync(() => Enumerable.Range(0, 5).All(i => stage.Phase("it" + i) == "Running"), "running");
        stage.Server.Fault = static _ => null;
        await stage.QuietAsync();
        Assert.All(Enumerable.Range(0, 5), i => Assert.Single(stage.Templates("it" + i)));
        Assert.Equal(0, await stage.WritesOfAsync(() => { }));
    }

    [Fact]
    public async Task Nothing_is_written_by_who_may_not()
    {
        await using var stage = await OperatorStage.StartAsync(static s => s.MayWrite = static () => false);
        stage.PutInstance("it", Good);
        await Kube.Objects.UntilAsync(() => stage.Controller.Reconciles(ReconcileOutcome.Retry) > 0);
        Assert.Equal(0, stage.Writes);
        Assert.Null(stage.Instance("it")["status"]);
    }

    [Fact]
    public async Task Three_hundred_instances_converge_and_are_quiet()
    {
        await using var stage = await OperatorStage.OpenAsync();
        Keys(stage);
        for (var i = 0; i < 300; i++) stage.PutInstance($"it{i}", Good);
        await stage.StartLoopAsync();
        Assert.Equal(300, stage.Controller.Phases["Running"]);
        Assert.InRange(stage.Writes, 300 * 10, 300 * 13);
        Assert.Equal(0, await stage.WritesOfAsync(() => { }));
        var before = stage.Writes;
        await stage.RestartLoopAsync();
        Assert.Equal(before, stage.Writes);
        Assert.All(Enumerable.Range(0, 300), i => Assert.Single(stage.Templates($"it{i}")));
    }

    [Fact]
    public async Task Only_the_namespaces_that_are_watched_are_read_and_written()
    {
        await using var stage = await OperatorStage.OpenAsync();
        stage.Namespaces = ["a", "b"];
        // No right in the cluster as a whole: nobody can give defaults then.
        stage.Server.Allowed = static (_, _, ns) => ns is "a" or "b";
        foreach (var ns in (string[])["a", "b", "c"])
        {
            Keys(stage, ns: ns);
            stage.PutInstance("it", Good, ns);
        }
        await stage.StartLoopAsync();
        Assert.NotNull(stage.Find(Kinds.StatefulSet, "it", "a"));
        Assert.NotNull(stage.Find(Kinds.StatefulSet, "it", "b"));
        Assert.Null(stage.Find(Kinds.StatefulSet, "it", "c"));
        Assert.Null(stage.Controller.Problem);
        Assert.Equal(2, stage.Controller.Phases["Running"]);
    }

    internal static void Keys(OperatorStage stage, string key = "sk-1", string ns = "ns") =>
        stage.Put($"apiVersion: v1\nkind: Secret\nmetadata: {{name: keys, namespace: {ns}}}\ndata: {{OPENAI_API_KEY: {Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(key))}}}\n");

    internal static JsonObject Annotation(string name, string value) => new() { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [name] = value } } };
}
