using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;
using OpenClaw.Operator.Build;
using OpenClaw.Kube.Yaml;

namespace OpenClaw.Operator.Packaging;

/// <summary>
/// The Helm chart, from the same objects: values take the place of what differs between installations, and nothing is written
/// twice. Each value has an effect.
/// </summary>
internal static class HelmChart
{
    private const string Values = """
        # Each value takes the place of what the manifests say.
        replicaCount: 1
        image:
          repository: REPOSITORY
          tag: ""            # default: the chart's appVersion
          pullPolicy: IfNotPresent
        imagePullSecrets: []
        resources:
          requests: {cpu: 100m, memory: 128Mi}
          limits: {cpu: 500m, memory: 512Mi}
        # Only these namespaces; empty: all. The rights are then given there and nowhere else.
        watchNamespaces: []
        crds:
          install: true
          keep: true         # uninstalling the chart keeps the definitions, and with them every instance
        rbac:
          aggregateToDefaultRoles: true
        admissionPolicy:
          enabled: false     # Kubernetes 1.30 and later
        metrics:
          service: true
          serviceMonitor: false   # for the Prometheus operator
        workers: 4           # instances that are looked at at the same time
        logLevel: info       # debug, info, warn or error
        nodeSelector: {}
        tolerations: []
        affinity: {}
        """;

    public static IEnumerable<PackageFile> Files(string version)
    {
        yield return new PackageFile("helm/openclaw-operator/Chart.yaml", PackageFiles.Head + YamlWriter.Write(Chart(version)));
        yield return new PackageFile("helm/openclaw-operator/values.yaml", PackageFiles.Head + Values.Replace("REPOSITORY", Images.OwnRepository, StringComparison.Ordinal) + "\n");
        foreach (var definition in ApiKinds.Definitions())
        {
            var plural = (string)definition["spec"]!["names"]!["plural"]!;
            definition["metadata"]!["annotations"] = new JsonObject { ["KEEP"] = "" };
            var text = Literal(YamlWriter.Write(definition)).Replace("  annotations:\n    KEEP: \"\"\n", "  {{- if .Values.crds.keep }}\n  annotations:\n    helm.sh/resource-policy: keep\n  {{- end }}\n", StringComparison.Ordinal);
            yield return Template($"crd-{plural}", "{{- if .Values.crds.install }}\n" + text + "{{- end }}\n");
        }
        yield return Template("rbac", Access());
        yield return Template("people", "{{- if .Values.rbac.aggregateToDefaultRoles }}\n" + Write(OperatorObjects.Access([]).Where(static o => ((string)o["metadata"]!["name"]!) is "openclaw-edit" or "openclaw-view")) + "{{- end }}\n");
        yield return Template("deployment", Deployment(version));
        yield return Template("metrics", "{{- if .Values.metrics.service }}\n" + Write([OperatorObjects.MetricsService()]) + "{{- end }}\n{{- if .Values.metrics.serviceMonitor }}\n---\n" + Write([OperatorObjects.ServiceMonitor()]) + "{{- end }}\n");
        yield return Template("disruption", "{{- if gt (int .Values.replicaCount) 1 }}\n" + Write([OperatorObjects.DisruptionBudget()]) + "{{- end }}\n");
        yield return Template("admission", "{{- if .Values.admissionPolicy.enabled }}\n" + Write(AdmissionPolicy.All()) + "{{- end }}\n");
    }

    private static JsonObject Chart(string version) => new()
    {
        ["apiVersion"] = "v2", ["name"] = "openclaw-operator", ["description"] = "The operator of OpenClaw for .NET", ["type"] = "application",
        ["version"] = version, ["appVersion"] = version, ["kubeVersion"] = ">=1.28.0-0",
    };

    private static PackageFile Template(string name, string text) => new($"helm/openclaw-operator/templates/{name}.yaml", text);

    /// <summary>With watchNamespaces the namespaced rights become a Role in each of them.</summary>
    private static string Access()
    {
        var objects = OperatorObjects.Access([]).Where(static o => ((string)o["metadata"]!["name"]!) is not ("openclaw-edit" or "openclaw-view")).ToList();
        var cluster = objects.Single(static o => (string)o["kind"]! == "ClusterRole");
        cluster["rules"] = new JsonArray([.. OperatorRights.ClusterWide().Select(static r => (JsonNode)r)]);
        var all = new JsonArray([.. OperatorRights.Namespaced().Select(static r => (JsonNode)r)]);
        var everywhere = Write(objects).Replace(YamlWriter.Write(new JsonObject { ["rules"] = cluster["rules"]!.DeepClone() }),
            YamlWriter.Write(new JsonObject { ["rules"] = cluster["rules"]!.DeepClone() }) + "{{- if not .Values.watchNamespaces }}\n" + YamlWriter.Write((JsonNode)all) + "{{- end }}\n", StringComparison.Ordinal);
        return everywhere
            + "{{- range .Values.watchNamespaces }}\n---\n"
            + Write(OperatorObjects.AccessIn("NAMESPACE")).Replace("namespace: NAMESPACE", "namespace: {{ . }}", StringComparison.Ordinal).Replace("{{ .Release.Namespace }}", "{{ $.Release.Namespace }}", StringComparison.Ordinal)
            + "{{- end }}\n";
    }

    private static string Deployment(string version) => Write([OperatorObjects.Deployment(version, [])])
        .Replace("  replicas: 1\n", "  replicas: {{ .Values.replicaCount }}\n", StringComparison.Ordinal)
        .Replace($"        image: {Images.OwnRepository}:{version}\n", "        image: \"{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}\"\n        imagePullPolicy: {{ .Values.image.pullPolicy }}\n", StringComparison.Ordinal)
        .Replace("        - operator\n        - run\n", "        - operator\n        - run\n        - --workers\n        - {{ .Values.workers | quote }}\n        - --log-level\n        - {{ .Values.logLevel }}\n        {{- with .Values.watchNamespaces }}\n        - --watch-namespaces\n        - {{ join \",\" . | quote }}\n        {{- end }}\n", StringComparison.Ordinal)
        .Replace("        resources:\n          requests:\n            cpu: 100m\n            memory: 128Mi\n          limits:\n            cpu: 500m\n            memory: 512Mi\n", "        resources:\n          {{- toYaml .Values.resources | nindent 10 }}\n", StringComparison.Ordinal)
        .Replace("      enableServiceLinks: false\n", "      enableServiceLinks: false\n" + With("imagePullSecrets") + With("nodeSelector") + With("tolerations") + With("affinity"), StringComparison.Ordinal);

    private static string With(string name) => $"      {{{{- with .Values.{name} }}}}\n      {name}:\n        {{{{- toYaml . | nindent 8 }}}}\n      {{{{- end }}}}\n";

    private static string Write(IEnumerable<JsonObject> objects) =>
        YamlWriter.Write(objects).Replace($"namespace: {PackageNames.Namespace}", "namespace: {{ .Release.Namespace }}", StringComparison.Ordinal);

    /// <summary>Braces of the text itself are no template.</summary>
    private static string Literal(string text) => text.Contains("{{", StringComparison.Ordinal) ? throw new InvalidOperationException("the text has template braces") : text;
}
