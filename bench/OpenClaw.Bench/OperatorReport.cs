using System.Globalization;
using System.Text;

namespace OpenClaw.Bench;

/// <summary>The fleets beside each other, with what an instance costs and how that grows.</summary>
internal static class OperatorReport
{
    public static readonly string[] Verbs = ["get", "list", "watch", "create", "patch", "delete"];

    private const string Intro = """
        A real kube-apiserver (1.20) with etcd on the same machine. The operator is the published binary with 4 workers and `--requests-per-second 2000` instead of 200, so that the figures are its own and not the bound's. Each instance has a provider with a key in a Secret, and becomes a StatefulSet, a claim, a ConfigMap, a Service, a NetworkPolicy, a ServiceAccount, a disruption budget and a token. There is no controller manager: the bench makes StatefulSets and claims ready, and there are no pods. In brackets: how often the value of the smaller fleet beside it; ×1.00 for an instance is a cost that grows with the fleet and no faster.


        """;

    public static string Write(IReadOnlyList<FleetFigures> fleets)
    {
        var text = new StringBuilder("# The operator and growing fleets\n\n").Append(CultureInfo.InvariantCulture, $"{Machine.Describe()}. ").Append(Intro);
        Row(text, "", fleets, static f => string.Create(CultureInfo.InvariantCulture, $"{f.Size:N0} instances"));
        text.Append("| ---").Append(string.Concat(Enumerable.Repeat(" | ---:", fleets.Count))).Append(" |\n");
        Row(text, "load average before", fleets, static f => Text(f["load"]));
        Converging(text, fleets);
        Memory(text, fleets);
        Resting(text, fleets);
        text.Append(CultureInfo.InvariantCulture, $"\n{Verdict(fleets)}\n");
        return text.ToString();
    }

    private static void Converging(StringBuilder text, IReadOnlyList<FleetFigures> fleets)
    {
        Head(text, "From nothing until all run", fleets);
        Row(text, "time", fleets, static f => $"{Text(f["converge.s"])} s");
        Grown(text, "time an instance", fleets, static f => f["converge.s"] * 1000 / f.Size, " ms");
        Grown(text, "CPU of the operator an instance", fleets, static f => f["cpu.s"] * 1000 / f.Size, " ms");
        Grown(text, "CPU of kube-apiserver and etcd an instance", fleets, static f => f["server.cpu.s"] * 1000 / f.Size, " ms");
        Grown(text, "API calls an instance", fleets, static f => f["calls"] / f.Size, "");
        Row(text, "… get, list, watch", fleets, static f => string.Join(", ", Verbs.Take(3).Select(v => Text(f["calls." + v] / f.Size))));
        Row(text, "… create (of these events), patch, delete", fleets, static f => $"{Text(f["calls.create"] / f.Size)} ({Text(f["events"] / f.Size)}), {Text(f["calls.patch"] / f.Size)}, {Text(f["calls.delete"] / f.Size)}");
        Grown(text, "writes an instance (statuses with them, events not)", fleets, static f => f["writes"] / f.Size, "");
        Grown(text, "looks an instance", fleets, static f => f["looks"] / f.Size, "");
        Row(text, "calls that failed (429, 5xx, no answer)", fleets, static f => Text(f["calls.failed"]));
        Row(text, "with the bound of 200 requests a second it takes at least", fleets, static f => $"{Text(f["calls"] / 200)} s");
    }

    private static void Memory(StringBuilder text, IReadOnlyList<FleetFigures> fleets)
    {
        Head(text, "Memory in RAM", fleets);
        Grown(text, "the most, from the start to the end of the rest", fleets, static f => f["rss.peak"], " MB");
        Grown(text, "at rest after that", fleets, static f => f["rss.rest"], " MB");
        Grown(text, "a new process that has looked at all", fleets, static f => f["rss.again"], " MB");
        Row(text, "… managed heap of it", fleets, static f => $"{Text(f["again.heap"])} MB");
    }

    private static void Resting(StringBuilder text, IReadOnlyList<FleetFigures> fleets)
    {
        Head(text, "A new process looks at a fleet that is as it should be", fleets);
        Row(text, "time", fleets, static f => $"{Text(f["again.s"])} s");
        Row(text, "API calls", fleets, static f => Text(f["again.calls"]));
        Row(text, "**writes**", fleets, static f => $"**{Text(f["again.writes"])}**");
        Head(text, string.Create(CultureInfo.InvariantCulture, $"At rest, {fleets[0]["rest.s"]:F0} s by the wall"), fleets);
        Row(text, "**writes**", fleets, static f => $"**{Text(f["rest.writes"])}**");
        Row(text, "API calls", fleets, static f => Text(f["rest.calls"]));
        Row(text, "… get, list, watch", fleets, static f => string.Join(", ", Verbs.Take(3).Select(v => Text(f["rest." + v]))));
        Row(text, "… create, patch, delete (events that were told late are among them)", fleets, static f => string.Join(", ", Verbs.Skip(3).Select(v => Text(f["rest." + v]))));
        Row(text, "CPU of the operator", fleets, static f => $"{Text(f["rest.cpu.s"] * 1000)} ms");
        Head(text, "At rest for an hour of the loop's clock", fleets);
        Row(text, "**writes**", fleets, static f => $"**{Text(f["hour.writes"])}**");
        Row(text, "looks at an instance", fleets, static f => Text(f["hour.looks"]));
        Row(text, "API calls", fleets, static f => Text(f["hour.calls"]));
    }

    private static string Verdict(IReadOnlyList<FleetFigures> fleets)
    {
        const string Hour = "The hour is simulated: the same loop in the bench's process before the same server, its clock moved on by half a minute at a time. The server's bookmarks come by its own clock, so watches count as silent after three minutes and are opened anew more often than in a real hour. All else is by the wall.";
        var written = fleets.Where(static f => f["again.writes"] + f["rest.writes"] + f["hour.writes"] + f["hour.begun"] > 0).Select(static f => f.Size.ToString(CultureInfo.InvariantCulture)).ToList();
        return $"{(written.Count == 0 ? "Target kept: a fleet at rest is not written to." : $"**Target missed**: a fleet at rest was written to ({string.Join(", ", written)}).")} {Hour}";
    }

    private static void Head(StringBuilder text, string name, IReadOnlyList<FleetFigures> fleets) => Row(text, $"***{name}***", fleets, static _ => "");

    /// <summary>With the ratio to the fleet before.</summary>
    private static void Grown(StringBuilder text, string name, IReadOnlyList<FleetFigures> fleets, Func<FleetFigures, double> value, string unit)
    {
        var cells = fleets.Select((f, i) => Text(value(f)) + unit + (i == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" (×{value(f) / value(fleets[i - 1]):F2})"))).ToList();
        text.Append(CultureInfo.InvariantCulture, $"| {name} | {string.Join(" | ", cells)} |\n");
    }

    private static void Row(StringBuilder text, string name, IReadOnlyList<FleetFigures> fleets, Func<FleetFigures, string> value) =>
        text.Append(CultureInfo.InvariantCulture, $"| {name} | {string.Join(" | ", fleets.Select(value))} |\n");

    private static string Text(double value) => value.ToString(Math.Abs(value) switch { >= 100 => "N0", 0 => "F0", >= 10 => "F1", _ => "F2" }, CultureInfo.InvariantCulture);
}
