using System.Globalization;
using System.Text;

namespace OpenClaw.Bench;

/// <summary>The fleets beside each other, with what an instance costs and how that grows.</summary>
internal static class OperatorReport
{
    private static readonly string[] s_verbs = ["get", "list", "watch", "create", "patch", "delete"];

    public static string Write(IReadOnlyList<FleetFigures> fleets, TimeSpan quiet, double load)
    {
        var text = new StringBuilder("# The operator and growing fleets\n\n")
            .Append(CultureInfo.InvariantCulture, $"{Machine.Describe()}. A real kube-apiserver with etcd on the same machine, load average at the start {load:F1}; 4 workers, no bound on requests a second. Each instance has a provider with a key in a Secret, and becomes a StatefulSet, a claim, a ConfigMap, a Service, a NetworkPolicy, a budget and its rights. StatefulSets and claims are made ready by the bench.\n\n");
        Row(text, "", fleets, static f => string.Create(CultureInfo.InvariantCulture, $"{f.Size} instances"));
        text.Append("| ---").Append(string.Concat(Enumerable.Repeat(" | ---:", fleets.Count))).Append(" |\n");
        Row(text, "all run after", fleets, static f => $"{Text(f.Converge.TotalSeconds)} s");
        Grown(text, "time an instance", fleets, static f => f.Converge.TotalMilliseconds / f.Size, "ms");
        Grown(text, "CPU of the operator an instance", fleets, static f => f.Converged.Cpu * 1000 / f.Size, "ms");
        Grown(text, "API calls an instance", fleets, static f => f.Converged.AllCalls / f.Size, "");
        foreach (var verb in s_verbs) Row(text, "… " + verb, fleets, f => Text(f.Converged.Calls(verb) / f.Size));
        Grown(text, "writes an instance, but for events", fleets, static f => f.Converged.Writes / f.Size, "");
        Grown(text, "looks an instance", fleets, static f => f.Converged.Sum("openclaw_operator_reconciles_total") / f.Size, "");
        Row(text, "memory at rest (most while converging)", fleets, static f => $"{Text(f.Rest)} MB ({Text(f.Peak)})");
        Row(text, "a new process has looked at all after", fleets, static f => $"{Text(f.Again.TotalSeconds)} s");
        Row(text, "… its writes", fleets, static f => Text(f.Looked.Writes));
        Row(text, "… its memory, managed heap", fleets, static f => $"{Text(f.Fresh)} MB, {Text(f.Looked.Sum("openclaw_operator_heap_bytes") / 1e6)}");
        Row(text, string.Create(CultureInfo.InvariantCulture, $"at rest for {quiet.TotalSeconds:F0} s: writes"), fleets, static f => Text(f.Quiet.After.Writes - f.Quiet.Before.Writes));
        Row(text, "… API calls", fleets, static f => Text(f.Quiet.After.AllCalls - f.Quiet.Before.AllCalls));
        Row(text, "… CPU", fleets, static f => $"{Text((f.Quiet.After.Cpu - f.Quiet.Before.Cpu) * 1000)} ms");
        return text.ToString();
    }

    /// <summary>With the ratio to the fleet before: what grows with the fleet has 1.</summary>
    private static void Grown(StringBuilder text, string name, IReadOnlyList<FleetFigures> fleets, Func<FleetFigures, double> value, string unit)
    {
        var cells = fleets.Select((f, i) => $"{Text(value(f))} {unit}".TrimEnd() + (i == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" (×{value(f) / value(fleets[i - 1]):F2})"))).ToList();
        text.Append(CultureInfo.InvariantCulture, $"| {name} | {string.Join(" | ", cells)} |\n");
    }

    private static void Row(StringBuilder text, string name, IReadOnlyList<FleetFigures> fleets, Func<FleetFigures, string> value) =>
        text.Append(CultureInfo.InvariantCulture, $"| {name} | {string.Join(" | ", fleets.Select(value))} |\n");

    private static string Text(double value) => value.ToString(Math.Abs(value) switch { >= 100 or 0 => "F0", >= 10 => "F1", _ => "F2" }, CultureInfo.InvariantCulture);
}
