using System.Text.Json.Nodes;

namespace OpenClaw.EndToEnd.Operator;

/// <summary>What upstream's operator makes of an instance, as far as it differs: more containers, ports and keys, and an owner on everything.</summary>
internal static class UpstreamObjects
{
    public static string Of(string space, string name, string uid)
    {
        var selector = $$"""{"app.kubernetes.io/name":"openclaw","app.kubernetes.io/instance":"{{name}}"}""";
        var labels = selector[..^1] + ",\"app.kubernetes.io/managed-by\":\"openclaw-operator\"}";
        string[] objects =
        [
            """{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"NAME"}}""",
            """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"NAME-config"},"data":{"openclaw.json":"{}","nginx.conf":"x","otel-collector.yaml":"y"}}""",
            """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"NAME-workspace"},"data":{"ENVIRONMENT.md":"x"}}""",
            """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"NAME-gateway-token"},"data":{"token":"YWJj"}}""",
            """{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"NAME-data"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"10Gi"}}}}""",
            """{"apiVersion":"v1","kind":"Service","metadata":{"name":"NAME"},"spec":{"selector":SELECTOR,"ports":[{"name":"gateway","port":18789,"targetPort":18790},{"name":"canvas","port":18793,"targetPort":18794},{"name":"metrics","port":9090}]}}""",
            """{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"NAME"},"spec":{"podSelector":{"matchLabels":SELECTOR},"egress":[{}],"policyTypes":["Ingress","Egress"]}}""",
            """{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"NAME"},"spec":{"replicas":1,"serviceName":"NAME","podManagementPolicy":"Parallel","selector":{"matchLabels":SELECTOR},"template":{"metadata":{"labels":LABELS,"annotations":{"openclaw.rocks/config-hash":"q"}},"spec":{"initContainers":[{"name":"init-config","image":"busybox:1.37"}],"containers":[{"name":"openclaw","image":"ghcr.io/openclaw/openclaw:latest","env":[{"name":"HOME","value":"/home/openclaw"},{"name":"OLD","value":"1"}]},{"name":"gateway-proxy","image":"nginx:1.27-alpine"},{"name":"otel-collector","image":"otel:1"}],"volumes":[{"name":"data","persistentVolumeClaim":{"claimName":"NAME-data"}},{"name":"gateway-proxy-tmp","emptyDir":{}}]}}}}""",
        ];
        var items = new JsonArray();
        foreach (var text in objects)
        {
            var item = JsonNode.Parse(text.Replace("SELECTOR", selector, StringComparison.Ordinal).Replace("LABELS", labels, StringComparison.Ordinal).Replace("NAME", name, StringComparison.Ordinal))!;
            item["metadata"]!["namespace"] = space;
            item["metadata"]!["labels"] = JsonNode.Parse(labels);
            item["metadata"]!["ownerReferences"] = JsonNode.Parse($$"""[{"apiVersion":"openclaw.rocks/v1alpha1","kind":"OpenClawInstance","name":"{{name}}","uid":"{{uid}}","controller":true,"blockOwnerDeletion":true}]""");
            items.Add(item);
        }
        return new JsonObject { ["apiVersion"] = "v1", ["kind"] = "List", ["items"] = items }.ToJsonString();
    }
}
