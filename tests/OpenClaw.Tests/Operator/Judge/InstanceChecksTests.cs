using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using OpenClaw.Kube.Yaml;
using OpenClaw.Operator.Build;
using OpenClaw.Operator.Judge;

namespace OpenClaw.Tests.Operator.Judge;

/// <summary>What is said of an instance before a cluster sees it: nothing is ignored in silence, and each sentence says what to write.</summary>
public class InstanceChecksTests
{
    [Theory]
    [InlineData("ollama: {models: [llama3.2]}", "spec.ollama")]
    [InlineData("networking: {ingress: {className: nginx}}", "spec.networking.ingress")]
    [InlineData("networking: {httpRoute: {hostnames: [a.example]}}", "spec.networking.httpRoute")]
    [InlineData("networking: {ingress: {enabled: true, className: nginx, hosts: [{host: a.example}], security: {basicAuth: {realm: R}}}}", "spec.networking.ingress.security.basicAuth")]
    [InlineData("observability: {metrics: {serviceMonitor: {labels: {team: a}}}}", "spec.observability.metrics.serviceMonitor")]
    [InlineData("availability: {autoScaling: {maxReplicas: 9}}", "spec.availability.autoScaling")]
    [InlineData("probes: {diskReadiness: {minFree: 1Gi}}", "spec.probes.diskReadiness")]
    [InlineData("webTerminal: {readOnly: true}", "spec.webTerminal")]
    [InlineData("tailscale: {hostname: a}", "spec.tailscale")]
    public void What_is_described_and_not_switched_on_is_named(string spec, string path)
    {
        var finding = Assert.Single(Findings(spec), static f => f.Reason == "SwitchedOff");
        Assert.Equal((path, "write enabled: true, or remove it"), (finding.Path, finding.Write));
    }

    [Theory]
    [InlineData("ollama: {enabled: false, models: [llama3.2], storage: {sizeLimit: 5Gi}}")]
    [InlineData("ollama: {image: {repository: docker.io/ollama/ollama, tag: latest}, storage: {sizeLimit: 20Gi}}")]
    [InlineData("chromium: {image: {tag: stable}, persistence: {enabled: false, size: 1Gi}}")]
    [InlineData("networking: {ingress: {enabled: false, security: {rateLimiting: {requestsPerSecond: 5}}}}")]
    [InlineData("ollama: {}")]
    [InlineData("storage: {persistence: {size: 20Gi}}")]
    public void What_was_switched_off_or_only_repeats_the_defaults_is_not(string spec)
    {
        Assert.DoesNotContain(Findings(spec), static f => f.Reason == "SwitchedOff");
    }

    [Fact]
    public void Defaults_that_upstreams_definition_wrote_into_an_object_ask_for_nothing()
    {
        Assert.DoesNotContain(Findings("""
            skillPackUpdatePolicy: Replace
            runtimeDeps: {pnpm: false, python: false}
            selfConfigure: {enabled: false}
            backup: {historyLimit: 3, failedHistoryLimit: 1, retentionDays: 7}
            autoUpdate: {enabled: false, checkInterval: 24h, backupBeforeUpdate: true, rollbackOnFailure: true, healthCheckTimeout: 10m}
            tailscale: {enabled: false, authSSO: false, mode: serve}
            workspace: {bootstrap: {enabled: true}}
            """), static f => f.Reason is "NotBuilt" or "SwitchedOff");
        Assert.Contains(Findings("backup: {retentionDays: 30}"), static f => f is { Reason: "NotBuilt", Path: "spec.backup.retentionDays" });
    }

    [Theory]
    [InlineData("storage: {persistence: {existingClaim: mine, size: 50Gi, orphan: false}}", "spec.storage.persistence")]
    [InlineData("storage: {persistence: {enabled: false, existingClaim: mine}}", "spec.storage.persistence.existingClaim")]
    [InlineData("podLabels: {app.kubernetes.io/name: mine}", "spec.podLabels.app.kubernetes.io/name")]
    [InlineData("podAnnotations: {openclaw.rocks/config-hash: mine}", "spec.podAnnotations.openclaw.rocks/config-hash")]
    [InlineData("ollama: {enabled: true, storage: {existingClaim: mine, sizeLimit: 5Gi}}", "spec.ollama.storage.sizeLimit")]
    [InlineData("{availability: {autoScaling: {enabled: true}}, storage: {persistence: {orphan: false}}}", "spec.storage.persistence.orphan")]
    [InlineData("security: {rbac: {createServiceAccount: false, additionalRules: [{apiGroups: [\"\"], resources: [pods], verbs: [get]}]}}", "spec.security.rbac.additionalRules")]
    [InlineData("security: {rbac: {createServiceAccount: false, serviceAccountAnnotations: {a: b}}}", "spec.security.rbac.serviceAccountAnnotations")]
    [InlineData("{runtime: original, observability: {metrics: {port: 9999}}}", "spec.observability.metrics.port")]
    [InlineData("observability: {metrics: {enabled: false, port: 9999}}", "spec.observability.metrics.port")]
    [InlineData("{gateway: {existingSecret: s}, env: [{name: OPENCLAW_GATEWAY_TOKEN, value: x}]}", "spec.gateway.existingSecret")]
    [InlineData("networking: {ingress: {enabled: true, className: nginx, hosts: [{host: a.example}], security: {basicAuth: {enabled: true, existingSecret: s, username: me}}}}", "spec.networking.ingress.security.basicAuth.username")]
    public void What_stands_in_the_shadow_of_another_field_is_named(string spec, string path)
    {
        Assert.Contains(Findings(spec), f => f.Reason == "WithoutEffect" && f.Path == path && f.Write.Length > 0);
    }

    [Theory]
    [InlineData("image: {tag: \"1\", digest: \"sha256:1\"}", "TagNotRead")]
    [InlineData("storage: {persistence: {orphan: false}}", "DataGoesAlong")]
    [InlineData("networking: {httpRoute: {enabled: true}}", "RouteWithoutGateway")]
    [InlineData("networking: {httpRoute: {enabled: true, port: 8080, parentRefs: [{name: g}]}}", "PortNotInService")]
    [InlineData("networking: {ingress: {enabled: true, hosts: [{host: a.example, paths: [{port: 3978}]}]}}", "PortNotInService")]
    [InlineData("networking: {ingress: {enabled: true, hosts: [{host: a.example}]}, service: {ports: [{name: other, port: 80}]}}", "PortNotInService")]
    [InlineData("{networking: {service: {ports: [{name: other, port: 9090}]}}, observability: {metrics: {serviceMonitor: {enabled: true}}}}", "MetricsNotInService")]
    [InlineData("security: {networkPolicy: {additionalEgress: [{to: [], ports: []}]}}", "EgressOpen")]
    [InlineData("storage: {persistence: {enabled: false}}", "DataDiesWithPod")]
    [InlineData("security: {containerSecurityContext: {runAsNonRoot: false}}", "RootAllowed")]
    [InlineData("security: {containerSecurityContext: {capabilities: {add: [NET_ADMIN]}}}", "CapabilitiesKept")]
    [InlineData("security: {containerSecurityContext: {capabilities: {}}}", "CapabilitiesKept")]
    [InlineData("ollama: {enabled: true}", "ImageMoves")]
    [InlineData("config: {raw: {storage: {url: \"postgres://me:secret@db.example.com/ledger\"}}}", "SecretInConfig")]
    public void What_leads_nowhere_or_further_than_it_looks_is_told(string spec, string reason)
    {
        Assert.Contains(Findings(spec), f => f.Reason == reason);
    }

    [Theory]
    [InlineData("resources: {requests: {cpu: 8}, limits: {cpu: 2}}", "8 is requested and 2 is the limit")]
    [InlineData("resources: {requests: {nvidia.com/gpu: 1}}", "nvidia.com/gpu is requested without a limit")]
    [InlineData("resources: {requests: {nvidia.com/gpu: 1}, limits: {nvidia.com/gpu: 2}}", "1 is requested and 2 is the limit")]
    [InlineData("resources: {requests: {cpu: -1}}", "less than nothing")]
    [InlineData("storage: {persistence: {size: 0}}", "a volume without room")]
    [InlineData("storage: {persistence: {accessModes: [ReadWriteOften]}}", "is not one of its words")]
    [InlineData("security: {networkPolicy: {allowedEgressCIDRs: [10.0.0.0]}}", "write an address range such as")]
    [InlineData("security: {networkPolicy: {allowedIngressCIDRs: [10.0.0.0/33]}}", "10.0.0.0/33 is no address range")]
    [InlineData("security: {networkPolicy: {allowedIngressNamespaces: [Bad Name]}}", "write a namespace's name")]
    [InlineData("security: {networkPolicy: {additionalEgress: [{too: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}}", "a rule has no such key")]
    [InlineData("security: {networkPolicy: {additionalEgress: [{to: [{ipBlock: {cidr: ten}}]}]}}", "ten is no address range")]
    [InlineData("image: {repository: \"ghcr.io/a/b:1\"}", "a tag has a field of its own")]
    [InlineData("image: {digest: abc}", "write a digest such as")]
    [InlineData("registry: https://mirror.example.com", "write host, port and path only")]
    [InlineData("env: [{name: A, value: x, valueFrom: {secretKeyRef: {name: s, key: k}}}]", "both value and valueFrom")]
    [InlineData("env: [{name: A, valueFrom: {secretKeyReff: {name: s, key: k}}}]", "names no source that there is")]
    [InlineData("env: [{name: A, valueFrom: {secretKeyRef: {name: s}}}]", "without a name or without a key")]
    [InlineData("networking: {ingress: {enabled: true}}", "without a host")]
    [InlineData("extraVolumeMounts: [{name: tmp, mountPath: /tmp}]", "something is mounted at /tmp already")]
    [InlineData("extraVolumeMounts: [{name: tmp}]", "write mountPath: /path")]
    [InlineData("extraVolumes: [{emptyDir: {}}]", "write name")]
    [InlineData("sidecars: [{image: i}]", "write name")]
    [InlineData("sidecars: [{name: Bad_Name, image: i}]", "cannot be a container's name")]
    [InlineData("podLabels: {\"bad key!\": x}", "is no label")]
    [InlineData("podLabels: {good: \"a b\"}", "is no label")]
    [InlineData("ollama: {enabled: true, models: [\"a b\"]}", "write a model such as llama3.2")]
    [InlineData("{ollama: {enabled: true}, sidecars: [{name: a, image: i, ports: [{containerPort: 11434}]}]}", "a and ollama both listen on 11434")]
    [InlineData("{ollama: {enabled: true}, config: {raw: {gateway: {port: 11434}}}}", "the gateway and ollama both listen on 11434")]
    [InlineData("sidecars: [{name: a, image: i, ports: [{containerPort: 80}]}, {name: b, image: i, ports: [{containerPort: 80}]}]", "b and a both listen on 80")]
    [InlineData("observability: {metrics: {serviceMonitor: {enabled: true, interval: soon}}}", "write a duration such as 30s")]
    [InlineData("{config: {mergeMode: merge, forcePaths: [a..b]}}", "write names with dots, such as gateway.auth")]
    public void What_the_API_server_would_refuse_later_is_refused_before(string spec, string sentence)
    {
        var drawing = Draw(spec);
        Assert.True(drawing.IsRefused);
        Assert.Empty(drawing.Objects);
        Assert.Contains(sentence, string.Join('\n', drawing.Findings.Where(static f => f.Severity == FindingSeverity.Refused)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("registry: \"mirror.example.com:5000/cache/\"")]
    [InlineData("registry: \"[fd00::1]:5000\"")]
    [InlineData("image: {repository: \"localhost:5000/a/b\", digest: \"\", tag: v1}")]
    [InlineData("resources: {requests: {cpu: 2, nvidia.com/gpu: 1}, limits: {nvidia.com/gpu: 1}}")]
    [InlineData("security: {networkPolicy: {allowedEgressCIDRs: [\"fd00::/8\", 192.0.2.7/32]}}")]
    [InlineData("podLabels: {team.example.com/name: A_b.c-1, empty: \"\"}")]
    [InlineData("security: {containerSecurityContext: {capabilities: {drop: [ALL]}}}")]
    [InlineData("initContainers: [{name: a, image: i, ports: [{containerPort: 18789}]}]")]
    [InlineData("env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]")]
    public void What_is_right_is_not_refused(string spec)
    {
        Assert.DoesNotContain(Findings(spec), static f => f.Severity == FindingSeverity.Refused);
    }

    [Fact]
    public void A_spec_that_is_no_object_is_refused()
    {
        var drawing = InstanceDrawing.Of(Facts(new JsonArray()));
        Assert.Equal("refused: spec: it is no object", Assert.Single(drawing.Findings).ToString().Split(';')[0]);
    }

    [Fact]
    public void An_instance_that_is_written_twice_is_a_problem_of_the_file()
    {
        const string One = "apiVersion: openclaw.rocks/v1alpha1\nkind: OpenClawInstance\nmetadata: {name: a}\n";
        var file = new InstanceFile();
        file.Add("f", One + "---\n" + One);
        Assert.Contains("written twice", Assert.Single(file.Problems).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_clusters_defaults_ask_for_and_nobody_does_is_named_too()
    {
        var defaults = (JsonObject)YamlReader.Read("{registry: r.example.com, runtimeDeps: {pnpm: true, python: false}}").Documents[0].Content!;
        var finding = Assert.Single(InstanceDrawing.Of(Facts(new JsonObject()) with { ClusterDefaults = defaults }).Findings, static f => f.Reason == "NotBuilt");
        Assert.Equal("OpenClawClusterDefaults.spec.runtimeDeps.pnpm", finding.Path);
    }

    [Fact]
    public void The_alert_of_a_full_volume_looks_at_every_replicas_own()
    {
        Assert.Contains("persistentvolumeclaim=\"it-data\"", Alert("observability: {metrics: {prometheusRule: {enabled: true}}}"), StringComparison.Ordinal);
        Assert.Contains("persistentvolumeclaim=~\"data-it-[0-9]+\"", Alert("{availability: {autoScaling: {enabled: true}}, observability: {metrics: {prometheusRule: {enabled: true}}}}"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_monitor_asks_the_port_that_leads_to_the_gateway()
    {
        Assert.Equal("metrics", MonitoredPort("observability: {metrics: {serviceMonitor: {enabled: true}}}"));
        // The Service's own port has the number already.
        Assert.Equal("gateway", MonitoredPort("observability: {metrics: {port: 18789, serviceMonitor: {enabled: true}}}"));
        Assert.Equal("api", MonitoredPort("{networking: {service: {ports: [{name: web, port: 80, targetPort: 8080}, {name: api, port: 9090, targetPort: 18789}]}}, observability: {metrics: {serviceMonitor: {enabled: true}}}}"));
    }

    private static string Alert(string spec) =>
        (string)((JsonArray)Draw(spec).Objects.Single(static o => (string?)o["kind"] == "PrometheusRule")["spec"]!["groups"]![0]!["rules"]!).Single(static r => (string?)r!["alert"] == "OpenClawPVCNearlyFull")!["expr"]!;

    private static string? MonitoredPort(string spec) => (string?)Draw(spec).Objects.Single(static o => (string?)o["kind"] == "ServiceMonitor")["spec"]!["endpoints"]![0]!["port"];

    private static ImmutableArray<Finding> Findings(string spec) => Draw(spec).Findings;

    private static InstanceDrawing Draw(string spec) => InstanceDrawing.Of(Facts(YamlReader.Read(spec).Documents[0].Content!));

    private static InstanceFacts Facts(JsonNode spec)
    {
        var secret = new SourceFacts(SourceState.Found, ImmutableSortedDictionary<string, byte[]>.Empty.Add("token", Encoding.UTF8.GetBytes("t")));
        return new InstanceFacts { Instance = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "it" }, ["spec"] = spec }, OperatorVersion = "1", Secrets = ImmutableDictionary<string, SourceFacts>.Empty.Add("s", secret) };
    }
}
