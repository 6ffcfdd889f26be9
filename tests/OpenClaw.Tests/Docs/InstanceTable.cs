using OpenClaw.Operator.Api;

namespace OpenClaw.Tests.Docs;

/// <summary>Every field of an instance, and every rule between them.</summary>
internal static class InstanceTable
{
    public static string Build() => CodeTables.Write(["field", "is", "default", "built", "does"], InstanceFields.Spec
        .Where(static f => f.Kind is not (FieldKind.Object or FieldKind.Objects))
        .Select(static f => (string[])
        [
            CodeTables.Code(f.Path), Kind(f), f.Default is null ? "" : CodeTables.Code(f.Default),
            f.State switch { FieldState.Built => "yes", FieldState.NotYet => "**no**", _ => "needless" },
            f.State == FieldState.Built ? f.Does : $"{f.Does} {f.Instead}",
        ]));

    public static string Rules() => CodeTables.Write(["where", "rule"], InstanceRules.All.Select(static r => (string[])[CodeTables.Code(("spec." + r.Path).TrimEnd('.')), r.Message]));

    private static string Kind(ApiField field) => field.Kind switch
    {
        FieldKind.Text when !field.Words.IsEmpty => string.Join(", ", field.Words.Select(static w => CodeTables.Code(w))),
        FieldKind.Text => "text",
        FieldKind.Integer => field.Max is null ? "integer" : $"{field.Min} to {field.Max}",
        FieldKind.Flag => "true or false",
        FieldKind.Quantity => "quantity",
        FieldKind.Texts => "list of text",
        FieldKind.TextMap => "text by name",
        FieldKind.QuantityMap => "quantity by resource",
        FieldKind.Any => "object",
        _ => "list of objects",
    };
}
