using OpenClaw.Config.Keys;

namespace OpenClaw.Tests.Docs;

/// <summary>Every key that <c>openclaw.json</c> may hold and that is read.</summary>
internal static class KeyReference
{
    public static string Build() => CodeTables.Write(["key", "for example", "what it is"], Rows("", KeyTable.Root));

    private static IEnumerable<string[]> Rows(string path, Shape shape)
    {
        foreach (var key in shape.Keys)
        {
            if (key.Use != KeyUse.Read) continue;
            var here = path + key.Name;
            yield return [CodeTables.Code(here), CodeTables.Code(key.Shape.Sample), key.Does];
            foreach (var row in Below(here, key.Shape)) yield return row;
        }
    }

    // A secret is one value however it is written; its forms are explained beside the table.
    private static IEnumerable<string[]> Below(string path, Shape shape)
    {
        if (shape.Types.HasFlag(JsonTypes.String) && shape.Find("source") is not null) return [];
        if (shape.Values is { } values) return Below(path + ".*", values);
        if (shape.Items is { } items) return Below(path + "[]", items);
        return Rows(path + ".", shape);
    }
}
