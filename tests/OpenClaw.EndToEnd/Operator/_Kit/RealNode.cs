using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using OpenClaw.EndToEnd.Cluster;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Operator;

/// <summary>
/// A control plane with one real node, when the optional test data has one, this is root, and the image was made: kubelet and
/// containerd run pods whose addresses this machine reaches. Whatever is missing skips the test with the reason. Ended with the
/// tests, and by a watcher when they are killed.
/// </summary>
internal sealed class RealNode : IAsyncDisposable
{
    /// <summary>This machine, as pods see it.</summary>
    public static readonly IPAddress Host = IPAddress.Parse("10.244.77.1");

    // What Kubernetes calls its own API server within a cluster; no proxy of Services runs here.
    private static readonly IPAddress s_service = IPAddress.Parse("10.0.0.1");
    private readonly string _folder;
    private readonly string _script;
    private readonly TcpPipe _service;

    private RealNode(string folder, string script, int port)
    {
        _folder = folder;
        _script = script;
        _service = new TcpPipe(new IPEndPoint(s_service, 443), port);
        Kubectl = new Kubectl(Path.Combine(Cluster(folder), "kubeconfig"));
    }

    public Kubectl Kubectl { get; }

    /// <summary>What <c>./x image</c> made.</summary>
    public static string ImageFile { get; } = Environment.GetEnvironmentVariable("OPENCLAW_IMAGE") ?? Path.Combine(SharedFiles.Repository, "out", "image", "openclaw.tar");

    /// <summary>Why there can be none here, or null.</summary>
    public static string? Missing()
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root") return "a real node needs root on Linux";
        if (!File.Exists(Path.Combine(SharedFiles.Root, "envtest", "cluster.sh"))) return "optional test data is not there: shared/envtest/cluster.sh";
        if (!File.Exists(ImageFile)) return "there is no image of the program here: ./x image makes it";
        foreach (var tool in (string[])["kubectl", "openssl", "ip", "unshare", "nsenter", "cc"])
        {
            if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Any(p => File.Exists(Path.Combine(p, tool)))) return $"a real node needs {tool}, which is not on this machine";
        }
        return Directory.Exists("/sys/class/net/envbr0") ? "another node runs on this machine" : null;
    }

    /// <summary>Starts it with these images; a reason when it cannot be.</summary>
    public static async Task<(RealNode? Node, string? Why)> StartAsync(params string[] images)
    {
        if (Missing() is { } missing) return (null, missing);
        var script = Path.Combine(SharedFiles.Root, "envtest", "cluster.sh");
        var folder = Directory.CreateTempSubdirectory("openclaw-node-").FullName;
        await Servers.RunAsync("chmod", ["711", folder]);
        Directory.CreateDirectory(Cluster(folder));
        var port = Servers.FreePorts();
        Servers.EndWithThisProcess(folder, script, "down", Cluster(folder));
        var (code, said) = await Servers.RunAsync(script, ["up", Cluster(folder), port.ToString(CultureInfo.InvariantCulture), ImageFile, .. images]);
        if (code != 0 || said.Contains("import failed", StringComparison.Ordinal))
        {
            await EndAsync(script, folder);
            return (null, "a node cannot run here: " + said.Split('\n').LastOrDefault(static l => l.Length > 0));
        }
        await ReachServiceAsync(folder);
        return (new RealNode(folder, script, port), null);
    }

    /// <summary>A volume that a pod without root may write: the old provisioner's own belong to root.</summary>
    public async Task AddVolumeAsync(string name)
    {
        var path = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
        await Servers.RunAsync("chmod", ["777", path]);
        await Kubectl.ApplyAsync(new JsonObject
        {
            ["apiVersion"] = "v1", ["kind"] = "PersistentVolume", ["metadata"] = new JsonObject { ["name"] = name },
            ["spec"] = new JsonObject
            {
                ["capacity"] = new JsonObject { ["storage"] = "10Gi" }, ["accessModes"] = new JsonArray("ReadWriteOnce"), ["storageClassName"] = "hostpath",
                ["hostPath"] = new JsonObject { ["path"] = path },
            },
        }.ToJsonString());
    }

    /// <summary>The process of a pod whose command line begins so; null when there is none.</summary>
    public static Process? ProcessOf(string podUid, string commandLine)
    {
        foreach (var folder in Directory.GetDirectories("/proc").Where(static d => int.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out _)))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(folder, "cmdline")).Replace('\0', ' ').StartsWith(commandLine, StringComparison.Ordinal)
                    && File.ReadAllText(Path.Combine(folder, "cgroup")).Contains(podUid, StringComparison.Ordinal)) return Process.GetProcessById(int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                // It ended while it was looked at.
            }
        }
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        await EndAsync(_script, _folder);
    }

    private static string Cluster(string folder) => Path.Combine(folder, "cluster");

    private static async Task EndAsync(string script, string folder)
    {
        await Servers.RunAsync(script, ["down", Cluster(folder)]);
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Pods get a way to the API server's Service address, and this machine answers there.</summary>
    private static async Task ReachServiceAsync(string folder)
    {
        var file = Path.Combine(Cluster(folder), "node", "cni", "10-br.conflist");
        var network = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        network["plugins"]![0]!["ipam"]!["routes"] = new JsonArray(new JsonObject { ["dst"] = s_service + "/32", ["gw"] = Host.ToString() });
        await File.WriteAllTextAsync(file + ".new", network.ToJsonString());
        File.Move(file + ".new", file, overwrite: true);
        await Servers.RunAsync("ip", ["addr", "replace", s_service + "/32", "dev", "envbr0"]);
    }
}
