using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Build;

/// <summary>
/// <c>spec.ollama</c>: Ollama beside the gateway, on the pod's own loopback, without root. Each model has an init container of
/// its own, so that progress and failure of a pull are the pod's status and log.
/// </summary>
internal static class BuildOllama
{
    private const string Folder = "/ollama";

    /// <summary>$1 is the model. The server is needed to pull; it ends with the pull, and so does the container, with its code.</summary>
    private const string Pull = """
        ollama serve & server=$!
        until ollama list >/dev/null 2>&1; do kill -0 "$server" || exit 1; sleep 1; done
        ollama pull "$1"; code=$?
        kill "$server"; exit "$code"
        """;

    public static JsonObject Of(InstancePlan plan)
    {
        var container = Container(plan, "ollama", gpu: true);
        container["args"] = new JsonArray("serve");
        container["ports"] = new JsonArray(new JsonObject { ["name"] = "ollama", ["containerPort"] = InstancePlan.OllamaPort, ["protocol"] = "TCP" });
        // It listens on loopback only, where the kubelet cannot ask over the network.
        container["startupProbe"] = Exec(period: 2, failures: 60);
        container["livenessProbe"] = Exec(period: 20, failures: 3);
        return container;
    }

    public static IEnumerable<JsonObject> Pulls(InstancePlan plan)
    {
        if (!plan.HasOllama) yield break;
        var models = plan.Spec.Texts("ollama.models");
        for (var i = 0; i < models.Count; i++)
        {
            var container = Container(plan, PullName(i, models[i]), gpu: false);
            container["command"] = new JsonArray("sh", "-c", Pull, "pull", models[i]);
            container["terminationMessagePolicy"] = "FallbackToLogsOnError";
            yield return container;
        }
    }

    public static IEnumerable<JsonObject> Volumes(InstancePlan plan)
    {
        if (!plan.HasOllama) yield break;
        var models = new JsonObject { ["name"] = "ollama-models" };
        if (plan.Spec.Text("ollama.storage.existingClaim") is { } claim) models["persistentVolumeClaim"] = new JsonObject { ["claimName"] = claim };
        else models["emptyDir"] = new JsonObject { ["sizeLimit"] = plan.Spec.Quantity("ollama.storage.sizeLimit") };
        yield return models;
    }

    /// <summary><c>pull-0-llama3-2</c>: a name that a container may have, and that tells the model.</summary>
    public static string PullName(int index, string model)
    {
        var name = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"pull-{index}-"));
        foreach (var character in model.ToLowerInvariant()) name.Append(char.IsAsciiLetterOrDigit(character) ? character : '-');
        if (name.Length > 63) name.Length = 63;
        return name.ToString().TrimEnd('-');
    }

    private static JsonObject Container(InstancePlan plan, string name, bool gpu)
    {
        var resources = BuildGateway.Resources(plan.Spec, "ollama.resources");
        if (gpu && plan.Spec.Number("ollama.gpu") is > 0 and var count)
        {
            foreach (var part in (string[])["requests", "limits"]) ((JsonObject)resources[part]!)["nvidia.com/gpu"] = count.ToString(CultureInfo.InvariantCulture);
        }
        return new JsonObject
        {
            ["name"] = name,
            ["image"] = plan.Images.Ollama,
            ["imagePullPolicy"] = "IfNotPresent",
            ["env"] = new JsonArray(
                Draw.Variable("HOME", Folder), Draw.Variable("OLLAMA_MODELS", Folder + "/models"), Draw.Variable("OLLAMA_HOST", $"127.0.0.1:{InstancePlan.OllamaPort}")),
            ["resources"] = resources,
            ["securityContext"] = Draw.Restricted(),
            ["volumeMounts"] = new JsonArray(Draw.Mount("ollama-models", Folder), Draw.Mount("tmp", "/tmp")),
        };
    }

    private static JsonObject Exec(int period, int failures) => new()
    {
        ["exec"] = new JsonObject { ["command"] = new JsonArray("ollama", "list") }, ["periodSeconds"] = period, ["timeoutSeconds"] = 5, ["failureThreshold"] = failures,
    };
}
