using System.Text.Json.Nodes;
using OpenClaw.Kube;

namespace OpenClaw.Tests.Kube;

/// <summary>Small objects, and waiting for what other threads do.</summary>
internal static class Objects
{
    /// <summary>A wait that only ends early; its length is no part of any assertion but "never".</summary>
    public static readonly TimeSpan Never = TimeSpan.FromSeconds(20);

    public static ObjectKey Key(string name) => new("ns", name);

    public static JsonObject ConfigMap(string name, params (string Key, string Value)[] data)
    {
        var json = KubeJson.NewObject(Kinds.ConfigMap, Key(name));
        json["data"] = KubeJson.WriteMap(data.Select(static d => KeyValuePair.Create(d.Key, d.Value)));
        return json;
    }

    public static JsonObject Labelled(JsonObject json, string label, string value)
    {
        json["metadata"]!["labels"] = new JsonObject { [label] = value };
        return json;
    }

    /// <summary>Waits until it is so. Yields, and takes no time when it is.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what = "it")
    {
        var until = Environment.TickCount64 + (long)Never.TotalMilliseconds;
        while (!condition())
        {
            if (Environment.TickCount64 > until) Assert.Fail($"{what} did not happen");
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }
}
