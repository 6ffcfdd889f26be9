using System.Text;
using System.Text.Json.Nodes;
using OpenClaw.EndToEnd.Cli;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Operator;

/// <summary>
/// A cluster of one real node with the operator installed in it as <c>operator manifests</c> says, from the image of
/// <c>./x image</c>, and two instances of it: one on the embedded provider, one with the briefs' sidecar. Once for all tests of it.
/// </summary>
public sealed class InstalledOperator : IAsyncLifetime
{
    public const string Space = "ai";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("openclaw-e2e-node-");
    private RealNode? _node;
    private KeyEcho? _echo;
    private string? _why;
    private string? _whyNoModel;

    internal Kubectl Kubectl
    {
        get
        {
            if (_node is null) Assert.Skip(_why ?? "there is no node");
            return _node!.Kubectl;
        }
    }

    /// <summary>Skips where the small model cannot be had.</summary>
    internal void NeedModel()
    {
        if (_whyNoModel is not null) Assert.Skip(_whyNoModel);
    }

    public async ValueTask InitializeAsync()
    {
        _why = RealNode.Missing();
        if (_why is not null) return;
        var model = Path.Combine(_folder.FullName, "model.tar");
        _whyNoModel = await ModelImage.WriteAsync(model);
        (_node, _why) = await RealNode.StartAsync(_whyNoModel is null ? [model] : []);
        if (_node is null) return;
        _echo = await KeyEcho.StartAsync();
        await _node.AddVolumeAsync("one");
        await _node.AddVolumeAsync("two");
        await InstallAsync();
        await Kubectl.RunAsync("create", "namespace", Space);
        await SetKeyAsync("sk-first");
        await Kubectl.ApplyAsync(Main());
        if (_whyNoModel is null) await Kubectl.ApplyAsync(Sidecar());
    }

    /// <summary>The Secret that the instance <c>main</c> takes its environment from.</summary>
    internal Task SetKeyAsync(string key) => Kubectl.ApplyAsync(new JsonObject
    {
        ["apiVersion"] = "v1", ["kind"] = "Secret", ["metadata"] = new JsonObject { ["name"] = "keys", ["namespace"] = Space }, ["stringData"] = new JsonObject { ["ECHO_API_KEY"] = key },
    }.ToJsonString());

    /// <summary>The pod of an instance when it is ready, and another than <paramref name="before"/>; fails with what the cluster says when it does not become so.</summary>
    internal async Task<NodePod> ReadyAsync(string instance, string? before = null)
    {
        JsonNode? pod = null;
        if (!await Eventually.IsTrueAsync(async () => NodePod.IsReady(pod = await Kubectl.GetAsync(Space, "pod", instance + "-0")) && (string?)pod!["metadata"]!["uid"] != before, TimeSpan.FromSeconds(90)))
        {
            Assert.Fail($"{instance} did not become ready\n{await Kubectl.RunAsync("get", "pods,pvc,statefulsets,openclawinstances", "-A", "-o", "wide")}\n"
                + $"{(await Kubectl.TryAsync("-n", Space, "describe", "pod", instance + "-0")).Output}\n{(await Kubectl.TryAsync("-n", Space, "logs", instance + "-0", "-c", "openclaw", "--tail", "20")).Output}\n"
                + $"{(await Kubectl.TryAsync("-n", "openclaw-operator-system", "logs", "deployment/openclaw-operator", "--tail", "40")).Output}\n{(await Kubectl.TryAsync("-n", Space, "get", "openclawinstance", instance, "-o", "jsonpath={.status}")).Output}");
        }
        var secret = await Kubectl.GetAsync(Space, "secret", instance + "-gateway-token");
        return new NodePod(pod!, Encoding.UTF8.GetString(Convert.FromBase64String((string)secret!["data"]!["token"]!)));
    }

    public async ValueTask DisposeAsync()
    {
        if (_echo is not null) await _echo.DisposeAsync();
        if (_node is not null) await _node.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task InstallAsync()
    {
        using var folder = new CliFolder();
        await Kubectl.ApplyAsync((await folder.RunAsync(["operator", "manifests", "--crds"])).Output);
        await Kubectl.WaitForKindsAsync();
        await Kubectl.ApplyAsync((await folder.RunAsync(["operator", "manifests"])).Output);
    }

    private string Main() => $$$"""
        apiVersion: openclaw.rocks/v1alpha1
        kind: OpenClawInstance
        metadata: {name: main, namespace: {{{Space}}}}
        spec:
          config:
            raw:
              defaultModel: scripted/ok
              models:
                allowlist: ["scripted/*", "echo/*", "spare/*"]
                providers:
                  echo: {baseUrl: "{{{_echo!.BaseUrl}}}", apiKey: "${ECHO_API_KEY}", models: [{id: key}]}
                  spare: {baseUrl: "{{{_echo!.BaseUrl}}}", apiKey: "${ECHO_API_KEY}", models: [{id: key}]}
          envFrom: [{secretRef: {name: keys}}]
          resources: {requests: {cpu: 50m, memory: 128Mi}, limits: {cpu: "1", memory: 512Mi}}
        """;

    /// <summary>The briefs' own file; only its size is that of a small node, and the image is not asked for elsewhere.</summary>
    private static string Sidecar()
    {
        var text = File.ReadAllText(Path.Combine(SharedFiles.Repository, "samples", "instances", "brief-ollama-sidecar.yaml"));
        return text.Replace("name: local-llm\n", $"name: local-llm\n  namespace: {Space}\n", StringComparison.Ordinal)
            .Replace("image: ollama/ollama:latest", "image: ollama/ollama:latest\n      imagePullPolicy: IfNotPresent", StringComparison.Ordinal)
            .Replace("cpu: \"2\"", "cpu: 50m", StringComparison.Ordinal).Replace("memory: 8Gi", "memory: 128Mi", StringComparison.Ordinal)
            .Replace("cpu: \"8\"", "cpu: \"1\"", StringComparison.Ordinal).Replace("memory: 16Gi", "memory: 512Mi", StringComparison.Ordinal);
    }
}
