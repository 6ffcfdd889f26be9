using System.Net;
using System.Net.Sockets;
using OpenClaw.Kube;
using OpenClaw.Operator;
using OpenClaw.Operator.Running;

namespace OpenClaw.Tests.Operator.Running;

public class OperatorHostTests
{
    [Fact]
    public async Task One_leads_the_other_stands_by_ready_and_takes_over_when_the_lease_is_given_back()
    {
        await using var stage = await HostStage.SetAsync();
        var one = await stage.StartAsync(stage.Options("one"));
        await stage.UntilAsync(async () => await HostStage.ReadyAsync(one) == ("leader", ""), "the first leads and is ready");
        var two = await stage.StartAsync(stage.Options("two"));
        await stage.UntilAsync(async () => await HostStage.ReadyAsync(two) == ("standby", ""), "the second is ready to take over");
        Assert.StartsWith("one_", stage.Holder(), StringComparison.Ordinal);
        Assert.Contains("\nopenclaw_operator_leader 1\n", (await HostStage.GetAsync(one, "/metrics")).Body, StringComparison.Ordinal);
        Assert.Contains("\nopenclaw_operator_leader 0\n", (await HostStage.GetAsync(two, "/metrics")).Body, StringComparison.Ordinal);

        var stopping = one.StopAsync();
        await stage.UntilAsync(() => Task.FromResult(stopping.IsCompleted), "the first stops");
        Assert.Null(await stopping);
        Assert.Equal(503, (await HostStage.GetAsync(one, "/readyz")).Code);
        await stage.UntilAsync(async () => await HostStage.ReadyAsync(two) == ("leader", ""), "the second leads");
        Assert.StartsWith("two_", stage.Holder(), StringComparison.Ordinal);
        Assert.DoesNotContain(stage.Log, static l => l.Contains("never-in-a-log", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_the_definitions_it_says_what_to_apply_and_goes_on_when_they_come()
    {
        await using var stage = await HostStage.SetAsync(withDefinitions: false);
        var host = await stage.StartAsync();
        await stage.UntilAsync(async () => (await HostStage.ReadyAsync(host)).Failing.Contains("openclawinstances.openclaw.rocks and openclawclusterdefaults.openclaw.rocks", StringComparison.Ordinal), "it says what is missing");
        Assert.Contains("openclaw operator manifests --crds | kubectl apply -f -", (await HostStage.ReadyAsync(host)).Failing, StringComparison.Ordinal);
        Assert.Equal(200, (await HostStage.GetAsync(host, "/healthz")).Code);
        Assert.Contains("\nopenclaw_operator_definitions_served 0\n", (await HostStage.GetAsync(host, "/metrics")).Body, StringComparison.Ordinal);
        stage.Define();
        await stage.UntilAsync(async () => await HostStage.ReadyAsync(host) == ("leader", ""), "it goes on");
        Assert.Contains("\nopenclaw_operator_definitions_served 1\n", (await HostStage.GetAsync(host, "/metrics")).Body, StringComparison.Ordinal);
        Assert.Single(stage.Log, static l => l.Contains("does not know", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_lost_lease_is_waited_for_again_in_the_same_process()
    {
        await using var stage = await HostStage.SetAsync();
        var host = await stage.StartAsync();
        await stage.UntilAsync(async () => (await HostStage.ReadyAsync(host)).Role == "leader", "it leads");
        var stolen = stage.Server.Cluster.Get(Kinds.Lease, HostStage.Lease);
        stolen["spec"]!["holderIdentity"] = "another";
        stage.Server.Cluster.Replace(Kinds.Lease, HostStage.Lease, stolen, null);
        await stage.UntilAsync(async () => (await HostStage.ReadyAsync(host)).Role == "standby", "it stops leading");
        Assert.False(host.Ended.IsCompleted);
        await stage.UntilAsync(async () => (await HostStage.ReadyAsync(host)).Role == "leader", "it leads again when the other does not renew");
        var metrics = (await HostStage.GetAsync(host, "/metrics")).Body;
        Assert.Contains("\nopenclaw_operator_terms_total 2\n", metrics, StringComparison.Ordinal);
        Assert.Contains("\nopenclaw_operator_terms_lost_total 1\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_election_it_works_at_once_and_touches_no_lease()
    {
        await using var stage = await HostStage.SetAsync();
        var host = await stage.StartAsync(stage.Options() with { LeaderElect = false });
        await stage.UntilAsync(async () => (await HostStage.GetAsync(host, "/metrics")).Body.Contains("\nopenclaw_operator_terms_total 1\n", StringComparison.Ordinal), "it works");
        Assert.Equal("alone", (await HostStage.ReadyAsync(host)).Role);
        Assert.DoesNotContain(stage.Server.Requests, static r => r.Path.Contains("/leases", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_cluster_that_cannot_be_used_is_told_with_what_to_do()
    {
        await using var stage = await HostStage.SetAsync();
        async Task<OperatorRefusal> RefusedAsync(OperatorOptions options)
        {
            // Its waits between attempts are real.
            var (host, refusal) = await OperatorHost.StartAsync(options with { Environment = options.Environment with { Time = TimeProvider.System } });
            Assert.Null(host);
            return refusal!;
        }

        var missing = await RefusedAsync(stage.Options() with { KubeConfig = stage.KubeConfig + ".not" });
        Assert.Equal(OperatorRefusalKind.Configuration, missing.Kind);
        Assert.Contains("--kubeconfig", missing.Hint, StringComparison.Ordinal);

        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var busy = await RefusedAsync(stage.Options() with { Bind = new BindAddress(IPAddress.Loopback, port) });
        Assert.Equal(OperatorRefusalKind.Configuration, busy.Kind);
        Assert.Contains("--bind", busy.Hint, StringComparison.Ordinal);
        taken.Stop();

        stage.Server.Fault = static _ => FakeFault.Answer(401);
        var stranger = await RefusedAsync(stage.Options());
        Assert.Equal(OperatorRefusalKind.Configuration, stranger.Kind);
        Assert.DoesNotContain("never-in-a-log", stranger.Message + stranger.Hint, StringComparison.Ordinal);

        File.WriteAllText(stage.KubeConfig, HostStage.ConfigOf(new Uri($"http://127.0.0.1:{port}")));
        Assert.Equal(OperatorRefusalKind.Unreachable, (await RefusedAsync(stage.Options())).Kind);
    }

    [Fact]
    public async Task Its_doors_are_three_and_only_for_reading()
    {
        await using var stage = await HostStage.SetAsync();
        var host = await stage.StartAsync();
        Assert.Equal(404, (await HostStage.GetAsync(host, "/")).Code);
        using var http = new HttpClient();
        using var answer = await http.PostAsync(new Uri(host.Address!, "/metrics"), null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        using var head = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, new Uri(host.Address!, "/healthz")), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
    }
}
