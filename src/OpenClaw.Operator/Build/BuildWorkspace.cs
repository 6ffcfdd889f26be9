using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Build;

/// <summary>A workspace of upstream's agent as it is written: the field, the folder in the pod, the content.</summary>
internal sealed record Workspace(string Field, string Folder, string Key, JsonObject Content)
{
    public IEnumerable<KeyValuePair<string, string>> Files =>
        (Content["initialFiles"] as JsonObject ?? []).Where(static m => m.Value is JsonValue).Select(static m => KeyValuePair.Create(m.Key, SpecView.Scalar((JsonValue)m.Value!)));

    public IEnumerable<string> Folders => (Content["initialDirectories"] as JsonArray ?? []).OfType<JsonValue>().Select(SpecView.Scalar);

    public string? ConfigMap => SpecView.Name(Content["configMapRef"]);

    public static IReadOnlyList<Workspace> All(SpecView spec)
    {
        if (spec.Map("workspace") is not { } first) return [];
        return
        [
            new Workspace("spec.workspace", InstancePlan.State + "/workspace", "main", first),
            .. spec.Objects("workspace.additionalWorkspaces").Select(static (w, i) =>
                new Workspace($"spec.workspace.additionalWorkspaces[{i}]", $"{InstancePlan.State}/workspace-{SpecView.Name(w)}", "ws-" + SpecView.Name(w), w)),
        ];
    }
}

/// <summary>
/// <c>spec.workspace</c>, with upstream's program: files and folders that the init container <c>init-workspace</c> puts on the
/// volume once. What is there already is the agent's own and stays, so a changed text starts nothing anew.
/// </summary>
internal static class BuildWorkspace
{
    private const string Seed = "/workspace-seed";
    private const string Maps = "/workspace-maps";

    /// <summary>Three words a step: dir - TO, file FROM TO, all FROM-FOLDER TO-FOLDER. Nothing that is there is written over.</summary>
    private const string Script = """
        while [ $# -gt 0 ]; do
          case "$1" in
            dir) mkdir -p "$3" ;;
            file) if [ ! -e "$3" ]; then mkdir -p "$(dirname "$3")"; cp "$2" "$3"; fi ;;
            all) mkdir -p "$3"; for file in "$2"/*; do if [ -f "$file" ] && [ ! -e "$3/${file##*/}" ]; then cp "$file" "$3/"; fi; done ;;
          esac
          shift 3
        done
        """;

    /// <summary><c>NAME-workspace</c>: the texts that are written in the instance itself.</summary>
    public static JsonObject? ConfigMap(InstancePlan plan)
    {
        var texts = Texts(plan).ToList();
        if (texts.Count == 0) return null;
        var map = Draw.Object(plan, "v1", "ConfigMap", plan.Name + "-workspace");
        map["data"] = new JsonObject(texts.Select(static t => KeyValuePair.Create(t.Key, (JsonNode?)t.Text)));
        return map;
    }

    public static JsonObject? Init(InstancePlan plan)
    {
        var all = All(plan);
        var texts = Texts(plan).ToList();
        var steps = new List<string>();
        for (var i = 0; i < all.Count; i++)
        {
            steps.AddRange(["dir", "-", all[i].Folder]);
            foreach (var folder in all[i].Folders.Order(StringComparer.Ordinal)) steps.AddRange(["dir", "-", $"{all[i].Folder}/{folder}"]);
            // What is written in the instance stands over the ConfigMap, so it comes first.
            foreach (var text in texts.Where(t => t.Workspace == all[i])) steps.AddRange(["file", $"{Seed}/{text.Key}", $"{all[i].Folder}/{text.Path}"]);
            if (all[i].ConfigMap is not null) steps.AddRange(["all", $"{Maps}/{i}", all[i].Folder]);
        }
        if (steps.Count == 0) return null;
        var mounts = new JsonArray(Draw.Mount("data", InstancePlan.State), Draw.Mount("tmp", "/tmp"));
        foreach (var volume in Volumes(plan)) mounts.Put(Draw.Mount((string)volume["name"]!, MountOf((string)volume["name"]!), isReadOnly: true));
        return new JsonObject
        {
            ["name"] = "init-workspace",
            ["image"] = plan.Images.Gateway,
            ["imagePullPolicy"] = plan.Images.PullPolicy,
            ["command"] = new JsonArray("sh", "-ec", Script, "workspace"),
            ["args"] = new JsonArray([.. steps.Select(static s => (JsonNode)s)]),
            ["resources"] = BuildConfigInit.Small(),
            ["securityContext"] = Draw.Restricted(),
            ["volumeMounts"] = mounts,
        };
    }

    public static IEnumerable<JsonObject> Volumes(InstancePlan plan)
    {
        if (Texts(plan).Any()) yield return new JsonObject { ["name"] = "workspace-seed", ["configMap"] = new JsonObject { ["name"] = plan.Name + "-workspace" } };
        var all = All(plan);
        for (var i = 0; i < all.Count; i++)
        {
            if (all[i].ConfigMap is { } name) yield return new JsonObject { ["name"] = $"workspace-map-{i}", ["configMap"] = new JsonObject { ["name"] = name } };
        }
    }

    public static IReadOnlyList<Workspace> All(InstancePlan plan) => plan.IsOriginal ? Workspace.All(plan.Spec) : [];

    private static string MountOf(string volume) => volume == "workspace-seed" ? Seed : $"{Maps}/{volume["workspace-map-".Length..]}";

    private sealed record SeedText(Workspace Workspace, string Path, string Key, string Text);

    /// <summary>Each text with a key that a ConfigMap may have, and that no other has.</summary>
    private static IEnumerable<SeedText> Texts(InstancePlan plan)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var workspace in All(plan))
        {
            foreach (var (path, text) in workspace.Files)
            {
                var plain = string.Concat(path.Replace("/", "--", StringComparison.Ordinal).Select(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-'));
                var name = $"{workspace.Key}--{(plain.Length <= 150 ? plain : plain[..150])}";
                var key = name;
                for (var number = 2; !taken.Add(key); number++) key = $"{name}-{number}";
                yield return new SeedText(workspace, path, key, text);
            }
        }
    }
}
