using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace OpenClaw.Kube.Config;

/// <summary>A program that gives credentials, as a kubeconfig names it. Its text has neither arguments nor variables.</summary>
internal sealed record ExecPlugin
{
    public required string ApiVersion { get; init; }

    /// <summary>A name to be found in the path, or a path.</summary>
    public required string Command { get; init; }

    public ImmutableArray<string> Arguments { get; init; } = [];

    public ImmutableArray<(string Name, string Value)> Variables { get; init; } = [];

    public string? InstallHint { get; init; }

    /// <summary>For messages.</summary>
    public required string What { get; init; }

    /// <summary>What the program finds in <c>KUBERNETES_EXEC_INFO</c>.</summary>
    public required string Info { get; init; }

    /// <exception cref="KubeConfigException">It is incomplete or needs a terminal.</exception>
    public static ExecPlugin Read(KubeConfigEntry exec, KubeConfigEntry cluster)
    {
        var version = exec.Text("apiVersion") ?? throw exec.Wrong("there is no apiVersion; write \"apiVersion: client.authentication.k8s.io/v1\"");
        if (version is not ("client.authentication.k8s.io/v1" or "client.authentication.k8s.io/v1beta1"))
        {
            throw exec.Wrong($"apiVersion {version} is not known; write client.authentication.k8s.io/v1 (or v1beta1) and update the plugin");
        }
        if (exec.Text("interactiveMode") is "Always") throw exec.Wrong("interactiveMode Always needs a terminal, and there is none here; write Never or IfAvailable");
        var command = exec.Text("command") ?? throw exec.Wrong("there is no command");
        if (command.Contains('/', StringComparison.Ordinal)) command = exec.PathOf("command")!;
        return new ExecPlugin
        {
            ApiVersion = version,
            Command = command,
            Arguments = [.. exec.Texts("args")],
            Variables = [.. exec.Sections("env").Select(static e => (e.Text("name") ?? throw e.Wrong("a variable has no name"), e.Text("value") ?? ""))],
            InstallHint = exec.Text("installHint"),
            What = exec.What,
            Info = InfoOf(version, exec.Flag("provideClusterInfo") ? cluster : null),
        };
    }

    private static string InfoOf(string version, KubeConfigEntry? cluster)
    {
        var spec = new JsonObject { ["interactive"] = false };
        if (cluster is not null)
        {
            var json = new JsonObject { ["server"] = cluster.Text("server") };
            if (cluster.Text("tls-server-name") is { } name) json["tls-server-name"] = name;
            if (cluster.Flag("insecure-skip-tls-verify")) json["insecure-skip-tls-verify"] = true;
            if (cluster.Text("proxy-url") is { } proxy) json["proxy-url"] = proxy;
            if (cluster.Bytes("certificate-authority", "certificate-authority-data") is { } roots) json["certificate-authority-data"] = Convert.ToBase64String(roots());
            spec["cluster"] = json;
        }
        return new JsonObject { ["apiVersion"] = version, ["kind"] = "ExecCredential", ["spec"] = spec }.ToJsonString();
    }

    public override string ToString() => What;
}
