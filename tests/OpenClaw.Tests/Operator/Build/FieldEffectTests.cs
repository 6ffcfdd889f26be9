using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;
using OpenClaw.Operator.Build;
using OpenClaw.Kube.Yaml;

namespace OpenClaw.Tests.Operator.Build;

/// <summary>Nothing is ignored in silence: every field of the table that counts as built changes what is drawn, and every other one is named.</summary>
public class FieldEffectTests
{
    private const string Rich = """
        config: {raw: {defaultModel: openai/gpt-4o, alerts: [{url: "https://hooks.example.com:8443/x"}]}}
        gateway: {}
        image: {}
        ollama: {enabled: true, models: [m], image: {}, resources: {}, storage: {}}
        storage: {persistence: {}}
        security:
          podSecurityContext: {}
          containerSecurityContext: {}
          networkPolicy: {}
          caBundle: {configMapName: ca}
          rbac: {additionalRules: [{apiGroups: [apps], resources: [deployments], verbs: [get]}]}
        networking:
          service: {ports: [{name: gateway, port: 18789}]}
          ingress:
            enabled: true
            className: nginx
            hosts: [{host: h, paths: [{path: /}]}]
            tls: [{hosts: [h]}]
            security: {rateLimiting: {enabled: true}, basicAuth: {enabled: true, existingSecret: s}}
          httpRoute: {enabled: true, parentRefs: [{name: g}]}
        observability: {metrics: {serviceMonitor: {enabled: true}, prometheusRule: {enabled: true}, grafanaDashboard: {enabled: true}}}
        availability: {podDisruptionBudget: {}, autoScaling: {}}
        probes: {liveness: {}, readiness: {}, startup: {}, diskReadiness: {enabled: true}}
        webTerminal: {enabled: true, image: {}, resources: {}, credential: {secretRef: {name: s}}}
        tailscale: {enabled: true, image: {}, resources: {}, authKeySecretRef: {name: s}}
        chromium: {enabled: true, image: {}, resources: {}, persistence: {enabled: true}}
        workspace: {initialFiles: {a: b}, configMapRef: {name: w}, additionalWorkspaces: [{name: w, configMapRef: {name: w}}]}

        """;

    private static readonly string[] s_bases =
    [
        "{}", Rich, Rich + "runtime: original\n", Rich.Replace("autoScaling: {}", "autoScaling: {enabled: true}", StringComparison.Ordinal),
        "config: {mergeMode: merge, raw: {defaultModel: openai/gpt-4o}}", "config: {configMapRef: {name: m}}", "runtime: original", "{runtime: original, chromium: {enabled: true}}",
        Rich.Replace("  service: {ports: [{name: gateway, port: 18789}]}\n", "", StringComparison.Ordinal),
        Rich.Replace("basicAuth: {enabled: true, ", "basicAuth: {", StringComparison.Ordinal),
        Rich.Replace("basicAuth: {enabled: true, existingSecret: s}", "basicAuth: {enabled: true}", StringComparison.Ordinal),
        "networking: {ingress: {hosts: [{host: h}]}}",
        Rich.Replace("caBundle: {configMapName: ca}", "caBundle: {}", StringComparison.Ordinal),
    ];

    public static TheoryData<string> Built => [.. Leaves(FieldState.Built)];

    public static TheoryData<string> NotBuilt => [.. Leaves(FieldState.NotYet), .. Leaves(FieldState.Needless)];

    [Theory]
    [MemberData(nameof(Built))]
    public void A_field_that_is_built_changes_what_is_drawn(string path)
    {
        var field = InstanceFields.Spec.Single(f => f.Path == path);
        Assert.Contains(s_bases, text =>
        {
            var spec = Spec(text);
            var before = InstanceDrawing.Of(Facts(Spec(text)));
            if (!Put(spec, field)) return false;
            var after = InstanceDrawing.Of(Facts(spec));
            return !after.IsRefused && Text(before) != Text(after);
        });
    }

    [Theory]
    [MemberData(nameof(Built))]
    public void A_field_that_is_written_alone_does_something_or_is_named(string path)
    {
        // What holds without it is what it says.
        if (path == "security.containerSecurityContext.runAsNonRoot") return;
        const string Alone = "config: {raw: {llmConfig: [{provider: openai, model: m, baseURL: \"http://10.1.2.3:8000/v1\"}]}}";
        var field = InstanceFields.Spec.Single(f => f.Path == path);
        var spec = Spec(Alone);
        var before = InstanceDrawing.Of(Facts(Spec(Alone)));
        Assert.True(Put(spec, field, makesParents: true));
        var after = InstanceDrawing.Of(Facts(spec));
        Assert.True(Text(before) != Text(after) || after.Findings.Except(before.Findings).Any(), $"nothing is drawn of {spec.ToJsonString()}, and nothing is said");
    }

    [Theory]
    [MemberData(nameof(NotBuilt))]
    public void A_field_that_is_not_built_is_named(string path)
    {
        var field = InstanceFields.Spec.Single(f => f.Path == path);
        var spec = new JsonObject();
        Assert.True(Put(spec, field, makesParents: true));
        var drawing = InstanceDrawing.Of(Facts(spec));
        // A false asks for nothing.
        if (field.Kind == FieldKind.Flag && field.Default == "true") return;
        Assert.Contains(drawing.Findings, f => f.Reason is "NotBuilt" or "Needless" && f.Path.StartsWith("spec." + path.Replace("[]", "[0]", StringComparison.Ordinal), StringComparison.Ordinal));
    }

    private static IEnumerable<string> Leaves(FieldState state) => InstanceFields.Spec.Where(f => f.State == state && f.Kind is not (FieldKind.Object or FieldKind.Objects)).Select(static f => f.Path);

    private static string Text(InstanceDrawing drawing) => string.Join('\n', drawing.Objects.Select(static o => o.ToJsonString()));

    /// <summary>Writes another value than the default; false when the base has no place for it.</summary>
    private static bool Put(JsonObject spec, ApiField field, bool makesParents = false)
    {
        var at = spec;
        var names = field.Path.Split('.');
        foreach (var name in names[..^1])
        {
            var key = name.TrimEnd('[', ']');
            if (at[key] is null)
            {
                if (name.EndsWith(']') && !makesParents) return false;
                at[key] = name.EndsWith(']') ? new JsonArray(new JsonObject { ["name"] = "x" }) : new JsonObject();
            }
            at = at[key] as JsonObject ?? (JsonObject)at[key]![0]!;
        }
        at[names[^1]] = Other(field);
        if (field.Path == "security.caBundle.secretName") at.Remove("configMapName");
        if (field.Path == "config.configMapRef.name") ((JsonObject)spec["config"]!).Remove("raw");
        return true;
    }

    private static JsonNode Other(ApiField field) => field.Kind switch
    {
        FieldKind.Flag => field.Path != "security.containerSecurityContext.runAsNonRoot" && field.Default != "true",
        FieldKind.Integer => Math.Min(field.Max ?? 1L << 20, Math.Max(field.Min ?? 1, long.Parse(field.Default ?? "1", CultureInfo.InvariantCulture) + 1)),
        FieldKind.Quantity => "3Gi",
        FieldKind.Texts when field.Path == "config.forcePaths" => new JsonArray("routing"),
        FieldKind.Texts when field.Path.EndsWith("CIDRs", StringComparison.Ordinal) => new JsonArray("192.0.2.0/24"),
        FieldKind.Texts when field.Path.EndsWith("Namespaces", StringComparison.Ordinal) => new JsonArray("alpha"),
        FieldKind.Texts => new JsonArray(field.Words.IsEmpty ? "alpha" : field.Words[^1]),
        FieldKind.TextMap => new JsonObject { ["alpha"] = "beta" },
        FieldKind.QuantityMap => new JsonObject { ["cpu"] = "1500m" },
        FieldKind.Any when field.Path == "config.raw" => new JsonObject { ["defaultModel"] = "openai/o1" },
        FieldKind.Any => new JsonObject { ["alpha"] = "beta" },
        FieldKind.AnyList when field.Path == "envFrom" => new JsonArray(new JsonObject { ["secretRef"] = new JsonObject { ["name"] = "alpha" } }),
        FieldKind.AnyList when field.Path.EndsWith("additionalEgress", StringComparison.Ordinal) => new JsonArray(new JsonObject { ["ports"] = new JsonArray(new JsonObject { ["port"] = 1 }) }),
        FieldKind.AnyList => new JsonArray(new JsonObject { ["name"] = field.Path == "extraVolumeMounts" ? "tmp" : "alpha", ["image"] = "i", ["mountPath"] = "/alpha" }),
        _ when !field.Words.IsEmpty => field.Words.First(w => w != field.Default),
        _ when field.Path == "config.configMapRef.name" => "other",
        _ when field.Path == "config.configMapRef.key" => "other.json",
        _ when field.Pattern == Row.DurationPattern => "5h",
        _ when field.Pattern == Row.DigestPattern => "sha256:1",
        _ when field.Path.EndsWith(".interval", StringComparison.Ordinal) => "1m",
        _ => "alpha",
    };

    private static InstanceFacts Facts(JsonObject spec) => new()
    {
        Instance = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "it", ["uid"] = "u" }, ["spec"] = spec }, OperatorVersion = "1", NewToken = "t",
        ConfigMaps = ImmutableDictionary<string, SourceFacts>.Empty
            .Add("m", Source(("openclaw.json", "{}"), ("other.json", "{ \"defaultModel\": \"openai/o1\" }"))).Add("other", Source(("openclaw.json", "{ \"defaultModel\": \"openai/o1\" }"))),
    };

    private static SourceFacts Source(params (string Key, string Text)[] data) =>
        new(SourceState.Found, data.ToImmutableSortedDictionary(static d => d.Key, static d => Encoding.UTF8.GetBytes(d.Text), StringComparer.Ordinal));

    private static JsonObject Spec(string text) => (JsonObject)YamlReader.Read(text).Documents[0].Content!;
}
