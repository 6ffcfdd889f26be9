using System.Text;
using OpenClaw.Kube;
using OpenClaw.Kube.Resources;

namespace OpenClaw.Tests.Kube;

public class ResourceTests
{
    [Theory]
    [InlineData("""{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/1 nodes"}]}""", PodTroubleKind.Unschedulable, "Unschedulable")]
    [InlineData("""{"phase":"Pending","containerStatuses":[{"name":"c","state":{"waiting":{"reason":"ImagePullBackOff","message":"no such image"}}}]}""", PodTroubleKind.ImagePull, "ImagePullBackOff")]
    [InlineData("""{"phase":"Running","containerStatuses":[{"name":"c","state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":1,"reason":"Error"}}}]}""", PodTroubleKind.CrashLoop, "CrashLoopBackOff")]
    [InlineData("""{"phase":"Running","containerStatuses":[{"name":"c","state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}}]}""", PodTroubleKind.OutOfMemory, "OOMKilled")]
    [InlineData("""{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"waiting":{"reason":"CreateContainerConfigError","message":"secret \"x\" not found"}}}]}""", PodTroubleKind.Config, "CreateContainerConfigError")]
    [InlineData("""{"phase":"Failed","reason":"Evicted","message":"low on memory"}""", PodTroubleKind.Failed, "Evicted")]
    public void A_pod_says_why_it_does_not_run(string status, PodTroubleKind kind, string reason)
    {
        var pod = Pod.Read(Json($$"""{"metadata":{"name":"p"},"status":{{status}} }"""));
        Assert.Equal((kind, reason), (pod.Trouble!.Kind, pod.Trouble.Reason));
        Assert.False(pod.IsReady);
    }

    [Theory]
    [InlineData(2, 2, 1, 1, "b", "b", true)]
    [InlineData(2, 1, 1, 1, "b", "b", false)]
    [InlineData(2, 2, 0, 1, "b", "b", false)]
    [InlineData(2, 2, 1, 1, "a", "b", false)]
    [InlineData(2, 2, 1, 0, "a", "b", false)]
    public void A_stateful_set_is_rolled_out_when_everything_runs_its_newest_form(int generation, int observed, int ready, int updated, string current, string update, bool expected)
    {
        var set = StatefulSet.Read(Json($$"""{"metadata":{"generation":{{generation}} },"spec":{},"status":{"observedGeneration":{{observed}},"readyReplicas":{{ready}},"updatedReplicas":{{updated}},"currentRevision":"{{current}}","updateRevision":"{{update}}" } }"""));
        Assert.Equal(expected, set.IsRolledOut);
    }

    [Fact]
    public void The_text_of_a_secret_has_nothing_of_its_values()
    {
        var secret = Secret.Read(Json("""{"metadata":{"name":"s","namespace":"n"},"data":{"key":"aHVudGVyMg==","broken":"%"}}"""));
        Assert.Equal("hunter2", Encoding.UTF8.GetString(secret.Data["key"]));
        Assert.Equal("Secret n/s (1 keys)", secret.ToString());
        Assert.Equal(" n/s", new KubeObject(Json("""{"metadata":{"name":"s","namespace":"n"},"data":{"key":"aHVudGVyMg=="}}""")).ToString());
    }

    [Fact]
    public void Paths_are_those_of_the_api()
    {
        Assert.Equal("/api/v1/namespaces/n/pods/p/status", Kinds.Pod.PathOf(new ObjectKey("n", "p"), "status"));
        Assert.Equal("/apis/apps/v1/statefulsets", Kinds.StatefulSet.Path());
        Assert.Equal("/apis/apps/v1/namespaces/n/statefulsets", Kinds.StatefulSet.Path("n"));
        Assert.Equal("/api/v1/namespaces/a%2F..%2Fb", Kinds.Namespace.PathOf(new ObjectKey("ignored", "a/../b")));
        Assert.Throws<ArgumentException>(() => Kinds.Pod.PathOf(new ObjectKey("", "p")));
        Assert.Throws<ArgumentException>(() => Kinds.Pod.PathOf(new ObjectKey("n", "")));
    }

    private static System.Text.Json.JsonElement Json(string text)
    {
        Assert.True(KubeJson.TryParse(Encoding.UTF8.GetBytes(text), out var json));
        return json;
    }
}
