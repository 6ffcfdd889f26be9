using System.Collections.Immutable;
using OpenClaw.Config.Editing;
using OpenClaw.Config.Text;

namespace OpenClaw.Config;

/// <summary>The outcome of an edit: the new text, or why there is none.</summary>
/// <param name="Bytes">The whole file; null when it was not changed.</param>
/// <param name="Problems">Why not; empty when <paramref name="Bytes"/> is there.</param>
public sealed record EditResult(byte[]? Bytes, ImmutableArray<ConfigProblem> Problems);

/// <summary>
/// Changes the default model, the fallbacks and the aliases in the text of a file, in the dialect that it already uses;
/// comments and everything else stay as they are. The caller reads the result with <see cref="ConfigReader"/> before it is
/// written: whether a reference is allowed is decided there.
/// </summary>
public static class ConfigEditor
{
    /// <summary>True for a file without any value, which an edit begins with an empty object: nothing, white space, comments.</summary>
    public static bool IsBlank(ReadOnlySpan<byte> file)
    {
        var problems = new ProblemList();
        return JsonTextParser.Parse(file, problems, mayBeEmpty: true) is { } root && !problems.HasErrors && root.End == root.Start;
    }

    /// <summary>Makes a reference or an alias the default model.</summary>
    public static EditResult SetDefault(ReadOnlySpan<byte> file, string reference) =>
        Edit(file, reference, static (edit, text) => edit.SetDefault(text));

    /// <summary>Adds a reference or an alias at the end of the chain.</summary>
    public static EditResult AddFallback(ReadOnlySpan<byte> file, string reference) =>
        Edit(file, reference, static (edit, text) => edit.AddFallback(text));

    public static EditResult RemoveFallback(ReadOnlySpan<byte> file, string reference) =>
        Edit(file, reference, static (edit, text) => edit.RemoveFallback(text));

    /// <summary>Leaves only the default model.</summary>
    public static EditResult ClearFallbacks(ReadOnlySpan<byte> file) => Edit(file, null, static (edit, _) => edit.ClearFallbacks());

    /// <summary>Gives a name to a reference, or to a chain of them; an existing name gets the new meaning.</summary>
    public static EditResult AddAlias(ReadOnlySpan<byte> file, string name, params string[] references)
    {
        ArgumentNullException.ThrowIfNull(references);
        if (references.Length == 0) return Failed("an alias needs a model", "Say what it stands for: provider/model.");
        return Edit(file, references[0], (edit, _) => edit.AddAlias(name, references));
    }

    public static EditResult RemoveAlias(ReadOnlySpan<byte> file, string name) => Edit(file, null, (edit, _) => edit.RemoveAlias(name));

    private static EditResult Edit(ReadOnlySpan<byte> file, string? reference, Func<ModelsEdit, string, ConfigProblem?> change)
    {
        var problems = new ProblemList();
        if (JsonTextEdit.Open(file, problems) is not { } text) return new EditResult(null, problems.ToImmutable());
        var edit = new ModelsEdit(text);
        var trimmed = reference?.Trim() ?? "";
        if (reference is not null && !edit.IsAlias(trimmed) && !ModelRef.TryParse(trimmed, out _))
        {
            return Failed($"\"{Shown.Text(trimmed)}\" is neither provider/model nor an alias of this file", "Write the provider, a slash and the model.");
        }
        return change(edit, trimmed) is { } problem ? new EditResult(null, [problem]) : new EditResult(text.Bytes, []);
    }

    private static EditResult Failed(string message, string instead) => new(null, [new ConfigProblem(ProblemSeverity.Error, 0, "", message, instead)]);
}
