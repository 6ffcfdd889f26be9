using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Kube.Resources;
using static OpenClaw.Tests.Kube.Objects;

namespace OpenClaw.Tests.Kube;

public class KubeClientTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static readonly KubeClientOptions s_quick = new() { Timeout = TimeSpan.FromSeconds(10), Random = new FirstRandom(), FieldManager = "mine" };

    [Fact]
    public async Task Creates_reads_applies_patches_and_deletes()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var client = server.Client(s_quick);
        var made = (await client.CreateAsync(Kinds.ConfigMap, "ns", ConfigMap("a", ("k", "1")), Cancel)).Value;
        Assert.Equal("1", OpenClaw.Kube.Resources.ConfigMap.Read(made.Json).Data["k"]);
        Assert.True((await client.CreateAsync(Kinds.ConfigMap, "ns", ConfigMap("a"), Cancel)).Is(KubeProblemKind.AlreadyExists));
        var patched = (await client.MergePatchAsync(Kinds.ConfigMap, Key("a"), new JsonObject { ["data"] = new JsonObject { ["k"] = "2" } }, null, Cancel)).Value;
        Assert.Equal("2", OpenClaw.Kube.Resources.ConfigMap.Read(patched.Json).Data["k"]);
        var replaced = await client.UpdateAsync(Kinds.ConfigMap, JsonObject.Create(made.Json)!, Cancel);
        Assert.True(replaced.Is(KubeProblemKind.Conflict));
        Assert.Equal(DeleteOutcome.Deleted, (await client.DeleteAsync(Kinds.ConfigMap, Key("a"), new DeleteQuery(), Cancel)).Value);
        Assert.Equal(DeleteOutcome.Absent, (await client.DeleteAsync(Kinds.ConfigMap, Key("a"), new DeleteQuery(), Cancel)).Value);
        Assert.True((await client.GetAsync(Kinds.ConfigMap, Key("a"), Cancel)).Is(KubeProblemKind.NotFound));
    }

    [Fact]
    public async Task Deletes_only_the_object_that_was_meant()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var client = server.Client(s_quick);
        server.Cluster.Create(Kinds.ConfigMap, "ns", ConfigMap("a"));
        var result = await client.DeleteAsync(Kinds.ConfigMap, Key("a"), new DeleteQuery { Uid = "of-an-earlier-life" }, Cancel);
        Assert.True(result.Is(KubeProblemKind.Conflict));
        Assert.NotNull(server.Cluster.TryGet(Kinds.ConfigMap, Key("a")));
    }

    [Fact]
    public async Task An_apply_names_the_managers_and_fields_in_its_way()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var mine = server.Client(s_quick);
        using var other = server.Client(s_quick with { FieldManager = "kubectl" });
        Assert.True((await other.ApplyAsync(Kinds.ConfigMap, ConfigMap("a", ("k", "theirs")), FieldOwnership.Respect, Cancel)).IsSuccess);
        var refused = await mine.ApplyAsync(Kinds.ConfigMap, ConfigMap("a", ("k", "mine")), FieldOwnership.Respect, Cancel);
        Assert.Equal(KubeProblemKind.Conflict, refused.Problem!.Kind);
        Assert.Equal([new FieldConflict("kubectl", ".data.k")], refused.Problem.FieldConflicts);
        var taken = await mine.ApplyAsync(Kinds.ConfigMap, ConfigMap("a", ("k", "mine")), FieldOwnership.Take, Cancel);
        Assert.Equal("mine", OpenClaw.Kube.Resources.ConfigMap.Read(taken.Value.Json).Data["k"]);
        var given = await mine.ApplyAsync(Kinds.ConfigMap, ConfigMap("a"), FieldOwnership.Take, Cancel);
        Assert.Empty(OpenClaw.Kube.Resources.ConfigMap.Read(given.Value.Json).Data);
    }

    [Fact]
    public async Task A_kind_that_is_not_served_is_told_from_an_object_that_is_not_there()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var client = server.Client(s_quick);
        Assert.True((await client.GetAsync(Kinds.HttpRoute, Key("a"), Cancel)).Is(KubeProblemKind.NotFound));
        server.Served.TryRemove("gateway.networking.k8s.io/v1/httproutes", out _);
        Assert.True((await client.GetAsync(Kinds.HttpRoute, Key("a"), Cancel)).Is(KubeProblemKind.KindNotServed));
        Assert.True((await client.ListAsync(Kinds.HttpRoute, ListQuery.All, Cancel)).Is(KubeProblemKind.KindNotServed));
    }

    [Fact]
    public async Task Discovery_remembers_what_is_there_and_soon_sees_what_comes()
    {
        await using var server = await FakeApiServer.StartAsync();
        var time = new ManualTime();
        using var client = server.Client(s_quick with { Time = time });
        server.Served.TryRemove("gateway.networking.k8s.io/v1/httproutes", out var routes);
        Assert.False((await client.Discovery.ServesAsync(Kinds.HttpRoute, Cancel)).Value);
        Assert.True((await client.Discovery.ServesAsync(Kinds.Pod, Cancel)).Value);
        Assert.True((await client.Discovery.ServesAsync(Kinds.Secret, Cancel)).Value);
        Assert.Equal(2, server.Requests.Count);
        server.Served["gateway.networking.k8s.io/v1/httproutes"] = routes!;
        Assert.False((await client.Discovery.ServesAsync(Kinds.HttpRoute, Cancel)).Value);
        time.Advance(Discovery.Missing);
        Assert.True((await client.Discovery.ServesAsync(Kinds.HttpRoute, Cancel)).Value);
        server.Served.TryRemove("gateway.networking.k8s.io/v1/httproutes", out _);
        Assert.True((await client.GetAsync(Kinds.HttpRoute, Key("a"), Cancel)).Is(KubeProblemKind.KindNotServed));
        Assert.False((await client.Discovery.ServesAsync(Kinds.HttpRoute, Cancel)).Value);
        var old = Kinds.PodDisruptionBudget with { Version = "v1beta1" };
        Assert.Equal(Kinds.PodDisruptionBudget, (await client.Discovery.FirstServedAsync([old, Kinds.PodDisruptionBudget], Cancel)).Value);
        Assert.Equal(Kinds.Lease, (await client.Discovery.FindAsync("coordination.k8s.io/v1", "Lease", Cancel)).Value);
    }

    [Fact]
    public async Task Lists_in_pages_and_keeps_only_what_is_asked_for()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var client = server.Client(s_quick with { PageSize = 7 });
        for (var i = 0; i < 50; i++) server.Cluster.Create(Kinds.ConfigMap, "ns", Labelled(ConfigMap($"m{i:d2}"), "odd", i % 2 == 0 ? "no" : "yes"));
        var list = (await client.ListAsync(Kinds.ConfigMap, new ListQuery { Labels = "odd=yes" }, static j => ObjectMeta.Read(j).Name, Cancel)).Value;
        Assert.Equal(Enumerable.Range(0, 50).Where(static i => i % 2 == 1).Select(static i => $"m{i:d2}"), list.Items);
        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public async Task A_list_that_expires_half_way_is_started_anew()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var client = server.Client(s_quick with { PageSize = 10 });
        for (var i = 0; i < 25; i++) server.Cluster.Create(Kinds.ConfigMap, "ns", ConfigMap($"m{i:d2}"));
        server.Fault = r =>
        {
            if (server.Requests.Count == 2) server.Cluster.Compact();
            return null;
        };
        var list = await client.ListAsync(Kinds.ConfigMap, ListQuery.All, Cancel);
        Assert.Equal(25, list.Value.Items.Length);
        Assert.Equal(5, server.Requests.Count);
    }

    [Fact]
    public async Task A_page_that_is_too_large_is_asked_for_in_smaller_ones()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var client = server.Client(s_quick with { MaxResponseBytes = 20_000 });
        for (var i = 0; i < 60; i++) server.Cluster.Create(Kinds.ConfigMap, "ns", ConfigMap($"m{i:d2}", ("k", new string('x', 1000))));
        Assert.Equal(60, (await client.ListAsync(Kinds.ConfigMap, ListQuery.All, Cancel)).Value.Items.Length);
        using var tiny = server.Client(s_quick with { MaxResponseBytes = 500 });
        Assert.True((await tiny.ListAsync(Kinds.ConfigMap, ListQuery.All, Cancel)).Is(KubeProblemKind.TooLarge));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(0)]
    public async Task What_may_be_repeated_is_tried_again(int status)
    {
        await using var server = await FakeApiServer.StartAsync();
        using var client = server.Client(s_quick);
        server.Cluster.Create(Kinds.ConfigMap, "ns", ConfigMap("a"));
        server.Fault = _ => server.Requests.Count < 3 ? FakeFault.Answer(status, "oops") : null;
        Assert.True((await client.GetAsync(Kinds.ConfigMap, Key("a"), Cancel)).IsSuccess);
        Assert.Equal(3, server.Requests.Count);
        Assert.Equal(2, client.Counters.Retries);
    }

    [Fact]
    public async Task What_may_not_be_repeated_is_left_to_the_caller()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var client = server.Client(s_quick);
        server.Fault = _ => new FakeFault { LoseAnswer = true };
        Assert.True((await client.CreateAsync(Kinds.ConfigMap, "ns", ConfigMap("a"), Cancel)).Is(KubeProblemKind.Unreachable));
        Assert.Single(server.Requests);
        server.Fault = _ => server.Requests.Count == 2 ? FakeFault.RetryAfter(429, 0) : null;
        Assert.True((await client.CreateAsync(Kinds.ConfigMap, "ns", ConfigMap("b"), Cancel)).IsSuccess);
    }

    [Fact]
    public async Task A_wait_that_the_server_asks_for_is_kept_and_a_long_one_is_the_callers()
    {
        await using var server = await FakeApiServer.StartAsync();
        var time = new ManualTime();
        using var client = server.Client(s_quick with { Time = time });
        server.Cluster.Create(Kinds.ConfigMap, "ns", ConfigMap("a"));
        server.Fault = _ => server.Requests.Count == 1 ? FakeFault.RetryAfter(429, 7) : null;
        var get = client.GetAsync(Kinds.ConfigMap, Key("a"), Cancel);
        await UntilAsync(() => client.Counters.Retries == 1);
        time.Advance(TimeSpan.FromSeconds(6.9));
        Assert.Single(server.Requests);
        await UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(0.2));
            return get.IsCompleted;
        });
        Assert.True((await get).IsSuccess);
        server.Fault = _ => FakeFault.RetryAfter(503, 3600);
        var later = await client.GetAsync(Kinds.ConfigMap, Key("a"), Cancel);
        Assert.Equal(TimeSpan.FromHours(1), later.Problem!.RetryAfter);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_given_up_in_time()
    {
        await using var server = await FakeApiServer.StartAsync();
        var time = new ManualTime();
        using var client = server.Client(s_quick with { Time = time, Attempts = 1 });
        server.Fault = _ => FakeFault.Hang;
        var get = client.GetAsync(Kinds.ConfigMap, Key("a"), Cancel);
        await UntilAsync(() => server.Requests.Count == 1);
        time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(KubeProblemKind.Unreachable, (await get).Problem!.Kind);
    }

    [Fact]
    public async Task What_is_not_the_api_is_told_as_such()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var client = server.Client(s_quick);
        server.Fault = _ => FakeFault.Answer(200, "<html>login</html>");
        Assert.True((await client.GetAsync(Kinds.ConfigMap, Key("a"), Cancel)).Is(KubeProblemKind.Malformed));
        Assert.True((await client.ListAsync(Kinds.ConfigMap, ListQuery.All, Cancel)).Is(KubeProblemKind.Malformed));
        Assert.True((await client.Discovery.ServesAsync(Kinds.Pod, Cancel)).Is(KubeProblemKind.Malformed));
        server.Fault = _ => FakeFault.Answer(302);
        Assert.True((await client.GetAsync(Kinds.ConfigMap, Key("a"), Cancel)).Is(KubeProblemKind.Malformed));
    }

    [Fact]
    public async Task A_refused_secret_is_not_quoted()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var client = server.Client(s_quick);
        const string Status = """{"kind":"Status","code":422,"reason":"Invalid","message":"Invalid value: \"hunter2\"","details":{"causes":[{"field":"data[k]","reason":"FieldValueInvalid","message":"hunter2"}]}}""";
        server.Fault = _ => FakeFault.Answer(422, Status);
        var secret = await client.ApplyAsync(Kinds.Secret, KubeJson.NewObject(Kinds.Secret, Key("a")), FieldOwnership.Take, Cancel);
        Assert.Equal(KubeProblemKind.Invalid, secret.Problem!.Kind);
        Assert.DoesNotContain("hunter2", secret.Problem.ToString(), StringComparison.Ordinal);
        Assert.Contains("data[k]", secret.Problem.ToString(), StringComparison.Ordinal);
        var map = await client.ApplyAsync(Kinds.ConfigMap, ConfigMap("a"), FieldOwnership.Take, Cancel);
        Assert.Contains("hunter2", map.Problem!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writes_are_held_back_while_they_are_not_allowed()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var client = server.Client(s_quick);
        var leads = false;
        var guarded = client.WithWrites(() => leads);
        Assert.True((await guarded.CreateAsync(Kinds.ConfigMap, "ns", ConfigMap("a"), Cancel)).Is(KubeProblemKind.NotLeader));
        Assert.Empty(server.Requests);
        Assert.True((await guarded.GetAsync(Kinds.ConfigMap, Key("a"), Cancel)).Is(KubeProblemKind.NotFound));
        leads = true;
        Assert.True((await guarded.CreateAsync(Kinds.ConfigMap, "ns", ConfigMap("a"), Cancel)).IsSuccess);
    }

    [Fact]
    public async Task Asks_who_may_do_what()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var client = server.Client(s_quick);
        server.Allowed = static (verb, plural, _) => verb == "get" && plural is "pods" or "/metrics";
        Assert.True((await client.MayIAsync(new AccessQuestion("get", Kinds.Pod, null), Cancel)).Value);
        Assert.False((await client.MayIAsync(new AccessQuestion("list", Kinds.Pod, "ns"), Cancel)).Value);
        Assert.True((await client.MayAsync("jane", ["g"], "get", "/metrics", Cancel)).Value);
        var forbidden = await client.CreateAsync(Kinds.ConfigMap, "ns", ConfigMap("a"), Cancel);
        Assert.Equal(KubeProblemKind.Forbidden, forbidden.Problem!.Kind);
        Assert.Contains("cannot create", forbidden.Problem.Message, StringComparison.Ordinal);
        server.Tokens["t"] = "jane";
        server.Fault = static r => null;
        using var jane = server.Client(s_quick, OpenClaw.Kube.Config.FixedCredential.Token("t"));
        Assert.Equal("jane", (await jane.WhoIsAsync("t", Cancel)).Value!.User);
        Assert.Null((await jane.WhoIsAsync("x", Cancel)).Value);
        Assert.Equal(31, (await jane.VersionAsync(Cancel)).Value.Minor);
        Assert.True((await client.GetAsync(Kinds.Pod, Key("a"), Cancel)).Is(KubeProblemKind.Unauthorized));
    }

    /// <summary>Waits are as short as they can be.</summary>
    private sealed class FirstRandom : Random
    {
        public override double NextDouble() => 0;
    }
}
