using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Kube.Control;
using OpenClaw.Kube.Resources;
using static OpenClaw.Tests.Kube.Objects;

namespace OpenClaw.Tests.Kube;

public sealed class LeaderElectionTests : IAsyncDisposable
{
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(500);

    private readonly ManualTime _time = new();
    private readonly List<Contender> _contenders = [];
    private FakeApiServer _server = null!;

    public async ValueTask DisposeAsync()
    {
        _server.Fault = static _ => null;
        foreach (var contender in _contenders) contender.Stop.Cancel();
        await StepUntilAsync(() => _contenders.All(static c => c.Running.IsCompleted));
        foreach (var contender in _contenders) contender.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task One_leads_and_gives_the_lease_back_and_the_next_one_leads_at_once()
    {
        _server = await FakeApiServer.StartAsync();
        var a = Start("a");
        await UntilAsync(() => a.Leads);
        var b = Start("b");
        await PassAsync(TimeSpan.FromSeconds(60), () => Assert.False(a.Leads && b.Leads));
        Assert.True(a.Leads);
        Assert.Equal("a", b.Election.Holder);
        Assert.Equal(0, Lease().Transitions);
        a.Stop.Cancel();
        await StepUntilAsync(() => b.Leads);
        Assert.Equal(LeaderOutcome.Finished, await a.Running);
        Assert.Equal(("b", 1), (Lease().Holder, Lease().Transitions));
        Assert.Equal(1, b.Term!.Number);
    }

    [Theory]
    [InlineData("hang")]
    [InlineData("cut")]
    [InlineData("503")]
    [InlineData("conflict")]
    public async Task A_leader_that_cannot_renew_stops_before_another_can_lead(string how)
    {
        _server = await FakeApiServer.StartAsync();
        var a = Start("a");
        await UntilAsync(() => a.Leads);
        var b = Start("b");
        await PassAsync(TimeSpan.FromSeconds(5));
        _server.Fault = r => r.Headers["User-Agent"] != "a" ? null : how switch
        {
            "hang" => FakeFault.Hang,
            "cut" => FakeFault.Cut,
            "503" => FakeFault.Answer(503),
            _ => r.Method == "PUT" ? FakeFault.Answer(409, """{"kind":"Status","code":409,"reason":"Conflict"}""") : null,
        };
        await StepUntilAsync(() => b.Leads, () => Assert.False(a.Leads && b.Leads, "two lead"));
        Assert.Equal(LeaderOutcome.Lost, await a.Running);
        Assert.True(a.EndedAt < b.BeganAt);
    }

    [Fact]
    public async Task A_server_that_freezes_for_all_ends_the_term_in_time_and_the_same_one_may_lead_again()
    {
        _server = await FakeApiServer.StartAsync();
        var a = Start("a");
        await UntilAsync(() => a.Leads);
        await PassAsync(TimeSpan.FromSeconds(4));
        _server.Fault = static _ => FakeFault.Hang;
        var frozenAt = _time.GetUtcNow();
        await StepUntilAsync(() => !a.Leads);
        Assert.InRange((a.EndedAt - frozenAt).TotalSeconds, 0, 11);
        Assert.Equal(LeaderOutcome.Lost, await a.Running);
        _server.Fault = static _ => null;
        var again = Start("a");
        await StepUntilAsync(() => again.Leads);
    }

    [Fact]
    public async Task Work_that_does_not_stop_in_time_is_told()
    {
        _server = await FakeApiServer.StartAsync();
        var never = new TaskCompletionSource();
        var a = Start("a", _ => never.Task);
        await UntilAsync(() => a.Leads);
        _server.Fault = static _ => FakeFault.Cut;
        await StepUntilAsync(() => a.Running.IsCompleted);
        Assert.Equal(LeaderOutcome.Overran, await a.Running);
        never.SetResult();
    }

    [Fact]
    public async Task While_the_work_stops_in_order_the_lease_is_kept()
    {
        _server = await FakeApiServer.StartAsync();
        var gate = new TaskCompletionSource();
        var a = Start("a", _ => gate.Task);
        await UntilAsync(() => a.Leads);
        var b = Start("b");
        a.Stop.Cancel();
        await PassAsync(TimeSpan.FromSeconds(60), () => Assert.False(b.Leads));
        Assert.True(a.Term!.Token.IsCancellationRequested);
        Assert.True(a.Term.IsHeld);
        gate.SetResult();
        await StepUntilAsync(() => b.Leads);
        Assert.Equal(LeaderOutcome.Finished, await a.Running);
    }

    [Fact]
    public async Task A_process_that_stood_still_may_not_write_although_no_timer_has_told_it()
    {
        _server = await FakeApiServer.StartAsync();
        var stands = new StandingTime(_time);
        var a = Start("a", time: stands);
        await UntilAsync(() => a.Leads);
        var term = a.Term!;
        Assert.True(term.IsHeld);
        stands.Jump(TimeSpan.FromSeconds(10));
        Assert.False(term.Token.IsCancellationRequested);
        Assert.False(term.IsHeld);
        using var client = _server.Client();
        var guarded = client.WithWrites(() => term.IsHeld);
        Assert.True((await guarded.CreateAsync(Kinds.ConfigMap, "ns", ConfigMap("x"), TestContext.Current.CancellationToken)).Is(KubeProblemKind.NotLeader));
    }

    [Fact]
    public async Task Clocks_of_other_machines_do_not_matter()
    {
        _server = await FakeApiServer.StartAsync();
        // Its holder's clock is a year behind: by the times in it, the lease ran out long ago.
        var old = _time.GetUtcNow().AddYears(-1);
        _server.Cluster.Create(Kinds.Lease, "ns", new Lease("z", 15, old, old, 3).Write(Key("lease"), null));
        var a = Start("a");
        await PassAsync(TimeSpan.FromSeconds(14), () => Assert.False(a.Leads));
        await StepUntilAsync(() => a.Leads);
        Assert.Equal(4, Lease().Transitions);
    }

    [Fact]
    public async Task A_lease_that_somebody_takes_by_force_ends_the_term()
    {
        _server = await FakeApiServer.StartAsync();
        var a = Start("a");
        await UntilAsync(() => a.Leads);
        _server.Cluster.MergePatch(Kinds.Lease, Key("lease"), new System.Text.Json.Nodes.JsonObject { ["spec"] = new System.Text.Json.Nodes.JsonObject { ["holderIdentity"] = "thief" } }, null);
        await StepUntilAsync(() => a.Running.IsCompleted);
        Assert.Equal(LeaderOutcome.Lost, await a.Running);
        Assert.Equal("thief", Lease().Holder);
    }

    [Fact]
    public async Task What_others_wrote_on_the_lease_is_kept()
    {
        _server = await FakeApiServer.StartAsync();
        var lease = Labelled(KubeJson.NewObject(Kinds.Lease, Key("lease")), "kept", "yes");
        _server.Cluster.Create(Kinds.Lease, "ns", lease);
        var a = Start("a");
        await StepUntilAsync(() => a.Leads);
        Assert.Equal("yes", Lease().Meta.Labels["kept"]);
    }

    [Fact]
    public async Task Clocks_that_do_not_fit_are_refused()
    {
        _server = await FakeApiServer.StartAsync();
        using var client = _server.Client();
        var options = new LeaderElectionOptions { Lease = Key("lease"), Identity = "a" };
        Assert.Throws<ArgumentException>(() => new LeaderElection(client, options with { RenewDeadline = TimeSpan.FromSeconds(15) }));
        Assert.Throws<ArgumentException>(() => new LeaderElection(client, options with { RetryPeriod = TimeSpan.FromSeconds(9) }));
        Assert.Throws<ArgumentException>(() => new LeaderElection(client, options with { Identity = "" }));
        Assert.NotEqual(LeaderElectionOptions.UniqueIdentity("pod", new Random(1)), LeaderElectionOptions.UniqueIdentity("pod", new Random(2)));
    }

    private Lease Lease() => OpenClaw.Kube.Resources.Lease.Read(Json(_server.Cluster.Get(Kinds.Lease, Key("lease"))));

    private static System.Text.Json.JsonElement Json(System.Text.Json.Nodes.JsonNode node)
    {
        using var document = System.Text.Json.JsonDocument.Parse(node.ToJsonString());
        return document.RootElement.Clone();
    }

    private Contender Start(string name, Func<LeaderTerm, Task>? work = null, TimeProvider? time = null)
    {
        var client = _server.Client(new KubeClientOptions { Time = time ?? _time, UserAgent = name, Attempts = 1, RequestsPerSecond = 0 });
        var contender = new Contender(client, name, time ?? _time, work);
        _contenders.Add(contender);
        return contender;
    }

    /// <summary>Lets time pass in steps, and what follows from each happen.</summary>
    private async Task PassAsync(TimeSpan span, Action? check = null)
    {
        for (var passed = TimeSpan.Zero; passed < span; passed += s_step) await StepAsync(check);
    }

    private Task StepUntilAsync(Func<bool> condition, Action? check = null) => StepUntilAsync(condition, check, 400);

    private async Task StepUntilAsync(Func<bool> condition, Action? check, int steps)
    {
        for (var i = 0; !condition(); i++)
        {
            Assert.InRange(i, 0, steps);
            await StepAsync(check);
        }
    }

    private async Task StepAsync(Action? check)
    {
        _time.Advance(s_step);
        // Requests go over real sockets: what was asked for must be answered, or hang, before the clock goes on.
        for (var quiet = 0; quiet < 2;)
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
            quiet = _contenders.Sum(static c => c.Pending) == _server.Gated ? quiet + 1 : 0;
        }
        check?.Invoke();
    }

    private sealed class Contender : IDisposable
    {
        private readonly KubeClient _client;
        private int _leading;

        public Contender(KubeClient client, string name, TimeProvider time, Func<LeaderTerm, Task>? work)
        {
            _client = client;
            Election = new LeaderElection(client, new LeaderElectionOptions { Lease = Key("lease"), Identity = name });
            Running = Election.RunAsync(async term =>
            {
                Term = term;
                BeganAt = time.GetUtcNow();
                Interlocked.Exchange(ref _leading, 1);
                try
                {
                    if (work is not null) await work(term);
                    else await Task.Delay(Timeout.Infinite, term.Token);
                }
                finally
                {
                    EndedAt = time.GetUtcNow();
                    Interlocked.Exchange(ref _leading, 0);
                }
            }, Stop.Token);
        }

        public CancellationTokenSource Stop { get; } = new();

        public LeaderElection Election { get; }

        public LeaderTerm? Term { get; private set; }

        public Task<LeaderOutcome> Running { get; }

        public DateTimeOffset BeganAt { get; private set; }

        public DateTimeOffset EndedAt { get; private set; }

        public long Pending => _client.Counters.Pending;

        public bool Leads => Volatile.Read(ref _leading) == 1;

        public void Dispose()
        {
            Stop.Dispose();
            _client.Dispose();
        }
    }

    /// <summary>A clock that can jump ahead without its timers noticing, as after a process was stopped.</summary>
    private sealed class StandingTime(TimeProvider time) : TimeProvider
    {
        private TimeSpan _ahead;

        public void Jump(TimeSpan by) => _ahead += by;

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + _ahead;

        public override long TimestampFrequency => time.TimestampFrequency;

        public override long GetTimestamp() => time.GetTimestamp() + _ahead.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(callback, state, dueTime, period);
    }
}
