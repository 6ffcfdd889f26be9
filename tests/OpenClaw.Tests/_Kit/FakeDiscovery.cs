using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using OpenClaw.Kube;

namespace OpenClaw.Tests;

/// <summary>The paths under which an API server says what it serves.</summary>
internal static class FakeDiscovery
{
    public static JsonObject? Answer(string path, IEnumerable<ResourceKind> served)
    {
        var parts = path.Trim('/').Split('/');
        return parts switch
        {
            ["version"] => new JsonObject { ["major"] = "1", ["minor"] = "31+", ["gitVersion"] = "v1.31.0-fake" },
            ["apis"] => Groups(served),
            ["api", var version] => Resources(version, served),
            ["apis", var group, var version] => Resources($"{group}/{version}", served),
            _ => null,
        };
    }

    private static JsonObject Groups(IEnumerable<ResourceKind> served) => new()
    {
        ["kind"] = "APIGroupList",
        ["groups"] = new JsonArray([.. served.Where(static k => k.Group.Length > 0).GroupBy(static k => k.Group).Select(static g => (JsonNode)new JsonObject
        {
            ["name"] = g.Key,
            ["versions"] = new JsonArray([.. g.Select(static k => k.Version).Distinct().Select(v => (JsonNode)new JsonObject { ["groupVersion"] = $"{g.Key}/{v}", ["version"] = v })]),
            ["preferredVersion"] = new JsonObject { ["groupVersion"] = $"{g.Key}/{g.First().Version}", ["version"] = g.First().Version },
        })]),
    };

    private static JsonObject Resources(string apiVersion, IEnumerable<ResourceKind> served)
    {
        var kinds = served.Where(k => k.ApiVersion == apiVersion).ToArray();
        if (kinds.Length == 0) throw new FakeRefusal(404, "NotFound", "the server could not find the requested resource");
        return new JsonObject
        {
            ["kind"] = "APIResourceList", ["groupVersion"] = apiVersion,
            ["resources"] = new JsonArray([.. kinds.Select(static k => (JsonNode)new JsonObject { ["name"] = k.Plural, ["kind"] = k.Kind, ["namespaced"] = k.IsNamespaced }),
                .. kinds.Select(static k => (JsonNode)new JsonObject { ["name"] = k.Plural + "/status", ["kind"] = k.Kind, ["namespaced"] = k.IsNamespaced })]),
        };
    }
}

/// <summary>Access and token reviews.</summary>
internal static class FakeReviews
{
    public static JsonObject? Answer(ResourceKind kind, FakeRequest request, Func<string, string, string, bool> allowed, ConcurrentDictionary<string, string> tokens)
    {
        if (kind.Plural is not ("subjectaccessreviews" or "selfsubjectaccessreviews" or "tokenreviews")) return null;
        var json = (JsonObject)JsonNode.Parse(request.Body)!;
        var spec = json["spec"]!;
        json["status"] = kind.Plural == "tokenreviews"
            ? tokens.TryGetValue(spec["token"]!.GetValue<string>(), out var user)
                ? new JsonObject { ["authenticated"] = true, ["user"] = new JsonObject { ["username"] = user, ["groups"] = new JsonArray("system:authenticated") } }
                : new JsonObject { ["error"] = "unknown token" }
            : new JsonObject { ["allowed"] = Asked(spec["resourceAttributes"] ?? spec["nonResourceAttributes"]!, allowed) };
        return json;
    }

    private static bool Asked(JsonNode attributes, Func<string, string, string, bool> allowed) => allowed(
        attributes["verb"]!.GetValue<string>(), (attributes["resource"] ?? attributes["path"])!.GetValue<string>(), attributes["namespace"]?.GetValue<string>() ?? "");
}
