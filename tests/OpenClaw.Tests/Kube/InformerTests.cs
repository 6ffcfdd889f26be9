using System.Collections.Concurrent;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Kube.Resources;
using OpenClaw.Kube.Watching;
using static OpenClaw.Tests.Kube.Objects;

namespace OpenClaw.Tests.Kube;

public sealed class InformerTests : IAsyncDisposable
{
    private static readonly InformerOptions s_quick = new() { FirstBackoff = TimeSpan.FromMilliseconds(1), LongestBackoff = TimeSpan.FromMilliseconds(5) };

    private readonly ConcurrentQueue<string> _told = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly ManualTime _time = new();
    private FakeApiServer _server = null!;
    private KubeClient _client = null!;
    private Task _running = Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _client?.Dispose();
        if (_server is not null) await _server.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task Knows_what_is_there_and_tells_what_becomes_of_it()
    {
        var informer = await StartAsync(ListQuery.All, ["a", "b"]);
        _server.Cluster.Create(Kinds.ConfigMap, "ns", ConfigMap("c", ("k", "1")));
        _server.Cluster.MergePatch(Kinds.ConfigMap, Key("a"), ConfigMap("a", ("k", "2")), null);
        _server.Cluster.Delete(Kinds.ConfigMap, Key("b"));
        await ToldAsync("+a", "+b", "+c", "~a", "-b");
        Assert.Equal(2, informer.Count);
        Assert.True(informer.TryGet(Key("a"), out var a));
        Assert.Equal("2", a.Data["k"]);
        Assert.False(informer.TryGet(Key("b"), out _));
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("end")]
    [InlineData("garbage")]
    [InlineData("half a line")]
    [InlineData("an unknown type")]
    [InlineData("no version")]
    public async Task A_watch_that_breaks_is_resumed_where_it_was(string how)
    {
        var informer = await StartAsync(ListQuery.All, ["a"]);
        await WatchingAsync();
        _server.Cluster.Create(Kinds.ConfigMap, "ns", ConfigMap("b"));
        await ToldAsync("+a", "+b");
        Break(how);
        await UntilAsync(() => informer.Watches >= 2);
        _server.Cluster.Create(Kinds.ConfigMap, "ns", ConfigMap("c"));
        await ToldAsync("+a", "+b", "+c");
        Assert.Equal(1, informer.Lists);
    }

    [Fact]
    public async Task A_version_that_is_too_old_is_listed_anew_and_what_was_missed_is_told()
    {
        var informer = await StartAsync(ListQuery.All, ["stays", "changes", "goes", "comes again"]);
        await WatchingAsync();
        var block = true;
        _server.Fault = r => r.IsWatch && block ? FakeFault.Cut : null;
        _server.Watches.Cut();
        await UntilAsync(() => _server.Watches.Count == 0);
        _server.Cluster.MergePatch(Kinds.ConfigMap, Key("changes"), ConfigMap("changes", ("k", "2")), null);
        _server.Cluster.Delete(Kinds.ConfigMap, Key("goes"));
        _server.Cluster.Delete(Kinds.ConfigMap, Key("comes again"));
        _server.Cluster.Create(Kinds.ConfigMap, "ns", ConfigMap("comes again"));
        _server.Cluster.Create(Kinds.ConfigMap, "ns", ConfigMap("new"));
        _server.Cluster.Compact();
        block = false;
        await ToldAsync("+changes", "+comes again", "+goes", "+stays", "-goes", "~changes", "-comes again", "+comes again", "+new");
        Assert.Equal(2, informer.Lists);
        Assert.Null(informer.Problem);
    }

    [Fact]
    public async Task A_bookmark_saves_the_list()
    {
        var informer = await StartAsync(new ListQuery { Labels = "app=x" }, []);
        await WatchingAsync();
        // Versions move on by what the selector does not want.
        for (var i = 0; i < 5; i++) _server.Cluster.Create(Kinds.ConfigMap, "ns", ConfigMap($"m{i}"));
        _server.Cluster.Compact();
        _server.Watches.Bookmark();
        _server.Watches.End();
        await UntilAsync(() => informer.Watches >= 2);
        _server.Cluster.Create(Kinds.ConfigMap, "ns", Labelled(ConfigMap("y"), "app", "x"));
        await ToldAsync("+y");
        Assert.Equal(1, informer.Lists);
    }

    [Fact]
    public async Task A_watch_that_falls_silent_is_opened_anew()
    {
        _server = await FakeApiServer.StartAsync();
        _client = _server.Client(new KubeClientOptions { Time = _time, RequestsPerSecond = 0, Timeout = TimeSpan.FromDays(1) });
        var informer = await RunAsync(ListQuery.All, s_quick);
        await WatchingAsync();
        _server.Watches.Mute = true;
        _server.Cluster.Create(Kinds.ConfigMap, "ns", ConfigMap("missed"));
        _server.Watches.Mute = false;
        await UntilAsync(() =>
        {
            // Minutes until the silence is noticed; then only the short waits before the next watch.
            _time.Advance(_server.Requests.Count(static r => r.IsWatch) == 1 ? TimeSpan.FromMinutes(1) : TimeSpan.FromMilliseconds(2));
            return !_told.IsEmpty;
        });
        Assert.Equal(["+missed"], _told);
        Assert.Equal(1, informer.Lists);
    }

    [Fact]
    public async Task Waits_for_a_server_that_is_not_there_yet()
    {
        _server = await FakeApiServer.StartAsync();
        _client = _server.Client(new KubeClientOptions { Attempts = 1 });
        _server.Fault = _ => FakeFault.Answer(503);
        var informer = new Informer<ConfigMap>(_client, Kinds.ConfigMap, ListQuery.All, OpenClaw.Kube.Resources.ConfigMap.Read, Tell, s_quick);
        _running = informer.RunAsync(_stop.Token);
        await UntilAsync(() => informer.Problem is { Kind: KubeProblemKind.Unavailable });
        Assert.False(informer.HasSynced);
        _server.Fault = static _ => null;
        await informer.WaitForSyncAsync(_stop.Token);
        await UntilAsync(() => informer.Problem is null);
    }

    [Fact]
    public async Task A_refusal_that_lasts_is_logged_once_and_so_is_its_end()
    {
        var log = new ConcurrentQueue<string>();
        _server = await FakeApiServer.StartAsync();
        _client = _server.Client(new KubeClientOptions
        {
            RequestsPerSecond = 0, Log = (level, line) => { if (level >= KubeLogLevel.Information) log.Enqueue($"{level} {line}"); },
        });
        _server.Fault = static _ => FakeFault.Answer(403);
        var informer = new Informer<ConfigMap>(_client, Kinds.ConfigMap, ListQuery.All, OpenClaw.Kube.Resources.ConfigMap.Read, Tell, s_quick);
        _running = informer.RunAsync(_stop.Token);
        await UntilAsync(() => _server.Requests.Count >= 5);
        _server.Fault = static _ => null;
        await WatchingAsync();
        _server.Cluster.Create(Kinds.ConfigMap, "ns", ConfigMap("a"));
        await ToldAsync("+a");
        Assert.Collection(log,
            static l => Assert.StartsWith("Warning watching ConfigMap v1: Forbidden 403", l, StringComparison.Ordinal),
            static l => Assert.Equal("Information watching ConfigMap v1: it works again", l));
    }

    [Fact]
    public async Task What_may_be_listed_and_not_watched_is_a_problem_that_lasts()
    {
        _server = await FakeApiServer.StartAsync();
        _client = _server.Client(new KubeClientOptions { RequestsPerSecond = 0 });
        _server.Fault = static r => r.IsWatch ? FakeFault.Answer(403) : null;
        var informer = await RunAsync(ListQuery.All, s_quick);
        await UntilAsync(() => informer.Problem is not null);
        await UntilAsync(() =>
        {
            Assert.Equal(KubeProblemKind.Forbidden, informer.Problem?.Kind);
            return informer.Lists >= 3;
        });
        _server.Fault = static _ => null;
        await UntilAsync(() => informer.Problem is null);
    }

    [Fact]
    public async Task Keeps_to_its_scope_and_to_metadata()
    {
        _server = await FakeApiServer.StartAsync();
        _client = _server.Client();
        var secret = KubeJson.NewObject(Kinds.Secret, Key("s"));
        secret["data"] = new System.Text.Json.Nodes.JsonObject { ["k"] = "aHVudGVyMg==" };
        _server.Cluster.Create(Kinds.Secret, "ns", secret);
        _server.Cluster.Create(Kinds.Secret, "elsewhere", KubeJson.NewObject(Kinds.Secret, new ObjectKey("elsewhere", "s")));
        var read = new ConcurrentQueue<string>();
        var informer = new Informer<ObjectMeta>(_client, Kinds.Secret, new ListQuery { Namespace = "ns", MetadataOnly = true }, json =>
        {
            read.Enqueue(json.GetRawText());
            return ObjectMeta.Read(json);
        }, static _ => { }, s_quick);
        _running = informer.RunAsync(_stop.Token);
        await informer.WaitForSyncAsync(_stop.Token);
        await WatchingAsync();
        _server.Cluster.MergePatch(Kinds.Secret, Key("s"), Labelled(KubeJson.NewObject(Kinds.Secret, Key("s")), "seen", "yes"), null);
        await UntilAsync(() => informer.All() is [{ Labels.Count: 1 }]);
        Assert.Equal(2, read.Count);
        Assert.All(read, static r => Assert.DoesNotContain("aHVu", r, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Finds_the_children_of_an_owner()
    {
        var informer = await StartAsync(ListQuery.All, []);
        var child = ConfigMap("child");
        child["metadata"]!["ownerReferences"] = new System.Text.Json.Nodes.JsonArray(new OwnerReference("v1", "Pod", "p", "owner-1").Write());
        _server.Cluster.Create(Kinds.ConfigMap, "ns", child);
        await ToldAsync("+child");
        Assert.Equal("child", Assert.Single(informer.OwnedBy("owner-1")).Meta.Name);
        _server.Cluster.Delete(Kinds.ConfigMap, Key("child"));
        await ToldAsync("+child", "-child");
        Assert.Empty(informer.OwnedBy("owner-1"));
    }

    [Fact]
    public async Task One_object_that_cannot_be_read_does_not_hide_the_others()
    {
        _server = await FakeApiServer.StartAsync();
        _client = _server.Client();
        foreach (var name in new[] { "a", "bad", "c" }) _server.Cluster.Create(Kinds.ConfigMap, "ns", ConfigMap(name));
        var informer = new Informer<ObjectMeta>(_client, Kinds.ConfigMap, ListQuery.All, static json =>
        {
            var meta = ObjectMeta.Read(json);
            return meta.Name == "bad" ? throw new FormatException("bad") : meta;
        }, static _ => throw new InvalidOperationException("a receiver's bug"), s_quick);
        _running = informer.RunAsync(_stop.Token);
        await informer.WaitForSyncAsync(_stop.Token);
        Assert.Equal(["a", "c"], informer.All().Select(static m => m.Name).Order());
    }

    [Fact]
    public async Task Tells_everything_again_when_that_is_asked_for()
    {
        _server = await FakeApiServer.StartAsync();
        _client = _server.Client(new KubeClientOptions { Time = _time, RequestsPerSecond = 0 });
        _server.Cluster.Create(Kinds.ConfigMap, "ns", ConfigMap("a"));
        await RunAsync(ListQuery.All, s_quick with { Resync = TimeSpan.FromMinutes(1) });
        _time.Advance(TimeSpan.FromMinutes(1));
        await ToldAsync("+a", "=a");
    }

    private void Break(string how)
    {
        switch (how)
        {
            case "cut":
                _server.Watches.Cut();
                break;
            case "end":
                _server.Watches.End();
                break;
            case "garbage":
                _server.Watches.Send("<html>bad gateway</html>");
                break;
            case "half a line":
                _server.Watches.SendRaw("""{"type":"ADDED","object":{"metadata":{"na""");
                _server.Watches.End();
                break;
            case "an unknown type":
                _server.Watches.Send("""{"type":"EXPLODED","object":{"metadata":{"resourceVersion":"1"}}}""");
                break;
            case "no version":
                _server.Watches.Send("""{"type":"ADDED","object":{"metadata":{"name":"x"}}}""");
                break;
            default:
                throw new ArgumentException(how);
        }
    }

    private async Task<Informer<ConfigMap>> StartAsync(ListQuery query, string[] names)
    {
        _server = await FakeApiServer.StartAsync();
        _client = _server.Client();
        foreach (var name in names) _server.Cluster.Create(Kinds.ConfigMap, "ns", ConfigMap(name));
        return await RunAsync(query, s_quick);
    }

    private async Task<Informer<ConfigMap>> RunAsync(ListQuery query, InformerOptions options)
    {
        var informer = new Informer<ConfigMap>(_client, Kinds.ConfigMap, query, OpenClaw.Kube.Resources.ConfigMap.Read, Tell, options);
        _running = informer.RunAsync(_stop.Token);
        await informer.WaitForSyncAsync(_stop.Token);
        return informer;
    }

    private void Tell(InformerChange<ConfigMap> change)
    {
        var sign = change.Kind switch { ChangeKind.Added => '+', ChangeKind.Updated => '~', ChangeKind.Deleted => '-', _ => '=' };
        _told.Enqueue($"{sign}{change.Latest.Meta.Name}");
    }

    private async Task ToldAsync(params string[] expected)
    {
        await UntilAsync(() => _told.Count >= expected.Length, $"{string.Join(' ', expected)} after {string.Join(' ', _told)}");
        Assert.Equal(expected.Order(StringComparer.Ordinal), _told.Order(StringComparer.Ordinal));
    }

    private Task WatchingAsync() => UntilAsync(() => _server.Watches.Count == 1, "the watch");
}
