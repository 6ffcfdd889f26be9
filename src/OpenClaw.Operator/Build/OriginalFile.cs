using System.Text;
using System.Text.Json.Nodes;
using OpenClaw.Config;
using OpenClaw.Operator.Api;
using OpenClaw.Operator.Judge;

namespace OpenClaw.Operator.Build;

/// <summary>The configuration in the schema of upstream's OpenClaw, which refuses every key that it does not know.</summary>
internal static class OriginalFile
{
    /// <summary>Null when it cannot be converted; the notes say why.</summary>
    public static string? Of(SpecView spec, string text, string path, List<Finding> findings)
    {
        var converted = ConfigWriter.Convert(Encoding.UTF8.GetBytes(text), ConfigDialect.Upstream);
        foreach (var note in converted.Notes)
        {
            var place = path + note.Pointer.Replace('/', '.');
            findings.Add(Finding.Warn(note.Severity == ProblemSeverity.Error ? "NotInOriginal" : "ConvertedForOriginal", place, note.Message, note.Instead));
        }
        if (converted.Json is null || JsonNode.Parse(converted.Json) is not JsonObject file) return null;
        if (file["gateway"] is not JsonObject gateway) file["gateway"] = gateway = new JsonObject();
        gateway["mode"] ??= "local";
        if (gateway["controlUi"] is not JsonObject ui) gateway["controlUi"] = ui = new JsonObject();
        // Beyond loopback the original's control UI wants the origins it is opened from.
        ui["allowedOrigins"] ??= new JsonArray([.. Origins(spec).Order(StringComparer.Ordinal).Distinct().Select(static o => (JsonNode)o)]);
        if (spec.Flag("chromium.enabled")) BuildChromium.PutInto(file);
        if (!spec.Flag("workspace.bootstrap.enabled")) SkipBootstrap(file);
        return PrettyJson.Write(file);
    }

    private static void SkipBootstrap(JsonObject file)
    {
        if (file["agents"] is not JsonObject agents) file["agents"] = agents = new JsonObject();
        if (agents["defaults"] is not JsonObject defaults) agents["defaults"] = defaults = new JsonObject();
        defaults["skipBootstrap"] ??= true;
    }

    private static IEnumerable<string> Origins(SpecView spec)
    {
        foreach (var origin in spec.Texts("gateway.controlUiOrigins")) yield return origin;
        yield return "http://localhost:18789";
        yield return "http://127.0.0.1:18789";
        var secure = spec.Objects("networking.ingress.tls").SelectMany(static t => (t["hosts"] as JsonArray ?? []).Select(static h => (string?)h)).ToHashSet();
        if (spec.Flag("networking.ingress.enabled"))
        {
            foreach (var host in spec.Objects("networking.ingress.hosts").Select(static h => (string?)h["host"]).OfType<string>()) yield return (secure.Contains(host) ? "https://" : "http://") + host;
        }
        if (!spec.Flag("networking.httpRoute.enabled")) yield break;
        foreach (var host in spec.Texts("networking.httpRoute.hostnames")) yield return "https://" + host;
    }
}
