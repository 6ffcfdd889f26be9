using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using OpenClaw.EndToEnd;
using OpenClaw.Operator.Build;
using OpenClaw.Operator.Judge;

namespace OpenClaw.Bench;

/// <summary>
/// <c>runtime: original</c> held against the program itself: every sample as written and as the operator converts it goes
/// through upstream's <c>config validate</c>, and its gateway is started as the pod would start it.
/// </summary>
internal static class OriginalBench
{
    private static readonly string[] s_probes = ["startup", "liveness", "readiness"];

    private sealed record Case(string Name, string Written, InstanceDrawing Drawing);

    public static async Task<int> RunAsync(string[] args)
    {
        if (!Original.IsHere)
        {
            Console.Error.WriteLine("error: upstream's program is not here");
            Console.Error.WriteLine("hint: ./x bench original installs it");
            return 69;
        }
        var folder = Directory.CreateTempSubdirectory("openclaw-bench-").FullName;
        try
        {
            var text = new StringBuilder("# Upstream's program on converted files\n\n")
                .Append(CultureInfo.InvariantCulture, $"{Original.Versions}. Each sample as an instance with `runtime: original`: what upstream's `config validate` says of the file as it is written, and of the file that the operator makes of it. What the conversion leaves out is a warning of the instance.\n\n");
            var isWell = await TableAsync(folder, text) & await GatewayAsync(folder, text);
            Console.Write(text);
            var at = Array.IndexOf(args, "--out");
            if (at >= 0 && at + 1 < args.Length) await File.WriteAllTextAsync(args[at + 1], text.ToString());
            return isWell ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<bool> TableAsync(string folder, StringBuilder text)
    {
        text.Append("| sample | as written | converted | left out |\n| --- | --- | --- | ---: |\n");
        var original = new Original(folder);
        var known = new Dictionary<string, OriginalVerdict>();
        async Task<OriginalVerdict> Ask(string file) => known.TryGetValue(file, out var verdict) ? verdict : known[file] = await original.ValidateAsync(file);
        var (accepted, all) = (0, 0);
        foreach (var sample in Cases())
        {
            all++;
            Console.Error.WriteLine(sample.Name);
            var after = ConfigOf(sample.Drawing) is { } converted ? await Ask(converted) : new OriginalVerdict(false, ["nothing is drawn: " + sample.Drawing.Findings.FirstOrDefault(static f => f.Severity == FindingSeverity.Refused)], []);
            if (after.IsAccepted) accepted++;
            text.Append(CultureInfo.InvariantCulture, $"| {sample.Name} | {Say(await Ask(sample.Written))} | {Say(after)} | {sample.Drawing.Findings.Count(static f => f.Reason == "NotInOriginal")} |\n");
        }
        text.Append(CultureInfo.InvariantCulture, $"\n{accepted} of {all} converted files are accepted.\n");
        return accepted == all;
    }

    /// <summary>Upstream's gateway with the environment, the init container and the probes that the operator draws; only the folder is another.</summary>
    private static async Task<bool> GatewayAsync(string folder, StringBuilder text)
    {
        var sample = Cases().Single(static c => c.Name == "instances/brief-multi-provider.yaml");
        var pod = sample.Drawing.Objects.Single(static o => (string?)o["kind"] == "StatefulSet")["spec"]!["template"]!["spec"]!;
        var home = Path.Combine(folder, "home");
        var mounted = Path.Combine(folder, "operator-config");
        Directory.CreateDirectory(Path.Combine(home, ".openclaw"));
        Directory.CreateDirectory(mounted);
        await File.WriteAllTextAsync(Path.Combine(mounted, "openclaw.json"), ConfigOf(sample.Drawing));
        string Here(string? drawn) => drawn!.Replace(InstancePlan.Home, home, StringComparison.Ordinal).Replace(InstancePlan.ConfigFolder, mounted, StringComparison.Ordinal);
        var first = pod["initContainers"]!.AsArray().Single(static c => (string?)c!["name"] == "init-config")!["command"]!.AsArray().Select(c => Here((string?)c)).ToArray();
        using (var init = Process.Start(first[0], first[1..])) await init.WaitForExitAsync();
        var container = pod["containers"]!.AsArray().Single(static c => (string?)c!["name"] == "openclaw")!;
        var port = GatewayProcess.FreePort();
        var environment = new Original(home).Variables().ToDictionary(static e => e.Name, static e => e.Value);
        foreach (var variable in container["env"]!.AsArray().Where(static e => e!["value"] is not null)) environment[(string)variable!["name"]!] = Here((string?)variable["value"]);
        environment["OPENCLAW_GATEWAY_PORT"] = port.ToString(CultureInfo.InvariantCulture);
        var watch = Stopwatch.StartNew();
        // The image says --allow-unconfigured as well; without it a file that lacks something is refused.
        using var gateway = ChildProcess.Start(folder, "original", Original.Node, [Original.Program, "gateway"], [.. environment.Select(static e => (e.Key, e.Value))]);
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var paths = s_probes.Select(p => (string)container[p + "Probe"]!["httpGet"]!["path"]!).Distinct().ToList();
        var answered = new List<string>();
        foreach (var path in paths)
        {
            // Four minutes stay below the five that the start-up probe gives.
            while (watch.Elapsed < TimeSpan.FromMinutes(4) && !gateway.HasExited && !await AnswersAsync(client, $"http://127.0.0.1:{port}{path}")) await Task.Delay(250);
            if (await AnswersAsync(client, $"http://127.0.0.1:{port}{path}")) answered.Add(string.Create(CultureInfo.InvariantCulture, $"`{path}` after {watch.Elapsed.TotalSeconds:F0} s"));
        }
        text.Append(answered.Count == paths.Count
            ? string.Create(CultureInfo.InvariantCulture, $"\nStarted with the environment and the init container that are drawn for {sample.Name}, upstream's gateway answers every probe with 200: {string.Join(", ", answered)} (load average {Machine.Load():F1}, {gateway.ResidentMegabytes():F0} MB in memory).\n")
            : $"\n**Upstream's gateway did not answer** {string.Join(", ", paths)}: {File.ReadAllText(gateway.Errors).Trim()}\n");
        return answered.Count == paths.Count;
    }

    private static async Task<bool> AnswersAsync(HttpClient client, string url)
    {
        try
        {
            using var answer = await client.GetAsync(url);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private static IEnumerable<Case> Cases()
    {
        foreach (var path in Directory.GetFiles("samples", "*.json").Order(StringComparer.Ordinal))
        {
            var written = File.ReadAllText(path);
            var spec = new JsonObject { ["runtime"] = "original", ["config"] = new JsonObject { ["configMapRef"] = new JsonObject { ["name"] = "file" } } };
            var data = ImmutableSortedDictionary<string, byte[]>.Empty.Add("openclaw.json", Encoding.UTF8.GetBytes(written));
            yield return new Case(Path.GetFileName(path), written, InstanceDrawing.Of(new InstanceFacts
            {
                Instance = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "sample" }, ["spec"] = spec }, OperatorVersion = "0",
                ConfigMaps = ImmutableDictionary<string, SourceFacts>.Empty.Add("file", new SourceFacts(SourceState.Found, data)),
            }));
        }
        foreach (var path in Directory.GetFiles(Path.Combine("samples", "instances"), "*.yaml").Order(StringComparer.Ordinal))
        {
            var file = new InstanceFile();
            file.Add(path, File.ReadAllText(path));
            foreach (var instance in file.Instances)
            {
                instance["spec"]!["runtime"] = "original";
                var facts = file.FactsOf(instance, "0");
                var config = instance["spec"]!["config"];
                var written = config?["configMapRef"] is { } map ? facts.ConfigMap((string)map["name"]!).Text((string?)map["key"] ?? "openclaw.json")! : PrettyJson.Write(config?["raw"] ?? new JsonObject());
                yield return new Case("instances/" + Path.GetFileName(path), written, InstanceDrawing.Of(facts));
            }
        }
    }

    // Whatever it is called: where the user's own has that name, the operator's has another.
    private static string? ConfigOf(InstanceDrawing drawing) =>
        drawing.Objects.Where(static o => (string?)o["kind"] == "ConfigMap").Select(static o => (string?)o["data"]?["openclaw.json"]).FirstOrDefault(static c => c is not null);

    private static string Say(OriginalVerdict verdict)
    {
        var word = verdict.IsAccepted ? "accepted" : "**refused**: " + string.Join("; ", verdict.Issues);
        return (word + (verdict.Warnings.Count == 0 ? "" : "; warns: " + string.Join("; ", verdict.Warnings))).Replace("|", "\\|", StringComparison.Ordinal).Replace("<root>", "(root)", StringComparison.Ordinal).ReplaceLineEndings(" ");
    }
}
