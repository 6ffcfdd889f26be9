using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Operator.Packaging;

namespace OpenClaw.EndToEnd.Operator.Running;

/// <summary>
/// The rights that are installed, against what a real API server was asked: all that the operator does is allowed, and every
/// right is used.
/// </summary>
[Collection("operator process")]
public sealed class RightsTests(AuditedApiServer server)
{
    /// <summary>No request of its own: the plugin OwnerReferencesPermissionEnforcement asks for it within others, and it is on here.</summary>
    private const string Unseen = "update openclawinstances/finalizers.openclaw.rocks";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_rights_are_enough_for_all_that_the_operator_does_and_none_is_idle()
    {
        using var stage = await OperatorStage.SetAsync(server);
        var mark = server.Mark();
        await stage.ApplyAsync(OptionalDefinitions);
        foreach (var space in (string[])["openclaw", "ai", "inference"]) await stage.Kubectl.TryAsync("create", "namespace", space);
        foreach (var sample in OperatorStage.Samples) await stage.ApplyAsync(sample);
        await stage.ApplyAsync(More);
        await using var process = OperatorProcess.Start(stage.OperatorConfig, "op");
        await process.BecomesAsync("leader");
        await stage.SettledAsync(process);
        await stage.UntilAsync(Kinds.StatefulSet, new ObjectKey("default", "everything"), true, process);

        await ChangeAsync(stage, process, mark);
        await stage.ClearAsync();
        var (code, _) = await process.TerminateAsync();
        Assert.Equal(0, code);

        var calls = server.Calls(mark);
        Assert.Empty(calls.Where(static c => c.Code == 403).Select(static c => c.ToString()).Distinct());
        var used = calls.SelectMany(Shown).ToHashSet();
        var granted = OperatorRights.ClusterWide().Concat(OperatorRights.Namespaced()).Concat(OperatorRights.Leadership()).SelectMany(Granted).ToHashSet();
        Assert.Equal([Unseen], granted.Except(used).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Rights_in_two_namespaces_are_enough_for_these_and_nothing_else_is_touched()
    {
        using var stage = await OperatorStage.SetAsync(server, "team-a", "team-b");
        var mark = server.Mark();
        await stage.Kubectl.TryAsync("create", "namespace", "elsewhere");
        foreach (var space in (string[])["team-a", "team-b", "elsewhere"]) await stage.ApplyAsync(Everything, space);
        await using var process = OperatorProcess.Start(stage.OperatorConfig, "op", "--watch-namespaces", "team-a,team-b");
        await process.BecomesAsync("leader");
        foreach (var space in (string[])["team-a", "team-b"]) await stage.UntilAsync(Kinds.StatefulSet, new ObjectKey(space, "everything"), true, process);
        await stage.Kubectl.RunAsync("patch", "-n", "team-a", "openclawinstance", "everything", "--type=merge", "-p", """{"spec":{"suspended":true,"availability":null}}""");
        Assert.True(await Eventually.IsTrueAsync(async () => Looked(await stage.InstancesAsync(), "team-a")), process.Log);
        await stage.ClearAsync();
        Assert.Equal(0, (await process.TerminateAsync()).Code);

        var calls = server.Calls(mark);
        Assert.Empty(calls.Where(static c => c.Code == 403).Select(static c => c.ToString()).Distinct());
        Assert.Equal(["", "openclaw-operator-system", "team-a", "team-b"], calls.Select(static c => c.Namespace).Distinct().Order(StringComparer.Ordinal));
        Assert.All(calls.Where(static c => c.Namespace.Length == 0), static c => Assert.True(c.Resource is "" or "openclawclusterdefaults", c.ToString()));
        // Nor could anything else be touched.
        var could = await new Kubectl(stage.OperatorConfig).RunAsync("auth", "can-i", "--list", "--no-headers", "-n", "elsewhere");
        var foreign = could.Split('\n').Select(static l => l.Split(' ')[0]).Where(static r => r.Length > 0 && !r.StartsWith("selfsubject", StringComparison.Ordinal));
        Assert.Equal(["openclawclusterdefaults.openclaw.rocks"], foreign);
    }

    [Fact]
    public async Task Without_the_right_to_read_the_clusters_defaults_it_works_and_says_so_once()
    {
        using var stage = await OperatorStage.SetAsync(server, "team-a");
        await stage.Kubectl.RunAsync("delete", "clusterrolebinding", "openclaw-operator");
        var mark = server.Mark();
        await stage.ApplyAsync(Everything, "team-a");
        await using var process = OperatorProcess.Start(stage.OperatorConfig, "op", "--watch-namespaces", "team-a");
        await process.BecomesAsync("leader");
        await stage.UntilAsync(Kinds.StatefulSet, new ObjectKey("team-a", "everything"), true, process);
        Assert.True(await Eventually.IsTrueAsync(() => Task.FromResult(server.Calls(mark).Count(static c => c is { Code: 403, Resource: "openclawclusterdefaults" }) >= 4)), process.Log);
        await stage.ClearAsync();
        Assert.Equal(0, (await process.TerminateAsync()).Code);
        Assert.All(server.Calls(mark).Where(static c => c.Code == 403), static c => Assert.Equal("openclawclusterdefaults", c.Resource));
        var said = process.Log.Split('\n').Where(static l => l.Contains("Forbidden", StringComparison.Ordinal) && !l.Contains("\"level\":\"debug\"", StringComparison.Ordinal));
        Assert.Contains("watching OpenClawClusterDefaults", Assert.Single(said), StringComparison.Ordinal);
    }

    private static bool Looked(IEnumerable<KubeObject> instances, string ns) =>
        instances.Where(i => i.Meta.Namespace == ns).All(static i => i.Meta.Generation > 1 && i.Status.Int("observedGeneration") == i.Meta.Generation);

    /// <summary>Everything off that can be taken away, everything broken that is mended, and what only a claim or a token needs.</summary>
    private async Task ChangeAsync(OperatorStage stage, OperatorProcess process, long mark)
    {
        // Drift: what somebody takes away comes back.
        await stage.Kubectl.RunAsync("delete", "service", "-n", "default", "everything");
        await stage.UntilAsync(Kinds.Service, new ObjectKey("default", "everything"), true, process);
        // A token that was taken out of its Secret is put in again.
        await stage.Kubectl.RunAsync("patch", "secret", "-n", "default", "everything-gateway-token", "--type=json", "-p", """[{"op":"remove","path":"/data/token"}]""");
        Assert.True(await Eventually.IsTrueAsync(async () =>
            (await stage.Admin.GetAsync(Kinds.Secret, new ObjectKey("default", "everything-gateway-token"), Cancel)).Value.Json.Field("data").Has("token")), process.Log);
        // A Service that upstream's operator made of it, and this one does not.
        var uid = (await stage.Admin.GetMetaAsync(OperatorStage.Instances, new ObjectKey("default", "everything"), Cancel)).Value.Meta.Uid;
        await stage.ApplyAsync($$"""
            apiVersion: v1
            kind: Service
            metadata:
              name: everything-cdp
              namespace: default
              labels: {app.kubernetes.io/managed-by: openclaw-operator, app.kubernetes.io/instance: everything}
              ownerReferences: [{apiVersion: openclaw.rocks/v1alpha1, kind: OpenClawInstance, name: everything, controller: true, uid: {{uid}} }]
            spec: {clusterIP: None, ports: [{port: 9222, protocol: TCP}]}
            """);
        await stage.UntilAsync(Kinds.Service, new ObjectKey("default", "everything-cdp"), false, process);
        // The same event again is counted in the first one.
        foreach (var suspended in (string[])["true", "false", "true", "false"])
        {
            await stage.Kubectl.RunAsync("patch", "-n", "default", "openclawinstance", "everything", "--type=merge", "-p", "{\"spec\":{\"suspended\":" + suspended + "}}");
            await stage.SettledAsync(process);
        }
        await AskedAsync("patch events", process, mark);
        // From several replicas to one: the set is made anew.
        await stage.Kubectl.RunAsync("patch", "-n", "ai", "openclawinstance", "team", "--type=merge", "-p", """{"spec":{"availability":null}}""");
        await AskedAsync("delete statefulsets.apps", process, mark);
        await stage.Kubectl.RunAsync("patch", "-n", "default", "openclawinstance", "everything", "--type=merge", "-p", Off);
        await stage.SettledAsync(process);
        await stage.UntilAsync(Kinds.HorizontalPodAutoscaler with { Version = "v1" }, new ObjectKey("ai", "team"), false, process);
        foreach (var kind in (ResourceKind[])[Kinds.Ingress, Kinds.NetworkPolicy, Kinds.Role, Kinds.RoleBinding, Kinds.ServiceAccount, Kinds.HttpRoute, Kinds.ServiceMonitor])
        {
            await stage.UntilAsync(kind, new ObjectKey("default", "everything"), false, process);
        }
        // No node runs a pod here: after a while the reason is looked for.
        await AskedAsync("list events", process, mark);
    }

    private async Task AskedAsync(string right, OperatorProcess process, long mark)
    {
        var asked = await Eventually.IsTrueAsync(() => Task.FromResult(server.Calls(mark).SelectMany(Shown).Contains(right)), TimeSpan.FromSeconds(30));
        Assert.True(asked, $"{right}: the API server was not asked\n{process.Log}");
    }

    /// <summary>What a request shows to be needed.</summary>
    private static IEnumerable<string> Shown(AuditedCall call)
    {
        if (call.Resource.Length == 0) yield break;
        var name = call.Group.Length == 0 ? call.Resource : $"{call.Resource}.{call.Group}";
        yield return $"{call.Verb} {name}";
        // An apply that makes an object is a patch that was asked for the right to create, too.
        if (call is { Verb: "patch", Code: 201 }) yield return $"create {name}";
    }

    private static IEnumerable<string> Granted(JsonObject rule) =>
        from verb in rule["verbs"]!.AsArray()
        from resource in rule["resources"]!.AsArray()
        let of = (string)rule["apiGroups"]![0]!
        select of.Length == 0 ? $"{verb} {resource}" : $"{verb} {resource}.{of}";

    private const string Everything = """
        apiVersion: openclaw.rocks/v1alpha1
        kind: OpenClawInstance
        metadata: {name: everything}
        spec:
          config: {raw: {defaultModel: anthropic/claude-sonnet-4-20250514, llmConfig: [{provider: anthropic, model: claude-sonnet-4-20250514}]}}
          networking:
            ingress: {enabled: true, className: nginx, hosts: [{host: a.example.com}]}
            httpRoute: {enabled: true, hostnames: [a.example.com], parentRefs: [{name: public}]}
          observability:
            metrics: {serviceMonitor: {enabled: true}, prometheusRule: {enabled: true}, grafanaDashboard: {enabled: true}}
          availability:
            podDisruptionBudget: {enabled: true}
          security:
            rbac: {additionalRules: [{apiGroups: [apps], resources: [statefulsets], verbs: [get, list]}]}
        """;

    private const string Off = """
        {"spec": {"networking": null, "observability": null, "availability": {"podDisruptionBudget": {"enabled": false}},
                  "security": {"networkPolicy": {"enabled": false}, "rbac": {"createServiceAccount": false, "serviceAccountName": "mine", "additionalRules": null}},
                  "storage": {"persistence": {"enabled": false}}}}
        """;

    /// <summary>What no sample has: one with all that can be on, one that upstream's operator held, the cluster's defaults.</summary>
    private const string More = Everything + "\n" + """
        ---
        apiVersion: openclaw.rocks/v1alpha1
        kind: OpenClawInstance
        metadata:
          name: held
          finalizers: [openclaw.rocks/finalizer]
        spec: {}
        ---
        apiVersion: openclaw.rocks/v1alpha1
        kind: OpenClawClusterDefaults
        metadata: {name: cluster}
        spec: {registry: mirror.example.com}
        """;

    /// <summary>Kinds that belong to other projects, as far as the operator cares: that they are served.</summary>
    private static string OptionalDefinitions { get; } = string.Join("---\n", new[]
    {
        ("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes"), ("monitoring.coreos.com", "v1", "ServiceMonitor", "servicemonitors"), ("monitoring.coreos.com", "v1", "PrometheusRule", "prometheusrules"),
    }.Select(static d => $$$"""
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: {{{d.Item4}}}.{{{d.Item1}}}
          annotations: {api-approved.kubernetes.io: "https://example.com/approved"}
        spec:
          group: {{{d.Item1}}}
          scope: Namespaced
          names: {plural: {{{d.Item4}}}, kind: {{{d.Item3}}} }
          versions:
          - name: {{{d.Item2}}}
            served: true
            storage: true
            schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}

        """));
}
