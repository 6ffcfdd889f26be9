using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Build;

/// <summary>ServiceMonitor, PrometheusRule and a dashboard, over the gateway's own metrics.</summary>
internal static class BuildObservability
{
    private const string Monitoring = "monitoring.coreos.com/v1";

    public static JsonObject? Monitor(InstancePlan plan)
    {
        if (!plan.HasMetrics || !plan.Spec.Flag("observability.metrics.serviceMonitor.enabled") || !plan.Facts.Serves(Monitoring, "ServiceMonitor")) return null;
        var monitor = Labelled(plan, "ServiceMonitor", plan.Name, "observability.metrics.serviceMonitor.labels");
        monitor["spec"] = new JsonObject
        {
            ["selector"] = Draw.MatchLabels(plan),
            // The Service's own labels name the instance, so that no two series are the same.
            ["targetLabels"] = new JsonArray("app.kubernetes.io/instance"),
            ["endpoints"] = new JsonArray(new JsonObject { ["port"] = BuildServices.MetricsPort(plan) ?? "metrics", ["path"] = "/metrics", ["interval"] = plan.Spec.Text("observability.metrics.serviceMonitor.interval") }),
        };
        return monitor;
    }

    public static JsonObject? Alerts(InstancePlan plan)
    {
        if (!plan.HasMetrics || !plan.Spec.Flag("observability.metrics.prometheusRule.enabled") || !plan.Facts.Serves(Monitoring, "PrometheusRule")) return null;
        var rule = Labelled(plan, "PrometheusRule", plan.Name + "-alerts", "observability.metrics.prometheusRule.labels");
        var here = $"namespace=\"{plan.Namespace}\",service=\"{plan.Name}\"";
        var pod = $"namespace=\"{plan.Namespace}\",pod=~\"{plan.Name}-[0-9]+\"";
        rule["spec"] = new JsonObject
        {
            ["groups"] = new JsonArray(new JsonObject
            {
                ["name"] = "openclaw-" + plan.Name,
                ["rules"] = new JsonArray(
                    Alert(plan, "OpenClawDown", $"absent(up{{{here}}} == 1)", "5m", "critical", "no gateway answers"),
                    Alert(plan, "OpenClawTargetDown", $"openclaw_target_up{{{here}}} == 0", "10m", "warning", "the target {{ $labels.target }} has been failing for ten minutes"),
                    Alert(plan, "OpenClawConfigStale", $"openclaw_config_stale{{{here}}} == 1", "5m", "warning", "the file is broken and the configuration before it is in force"),
                    Alert(plan, "OpenClawPodCrashLooping", $"increase(kube_pod_container_status_restarts_total{{{pod},container=\"openclaw\"}}[10m]) > 2", "0m", "critical", "the gateway starts again and again"),
                    Alert(plan, "OpenClawPodOOMKilled", $"kube_pod_container_status_last_terminated_reason{{{pod},container=\"openclaw\",reason=\"OOMKilled\"}} == 1", "0m", "warning", "the gateway needed more memory than its limit"),
                    Alert(plan, "OpenClawPVCNearlyFull", $"kubelet_volume_stats_used_bytes{{namespace=\"{plan.Namespace}\",persistentvolumeclaim{Claim(plan)}}} / kubelet_volume_stats_capacity_bytes > 0.80", "5m", "warning", "the volume is more than 80 % full")),
            }),
        };
        return rule;
    }

    public static JsonObject? Dashboard(InstancePlan plan)
    {
        if (!plan.HasMetrics || !plan.Spec.Flag("observability.metrics.grafanaDashboard.enabled")) return null;
        var map = Draw.Object(plan, "v1", "ConfigMap", plan.Name + "-dashboard-instance", [new("grafana_folder", plan.Spec.Text("observability.metrics.grafanaDashboard.folder")!)]);
        var labels = (JsonObject)map["metadata"]!["labels"]!;
        foreach (var (key, value) in plan.Spec.TextMap("observability.metrics.grafanaDashboard.labels")) labels[key] = value;
        labels["grafana_dashboard"] = "1";
        map["data"] = new JsonObject { ["openclaw-instance.json"] = PrettyJson.Write(Board(plan)) };
        return map;
    }

    private static JsonObject Labelled(InstancePlan plan, string kind, string name, string labels)
    {
        var drawn = Draw.Object(plan, Monitoring, kind, name);
        foreach (var (key, value) in plan.Spec.TextMap(labels)) ((JsonObject)drawn["metadata"]!["labels"]!).TryAdd(key, value);
        return drawn;
    }

    /// <summary>The claim, or with an autoscaler each replica's own.</summary>
    private static string Claim(InstancePlan plan) =>
        plan.IsScaled ? $"=~\"data-{plan.Name}-[0-9]+\"" : $"=\"{plan.Spec.Text("storage.persistence.existingClaim") ?? plan.Name + "-data"}\"";

    private static JsonObject Alert(InstancePlan plan, string name, string expression, string after, string severity, string summary)
    {
        var annotations = new JsonObject { ["summary"] = $"{plan.Namespace}/{plan.Name}: {summary}" };
        if (plan.Spec.Text("observability.metrics.prometheusRule.runbookBaseURL") is { } runbooks) annotations["runbook_url"] = runbooks.TrimEnd('/') + "/" + name;
        return new JsonObject
        {
            ["alert"] = name, ["expr"] = expression, ["for"] = after,
            ["labels"] = new JsonObject { ["severity"] = severity, ["openclaw_instance"] = plan.Name },
            ["annotations"] = annotations,
        };
    }

    private static JsonObject Board(InstancePlan plan)
    {
        var here = $"namespace=\"{plan.Namespace}\",service=\"{plan.Name}\"";
        (string Title, string Unit, string Expression, string Legend)[] panels =
        [
            ("Requests", "reqps", $"sum by (outcome) (rate(openclaw_requests_total{{{here}}}[5m]))", "{{outcome}}"),
            ("Answered by", "reqps", $"sum by (model) (rate(openclaw_requests_total{{{here}}}[5m]))", "{{model}}"),
            ("Fallbacks", "reqps", $"sum by (from, to) (rate(openclaw_fallbacks_total{{{here}}}[5m]))", "{{from}} to {{to}}"),
            ("First token, 95th percentile", "s", $"histogram_quantile(0.95, sum by (le) (rate(openclaw_first_token_seconds_bucket{{{here}}}[5m])))", "p95"),
            ("Tokens", "short", $"sum by (model, type) (rate(openclaw_tokens_total{{{here}}}[5m]))", "{{model}} {{type}}"),
            ("Targets", "short", $"openclaw_target_up{{{here}}}", "{{target}}"),
        ];
        return new JsonObject
        {
            ["title"] = $"OpenClaw {plan.Namespace}/{plan.Name}",
            // An identity of its own: dashboards of two instances must not write over each other.
            ["uid"] = PodHashes.Hash($"{plan.Namespace}/{plan.Name}"),
            ["schemaVersion"] = 39,
            ["refresh"] = "30s",
            ["time"] = new JsonObject { ["from"] = "now-6h", ["to"] = "now" },
            ["panels"] = new JsonArray([.. panels.Select(static (p, i) => (JsonNode)new JsonObject
            {
                ["id"] = i + 1, ["type"] = "timeseries", ["title"] = p.Title,
                ["gridPos"] = new JsonObject { ["h"] = 8, ["w"] = 12, ["x"] = i % 2 * 12, ["y"] = i / 2 * 8 },
                ["fieldConfig"] = new JsonObject { ["defaults"] = new JsonObject { ["unit"] = p.Unit }, ["overrides"] = new JsonArray() },
                ["targets"] = new JsonArray(new JsonObject { ["refId"] = "A", ["expr"] = p.Expression, ["legendFormat"] = p.Legend }),
            })]),
        };
    }
}
