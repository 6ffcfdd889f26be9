using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using OpenClaw.Kube;
using OpenClaw.Kube.Config;
using OpenClaw.Operator;
using OpenClaw.Operator.Packaging;
using OpenClaw.Operator.Running;

namespace OpenClaw.Tests.Operator.Running;

/// <summary>Operators' processes, without the process, before one API server, on a clock that the test moves.</summary>
internal sealed class HostStage : IAsyncDisposable
{
    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(20) };

    private readonly string _folder = Directory.CreateTempSubdirectory("operator-host-").FullName;
    private readonly List<OperatorHost> _hosts = [];

    public static ResourceKind Instance { get; } = new("openclaw.rocks", "v1alpha1", "OpenClawInstance", "openclawinstances");

    public static ResourceKind Defaults { get; } = new("openclaw.rocks", "v1alpha1", "OpenClawClusterDefaults", "openclawclusterdefaults", false);

    public static ObjectKey Lease { get; } = new("openclaw-operator-system", PackageNames.Lease);

    public FakeApiServer Server { get; private set; } = null!;

    public ManualTime Time { get; } = new();

    public ConcurrentQueue<string> Log { get; } = [];

    public string KubeConfig => Path.Combine(_folder, "config");

    public static async Task<HostStage> SetAsync(bool withDefinitions = true)
    {
        var stage = new HostStage { Server = await FakeApiServer.StartAsync() };
        if (withDefinitions) stage.Define();
        File.WriteAllText(stage.KubeConfig, ConfigOf(stage.Server.Url));
        return stage;
    }

    public static string ConfigOf(Uri server) => $"""
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
            server: {server}
        users:
        - name: u
          user:
            token: never-in-a-log
        """;

    public void Define()
    {
        foreach (var kind in (ResourceKind[])[Instance, Defaults]) Server.Served[$"{kind.ApiVersion}/{kind.Plural}"] = kind;
    }

    public OperatorOptions Options(string host = "one") => new()
    {
        KubeConfig = KubeConfig, Host = host, Version = "1.2.3", Bind = new BindAddress(IPAddress.Loopback, 0), Random = new Random(1),
        Environment = new KubeEnvironment { Variable = static _ => null, Time = Time }, Log = (_, message) => Log.Enqueue(message),
    };

    public async Task<OperatorHost> StartAsync(OperatorOptions? options = null)
    {
        var (host, refusal) = await OperatorHost.StartAsync(options ?? Options());
        Assert.True(host is not null, refusal?.Message);
        _hosts.Add(host);
        return host;
    }

    public static async Task<(int Code, string Body)> GetAsync(OperatorHost host, string path)
    {
        using var answer = await s_http.GetAsync(new Uri(host.Address!, path));
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    public static async Task<(string Role, string Failing)> ReadyAsync(OperatorHost host)
    {
        var (code, body) = await GetAsync(host, "/readyz");
        using var json = JsonDocument.Parse(body);
        Assert.Equal(code == 200, json.RootElement.GetProperty("ready").GetBoolean());
        return (json.RootElement.GetProperty("role").GetString()!, string.Join("; ", json.RootElement.GetProperty("failing").EnumerateArray().Select(static f => f.GetString())));
    }

    public string Holder() => (string?)Server.Cluster.TryGet(Kinds.Lease, Lease)?["spec"]?["holderIdentity"] ?? "";

    /// <summary>Lets time pass in small steps until it is so; requests go over real sockets and need a moment each.</summary>
    public async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var step = 0; !await condition(); step++)
        {
            Assert.True(step < 600, $"{what} did not happen; the log: {string.Join('\n', Log)}");
            Time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Delay(8, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Server.Fault = static _ => null;
        foreach (var host in _hosts)
        {
            var stopping = host.StopAsync();
            await UntilAsync(() => Task.FromResult(stopping.IsCompleted), "the stop");
            await host.DisposeAsync();
        }
        await Server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
