using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Kube.Config;
using OpenClaw.Kube.Control;
using OpenClaw.Kube.Resources;

namespace OpenClaw.EndToEnd.Cluster;

/// <summary>The client against a real API server.</summary>
public class ClientTests(ApiServer servers)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Creates_reads_patches_replaces_and_deletes()
    {
        var server = await servers.StartAsync();
        using var client = server.Client();
        var ns = await server.NamespaceAsync(client);
        var key = new ObjectKey(ns, "a");
        var made = (await client.CreateAsync(Kinds.ConfigMap, ns, Map(ns, "a", "1"), Cancel)).Value;
        Assert.True((await client.CreateAsync(Kinds.ConfigMap, ns, Map(ns, "a", "1"), Cancel)).Is(KubeProblemKind.AlreadyExists));
        Assert.True((await client.MergePatchAsync(Kinds.ConfigMap, key, Map(ns, "a", "2"), null, Cancel)).IsSuccess);
        Assert.True((await client.UpdateAsync(Kinds.ConfigMap, JsonObject.Create(made.Json)!, Cancel)).Is(KubeProblemKind.Conflict));
        var now = (await client.GetAsync(Kinds.ConfigMap, key, Cancel)).Value;
        Assert.Equal("2", ConfigMap.Read(now.Json).Data["k"]);
        Assert.True((await client.DeleteAsync(Kinds.ConfigMap, key, new DeleteQuery { Uid = "b6f3c7a0-0000-4000-8000-000000000000" }, Cancel)).Is(KubeProblemKind.Conflict));
        Assert.True((await client.DeleteAsync(Kinds.ConfigMap, key, new DeleteQuery { ResourceVersion = made.Meta.ResourceVersion }, Cancel)).Is(KubeProblemKind.Conflict));
        Assert.Equal(DeleteOutcome.Deleted, (await client.DeleteAsync(Kinds.ConfigMap, key, new DeleteQuery { Uid = now.Meta.Uid }, Cancel)).Value);
        Assert.Equal(DeleteOutcome.Absent, (await client.DeleteAsync(Kinds.ConfigMap, key, new DeleteQuery(), Cancel)).Value);
        Assert.True((await client.CreateAsync(Kinds.ConfigMap, "no-such-namespace", Map("no-such-namespace", "a", "1"), Cancel)).Is(KubeProblemKind.NotFound));
    }

    [Fact]
    public async Task A_finalizer_keeps_what_is_deleted()
    {
        var server = await servers.StartAsync();
        using var client = server.Client();
        var ns = await server.NamespaceAsync(client);
        var map = Map(ns, "a", "1");
        map["metadata"]!["finalizers"] = new JsonArray("example.com/wait");
        Assert.True((await client.ApplyAsync(Kinds.ConfigMap, map, FieldOwnership.Take, Cancel)).IsSuccess);
        Assert.Equal(DeleteOutcome.Deleting, (await client.DeleteAsync(Kinds.ConfigMap, new ObjectKey(ns, "a"), new DeleteQuery(), Cancel)).Value);
        var marked = (await client.GetAsync(Kinds.ConfigMap, new ObjectKey(ns, "a"), Cancel)).Value.Meta;
        Assert.True(marked.IsBeingDeleted);
        Assert.Equal(["example.com/wait"], marked.Finalizers);
        Assert.True((await client.ApplyAsync(Kinds.ConfigMap, Map(ns, "a", "1"), FieldOwnership.Take, Cancel)).IsSuccess);
        Assert.True((await client.GetAsync(Kinds.ConfigMap, new ObjectKey(ns, "a"), Cancel)).Is(KubeProblemKind.NotFound));
    }

    [Fact]
    public async Task An_apply_in_conflict_names_managers_and_fields_and_may_take_them()
    {
        var server = await servers.StartAsync();
        using var mine = server.Client();
        using var other = server.Client(new KubeClientOptions { FieldManager = "kubectl" });
        var ns = await server.NamespaceAsync(mine);
        Assert.True((await other.ApplyAsync(Kinds.ConfigMap, Map(ns, "a", "theirs"), FieldOwnership.Respect, Cancel)).IsSuccess);
        var refused = await mine.ApplyAsync(Kinds.ConfigMap, Map(ns, "a", "mine"), FieldOwnership.Respect, Cancel);
        Assert.Equal(KubeProblemKind.Conflict, refused.Problem!.Kind);
        Assert.Equal([new FieldConflict("kubectl", ".data.k")], refused.Problem.FieldConflicts);
        var taken = (await mine.ApplyAsync(Kinds.ConfigMap, Map(ns, "a", "mine"), FieldOwnership.Take, Cancel)).Value;
        Assert.Contains(taken.Meta.FieldOwners, static o => o is { Manager: "openclaw-test", Operation: "Apply" });
        var again = (await mine.ApplyAsync(Kinds.ConfigMap, Map(ns, "a", "mine"), FieldOwnership.Take, Cancel)).Value;
        Assert.Equal(taken.Meta.ResourceVersion, again.Meta.ResourceVersion);
        var empty = KubeJson.NewObject(Kinds.ConfigMap, new ObjectKey(ns, "a"));
        Assert.Empty(ConfigMap.Read((await mine.ApplyAsync(Kinds.ConfigMap, empty, FieldOwnership.Take, Cancel)).Value.Json).Data);
    }

    [Fact]
    public async Task A_wrong_object_is_told_field_by_field()
    {
        var server = await servers.StartAsync();
        using var client = server.Client();
        var ns = await server.NamespaceAsync(client);
        var service = KubeJson.NewObject(Kinds.Service, new ObjectKey(ns, "s"));
        service["spec"] = new JsonObject { ["ports"] = new JsonArray(new JsonObject { ["port"] = 99999, ["protocol"] = "TCP" }) };
        var problem = (await client.ApplyAsync(Kinds.Service, service, FieldOwnership.Take, Cancel)).Problem!;
        Assert.Equal(KubeProblemKind.Invalid, problem.Kind);
        Assert.Contains(problem.Causes, static c => c.Field == "spec.ports[0].port");
    }

    [Fact]
    public async Task A_status_is_written_apart_from_the_spec()
    {
        var server = await servers.StartAsync();
        using var client = server.Client();
        var ns = await server.NamespaceAsync(client);
        var kind = await DefineAsync(client, "widgets", "Widget");
        var widget = KubeJson.NewObject(kind, new ObjectKey(ns, "w"));
        widget["spec"] = new JsonObject { ["size"] = 3 };
        var made = (await client.ApplyAsync(kind, widget, FieldOwnership.Take, Cancel)).Value;
        var status = KubeJson.NewObject(kind, new ObjectKey(ns, "w"));
        status["status"] = new JsonObject { ["conditions"] = new JsonArray(new Condition("Ready", "True", "AllGood", "yes") { ObservedGeneration = made.Meta.Generation }.Write()) };
        status["spec"] = new JsonObject { ["size"] = 99 };
        var told = (await client.ApplyStatusAsync(kind, status, FieldOwnership.Take, Cancel)).Value;
        Assert.Equal(3, told.Spec.Int("size"));
        Assert.Equal(made.Meta.Generation, told.Meta.Generation);
        Assert.True(Condition.Read(told.Status.Items("conditions").Single()).IsTrue);
        widget["spec"] = new JsonObject { ["size"] = 4 };
        Assert.Equal(made.Meta.Generation + 1, (await client.ApplyAsync(kind, widget, FieldOwnership.Take, Cancel)).Value.Meta.Generation);
        widget["spec"] = new JsonObject { ["size"] = "many" };
        Assert.True((await client.ApplyAsync(kind, widget, FieldOwnership.Take, Cancel)).Is(KubeProblemKind.Invalid));
    }

    [Fact]
    public async Task A_kind_that_comes_and_goes_is_seen()
    {
        var server = await servers.StartAsync();
        using var client = server.Client();
        var kind = new ResourceKind("gadgets.example.com", "v1", "Gadget", "gadgets");
        Assert.True((await client.ListAsync(kind, ListQuery.All, Cancel)).Is(KubeProblemKind.KindNotServed));
        Assert.False((await client.Discovery.ServesAsync(kind, Cancel)).Value);
        kind = await DefineAsync(client, "gadgets", "Gadget");
        client.Discovery.Forget();
        Assert.True((await client.Discovery.ServesAsync(kind, Cancel)).Value);
        Assert.Equal(kind, (await client.Discovery.FindAsync(kind.ApiVersion, "Gadget", Cancel)).Value);
        Assert.True((await client.Discovery.GroupsAsync(Cancel)).Value.ContainsKey(kind.Group));
        Assert.Equal(DeleteOutcome.Deleting, (await client.DeleteAsync(Kinds.CustomResourceDefinition, new ObjectKey("", $"gadgets.{kind.Group}"), new DeleteQuery(), Cancel)).Value);
        Assert.True(await Eventually.IsTrueAsync(async () => (await client.ListAsync(kind, ListQuery.All, Cancel)).Is(KubeProblemKind.KindNotServed)));
        Assert.False((await client.Discovery.ServesAsync(kind, Cancel)).Value);
    }

    [Fact]
    public async Task What_an_old_server_does_not_serve_is_found_by_asking()
    {
        var server = await servers.StartAsync();
        using var client = server.Client();
        var version = (await client.VersionAsync(Cancel)).Value;
        Assert.Equal(1, version.Major);
        var isOld = version.Minor < 21;
        Assert.Equal(!isOld, (await client.Discovery.ServesAsync(Kinds.PodDisruptionBudget, Cancel)).Value);
        Assert.True((await client.Discovery.ServesAsync(Kinds.StatefulSet, Cancel)).Value);
        Assert.False((await client.Discovery.ServesAsync(Kinds.HttpRoute, Cancel)).Value);
        var beta = Kinds.PodDisruptionBudget with { Version = "v1beta1" };
        Assert.Equal(isOld ? beta : Kinds.PodDisruptionBudget, (await client.Discovery.FirstServedAsync([Kinds.PodDisruptionBudget, beta], Cancel)).Value);
        var budget = KubeJson.NewObject(Kinds.HttpRoute, new ObjectKey("default", "r"));
        Assert.True((await client.ApplyAsync(Kinds.HttpRoute, budget, FieldOwnership.Take, Cancel)).Is(KubeProblemKind.KindNotServed));
    }

    [Fact]
    public async Task More_than_five_hundred_objects_are_listed_in_pages_even_when_etcd_forgets_in_between()
    {
        var server = await servers.StartAsync();
        using var client = server.Client(new KubeClientOptions { RequestsPerSecond = 0, PageSize = 100 });
        var ns = await server.NamespaceAsync(client);
        await Parallel.ForEachAsync(Enumerable.Range(0, 520), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancel }, async (i, cancel) =>
        {
            var made = await client.CreateAsync(Kinds.ConfigMap, ns, Map(ns, $"m{i:d3}", "v"), cancel);
            Assert.True(made.IsSuccess, made.ToString());
        });
        var requests = client.Counters.Requests;
        var list = (await client.ListAsync(Kinds.ConfigMap, new ListQuery { Namespace = ns, Fields = "metadata.name!=kube-root-ca.crt" }, static j => ObjectMeta.Read(j).Name, Cancel)).Value;
        Assert.Equal(Enumerable.Range(0, 520).Select(static i => $"m{i:d3}"), list.Items);
        Assert.Equal(6, client.Counters.Requests - requests);
        var pages = 0;
        var after = await client.ListAsync(Kinds.ConfigMap, new ListQuery { Namespace = ns }, json =>
        {
            // In the middle of the second page the version of the list is forgotten.
            if (Interlocked.Increment(ref pages) == 150) ForgetAsync(server, client, ns).GetAwaiter().GetResult();
            return ObjectMeta.Read(json).Name;
        }, Cancel);
        Assert.True(after.IsSuccess, after.ToString());
        Assert.Equal(521, after.Value.Items.Count(static n => n != "kube-root-ca.crt"));
        Assert.True(pages > 521, $"{pages} objects were read: the list was not started anew");
    }

    [Fact]
    public async Task What_is_not_allowed_is_told_and_can_be_asked_before()
    {
        var server = await servers.StartAsync();
        using var admin = server.Client();
        var ns = await server.NamespaceAsync(admin);
        var token = await server.TokenAsync(admin, ns, "reader", ("", "configmaps", ["get", "list"]));
        using var client = server.Client(server.Url, FixedCredential.Token(token));
        Assert.True((await client.ListAsync(Kinds.ConfigMap, new ListQuery { Namespace = ns }, Cancel)).IsSuccess);
        var problem = (await client.ListAsync(Kinds.Secret, new ListQuery { Namespace = ns }, Cancel)).Problem!;
        Assert.Equal(KubeProblemKind.Forbidden, problem.Kind);
        Assert.Contains($"system:serviceaccount:{ns}:reader", problem.Message, StringComparison.Ordinal);
        Assert.True((await client.MayIAsync(new AccessQuestion("list", Kinds.ConfigMap, ns), Cancel)).Value);
        Assert.False((await client.MayIAsync(new AccessQuestion("delete", Kinds.ConfigMap, ns), Cancel)).Value);
        Assert.True((await admin.MayAsync($"system:serviceaccount:{ns}:reader", [], new AccessQuestion("get", Kinds.ConfigMap, ns), Cancel)).Value);
        Assert.False((await admin.MayAsync($"system:serviceaccount:{ns}:reader", [], "get", "/metrics", Cancel)).Value);
        Assert.Equal($"system:serviceaccount:{ns}:reader", (await admin.WhoIsAsync(token, Cancel)).Value!.User);
        Assert.Null((await admin.WhoIsAsync("nonsense", Cancel)).Value);
    }

    [Fact]
    public async Task A_rotated_token_is_used_at_once_in_the_way_of_a_pod()
    {
        var server = await servers.StartAsync();
        using var admin = server.Client();
        var ns = await server.NamespaceAsync(admin);
        var folder = Directory.CreateTempSubdirectory("account").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "token"), "expired", Cancel);
        await File.WriteAllTextAsync(Path.Combine(folder, "namespace"), ns, Cancel);
        File.Copy(server.RootsPath, Path.Combine(folder, "ca.crt"));
        var surroundings = new KubeEnvironment
        {
            Variable = n => n switch { "KUBERNETES_SERVICE_HOST" => "127.0.0.1", "KUBERNETES_SERVICE_PORT" => $"{server.Port}", _ => null },
            ServiceAccountFolder = folder,
        };
        using var client = new KubeClient(ClusterFinder.Find(surroundings), new KubeClientOptions());
        var query = new ListQuery { Namespace = client.Namespace };
        Assert.True((await client.ListAsync(Kinds.ConfigMap, query, Cancel)).Is(KubeProblemKind.Unauthorized));
        await File.WriteAllTextAsync(Path.Combine(folder, "token"), await server.TokenAsync(admin, ns, "pod", ("", "configmaps", ["list"])), Cancel);
        Assert.True((await client.ListAsync(Kinds.ConfigMap, query, Cancel)).IsSuccess);
        Directory.Delete(folder, recursive: true);
        Assert.True((await client.ListAsync(Kinds.ConfigMap, query, Cancel)).IsSuccess);
    }

    [Fact]
    public async Task A_server_that_is_not_the_one_expected_is_not_talked_to()
    {
        var server = await servers.StartAsync();
        var config = await File.ReadAllTextAsync(server.KubeConfigPath, Cancel);
        async Task<KubeResult<ServerVersion>> AskAsync(string text)
        {
            using var client = new KubeClient(KubeConfig.Parse(text, "/x/config").Resolve(null, ApiServer.Surroundings), new KubeClientOptions { Attempts = 1 });
            return await client.VersionAsync(Cancel);
        }

        Assert.True((await AskAsync(config)).IsSuccess);
        var noRoots = System.Text.RegularExpressions.Regex.Replace(config, "certificate-authority-data: [^}]*", "");
        var stranger = (await AskAsync(noRoots)).Problem!;
        Assert.Equal(KubeProblemKind.Unreachable, stranger.Kind);
        Assert.Contains("certificate-authority", stranger.Message, StringComparison.Ordinal);
        Assert.True((await AskAsync(noRoots.Replace("cluster: {", "cluster: {insecure-skip-tls-verify: true, ", StringComparison.Ordinal))).IsSuccess);
        Assert.True((await AskAsync(config.Replace("cluster: {", "cluster: {tls-server-name: kubernetes.default.svc, ", StringComparison.Ordinal))).IsSuccess);
        Assert.True((await AskAsync(config.Replace("cluster: {", "cluster: {tls-server-name: somebody.else, ", StringComparison.Ordinal))).Is(KubeProblemKind.Unreachable));
        Assert.True((await AskAsync(config.Replace($":{server.Port}", ":1", StringComparison.Ordinal))).Is(KubeProblemKind.Unreachable));
    }

    [Fact]
    public async Task Events_are_counted_on_the_object_they_are_about()
    {
        var server = await servers.StartAsync();
        using var client = server.Client();
        var ns = await server.NamespaceAsync(client);
        var map = (await client.CreateAsync(Kinds.ConfigMap, ns, Map(ns, "a", "1"), Cancel)).Value;
        var recorder = new EventRecorder(client, new EventOptions { Component = "openclaw-test", Instance = "here" });
        using var stop = new CancellationTokenSource();
        var running = recorder.RunAsync(stop.Token);
        for (var i = 0; i < 3; i++) recorder.Warning(new EventSubject(Kinds.ConfigMap, map.Meta), "ProviderDown", "ollama does not answer");
        Assert.True(await Eventually.IsTrueAsync(() => recorder.Sent + recorder.Dropped == 3));
        await stop.CancelAsync();
        await running;
        var query = new ListQuery { Namespace = ns, Fields = $"involvedObject.uid={map.Meta.Uid}" };
        var told = Assert.Single((await client.ListAsync(Kinds.Event, query, ClusterEvent.Read, Cancel)).Value.Items);
        Assert.Equal(("Warning", "ProviderDown", 3), (told.Type, told.Reason, told.Count));
    }

    private static async Task ForgetAsync(ApiServer server, KubeClient client, string ns)
    {
        var made = await client.CreateAsync(Kinds.ConfigMap, ns, Map(ns, "zz-late", "v"), Cancel);
        await server.CompactAsync(made.Value.Meta.ResourceVersion);
    }

    internal static JsonObject Map(string ns, string name, string value)
    {
        var json = KubeJson.NewObject(Kinds.ConfigMap, new ObjectKey(ns, name));
        json["data"] = new JsonObject { ["k"] = value };
        return json;
    }

    private static async Task<ResourceKind> DefineAsync(KubeClient client, string plural, string kind)
    {
        var group = $"{plural}.example.com";
        var crd = JsonNode.Parse($$"""
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"{{plural}}.{{group}}"},
             "spec":{"group":"{{group}}","scope":"Namespaced","names":{"plural":"{{plural}}","singular":"{{plural[..^1]}}","kind":"{{kind}}","listKind":"{{kind}}List"},
              "versions":[{"name":"v1","served":true,"storage":true,"subresources":{"status":{} },
               "schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","properties":{"size":{"type":"integer"} } },
                "status":{"type":"object","x-kubernetes-preserve-unknown-fields":true} } } } }] } }
            """)!.AsObject();
        Assert.True((await client.ApplyAsync(Kinds.CustomResourceDefinition, crd, FieldOwnership.Take, Cancel)).IsSuccess);
        var key = new ObjectKey("", $"{plural}.{group}");
        Assert.True(await Eventually.IsTrueAsync(async () =>
            CustomResourceDefinition.Read((await client.GetAsync(Kinds.CustomResourceDefinition, key, Cancel)).Value.Json).IsEstablished));
        var served = new ResourceKind(group, "v1", kind, plural);
        Assert.True(await Eventually.IsTrueAsync(async () => (await client.ListAsync(served, ListQuery.All, Cancel)).IsSuccess));
        return served;
    }
}
