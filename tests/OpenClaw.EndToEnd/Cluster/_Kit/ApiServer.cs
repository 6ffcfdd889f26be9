using System.Globalization;
using System.Text.Json.Nodes;
using OpenClaw.EndToEnd.Cluster;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Kube.Config;
using OpenClaw.Tests;

[assembly: AssemblyFixture(typeof(ApiServer))]

namespace OpenClaw.EndToEnd.Cluster;

/// <summary>
/// A real kube-apiserver with its etcd, when the optional test data has one. Started by the first test that asks for it, once for
/// the assembly; ended with it, and by a watcher when the test run is killed. Without it the test is skipped with the reason.
/// </summary>
public class ApiServer : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private string? _folder;
    private string? _scripts;
    private string? _absent;
    private int _namespaces;

    /// <summary>With the controllers: StatefulSets make Pods, what an object owned goes after it.</summary>
    public bool HasControllers { get; init; }

    /// <summary>A kubeconfig of a cluster administrator with a client certificate.</summary>
    public string KubeConfigPath => Path.Combine(_folder!, "kubeconfig");

    public string RootsPath => Path.Combine(_folder!, "pki", "ca.crt");

    /// <summary>Everything of this server lies here.</summary>
    protected string Folder => _folder!;

    public int Port { get; private set; }

    public Uri Url => new($"https://127.0.0.1:{Port}");

    /// <summary>etcd's own address, for compaction.</summary>
    public Uri Etcd => new($"http://127.0.0.1:{Port + 1}");

    public static KubeEnvironment Surroundings { get; } = new() { Variable = static _ => null };

    /// <summary>Starts it if it does not run. Skips the test when there is none.</summary>
    public async Task<ApiServer> StartAsync()
    {
        var scripts = SharedFiles.Require("envtest");
        await _gate.WaitAsync();
        try
        {
            if (_absent is not null) Assert.Skip(_absent);
            if (_folder is null) await StartAsync(scripts);
            return this;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>A client of an administrator.</summary>
    public KubeClient Client(KubeClientOptions? options = null) =>
        new(KubeConfig.Load([KubeConfigPath]).Resolve(null, Surroundings), options ?? new KubeClientOptions { RequestsPerSecond = 0, FieldManager = "openclaw-test" });

    /// <summary>A client through another door, with a token or as nobody.</summary>
    public KubeClient Client(Uri server, Credential credential, KubeClientOptions? options = null) => new(
        new ClusterAccess
        {
            Server = server, Source = "the test", Credential = credential,
            TrustedRoots = () => [System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(File.ReadAllText(RootsPath))],
        }, options ?? new KubeClientOptions { RequestsPerSecond = 0 });

    /// <summary>A namespace of a test's own.</summary>
    public async Task<string> NamespaceAsync(KubeClient client)
    {
        var name = $"t{Interlocked.Increment(ref _namespaces)}-{Environment.ProcessId}";
        var made = await client.CreateAsync(Kinds.Namespace, null, KubeJson.NewObject(Kinds.Namespace, new ObjectKey("", name)), TestContext.Current.CancellationToken);
        Assert.True(made.IsSuccess, made.ToString());
        return name;
    }

    /// <summary>A token of a new service account, bound to a role with these rules if there are any.</summary>
    public async Task<string> TokenAsync(KubeClient client, string ns, string account, params (string Group, string Resource, string[] Verbs)[] rules)
    {
        var cancel = TestContext.Current.CancellationToken;
        await client.CreateAsync(Kinds.ServiceAccount, ns, KubeJson.NewObject(Kinds.ServiceAccount, new ObjectKey(ns, account)), cancel);
        if (rules.Length > 0)
        {
            var role = KubeJson.NewObject(Kinds.Role, new ObjectKey(ns, account));
            role["rules"] = new JsonArray([.. rules.Select(static r => (JsonNode)new JsonObject
            {
                ["apiGroups"] = new JsonArray(r.Group), ["resources"] = new JsonArray(r.Resource), ["verbs"] = new JsonArray([.. r.Verbs.Select(static v => (JsonNode)v)]),
            })]);
            var binding = KubeJson.NewObject(Kinds.RoleBinding, new ObjectKey(ns, account));
            binding["roleRef"] = new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "Role", ["name"] = account };
            binding["subjects"] = new JsonArray(new JsonObject { ["kind"] = "ServiceAccount", ["name"] = account, ["namespace"] = ns });
            Assert.True((await client.CreateAsync(Kinds.Role, ns, role, cancel)).IsSuccess);
            Assert.True((await client.CreateAsync(Kinds.RoleBinding, ns, binding, cancel)).IsSuccess);
        }
        var request = new ResourceKind("", "v1", "TokenRequest", $"serviceaccounts/{account}/token");
        var given = await client.CreateAsync(request, ns, new JsonObject
        {
            ["apiVersion"] = "authentication.k8s.io/v1", ["kind"] = "TokenRequest", ["spec"] = new JsonObject { ["expirationSeconds"] = 3600 },
        }, cancel);
        return given.Value.Status.Text("token");
    }

    /// <summary>etcd forgets everything before now.</summary>
    public async Task CompactAsync(string resourceVersion)
    {
        using var http = new HttpClient();
        using var content = new StringContent($$"""{"revision":"{{resourceVersion}}","physical":true}""");
        using var answer = await http.PostAsync(new Uri(Etcd, "/v3/kv/compaction"), content, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Ends the servers and starts them again on what they had stored.</summary>
    public async Task RestartAsync()
    {
        await RunAsync(_folder!, Path.Combine(_scripts!, "stop.sh"), _folder!);
        var (started, said) = await RunAsync(_folder!, Path.Combine(_scripts!, "start.sh"), _folder!, Port.ToString(CultureInfo.InvariantCulture));
        Assert.True(started == 0, $"the API server did not start again: {said}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_folder is not null)
        {
            await RunAsync(_folder, Path.Combine(_scripts!, "stop.sh"), _folder);
            Directory.Delete(_folder, recursive: true);
        }
        _gate.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>What the script that starts the servers finds in its environment.</summary>
    protected virtual IEnumerable<(string Name, string Value)> Settings(string folder)
    {
        // Without a watch cache, watches of ConfigMaps are etcd's own: they feel its compaction.
        yield return ("APISERVER_EXTRA", "--watch-cache-sizes=configmaps#0");
        if (HasControllers) yield return ("WITH_KCM", "1");
    }

    private async Task StartAsync(string scripts)
    {
        var (got, output) = await RunAsync("", Path.Combine(scripts, "get.sh"));
        if (got != 0) Assert.Skip(_absent = $"the API server cannot be unpacked here: {output.Split('\n').LastOrDefault(static l => l.Length > 0)}");
        for (var attempt = 0; ; attempt++)
        {
            var folder = Directory.CreateTempSubdirectory("openclaw-api-").FullName;
            Port = Servers.FreePorts();
            var (started, said) = await RunAsync(folder, Path.Combine(scripts, "start.sh"), folder, Port.ToString(CultureInfo.InvariantCulture));
            if (started == 0)
            {
                (_folder, _scripts) = (folder, scripts);
                Servers.EndWithThisProcess(folder, Path.Combine(scripts, "stop.sh"), folder);
                return;
            }
            await RunAsync(folder, Path.Combine(scripts, "stop.sh"), folder);
            Directory.Delete(folder, recursive: true);
            Assert.True(attempt < 2, $"the API server did not start: {said}");
        }
    }

    private Task<(int Code, string Output)> RunAsync(string folder, string script, params string[] arguments) => Servers.RunAsync(script, arguments, folder.Length == 0 ? [] : Settings(folder));
}
