using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Build;

/// <summary>JsonArray.Add infers its argument's type and then wants a serializer for it; this one takes nodes and nothing else.</summary>
internal static class JsonLists
{
    public static void Put(this JsonArray list, JsonNode? item) => list.Add(item);
}
