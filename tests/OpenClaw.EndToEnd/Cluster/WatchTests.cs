using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Kube.Config;
using OpenClaw.Kube.Control;
using OpenClaw.Kube.Resources;
using OpenClaw.Kube.Watching;

namespace OpenClaw.EndToEnd.Cluster;

/// <summary>Watches, informers and elections against a real API server, through a door that can freeze and break.</summary>
public class WatchTests(ApiServer servers)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_informer_follows_the_cluster_through_cuts_and_across_a_compaction()
    {
        var server = await servers.StartAsync();
        using var admin = server.Client();
        var ns = await server.NamespaceAsync(admin);
        await using var door = new TcpDoor(server.Port);
        using var client = server.Client(door.Url, FixedCredential.Token(await server.TokenAsync(admin, ns, "watcher", ("", "configmaps", ["list", "watch"]))));
        var told = new ConcurrentQueue<string>();
        var informer = new Informer<ConfigMap>(client, Kinds.ConfigMap, new ListQuery { Namespace = ns, Fields = "metadata.name!=kube-root-ca.crt" }, ConfigMap.Read,
            c => told.Enqueue($"{c.Kind} {c.Key.Name}"), new InformerOptions { FirstBackoff = TimeSpan.FromMilliseconds(50), LongestBackoff = TimeSpan.FromMilliseconds(200) });
        using var stop = new CancellationTokenSource();
        var running = informer.RunAsync(stop.Token);
        await informer.WaitForSyncAsync(Cancel);
        foreach (var name in new[] { "stays", "goes", "changes", "again" }) await CreateAsync(admin, ns, name);
        await ToldAsync(told, "Added stays", "Added goes", "Added changes", "Added again");

        // A cut, with changes meanwhile: resumed where it was, without a list.
        door.Cut();
        await CreateAsync(admin, ns, "meanwhile");
        door.Restore();
        await ToldAsync(told, "Added meanwhile");
        Assert.Equal(1, informer.Lists);

        // A cut with a compaction: listed anew; what was missed is told, deletions too.
        door.Cut();
        await admin.DeleteAsync(Kinds.ConfigMap, new ObjectKey(ns, "goes"), new DeleteQuery(), Cancel);
        await admin.DeleteAsync(Kinds.ConfigMap, new ObjectKey(ns, "again"), new DeleteQuery(), Cancel);
        await admin.MergePatchAsync(Kinds.ConfigMap, new ObjectKey(ns, "changes"), ClientTests.Map(ns, "changes", "2"), null, Cancel);
        await server.CompactAsync((await CreateAsync(admin, ns, "again")).Meta.ResourceVersion);
        door.Restore();
        await ToldAsync(told, "Deleted goes", "Updated changes", "Deleted again", "Added again");
        Assert.Equal(2, informer.Lists);
        Assert.Equal(4, informer.Count);
        await CreateAsync(admin, ns, "last");
        await ToldAsync(told, "Added last");
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_connection_that_freezes_is_given_up_and_nothing_is_lost()
    {
        var server = await servers.StartAsync();
        using var admin = server.Client();
        var ns = await server.NamespaceAsync(admin);
        await using var door = new TcpDoor(server.Port);
        using var client = server.Client(door.Url, FixedCredential.Token(await server.TokenAsync(admin, ns, "watcher", ("", "secrets", ["list", "watch"]))),
            new KubeClientOptions { Timeout = TimeSpan.FromSeconds(2) });
        var told = new ConcurrentQueue<string>();
        var informer = new Informer<ObjectMeta>(client, Kinds.Secret, new ListQuery { Namespace = ns, MetadataOnly = true, Labels = "mine=yes" }, ObjectMeta.Read,
            c => told.Enqueue($"{c.Kind} {c.Key.Name}"), new InformerOptions { Silence = TimeSpan.FromSeconds(2), FirstBackoff = TimeSpan.FromMilliseconds(50) });
        using var stop = new CancellationTokenSource();
        var running = informer.RunAsync(stop.Token);
        await informer.WaitForSyncAsync(Cancel);
        await SecretAsync(admin, ns, "one");
        await ToldAsync(told, "Added one");
        door.Freeze();
        await SecretAsync(admin, ns, "two");
        var watches = informer.Watches;
        // The frozen connection never says anything again; only a new one can.
        await Task.Delay(TimeSpan.FromSeconds(3), Cancel);
        door.Cut();
        door.Thaw();
        door.Restore();
        await ToldAsync(told, "Added two");
        Assert.True(informer.Watches > watches);
        Assert.Equal(1, informer.Lists);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task Metadata_only_keeps_the_content_of_secrets_in_the_cluster()
    {
        var server = await servers.StartAsync();
        using var client = server.Client();
        var ns = await server.NamespaceAsync(client);
        await SecretAsync(client, ns, "one");
        var raw = new ConcurrentQueue<string>();
        ObjectMeta Read(System.Text.Json.JsonElement json)
        {
            raw.Enqueue(json.GetRawText());
            return ObjectMeta.Read(json);
        }

        var informer = new Informer<ObjectMeta>(client, Kinds.Secret, new ListQuery { Namespace = ns, MetadataOnly = true, Labels = "mine=yes" }, Read, static _ => { });
        using var stop = new CancellationTokenSource();
        var running = informer.RunAsync(stop.Token);
        await informer.WaitForSyncAsync(Cancel);
        await SecretAsync(client, ns, "two");
        Assert.True(await Eventually.IsTrueAsync(() => informer.Count == 2));
        Assert.Equal("one", (await client.GetMetaAsync(Kinds.Secret, new ObjectKey(ns, "one"), Cancel)).Value.Meta.Name);
        Assert.All(raw, static r => Assert.DoesNotContain("aHVudGVyMg", r.Replace("\"f:", "", StringComparison.Ordinal), StringComparison.Ordinal));
        Assert.Equal(2, raw.Count);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_watch_from_a_forgotten_version_is_gone()
    {
        var server = await servers.StartAsync();
        using var client = server.Client();
        var ns = await server.NamespaceAsync(client);
        var first = await CreateAsync(client, ns, "a");
        await CreateAsync(client, ns, "between");
        await server.CompactAsync((await CreateAsync(client, ns, "b")).Meta.ResourceVersion);
        using var watch = (await client.WatchAsync(Kinds.ConfigMap, new ListQuery { Namespace = ns }, first.Meta.ResourceVersion, TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(20), Cancel)).Value;
        Assert.Equal(KubeProblemKind.Gone, (await watch.NextAsync(Cancel)).Problem?.Kind);
    }

    [Fact]
    public async Task A_watch_gets_bookmarks_and_ends_in_order()
    {
        var server = await servers.StartAsync();
        using var client = server.Client();
        var ns = await server.NamespaceAsync(client);
        var list = (await client.ListAsync(Kinds.Secret, new ListQuery { Namespace = ns }, Cancel)).Value;
        using var watch = (await client.WatchAsync(Kinds.Secret, new ListQuery { Namespace = ns }, list.ResourceVersion, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(20), Cancel)).Value;
        await SecretAsync(client, ns, "one");
        var kinds = new List<WatchEventKind>();
        while ((await watch.NextAsync(Cancel)).Value is { } found) kinds.Add(found.Kind);
        Assert.Equal(WatchEventKind.Added, kinds[0]);
        Assert.All(kinds.Skip(1), static k => Assert.Equal(WatchEventKind.Bookmark, k));
    }

    [Theory]
    [InlineData("frozen")]
    [InlineData("killed")]
    [InlineData("stopped")]
    public async Task Of_two_contenders_one_leads_and_the_other_follows(string how)
    {
        var server = await servers.StartAsync();
        using var admin = server.Client();
        var ns = await server.NamespaceAsync(admin);
        var token = await server.TokenAsync(admin, ns, "leader", ("coordination.k8s.io", "leases", ["get", "create", "update"]));
        await using var door = new TcpDoor(server.Port);
        await using var a = new Contender(server.Client(door.Url, FixedCredential.Token(token), Quick), ns, "a");
        Assert.True(await Eventually.IsTrueAsync(() => a.Leads));
        await using var b = new Contender(server.Client(server.Url, FixedCredential.Token(token), Quick), ns, "b");
        Assert.True(await Eventually.IsTrueAsync(() => b.Election.Holder == "a"));
        var since = System.Diagnostics.Stopwatch.StartNew();
        if (how == "frozen") door.Freeze();
        else if (how == "killed") door.Cut();
        else await a.Stop.CancelAsync();
        var both = false;
        Assert.True(await Eventually.IsTrueAsync(() =>
        {
            both |= a.Leads && b.Leads;
            return b.Leads;
        }));
        Assert.False(both);
        Assert.Equal(how == "stopped" ? LeaderOutcome.Finished : LeaderOutcome.Lost, await a.Running);
        if (how != "stopped") Assert.True(since.Elapsed > TimeSpan.FromSeconds(2), "the lease was taken before it had run out");
        var lease = Lease.Read((await admin.GetAsync(Kinds.Lease, new ObjectKey(ns, "lease"), Cancel)).Value.Json);
        Assert.Equal(("b", 1), (lease.Holder, lease.Transitions));
    }

    [Fact]
    public async Task A_leader_whose_connection_dies_without_a_sign_leads_on_over_a_new_one()
    {
        var server = await servers.StartAsync();
        using var admin = server.Client();
        var ns = await server.NamespaceAsync(admin);
        var token = await server.TokenAsync(admin, ns, "leader", ("coordination.k8s.io", "leases", ["get", "create", "update"]));
        await using var door = new TcpDoor(server.Port);
        await using var a = new Contender(server.Client(door.Url, FixedCredential.Token(token), new KubeClientOptions { Timeout = TimeSpan.FromSeconds(30) }), ns, "a");
        Assert.True(await Eventually.IsTrueAsync(() => a.Leads));
        var before = (await admin.GetAsync(Kinds.Lease, new ObjectKey(ns, "lease"), Cancel)).Value.Meta.ResourceVersion;
        Assert.True(await Eventually.IsTrueAsync(async () => (await admin.GetAsync(Kinds.Lease, new ObjectKey(ns, "lease"), Cancel)).Value.Meta.ResourceVersion != before));
        door.Strand();
        before = (await admin.GetAsync(Kinds.Lease, new ObjectKey(ns, "lease"), Cancel)).Value.Meta.ResourceVersion;
        Assert.True(await Eventually.IsTrueAsync(async () => (await admin.GetAsync(Kinds.Lease, new ObjectKey(ns, "lease"), Cancel)).Value.Meta.ResourceVersion != before));
        Assert.True(a.Leads);
        Assert.False(a.Running.IsCompleted);
    }

    private static KubeClientOptions Quick => new() { Timeout = TimeSpan.FromSeconds(1), Attempts = 2 };

    private static async Task<KubeObject> CreateAsync(KubeClient client, string ns, string name)
    {
        var made = await client.CreateAsync(Kinds.ConfigMap, ns, ClientTests.Map(ns, name, "1"), Cancel);
        Assert.True(made.IsSuccess, made.ToString());
        return made.Value;
    }

    private static async Task SecretAsync(KubeClient client, string ns, string name)
    {
        var secret = KubeJson.NewObject(Kinds.Secret, new ObjectKey(ns, name), [KeyValuePair.Create("mine", "yes")]);
        secret["data"] = new JsonObject { ["key"] = "aHVudGVyMg==" };
        Assert.True((await client.CreateAsync(Kinds.Secret, ns, secret, Cancel)).IsSuccess);
    }

    private static async Task ToldAsync(ConcurrentQueue<string> told, params string[] expected)
    {
        Assert.True(await Eventually.IsTrueAsync(() => told.Count >= expected.Length, TimeSpan.FromSeconds(30)), $"told: {string.Join(", ", told)}");
        Assert.Equal(expected.Order(), told.Order());
        told.Clear();
    }

    private sealed class Contender : IAsyncDisposable
    {
        private readonly KubeClient _client;
        private int _leading;

        public Contender(KubeClient client, string ns, string name)
        {
            _client = client;
            Election = new LeaderElection(client, new LeaderElectionOptions
            {
                Lease = new ObjectKey(ns, "lease"), Identity = name, LeaseDuration = TimeSpan.FromSeconds(4),
                RenewDeadline = TimeSpan.FromSeconds(3), RetryPeriod = TimeSpan.FromSeconds(0.4),
            });
            Running = Election.RunAsync(async term =>
            {
                Interlocked.Exchange(ref _leading, 1);
                try
                {
                    await Task.Delay(Timeout.Infinite, term.Token);
                }
                finally
                {
                    Interlocked.Exchange(ref _leading, 0);
                }
            }, Stop.Token);
        }

        public CancellationTokenSource Stop { get; } = new();

        public LeaderElection Election { get; }

        public Task<LeaderOutcome> Running { get; }

        public bool Leads => Volatile.Read(ref _leading) == 1;

        public async ValueTask DisposeAsync()
        {
            await Stop.CancelAsync();
            await Running;
            Stop.Dispose();
            _client.Dispose();
        }
    }
}
