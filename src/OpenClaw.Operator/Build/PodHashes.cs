using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Build;

/// <summary>
/// What makes a pod start anew: the final bytes of all that it reads only at its start. openclaw.json is not among it where the
/// gateway takes it up while it runs. A source that cannot be read just now changes nothing.
/// </summary>
internal static class PodHashes
{
    public const string ConfigKey = "openclaw.rocks/config-hash";
    public const string SecretKey = "openclaw.rocks/secret-hash";

    public static string Config(InstancePlan plan)
    {
        if (plan.Config.Text is not { } text) return plan.Facts.PodAnnotations.GetValueOrDefault(ConfigKey) ?? "none";
        // A file on the volume is written by an init container, so a new one needs a new start.
        if (plan.IsOriginal || plan.Merges) return Hash(text + "\n" + string.Join('\n', plan.Spec.Texts("config.forcePaths")));
        // Where it listens and where it keeps its books is settled at the start.
        var file = JsonNode.Parse(text) as JsonObject;
        return Hash($"{file?["gateway"]?.ToJsonString()}\n{file?["storage"]?.ToJsonString()}");
    }

    public static string Secrets(InstancePlan plan)
    {
        var sources = Reads(plan).GroupBy(static r => r.Source, StringComparer.Ordinal).OrderBy(static g => g.Key, StringComparer.Ordinal).ToList();
        var known = plan.Facts.PodAnnotations.GetValueOrDefault(SecretKey);
        if (known is not null && sources.Any(s => Find(plan, s.Key).State == SourceState.Unknown)) return known;
        var text = new StringBuilder();
        foreach (var source in sources)
        {
            var facts = Find(plan, source.Key);
            text.Append(source.Key).Append(facts.State == SourceState.Found ? "" : " (none)").Append('\n');
            // Of a source that others use too, only the keys that this pod reads.
            var keys = source.Any(static r => r.Key is null) ? null : source.Select(static r => r.Key!).ToHashSet(StringComparer.Ordinal);
            // Lengths keep the border between a key and its bytes where it is.
            foreach (var (key, bytes) in facts.Data.Where(d => keys is null || keys.Contains(d.Key))) text.Append(CultureInfo.InvariantCulture, $"{key.Length}:{key}={Convert.ToHexString(SHA256.HashData(bytes))}\n");
        }
        return Hash(text.ToString());
    }

    private static SourceFacts Find(InstancePlan plan, string source) =>
        source.StartsWith("Secret/", StringComparison.Ordinal) ? plan.Facts.Secret(source[7..]) : plan.Facts.ConfigMap(source[10..]);

    private static IEnumerable<PodSource> Reads(InstancePlan plan) =>
        (plan.TokenSecret is { } token ? new[] { new PodSource("Secret/" + token, "token") } : []).Concat(PodSource.Of(plan.Spec, plan.Images, plan.Environment));

    /// <summary><c>Secret/NAME</c> and <c>ConfigMap/NAME</c> of everything that is written, whatever the sources hold; the gateway token is not among it.</summary>
    public static IEnumerable<string> Named(SpecView spec, Images images, PodEnvironment environment) => PodSource.Of(spec, images, environment).Select(static r => r.Source);

    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8));
}
