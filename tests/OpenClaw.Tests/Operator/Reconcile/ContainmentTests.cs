using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Operator.Reconcile;

namespace OpenClaw.Tests.Operator.Reconcile;

public class ContainmentTests
{
    [Theory]
    [InlineData("""{"apiVersion":"v1","kind":"Service","spec":{"type":"ClusterIP"}}""", """{"spec":{"type":"ClusterIP","clusterIP":"10.0.0.1"}}""", true)]
    [InlineData("""{"spec":{"type":"ClusterIP"}}""", """{"spec":{"type":"NodePort"}}""", false)]
    [InlineData("""{"spec":{"type":"ClusterIP"}}""", """{}""", false)]
    [InlineData("""{"spec":{"volumes":[{"name":"tmp","emptyDir":{}}]}}""", """{"spec":{"volumes":[{"name":"other"},{"name":"tmp","emptyDir":{}}]}}""", true)]
    [InlineData("""{"spec":{"volumes":[{"name":"tmp","emptyDir":{"sizeLimit":"1Gi"}}]}}""", """{"spec":{"volumes":[{"name":"tmp","emptyDir":{}}]}}""", false)]
    [InlineData("""{"spec":{"egress":[{"ports":[{"port":53}]}]}}""", """{"spec":{"egress":[{"ports":[{"port":53,"protocol":"TCP"}]}]}}""", true)]
    [InlineData("""{"spec":{"egress":[{"ports":[{"port":53}]}]}}""", """{"spec":{"egress":[{"ports":[{"port":53}]},{}]}}""", false)]
    [InlineData("""{"spec":{"metrics":[{"type":"a"},{"type":"b"}]}}""", """{"spec":{"metrics":[{"type":"b"},{"type":"a"}]}}""", true)]
    [InlineData("""{"spec":{"args":["a","b"]}}""", """{"spec":{"args":["b","a"]}}""", false)]
    [InlineData("""{"spec":{"args":[]}}""", """{"spec":{}}""", true)]
    [InlineData("""{"spec":{"on":true,"n":1}}""", """{"spec":{"on":true,"n":1}}""", true)]
    [InlineData("""{"spec":{"value":""}}""", """{"spec":{}}""", true)]
    [InlineData("""{"spec":{"value":"x"}}""", """{"spec":{}}""", false)]
    [InlineData("""{"spec":{"on":true}}""", """{"spec":{"on":false}}""", false)]
    [InlineData("""{"spec":{"cpu":"1000m"}}""", """{"spec":{"cpu":"1"}}""", false)]
    public void What_is_drawn_is_there_or_not(string drawn, string live, bool holds) =>
        Assert.Equal(holds, Containment.Holds((JsonObject)JsonNode.Parse(drawn)!, Encoding.UTF8.GetBytes(live)));

    [Fact]
    public void An_object_has_one_print_whether_it_was_listed_or_watched()
    {
        var listed = Parse("""{"metadata":{"name":"a","resourceVersion":"1","managedFields":[{}]},"spec":{"x":1},"status":{"ready":1}}""");
        var watched = Parse("""{"apiVersion":"v1","kind":"Service","metadata":{"name":"a","resourceVersion":"2","generation":3},"spec":{"x":1},"status":{"ready":2}}""");
        Assert.Equal(ObjectBytes.Print(ObjectBytes.Of(listed, withStatus: false)), ObjectBytes.Print(ObjectBytes.Of(watched, withStatus: false)));
    }

    [Fact]
    public void Who_made_an_object_hands_its_fields_over_and_others_keep_theirs()
    {
        var live = Parse("""
            {"metadata":{"resourceVersion":"7","managedFields":[
              {"manager":"manager","operation":"Update","fieldsV1":{"f:metadata":{"f:ownerReferences":{}},"f:spec":{}}},
              {"manager":"kube-controller-manager","operation":"Update","subresource":"status","fieldsV1":{"f:status":{}}},
              {"manager":"kubectl-label","operation":"Update","fieldsV1":{"f:metadata":{"f:labels":{}}}}]}}
            """);
        var patch = Takeover.Patch(live)!["metadata"]!;
        Assert.Equal("7", (string?)patch["resourceVersion"]);
        Assert.Equal(["openclaw-operator Apply", "kube-controller-manager Update", "kubectl-label Update"], patch["managedFields"]!.AsArray().Select(static e => $"{e!["manager"]} {e["operation"]}"));
        Assert.Null(Takeover.Patch(Parse("""{"metadata":{"managedFields":[{"manager":"openclaw-operator","operation":"Apply","fieldsV1":{"f:metadata":{"f:ownerReferences":{}}}}]}}""")));
    }

    private static JsonElement Parse(string json)
    {
        Assert.True(KubeJson.TryParse(Encoding.UTF8.GetBytes(json), out var read));
        return read;
    }
}
