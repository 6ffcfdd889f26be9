using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Build;

/// <summary>
/// <c>config.mergeMode: merge</c>: what the instance says stands over what is in the gateway's own file; what it says nothing of
/// stays. Objects are merged, everything else is replaced; a forced path is taken out of the own file first.
/// </summary>
internal static class ConfigMerge
{
    public static JsonObject Of(JsonObject own, JsonObject over, IEnumerable<string> forcedPaths)
    {
        var result = (JsonObject)own.DeepClone();
        foreach (var path in forcedPaths) Remove(result, path.Split('.'));
        Put(result, over);
        return result;
    }

    private static void Remove(JsonObject map, ReadOnlySpan<string> path)
    {
        for (var at = map; ; path = path[1..])
        {
            if (path.Length == 1)
            {
                at.Remove(path[0]);
                return;
            }
            if (at[path[0]] is not JsonObject next) return;
            at = next;
        }
    }

    private static void Put(JsonObject to, JsonObject from)
    {
        foreach (var (key, value) in from)
        {
            if (value is JsonObject inner && to[key] is JsonObject known) Put(known, inner);
            else to[key] = value?.DeepClone();
        }
    }
}
