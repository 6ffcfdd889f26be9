using System.Text.Json;
using System.Text.Json.Nodes;

namespace OpenClaw.Kube.Resources;

/// <summary>One line of <c>status.conditions</c>.</summary>
/// <param name="Status"><c>True</c>, <c>False</c> or <c>Unknown</c>.</param>
public sealed record Condition(string Type, string Status, string Reason, string Message)
{
    public DateTimeOffset? ChangedAt { get; init; }

    public long? ObservedGeneration { get; init; }

    public bool IsTrue => Status == "True";

    public static Condition Read(JsonElement json) => new(json.Text("type"), json.Text("status"), json.Text("reason"), json.Text("message"))
    {
        ChangedAt = json.Time("lastTransitionTime"),
        ObservedGeneration = json.Number("observedGeneration"),
    };

    public JsonObject Write()
    {
        var json = new JsonObject { ["type"] = Type, ["status"] = Status, ["reason"] = Reason, ["message"] = Message };
        if (ChangedAt is { } time) json["lastTransitionTime"] = KubeJson.Write(time);
        if (ObservedGeneration is { } generation) json["observedGeneration"] = generation;
        return json;
    }
}
