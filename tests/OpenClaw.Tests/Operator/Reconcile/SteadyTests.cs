using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Operator.Reconcile;

namespace OpenClaw.Tests.Operator.Reconcile;

/// <summary>What the loop must not do: write in peace, miss a change, believe what is old, fight.</summary>
public class SteadyTests
{
    private const string Good = "{config: {raw: {defaultModel: openai/gpt-4o}}, envFrom: [{secretRef: {name: keys}}]}";
    private const string OnService = "{config: {raw: {llmConfig: [{provider: openai, model: m, baseURL: \"http://vllm.inference.svc:8000/v1\"}]}}, env: [{name: OPENAI_API_KEY, value: k}]}";
    private const string Service = "apiVersion: v1\nkind: Service\nmetadata: {name: vllm, namespace: inference}\nspec: {selector: {app: vllm}, ports: [{port: 8000, targetPort: 9000}]}\n";

    [Fact]
    public async Task An_hour_in_which_nothing_happens_passes_without_a_write()
    {
        var time = new ManualTime();
        await using var stage = await OperatorStage.OpenAsync();
        stage.Time = time;
        stage.ComesUp = static name => name != "down";
        ConvergenceTests.Keys(stage);
        for (var i = 0; i < 20; i++) stage.PutInstance("it" + i, Good);
        stage.PutInstance("down", Good);
        stage.PutInstance("keyless", Good.Replace("keys", "none", StringComparison.Ordinal));
        stage.PutInstance("refused", "{config: {mergeMode: append}}");
        stage.Put("apiVersion: v1\nkind: Service\nmetadata: {name: taken, namespace: ns}\nspec: {ports: [{port: 1}]}\n");
        stage.PutInstance("taken", Good);
        await stage.StartLoopAsync();
        time.Advance(TimeSpan.FromMinutes(1));
        await stage.QuietAsync();
        var (writes, events, from) = (stage.Writes, stage.Cluster.List(Kinds.Event, null).Items.Count, stage.Server.Requests.Count);
        for (var i = 0; i < 20; i++)
        {
            time.Advance(TimeSpan.FromMinutes(3));
            await stage.QuietAsync();
        }
        var hour = stage.Server.Requests.Skip(from).ToList();
        Assert.True(writes == stage.Writes, string.Join('\n', hour.Where(static r => r.Method != "GET")));
        Assert.Equal(events, stage.Cluster.List(Kinds.Event, null).Items.Count);
        // Watches are opened anew, what the cluster serves is asked for, and of what is down the warnings are read ever more rarely.
        Assert.InRange(hour.Count(static r => r.Path.EndsWith("/events", StringComparison.Ordinal)), 6, 60);
        Assert.True(hour.Count(static r => r.Method == "GET" && !r.IsWatch) < 600, $"{hour.Count} requests in an hour");
    }

    [Fact]
    public async Task A_Service_that_comes_while_an_instance_is_looked_at_is_not_missed()
    {
        await using var stage = await OperatorStage.StartAsync();
        var gate = new TaskCompletionSource();
        stage.Server.Fault = r => r.Method == "GET" && r.Path.EndsWith("/secrets/it-gateway-token", StringComparison.Ordinal) && !gate.Task.IsCompleted
            ? new FakeFault { Gate = gate.Task, ThenServe = true } : null;
        stage.PutInstance("it", OnService);
        await Kube.Objects.UntilAsync(() => stage.Server.Gated > 0, "it is looked at");
        stage.Put(Service);
        // Another one sees the Service, so it is known by now.
        stage.PutInstance("other", OnService);
        await Kube.Objects.UntilAsync(() => Policy(stage, "other").Contains("\"app\":\"vllm\"", StringComparison.Ordinal), "the Service is known");
        gate.SetResult();
        await stage.QuietAsync();
        Assert.Contains("\"app\":\"vllm\"", Policy(stage, "it"), StringComparison.Ordinal);
        Assert.Single(stage.Templates("it"));
    }

    [Fact]
    public async Task A_status_told_twice_before_it_is_seen_is_not_told_a_third_time()
    {
        await using var stage = await OperatorStage.StartAsync();
        ConvergenceTests.Keys(stage);
        stage.PutInstance("it", Good);
        await stage.QuietAsync();
        var gate = new TaskCompletionSource();
        stage.Server.Watches.Before = kind => kind == WatchedKinds.Instance ? gate.Task : Task.CompletedTask;
        var before = Told(stage);
        stage.Cluster.Delete(Kinds.Secret, new ObjectKey("ns", "keys"));
        await stage.QuietAsync();
        Assert.NotEqual("True", stage.Condition("it", "SecretsReady").Status);
        ConvergenceTests.Keys(stage);
        await stage.QuietAsync();
        var (told, events) = (Told(stage), Counts(stage));
        Assert.True(told >= before + 2, $"told {told - before} times");
        gate.SetResult();
        await stage.QuietAsync();
        Assert.Equal(told, Told(stage));
        Assert.Equal(events, Counts(stage));
    }

    [Fact]
    public async Task Who_undoes_every_write_is_answered_ever_more_rarely()
    {
        var time = new ManualTime();
        await using var stage = await OperatorStage.OpenAsync();
        stage.Time = time;
        await stage.StartLoopAsync();
        ConvergenceTests.Keys(stage);
        stage.PutInstance("it", Good);
        await stage.QuietAsync();
        var right = Policy(stage, "it");
        using var stop = new CancellationTokenSource();
        var before = Policies(stage);
        var other = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                if (Egress(stage) != "[{}]") stage.Cluster.MergePatch(Kinds.NetworkPolicy, new ObjectKey("ns", "it"), (JsonObject)JsonNode.Parse("""{"spec":{"egress":[{}]}}""")!, null);
                await Task.Delay(1, CancellationToken.None);
            }
        }, TestContext.Current.CancellationToken);
        await Kube.Objects.UntilAsync(() => Policies(stage) - before >= 5, "it is put right");
        await stage.QuietAsync();
        Assert.InRange(Policies(stage) - before, 5, 7);
        Assert.Equal("ObjectContested", stage.Condition("it", "ObjectsApplied").Reason);
        var told = Told(stage);
        for (var i = 0; i < 10; i++)
        {
            time.Advance(TimeSpan.FromSeconds(30));
            await stage.QuietAsync();
        }
        Assert.InRange(Policies(stage) - before, 8, 16);
        Assert.Equal(told, Told(stage));
        await stop.CancelAsync();
        await other;
        time.Advance(TimeSpan.FromMinutes(1));
        await stage.QuietAsync();
        time.Advance(TimeSpan.FromMinutes(11));
        await stage.QuietAsync();
        Assert.Equal("AllApplied", stage.Condition("it", "ObjectsApplied").Reason);
        Assert.Equal(JsonNode.Parse(right)!["spec"]!.ToJsonString(), JsonNode.Parse(Policy(stage, "it"))!["spec"]!.ToJsonString());
        Assert.Equal("Running", stage.Phase("it"));
    }

    [Fact]
    public async Task Who_deletes_again_and_again_is_answered_ever_more_rarely()
    {
        var time = new ManualTime();
        await using var stage = await OperatorStage.OpenAsync();
        stage.Time = time;
        await stage.StartLoopAsync();
        ConvergenceTests.Keys(stage);
        foreach (var name in (string[])["it", "other"]) stage.PutInstance(name, Good);
        await stage.QuietAsync();
        async Task<bool> ComesBackAsync(ResourceKind kind, string name)
        {
            stage.Cluster.Delete(kind, new ObjectKey("ns", name));
            await stage.QuietAsync();
            return stage.Find(kind, name) is not null;
        }
        for (var i = 0; i < 6; i++) Assert.True(await ComesBackAsync(Kinds.Service, "it"));
        Assert.False(await ComesBackAsync(Kinds.Service, "it"));
        Assert.Equal("ObjectContested", stage.Condition("it", "ObjectsApplied").Reason);
        // Nothing else is slowed, of this instance or of others.
        Assert.True(await ComesBackAsync(Kinds.NetworkPolicy, "it"));
        Assert.True(await ComesBackAsync(Kinds.Service, "other"));
        Assert.Null(stage.Find(Kinds.Service, "it"));
        time.Advance(TimeSpan.FromSeconds(2));
        await stage.QuietAsync();
        Assert.NotNull(stage.Find(Kinds.Service, "it"));
        var told = Told(stage);
        foreach (var seconds in (int[])[4, 8, 16])
        {
            Assert.False(await ComesBackAsync(Kinds.Service, "it"));
            time.Advance(TimeSpan.FromSeconds(seconds - 1));
            await stage.QuietAsync();
            Assert.Null(stage.Find(Kinds.Service, "it"));
            time.Advance(TimeSpan.FromSeconds(1));
            await stage.QuietAsync();
            Assert.NotNull(stage.Find(Kinds.Service, "it"));
        }
        Assert.Equal(told, Told(stage));
        time.Advance(TimeSpan.FromMinutes(11));
        await stage.QuietAsync();
        Assert.Equal("AllApplied", stage.Condition("it", "ObjectsApplied").Reason);
        // Watches that were silent for so long are opened anew after a moment.
        time.Advance(TimeSpan.FromSeconds(30));
        await stage.QuietAsync();
        Assert.True(await ComesBackAsync(Kinds.Service, "it"));

        // A token that is made anew restarts the pod: that is not done again and again either.
        for (var i = 0; i < 6; i++) Assert.True(await ComesBackAsync(Kinds.Secret, "it-gateway-token"));
        var templates = stage.Templates("it").Count;
        Assert.False(await ComesBackAsync(Kinds.Secret, "it-gateway-token"));
        Assert.Equal(templates, stage.Templates("it").Count);
        time.Advance(TimeSpan.FromSeconds(2));
        await stage.QuietAsync();
        Assert.NotNull(stage.Find(Kinds.Secret, "it-gateway-token"));
    }

    [Fact]
    public async Task A_restart_whose_answer_is_lost_keeps_its_place_until_it_is_up()
    {
        await using var stage = await OperatorStage.OpenAsync();
        stage.RolloutBound = 1;
        ConvergenceTests.Keys(stage);
        for (var i = 0; i < 3; i++) stage.PutInstance("it" + i, Good);
        await stage.StartLoopAsync();
        stage.ComesUp = static _ => false;
        var lost = 0;
        stage.Server.Fault = r => r.Method == "PATCH" && r.Path.Contains("/statefulsets/", StringComparison.Ordinal) && Interlocked.Increment(ref lost) == 1
            ? new FakeFault { LoseAnswer = true, Status = 200, Body = "{" } : null;
        await stage.RestartLoopAsync("2.0.0");
        Assert.Equal(1, Restarted(stage));
        for (var up = 0; up < 3; up++)
        {
            foreach (var i in Enumerable.Range(0, 3).Where(i => stage.Templates("it" + i).Count == 2)) stage.RollOut("it" + i);
            await stage.QuietAsync();
        }
        Assert.Equal(3, Restarted(stage));
        Assert.Equal((0, 0), stage.Controller.Rollouts);
    }

    private static int Restarted(OperatorStage stage) => Enumerable.Range(0, 3).Count(i => stage.Templates("it" + i).Count > 1);

    private static string Policy(OperatorStage stage, string name) => stage.Find(Kinds.NetworkPolicy, name)?.ToJsonString() ?? "";

    private static string Egress(OperatorStage stage) => stage.Get(Kinds.NetworkPolicy, "it")["spec"]!["egress"]?.ToJsonString() ?? "";

    private static int Policies(OperatorStage stage) => stage.Server.Requests.Count(static r => r.Method == "PATCH" && r.Path.Contains("/networkpolicies/", StringComparison.Ordinal));

    private static int Told(OperatorStage stage) => stage.Server.Requests.Count(static r => r.Method == "PATCH" && r.Path.EndsWith("/status", StringComparison.Ordinal));

    private static int Counts(OperatorStage stage) => stage.Cluster.List(Kinds.Event, null).Items.Sum(static e => (int)e["count"]!);
}
