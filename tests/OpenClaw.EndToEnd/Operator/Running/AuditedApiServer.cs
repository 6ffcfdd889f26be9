using System.Text.Json;
using OpenClaw.EndToEnd.Cluster;
using OpenClaw.EndToEnd.Operator.Running;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;

[assembly: AssemblyFixture(typeof(AuditedApiServer))]

namespace OpenClaw.EndToEnd.Operator.Running;

/// <summary>A request as the API server's audit tells it.</summary>
/// <param name="Resource">With its subresource; empty for a path that is no resource.</param>
internal sealed record AuditedCall(DateTimeOffset At, string Verb, string Group, string Resource, string Namespace, string Name, int Code, string Agent)
{
    public bool IsWrite => Verb is "create" or "update" or "patch" or "delete";

    public override string ToString() => $"{Code} {Verb} {Resource}.{Group} {Namespace}/{Name}";
}

/// <summary>
/// A real API server of its own, with a controller manager, RBAC, an audit of everything that the operator asks, and the plugin
/// that asks for <c>update</c> of <c>finalizers</c> before an owner may be named (OpenShift has it on). The operator is installed
/// in it, all but its Deployment.
/// </summary>
public sealed class AuditedApiServer : ApiServer
{
    public const string Account = "system:serviceaccount:openclaw-operator-system:openclaw-operator";

    private string AuditLog => Path.Combine(Folder, "audit.log");

    protected override IEnumerable<(string Name, string Value)> Settings(string folder)
    {
        var policy = Path.Combine(folder, "audit.yaml");
        File.WriteAllText(policy, """
            apiVersion: audit.k8s.io/v1
            kind: Policy
            omitStages: [RequestReceived]
            rules:
            - {level: Metadata, userGroups: ["system:serviceaccounts:openclaw-operator-system"]}
            - {level: None}
            """);
        yield return ("WITH_KCM", "1");
        yield return ("APISERVER_EXTRA", $"--audit-policy-file={policy} --audit-log-path={Path.Combine(folder, "audit.log")} --enable-admission-plugins=OwnerReferencesPermissionEnforcement");
    }

    /// <summary>How much of the audit there is now, for <see cref="Calls"/>.</summary>
    internal long Mark() => File.Exists(AuditLog) ? new FileInfo(AuditLog).Length : 0;

    /// <summary>What the operator's account asked after a mark.</summary>
    internal List<AuditedCall> Calls(long after)
    {
        using var file = new FileStream(AuditLog, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Seek(after, SeekOrigin.Begin);
        using var reader = new StreamReader(file);
        var calls = new List<AuditedCall>();
        while (reader.ReadLine() is { } line)
        {
            // The last line may be in the making.
            if (line.EndsWith('}') && Read(line) is { } call) calls.Add(call);
        }
        return calls;
    }

    /// <summary>A kubeconfig of the operator's service account, with a token as a Pod has one.</summary>
    internal async Task<string> OperatorConfigAsync(KubeClient admin)
    {
        var token = await TokenAsync(admin, "openclaw-operator-system", "openclaw-operator");
        var path = Path.Combine(Folder, $"operator-{Guid.NewGuid():n}.kubeconfig");
        await File.WriteAllTextAsync(path, $"""
            kind: Config
            current-context: c
            contexts:
            - name: c
              context:
                cluster: k
                user: u
            clusters:
            - name: k
              cluster:
                server: {Url}
                certificate-authority: {RootsPath}
            users:
            - name: u
              user:
                token: {token}
            """);
        return path;
    }

    private static AuditedCall? Read(string line)
    {
        using var json = JsonDocument.Parse(line);
        var call = json.RootElement;
        if (call.Field("user").Text("username") != Account) return null;
        var what = call.Field("objectRef");
        var resource = what.Text("resource") + (what.Text("subresource") is { Length: > 0 } sub ? "/" + sub : "");
        return new AuditedCall(
            call.Time("requestReceivedTimestamp") ?? default, call.Text("verb"), what.Text("apiGroup"), resource, what.Text("namespace"), what.Text("name"),
            call.Field("responseStatus").Int("code"), call.Text("userAgent"));
    }
}
