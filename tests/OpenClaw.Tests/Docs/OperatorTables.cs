using OpenClaw.Kube.Client;
using OpenClaw.Kube.Config;
using OpenClaw.Operator;
using OpenClaw.Operator.Running;

namespace OpenClaw.Tests.Docs;

/// <summary>The operator's settings and metrics.</summary>
internal static class OperatorTables
{
    public static string Settings() => CodeTables.Write(["flag", "variable", "default", "does"], OperatorSettings.All.Select(static s => (string[])
        [CodeTables.Code($"{s.Flag} {s.Value}"), s.Variable is null ? "" : CodeTables.Code(s.Variable), s.Default, s.Does]));

    public static string Metrics()
    {
        var options = new OperatorOptions { Host = "h", Version = "1" };
        using var client = new KubeClient(new ClusterAccess { Server = new Uri("http://127.0.0.1:1"), Source = "none", Credential = new CertificateCredential(null) }, new KubeClientOptions());
        var definitions = new DefinitionWatch(client, TimeProvider.System, static (_, _) => { });
        var work = new LeaderWork(client, definitions, options);
        var text = new OperatorMetrics("1", new Leadership(null, work, static (_, _) => { }), work, definitions, new ApiCallCounts(TimeProvider.System)).Write();
        var lines = text.Split('\n');
        return CodeTables.Write(["name", "type", "what it counts"], lines.Select(static (l, i) => (Line: l, At: i)).Where(static l => l.Line.StartsWith("# HELP ", StringComparison.Ordinal))
            .Select(l => l.Line.Split(' ', 4) is var parts ? (string[])[CodeTables.Code(parts[2]), lines[l.At + 1].Split(' ')[3], parts[3]] : []));
    }
}
