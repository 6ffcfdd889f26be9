using System.Globalization;
using OpenClaw.Kube.Control;
using OpenClaw.Operator.Reconcile;

namespace OpenClaw.Operator.Running;

/// <summary>
/// What <c>GET /metrics</c> says, read at the moment of the scrape. No label holds an instance, a namespace or anything that a
/// tenant wrote: the number of series is bounded, and whoever may read them learns nothing of anybody.
/// </summary>
internal sealed class OperatorMetrics(string version, Leadership leadership, LeaderWork work, DefinitionWatch definitions, ApiCallCounts calls)
{
    private const string Prefix = "openclaw_operator_";

    private static readonly double s_started = Started();

    public string Write()
    {
        var text = new MetricText();
        var controller = work.Controller;
        WriteWork(text, controller, work.Figures);
        WriteCalls(text);
        text.Gauge(Prefix + "leader", "1 while this process holds the lease, or works without one.", leadership.IsLeading ? 1 : 0);
        text.Counter(Prefix + "terms_total", "Terms that this process has led.", leadership.Terms);
        text.Counter(Prefix + "terms_lost_total", "Terms that ended because the lease could not be kept.", leadership.Lost);
        text.Gauge(Prefix + "definitions_served", "1 while the cluster knows the operator's kinds.", definitions.Missing is null ? 1 : 0);
        text.Family(Prefix + "build_info", "gauge", "Always 1; the version is a label.", ["version"], [([version], 1)]);
        WriteProcess(text);
        return text.ToString();
    }

    private void WriteWork(MetricText text, InstanceController? controller, ControllerFigures figures)
    {
        text.Family(Prefix + "reconciles_total", "counter", "Looks at one instance, by how they ended: done, after (looked at again later), retry (failed), terminal (waits for a change).", ["result"],
            Enum.GetValues<ReconcileOutcome>().Select(o => (new[] { WordOf(o) }, (double)figures.Outcomes.GetValueOrDefault(o))));
        text.Histogram(Prefix + "reconcile_seconds", "How long a look took.", InstanceCounters.Bounds, figures.Durations, figures.Busy.TotalSeconds);
        text.Gauge(Prefix + "queue_depth", "Instances that wait for a worker.", controller?.QueueDepth ?? 0);
        text.Gauge(Prefix + "queue_delayed", "Instances that wait for their time: after a failure, or to be looked at again.", controller?.Delayed ?? 0);
        text.Gauge(Prefix + "working", "Instances that are looked at now.", controller?.Working ?? 0);
        var (inside, waiting) = controller?.Rollouts ?? (0, 0);
        text.Family(Prefix + "rollouts", "gauge", "Instances that restart because of a new operator or new defaults (restarting), and those that wait for these (waiting).", ["state"],
            [(["restarting"], inside), (["waiting"], waiting)]);
        text.Gauge(Prefix + "synced", "1 when everything that is watched was listed.", controller is { HasSynced: true } ? 1 : 0);
        text.Family(Prefix + "instances", "gauge", "Instances by the phase that they show; the leader's.", ["phase"],
            (controller?.Phases ?? new Dictionary<string, int>()).Select(static p => (new[] { p.Key.Length == 0 ? "none" : p.Key }, (double)p.Value)));
        text.Family(Prefix + "writes_total", "counter", "Writes by kind, verb (apply, create, patch, delete, status) and whether the API server took them (ok, refused).", ["kind", "verb", "result"],
            figures.Writes.Select(static w => (new[] { w.Key.Kind, w.Key.Verb, w.Key.Ok ? "ok" : "refused" }, (double)w.Value)));
        var (sent, dropped) = work.Events;
        text.Family(Prefix + "events_total", "counter", "Events by what became of them: sent, or dropped because there were too many or the API server did not take them.", ["result"],
            [(["sent"], sent), (["dropped"], dropped)]);
    }

    private void WriteCalls(MetricText text)
    {
        text.Family(Prefix + "api_requests_total", "counter", "Requests to the API server by verb and code, each attempt for itself; code 0 is no answer.", ["verb", "code"],
            calls.Calls.Select(static c => (new[] { c.Key.Verb, c.Key.Code.ToString(CultureInfo.InvariantCulture) }, (double)c.Value)));
        text.Family(Prefix + "watches_total", "counter", "Watches that were opened, by resource; the API server ends each after minutes, and it is resumed.", ["resource"],
            calls.Watches.Select(static w => (new[] { w.Key }, (double)w.Value)));
        text.Family(Prefix + "forbidden_total", "counter", "Requests that the operator's rights do not cover, by verb and resource.", ["verb", "resource"],
            calls.Forbidden.Select(static f => (new[] { f.Key.Verb, f.Key.Resource }, (double)f.Value)));
    }

    // prometheus.io/docs/instrumenting/writing_clientlibs, "Process metrics".
    private static void WriteProcess(MetricText text)
    {
        text.Counter("process_cpu_seconds_total", "CPU time of this process, user and system, in seconds.", Environment.CpuUsage.TotalTime.TotalSeconds);
        text.Gauge("process_resident_memory_bytes", "Memory of this process that is in RAM.", Environment.WorkingSet);
        text.Gauge("process_start_time_seconds", "When this process started, in seconds since 1970.", s_started);
        text.Gauge(Prefix + "heap_bytes", "Managed heap after the last collection, fragments included.", GC.GetGCMemoryInfo().HeapSizeBytes);
    }

    private static string WordOf(ReconcileOutcome outcome) => outcome.ToString().ToLowerInvariant();

    private static double Started()
    {
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        return (self.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;
    }
}
