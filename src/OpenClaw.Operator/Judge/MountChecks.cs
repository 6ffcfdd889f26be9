using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;
using OpenClaw.Operator.Build;

namespace OpenClaw.Operator.Judge;

/// <summary>Mounts of the gateway that the API server would refuse, and labels that it would.</summary>
internal static class MountChecks
{
    private const string Field = "spec.extraVolumeMounts";

    public static IEnumerable<Finding> Of(InstancePlan plan)
    {
        var own = plan.Spec.Objects("extraVolumeMounts");
        var all = own.Count == 0 ? [] : (BuildGateway.Of(plan)["volumeMounts"] as JsonArray ?? []).OfType<JsonObject>().Select(Path).ToList();
        for (var i = 0; i < own.Count; i++)
        {
            if (Path(own[i]) is not { Length: > 0 } path) yield return Finding.Refuse("MountInvalid", $"{Field}[{i}]", "it says not where it is mounted", "write mountPath: /path");
            else if (all.Count(p => p == path) > 1) yield return Finding.Refuse("MountInvalid", $"{Field}[{i}].mountPath", $"something is mounted at {path} already", "write another path");
        }
        foreach (var (key, value) in plan.Spec.TextMap("podLabels").Where(static l => !IsLabel(l.Key, l.Value))) yield return Finding.Refuse("LabelInvalid", $"spec.podLabels.{key}", $"{key}: \"{value}\" is no label", "write at most 63 letters, digits, dashes, dots and underscores on either side");
    }

    private static bool IsLabel(string key, string value) => key.Split('/') is { Length: <= 2 } parts && IsWord(parts[^1]) && parts[^1].Length > 0 && parts.All(static p => p.Length > 0) && IsWord(value);

    private static bool IsWord(string text) =>
        text.Length <= 63 && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && (text.Length == 0 || (char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1])));

    private static string? Path(JsonObject mount) => mount["mountPath"] is JsonValue value ? SpecView.Scalar(value) : null;
}
