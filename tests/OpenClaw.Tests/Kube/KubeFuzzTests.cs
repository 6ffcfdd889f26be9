using System.Text;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Kube.Config;
using OpenClaw.Kube.Resources;
using OpenClaw.Kube.Watching;

namespace OpenClaw.Tests.Kube;

public class KubeFuzzTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private const string Config = """
        apiVersion: v1
        kind: Config
        current-context: c
        preferences: {}
        clusters:
        - name: k
          cluster: {server: "https://k.example:6443", certificate-authority-data: LS0=, insecure-skip-tls-verify: false, tls-server-name: x}
        users:
        - name: u
          user:
            exec: {command: ./x, apiVersion: client.authentication.k8s.io/v1, args: [a, "b"], env: [{name: A, value: b}]}
        contexts:
        - context: &anchor {cluster: k, user: u, namespace: work}
          name: c
        - {name: d, context: *anchor}
        """;

    [Theory]
    [InlineData(1, 1000)]
    [InlineData(2, 1000)]
    public void A_broken_kubeconfig_is_a_message(int seed, int rounds)
    {
        var random = new Random(seed);
        var environment = new KubeEnvironment { Variable = static _ => null };
        var refused = 0;
        for (var i = 0; i < rounds; i++)
        {
            var text = Mutate(Config, random);
            try
            {
                KubeConfig.Parse(text, "/x/config").Resolve(random.Next(2) == 0 ? null : "d", environment);
            }
            catch (KubeConfigException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, rounds / 4, rounds);
    }

    [Fact]
    public async Task A_stream_is_cut_into_the_same_lines_wherever_it_is_split()
    {
        var random = new Random(3);
        for (var round = 0; round < 300; round++)
        {
            var lines = Enumerable.Range(0, random.Next(20)).Select(_ => new string((char)('a' + random.Next(26)), random.Next(8) == 0 ? random.Next(60_000) : random.Next(50))).ToArray();
            var bytes = Encoding.UTF8.GetBytes(string.Concat(lines.Select(static l => l + "\n")) + "cut");
            using var reader = new LineReader(new Pieces(bytes, random), 100_000);
            var read = new List<string>();
            while (await reader.ReadAsync(Cancel) is { } line) read.Add(Encoding.UTF8.GetString(line.Span));
            Assert.Equal(lines, read);
        }
    }

    [Fact]
    public async Task A_line_without_end_is_refused()
    {
        using var reader = new LineReader(new Pieces(new byte[1 << 20], new Random(1)), 100_000);
        await Assert.ThrowsAsync<InvalidDataException>(async () => await reader.ReadAsync(Cancel));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public async Task A_broken_watch_ends_with_a_problem_or_in_order(int seed)
    {
        var random = new Random(seed);
        var good = FakeWatches.Line("ADDED", Objects.ConfigMap("a", ("k", "v"))).Replace("\"metadata\":{", "\"metadata\":{\"resourceVersion\":\"7\",", StringComparison.Ordinal)
            + """{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","details":{"retryAfterSeconds":3}}}""" + "\n";
        var (events, problems) = (0, 0);
        for (var i = 0; i < 2000; i++)
        {
            using var response = new HttpResponseMessage();
            using var watch = new WatchStream(response, new Pieces(Encoding.UTF8.GetBytes(Mutate(good, random)), random),
                new KubeRequest(HttpMethod.Get, "/x"), new KubeClientOptions { MaxResponseBytes = 4096 }, TimeSpan.FromMinutes(1));
            for (var n = 0; ; n++)
            {
                Assert.InRange(n, 0, 1000);
                var next = await watch.NextAsync(Cancel);
                if (next.Problem is not null) problems++;
                if (next.Problem is not null || next.Value is not { } found) break;
                Read(found.Object);
                events++;
            }
        }
        Assert.True(events > 500 && problems > 500, $"{events} events, {problems} problems");
    }

    [Fact]
    public void Whatever_an_answer_says_it_is_read_without_an_exception()
    {
        var random = new Random(6);
        var good = """{"kind":"Pod","metadata":{"name":"a","namespace":"n","uid":"u","resourceVersion":"1","generation":2,"labels":{"a":"b"},"ownerReferences":[{"uid":"x","controller":true}],"finalizers":["f"],"creationTimestamp":"2026-01-01T00:00:00Z"},"spec":{"replicas":1,"ports":[{"port":80,"targetPort":"http"}],"holderIdentity":"x","leaseDurationSeconds":15,"renewTime":"2026-01-01T00:00:00.000000Z"},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"c","state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":1}}}]},"data":{"k":"djE="}}""";
        var read = 0;
        for (var i = 0; i < 5000; i++)
        {
            if (!KubeJson.TryParse(Encoding.UTF8.GetBytes(Mutate(good, random)), out var json)) continue;
            Read(json);
            read++;
        }
        Assert.True(read > 500);
    }

    private static void Read(System.Text.Json.JsonElement json)
    {
        _ = Pod.Read(json).Trouble;
        _ = StatefulSet.Read(json).IsRolledOut;
        _ = (Lease.Read(json), Service.Read(json), Secret.Read(json).ToString(), ConfigMap.Read(json), Role.Read(json), Ingress.Read(json), PersistentVolumeClaim.Read(json));
        _ = new KubeObject(json).ToString();
    }

    private static readonly char[] s_marks = "{}[]:,\"'\n&*!|>-#%@`\0\t\u00e9\ud800 0".ToCharArray();

    private static string Mutate(string text, Random random)
    {
        var chars = new StringBuilder(text);
        for (var n = random.Next(1, 5); n > 0 && chars.Length > 1; n--)
        {
            var at = random.Next(chars.Length);
            switch (random.Next(6))
            {
                case 0: chars.Remove(at, Math.Min(random.Next(1, 30), chars.Length - at)); break;
                case 1: chars.Insert(at, s_marks[random.Next(s_marks.Length)]); break;
                case 2: chars[at] = (char)random.Next(1, 300); break;
                case 3: chars.Insert(at, chars.ToString(at, Math.Min(random.Next(1, 200), chars.Length - at))); break;
                case 4: chars.Length = at; break;
                default: chars.Insert(at, new[] { "null", "1e999", "[]", "{}", "\\ud800", "\n---\n", "*anchor", "!!binary " }[random.Next(8)]); break;
            }
        }
        return chars.ToString();
    }

    /// <summary>A stream that comes in pieces of any size.</summary>
    private sealed class Pieces(byte[] bytes, Random random) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, random.Next(3) == 0 ? 1 : random.Next(1, 30_000))], cancellationToken);
    }
}
