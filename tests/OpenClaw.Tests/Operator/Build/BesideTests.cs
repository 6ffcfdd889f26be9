using System.Collections.Immutable;
using System.Text.Json.Nodes;
using OpenClaw.Kube.Yaml;
using OpenClaw.Operator.Build;
using OpenClaw.Operator.Judge;

namespace OpenClaw.Tests.Operator.Build;

/// <summary>What an instance may have beside the gateway: a terminal, a tailnet, a browser, a workspace, a probe of the disk.</summary>
public class BesideTests
{
    private const string Terminal = "webTerminal: {enabled: true, credential: {secretRef: {name: people}}}, shareProcessNamespace: false";

    [Fact]
    public void A_terminal_with_a_credential_is_a_port_of_the_service_and_of_the_policy()
    {
        var drawing = Drawn(Terminal);
        Assert.Contains((JsonArray)One(drawing, "Service")["spec"]!["ports"]!, static p => (string?)p!["name"] == "web-terminal" && (int?)p["targetPort"] == 7681);
        Assert.Contains((JsonArray)One(drawing, "NetworkPolicy")["spec"]!["ingress"]![0]!["ports"]!, static p => (int?)p!["port"] == 7681);
        var terminal = Container(drawing, "web-terminal");
        Assert.Contains("\"--credential\",\"$(TTYD_USERNAME):$(TTYD_PASSWORD)\"", terminal["command"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("--writable", terminal["command"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_terminal_without_a_credential_is_reached_through_the_pod_only()
    {
        var drawing = Drawn("webTerminal: {enabled: true, readOnly: true}");
        Assert.DoesNotContain("7681", One(drawing, "Service").ToJsonString() + One(drawing, "NetworkPolicy").ToJsonString(), StringComparison.Ordinal);
        var command = Container(drawing, "web-terminal")["command"]!.ToJsonString();
        Assert.Contains("\"--interface\",\"lo\"", command, StringComparison.Ordinal);
        Assert.DoesNotContain("--writable", command, StringComparison.Ordinal);
        Assert.True((bool?)Container(drawing, "web-terminal")["volumeMounts"]![0]!["readOnly"]);
        Assert.Contains(drawing.Findings, static f => f.Reason == "TerminalOnLoopback");
    }

    [Fact]
    public void A_shell_that_can_read_the_gateways_keys_is_a_warning()
    {
        Assert.Contains(Drawn("webTerminal: {enabled: true}").Findings, static f => f.Reason == "TerminalSeesKeys" && f.Severity == FindingSeverity.Warning);
        Assert.DoesNotContain(Drawn(Terminal).Findings, static f => f.Reason == "TerminalSeesKeys");
    }

    [Fact]
    public void A_tailnet_needs_no_rights_and_no_token_in_the_pod()
    {
        var drawing = Drawn("tailscale: {enabled: true, mode: funnel, hostname: door, authKeySecretRef: {name: tail}}");
        Assert.DoesNotContain(drawing.Objects, static o => (string?)o["kind"] is "Role" or "RoleBinding");
        Assert.False((bool?)Pod(drawing)["automountServiceAccountToken"]);
        var serve = (JsonObject)JsonNode.Parse((string)drawing.Objects.Single(static o => (string?)o["metadata"]!["name"] == "it-tailscale")["data"]!["serve.json"]!)!;
        Assert.Equal("http://127.0.0.1:18789", (string?)serve["Web"]!["${TS_CERT_DOMAIN}:443"]!["Handlers"]!["/"]!["Proxy"]);
        Assert.True((bool?)serve["AllowFunnel"]!["${TS_CERT_DOMAIN}:443"]);
        var env = ((JsonArray)Container(drawing, "tailscale")["env"]!).ToDictionary(static e => (string)e!["name"]!, static e => e!);
        Assert.Equal(("door", "", "tail"), ((string?)env["TS_HOSTNAME"]["value"], (string?)env["TS_KUBE_SECRET"]["value"], (string?)env["TS_AUTHKEY"]["valueFrom"]!["secretKeyRef"]!["name"]));
        Assert.Contains(drawing.Findings, static f => f.Reason == "FunnelIsPublic");
        Assert.Contains(drawing.Findings, static f => f.Reason == "EgressRule" && f.Sentence.Contains("3478", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("tailscale: {enabled: true}", "TailscaleWaitsForLogin")]
    [InlineData("tailscale: {enabled: true}, storage: {persistence: {enabled: false}}", "TailscaleForgets")]
    [InlineData("tailscale: {enabled: true}, security: {networkPolicy: {allowHTTPS: false}}", "TailscaleCannotReach")]
    [InlineData("tailscale: {enabled: true, authKeySecretRef: {name: gone}}", "SourceMissing")]
    [InlineData("webTerminal: {enabled: true, credential: {secretRef: {name: half}}}", "KeyMissing")]
    [InlineData("workspace: {initialFiles: {a: b}}", "NotBuilt")]
    [InlineData("chromium: {enabled: true}", "NotBuilt")]
    [InlineData("runtime: original, workspace: {initialFiles: {../a: b}}", "PathInvalid")]
    [InlineData("runtime: original, workspace: {initialFiles: {/a: b}}", "PathInvalid")]
    [InlineData("runtime: original, workspace: {initialDirectories: [a/../../b]}", "PathInvalid")]
    [InlineData("runtime: original, workspace: {configMapRef: {name: gone}}", "SourceMissing")]
    [InlineData("runtime: original, chromium: {enabled: true, persistence: {enabled: true}}, availability: {autoScaling: {enabled: true}}", "ClaimOfOne")]
    [InlineData("probes: {readiness: {enabled: false}, diskReadiness: {enabled: true}}", "WithoutEffect")]
    [InlineData("tailscale: {enabled: true}, sidecars: [{name: tailscale, image: i}]", "ContainerNameTaken")]
    [InlineData("tailscale: {enabled: true}, extraVolumes: [{name: tailscale-config}]", "VolumeNameTaken")]
    public void Misuse_is_named(string spec, string reason) => Assert.Contains(Drawn(spec).Findings, f => f.Reason == reason);

    [Fact]
    public void A_secret_of_theirs_starts_the_pod_anew_when_it_changes()
    {
        string Hash(string user) => (string)One(Drawn(Terminal, ("people", $"{{username: {user}, password: p}}")), "StatefulSet")["spec"]!["template"]!["metadata"]!["annotations"]!["openclaw.rocks/secret-hash"]!;
        Assert.Equal(Hash("a"), Hash("a"));
        Assert.NotEqual(Hash("a"), Hash("b"));
    }

    [Fact]
    public void Workspace_files_are_put_on_the_volume_once()
    {
        const string Spec = "runtime: original, workspace: {bootstrap: {enabled: false}, initialDirectories: [notes], initialFiles: {AGENTS.md: one, a/b.md: two, a--b.md: three}, configMapRef: {name: more}, additionalWorkspaces: [{name: side, initialFiles: {AGENTS.md: four}}]}";
        var drawing = Drawn(Spec);
        var seed = (JsonObject)drawing.Objects.Single(static o => (string?)o["metadata"]!["name"] == "it-workspace")["data"]!;
        Assert.Equal(["one", "two", "three", "four"], seed.Select(static m => (string?)m.Value));
        var init = InitContainer(drawing, "init-workspace");
        var args = ((JsonArray)init["args"]!).Select(static a => (string)a!).Chunk(3).Select(static c => string.Join(' ', c)).ToList();
        const string Folder = "/home/openclaw/.openclaw/workspace";
        Assert.Equal(
        [
            $"dir - {Folder}", $"dir - {Folder}/notes", $"file /workspace-seed/main--AGENTS.md {Folder}/AGENTS.md", $"file /workspace-seed/main--a--b.md {Folder}/a/b.md",
            $"file /workspace-seed/main--a--b.md-2 {Folder}/a--b.md", $"all /workspace-maps/0 {Folder}", $"dir - {Folder}-side", $"file /workspace-seed/ws-side--AGENTS.md {Folder}-side/AGENTS.md",
        ], args);
        var file = JsonNode.Parse((string)drawing.Objects.Single(static o => (string?)o["metadata"]!["name"] == "it-config")["data"]!["openclaw.json"]!)!;
        Assert.True((bool?)file["agents"]!["defaults"]!["skipBootstrap"]);
        // A changed text is not taken over by an agent that has the file, so it starts nothing anew.
        Assert.Equal(Pod(drawing).ToJsonString(), Pod(Drawn(Spec.Replace("one", "other", StringComparison.Ordinal))).ToJsonString());
    }

    [Fact]
    public async Task The_script_puts_what_is_missing_and_leaves_what_is_there()
    {
        var folder = Directory.CreateTempSubdirectory("openclaw-workspace-").FullName;
        var init = InitContainer(Drawn("runtime: original, workspace: {initialDirectories: [notes], initialFiles: {AGENTS.md: one, a/b.md: two}, configMapRef: {name: more}}"), "init-workspace");
        string Here(string drawn) => drawn.Replace("/home/openclaw", folder, StringComparison.Ordinal).Replace("/workspace-", folder + "/workspace-", StringComparison.Ordinal);
        foreach (var (path, text) in new[] { ("workspace-seed/main--AGENTS.md", "one"), ("workspace-seed/main--a--b.md", "two"), ("workspace-maps/0/AGENTS.md", "theirs"), ("workspace-maps/0/MORE.md", "more"), (".openclaw/workspace/a/b.md", "the agent's") })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, path))!);
            await File.WriteAllTextAsync(Path.Combine(folder, path), text, TestContext.Current.CancellationToken);
        }
        var words = ((JsonArray)init["command"]!).Concat((JsonArray)init["args"]!).Select(static w => (string)w!).ToList();
        using (var shell = System.Diagnostics.Process.Start(words[0], [words[1], words[2], .. words[3..].Select(Here)])) await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        string Text(string path) => File.ReadAllText(Path.Combine(folder, ".openclaw/workspace", path));
        Assert.Equal(("one", "the agent's", "more"), (Text("AGENTS.md"), Text("a/b.md"), Text("MORE.md")));
        Assert.True(Directory.Exists(Path.Combine(folder, ".openclaw/workspace/notes")));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void The_browser_is_on_loopback_and_the_agent_knows_it()
    {
        var drawing = Drawn("runtime: original, chromium: {enabled: true, persistence: {enabled: true}, extraArgs: [--lang=de, --remote-debugging-port=9333], image: {repository: ghcr.io/browserless/chromium, tag: latest}}");
        var browser = InitContainer(drawing, "chromium");
        Assert.Equal(("Always", "docker.io/chromedp/headless-shell:stable"), ((string?)browser["restartPolicy"], (string?)browser["image"]));
        var args = ((JsonArray)browser["args"]!).Select(static a => (string)a!).ToList();
        Assert.Contains("--remote-debugging-address=127.0.0.1", args);
        Assert.Contains("--lang=de", args);
        Assert.Contains("--remote-debugging-port=9333", args);
        Assert.DoesNotContain("--remote-debugging-port=9222", args);
        Assert.Contains("--user-data-dir=/chromium-data", args);
        Assert.DoesNotContain("9222", One(drawing, "Service").ToJsonString() + One(drawing, "NetworkPolicy").ToJsonString(), StringComparison.Ordinal);
        Assert.Contains(drawing.Objects, static o => (string?)o["metadata"]!["name"] == "it-chromium-data");
        var file = JsonNode.Parse((string)drawing.Objects.Single(static o => (string?)o["metadata"]!["name"] == "it-config")["data"]!["openclaw.json"]!)!;
        Assert.Equal(("sidecar", "http://127.0.0.1:9222"), ((string?)file["browser"]!["defaultProfile"], (string?)file["browser"]!["profiles"]!["sidecar"]!["cdpUrl"]));
    }

    [Fact]
    public void Room_on_the_disk_is_asked_by_the_gateway_itself_and_for_the_original_by_a_script()
    {
        const string Spec = "probes: {readiness: {periodSeconds: 7}, diskReadiness: {enabled: true, minFree: 1Gi}}";
        var ours = Container(Drawn(Spec), "openclaw");
        Assert.Contains((JsonArray)ours["env"]!, static e => (string?)e!["name"] == "OPENCLAW_READY_MIN_FREE" && (string?)e["value"] == "1073741824");
        Assert.Equal("/readyz", (string?)ours["readinessProbe"]!["httpGet"]!["path"]);
        var theirs = Container(Drawn("runtime: original, " + Spec), "openclaw")["readinessProbe"]!;
        Assert.Null(theirs["httpGet"]);
        Assert.Equal(7L, (long?)theirs["periodSeconds"]);
        Assert.Equal(["/home/openclaw/.openclaw", "1048576", "http://127.0.0.1:18789/readyz"], ((JsonArray)theirs["exec"]!["command"]!).Skip(4).Select(static w => (string?)w));
    }

    private static JsonObject One(InstanceDrawing drawing, string kind) => drawing.Objects.Single(o => (string?)o["kind"] == kind);

    private static JsonObject Pod(InstanceDrawing drawing) => (JsonObject)One(drawing, "StatefulSet")["spec"]!["template"]!["spec"]!;

    private static JsonObject Container(InstanceDrawing drawing, string name) => (JsonObject)((JsonArray)Pod(drawing)["containers"]!).Single(c => (string?)c!["name"] == name)!;

    private static JsonObject InitContainer(InstanceDrawing drawing, string name) => (JsonObject)((JsonArray)Pod(drawing)["initContainers"]!).Single(c => (string?)c!["name"] == name)!;

    private static InstanceDrawing Drawn(string spec, params (string Name, string Data)[] secrets)
    {
        var known = ImmutableDictionary<string, SourceFacts>.Empty.Add("half", Source("{username: u}")).Add("people", Source("{username: u, password: p}")).Add("tail", Source("{authkey: k}"));
        foreach (var (name, data) in secrets) known = known.SetItem(name, Source(data));
        return InstanceDrawing.Of(new InstanceFacts
        {
            Instance = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "it", ["uid"] = "u" }, ["spec"] = Map($"{{config: {{raw: {{defaultModel: openai/gpt-4o}}}}, {spec}}}") },
            OperatorVersion = "1", IsComplete = true, NewToken = "t", Secrets = known,
        });
    }

    private static SourceFacts Source(string data) => SourceFacts.Of(new JsonObject { ["kind"] = "Secret", ["stringData"] = Map(data) });

    private static JsonObject Map(string yaml) => (JsonObject)YamlReader.Read(yaml).Documents[0].Content!;
}
