using OpenClaw.Kube.Client;

namespace OpenClaw.Tests.Kube;

public class KubeCallTests
{
    [Theory]
    [InlineData("GET", "/api/v1/namespaces/ns/pods", "list", "", "pods")]
    [InlineData("GET", "/api/v1/pods", "list", "", "pods")]
    [InlineData("GET", "/api/v1/namespaces", "list", "", "namespaces")]
    [InlineData("GET", "/api/v1/namespaces/ns", "get", "", "namespaces")]
    [InlineData("GET", "/apis/apps/v1/namespaces/ns/statefulsets/a", "get", "apps", "statefulsets")]
    [InlineData("PATCH", "/apis/openclaw.rocks/v1alpha1/namespaces/ns/openclawinstances/a/status", "patch", "openclaw.rocks", "openclawinstances/status")]
    [InlineData("POST", "/api/v1/namespaces/ns/events", "create", "", "events")]
    [InlineData("PUT", "/apis/coordination.k8s.io/v1/namespaces/ns/leases/l", "update", "coordination.k8s.io", "leases")]
    [InlineData("DELETE", "/api/v1/namespaces/ns/services/s", "delete", "", "services")]
    [InlineData("GET", "/apis/openclaw.rocks/v1alpha1/openclawclusterdefaults/cluster", "get", "openclaw.rocks", "openclawclusterdefaults")]
    [InlineData("POST", "/api/v1/namespaces/ns/serviceaccounts/a/token", "create", "", "serviceaccounts/token")]
    [InlineData("GET", "/version", "get", "", "")]
    [InlineData("GET", "/apis/apps/v1", "get", "", "")]
    [InlineData("GET", "/api/v1", "get", "", "")]
    [InlineData("GET", "/api/v1/namespaces/a/b/c/d/e/f/g/h/i", "get", "", "b/d")]
    public void A_path_is_the_verb_and_the_resource_that_rights_are_written_for(string method, string path, string verb, string group, string resource) =>
        Assert.Equal(new KubeCall(verb, group, resource, 200), KubeCall.Of(new HttpMethod(method), path, false, 200));

    [Fact]
    public async Task Every_attempt_is_told_with_its_answer()
    {
        await using var server = await FakeApiServer.StartAsync();
        var told = new System.Collections.Concurrent.ConcurrentQueue<KubeCall>();
        var first = true;
        server.Fault = r =>
        {
            if (!first || r.Method != "GET") return null;
            first = false;
            return FakeFault.Answer(503);
        };
        using var client = server.Client(new KubeClientOptions { RequestsPerSecond = 0, Observe = told.Enqueue });
        await client.ListAsync(OpenClaw.Kube.Kinds.ConfigMap, ListQuery.All, TestContext.Current.CancellationToken);
        await client.CreateAsync(OpenClaw.Kube.Kinds.ConfigMap, "ns", Objects.ConfigMap("a"), TestContext.Current.CancellationToken);
        Assert.Equal([new("list", "", "configmaps", 503), new("list", "", "configmaps", 200), new("create", "", "configmaps", 201)], told);
    }
}
