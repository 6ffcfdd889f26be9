using System.Diagnostics;
using System.Text.RegularExpressions;
using OpenClaw.Kube;

namespace OpenClaw.EndToEnd.Operator.Running;

/// <summary>Several operators before one real API server: one writes at a time, whatever ends the one that leads.</summary>
[Collection("operator process")]
public sealed partial class LeaderTests(AuditedApiServer server)
{
    private static readonly string[] s_ended = ["openclaw_operator_reconciles_total{result=\"done\"} ", "openclaw_operator_reconciles_total{result=\"after\"} "];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_writes_at_a_time_through_a_kill_a_stop_and_a_restart_of_the_api_server()
    {
        using var stage = await OperatorStage.SetAsync(server);
        var mark = server.Mark();
        await stage.ApplyAsync(Instance);
        await using var first = OperatorProcess.Start(stage.OperatorConfig, "first");
        await first.BecomesAsync("leader");
        await using var second = OperatorProcess.Start(stage.OperatorConfig, "second");
        await second.BecomesAsync("standby");
        using var stop = new CancellationTokenSource();
        var unrest = UnrestAsync(stage, stop.Token);

        // Killed in the middle of its work: the other one waits for the lease to run out, and takes over.
        await first.KillAsync();
        var watch = Stopwatch.StartNew();
        await second.BecomesAsync("leader", TimeSpan.FromSeconds(40));
        Assert.InRange(watch.Elapsed.TotalSeconds, 8, 30);

        // Asked to stop: it gives the lease back, and the next one leads at once.
        await using var third = OperatorProcess.Start(stage.OperatorConfig, "third");
        await third.BecomesAsync("standby");
        var (code, took) = await second.TerminateAsync();
        Assert.Equal(0, code);
        Assert.InRange(took.TotalSeconds, 0, 10);
        watch.Restart();
        await third.BecomesAsync("leader", TimeSpan.FromSeconds(20));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 10);
        await stop.CancelAsync();
        await unrest;

        await server.RestartAsync();
        await third.BecomesAsync("leader");
        await ChangeAsync(stage, "after-the-restart");
        await stage.SettledAsync(third);
        await LooksWellAsync(third);
        await stage.ClearAsync();
        Assert.Equal(0, (await third.TerminateAsync()).Code);
        OneAtATime(server.Calls(mark));
        Assert.All((OperatorProcess[])[first, second, third], static p => Assert.All(p.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries), static l => Assert.StartsWith("{\"time\":", l, StringComparison.Ordinal)));
        var token = await File.ReadAllTextAsync(stage.OperatorConfig, Cancel);
        token = token[(token.LastIndexOf("token: ", StringComparison.Ordinal) + 7)..].Trim();
        Assert.DoesNotContain(token, first.Log + second.Log + third.Log, StringComparison.Ordinal);
    }

    private static async Task UnrestAsync(OperatorStage stage, CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            await ChangeAsync(stage, $"v{i}");
            await Task.Delay(100, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task ChangeAsync(OperatorStage stage, string value)
    {
        var patch = new System.Text.Json.Nodes.JsonObject { ["spec"] = new System.Text.Json.Nodes.JsonObject { ["podAnnotations"] = new System.Text.Json.Nodes.JsonObject { ["example.com/unrest"] = value } } };
        Assert.True((await stage.Admin.MergePatchAsync(OperatorStage.Instances, new ObjectKey("default", "restless"), patch, null, Cancel)).IsSuccess);
    }

    private static void OneAtATime(IEnumerable<AuditedCall> calls)
    {
        var writes = calls.Where(static c => c.IsWrite && c.Resource != "leases").GroupBy(static c => c.Agent).Select(static g => (Agent: g.Key, First: g.Min(static c => c.At), Last: g.Max(static c => c.At), Count: g.Count()))
            .OrderBy(static g => g.First).ToList();
        Assert.Equal(["first", "second", "third"], writes.Select(static w => AgentName().Match(w.Agent).Groups[1].Value));
        Assert.All(writes.Zip(writes.Skip(1)), static pair => Assert.True(pair.First.Last < pair.Second.First, $"{pair.First} and {pair.Second} wrote at the same time"));
    }

    private static async Task LooksWellAsync(OperatorProcess process)
    {
        Assert.Equal(200, (await process.GetAsync("/healthz")).Code);
        var (code, text) = await process.GetAsync("/metrics");
        Assert.Equal(200, code);
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines.Where(static l => l[0] != '#'), static l => Assert.Matches(Sample(), l));
        Assert.DoesNotContain("restless", text, StringComparison.Ordinal);
        string[] expected = ["openclaw_operator_leader 1", "openclaw_operator_synced 1", "openclaw_operator_definitions_served 1", "openclaw_operator_terms_total ",
            "openclaw_operator_reconcile_seconds_bucket{le=\"+Inf\"} ", "openclaw_operator_writes_total{kind=\"StatefulSet\",verb=\"apply\",result=\"ok\"} ", "openclaw_operator_api_requests_total{verb=\"patch\",code=\"200\"} ",
            "openclaw_operator_watches_total{resource=\"openclawinstances.openclaw.rocks\"} ", "openclaw_operator_instances{phase=", "openclaw_operator_build_info{version=", "process_resident_memory_bytes "];
        var missing = Missing(lines);
        // After a restart of the API server it takes a moment until everything is listed and counted again.
        for (var attempt = 0; attempt < 60 && missing.Length > 0; attempt++)
        {
            await Task.Delay(500);
            missing = Missing((await process.GetAsync("/metrics")).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
        Assert.Empty(missing);

        // A look that will be repeated for something that is under way ended as well as one that needs no other.
        string[] Missing(string[] have) => [.. expected.Where(e => !Counts(have, e)), .. s_ended.Any(e => Counts(have, e)) ? Array.Empty<string>() : s_ended];
        static bool Counts(string[] have, string what) => have.Any(l => l.StartsWith(what, StringComparison.Ordinal) && !l.EndsWith(" 0", StringComparison.Ordinal));
    }

    private const string Instance = """
        apiVersion: openclaw.rocks/v1alpha1
        kind: OpenClawInstance
        metadata: {name: restless}
        spec:
          config: {raw: {llmConfig: [{provider: anthropic, model: claude-sonnet-4-20250514}]}}
        """;

    [GeneratedRegex(@"\(([a-z]+)\)$")]
    private static partial Regex AgentName();

    [GeneratedRegex(@"^[a-z_]+(\{([a-z]+=""[^""\n]*"",?)+\})? [0-9.eE+-]+$")]
    private static partial Regex Sample();
}
