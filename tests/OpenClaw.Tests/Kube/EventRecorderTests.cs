using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Kube.Control;
using OpenClaw.Kube.Resources;
using static OpenClaw.Tests.Kube.Objects;

namespace OpenClaw.Tests.Kube;

public sealed class EventRecorderTests : IAsyncDisposable
{
    private static readonly EventOptions s_options = new() { Component = "test", Instance = "pod-1" };

    private readonly CancellationTokenSource _stop = new();
    private FakeApiServer _server = null!;
    private KubeClient _client = null!;
    private Task _running = Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _client.Dispose();
        await _server.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task The_same_event_again_raises_its_count()
    {
        var recorder = await StartAsync(s_options);
        for (var i = 0; i < 5; i++) recorder.Warning(Subject("a"), "ProviderDown", "ollama does not answer");
        recorder.Normal(Subject("a"), "Applied", "all is well");
        await UntilAsync(() => recorder.Sent == 6);
        var events = await EventsAsync();
        Assert.Equal([("Normal", "Applied", 1), ("Warning", "ProviderDown", 5)], events.Select(static e => (e.Type, e.Reason, e.Count)).Order());
        Assert.All(events, static e => Assert.Equal("uid-a", e.InvolvedUid));
    }

    [Fact]
    public async Task An_event_that_was_deleted_is_made_again()
    {
        var recorder = await StartAsync(s_options);
        recorder.Normal(Subject("a"), "Applied", "x");
        await UntilAsync(() => recorder.Sent == 1);
        _server.Cluster.Delete(Kinds.Event, (await EventsAsync())[0].Meta.Key);
        recorder.Normal(Subject("a"), "Applied", "x");
        await UntilAsync(() => recorder.Sent == 2);
        Assert.Single(await EventsAsync());
    }

    [Fact]
    public async Task One_noisy_object_does_not_drown_the_others_and_nobody_waits()
    {
        var recorder = await StartAsync(s_options with { BurstPerObject = 5 });
        for (var i = 0; i < 50; i++) recorder.Warning(Subject("noisy"), "Again", $"message {i}");
        recorder.Normal(Subject("quiet"), "Applied", "x");
        await UntilAsync(() => recorder.Sent + recorder.Dropped == 51);
        Assert.Equal((6, 45), (recorder.Sent, recorder.Dropped));
    }

    [Fact]
    public async Task What_is_too_much_is_dropped_and_counted()
    {
        var recorder = await StartAsync(s_options with { Waiting = 10 }, run: false);
        for (var i = 0; i < 30; i++) recorder.Normal(Subject("a"), "r", $"{i}");
        Assert.Equal(20, recorder.Dropped);
    }

    [Fact]
    public async Task A_long_message_is_cut_and_a_refusal_is_no_trouble()
    {
        var recorder = await StartAsync(s_options);
        _server.Fault = _ => _server.Requests.Count == 1 ? FakeFault.Answer(403) : null;
        recorder.Normal(Subject("a"), "First", "x");
        recorder.Normal(Subject("a"), "Long", new string('x', 1022) + "😀😀");
        await UntilAsync(() => recorder.Sent == 1);
        Assert.Equal(1, recorder.Dropped);
        Assert.Equal(new string('x', 1022) + "…", (await EventsAsync())[0].Message);
    }

    private static EventSubject Subject(string name) => new(Kinds.ConfigMap, new ObjectMeta { Name = name, Namespace = "ns", Uid = $"uid-{name}" });

    private async Task<EventRecorder> StartAsync(EventOptions options, bool run = true)
    {
        _server = await FakeApiServer.StartAsync();
        _client = _server.Client(new KubeClientOptions { Attempts = 1 });
        var recorder = new EventRecorder(_client, options);
        if (run) _running = recorder.RunAsync(_stop.Token);
        return recorder;
    }

    private async Task<IReadOnlyList<ClusterEvent>> EventsAsync() =>
        (await _client.ListAsync(Kinds.Event, new ListQuery { Namespace = "ns" }, ClusterEvent.Read, _stop.Token)).Value.Items;
}
