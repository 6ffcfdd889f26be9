using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>Reads a secret's place: text, <c>"${VAR}"</c>, <c>"$VAR"</c> or a SecretRef object. Its value never enters a problem.</summary>
internal static class SecretReading
{
    /// <summary>Null when absent, unset or refused; the latter two are problems.</summary>
    public static SecretConfig? Read(ReadContext context, ConfigNode? node)
    {
        var secret = node switch
        {
            null or { IsRefused: true } => null,
            { Kind: NodeKind.String } => ReadText(context, node),
            { Kind: NodeKind.Object } => ReadReference(context, node),
            _ => null,
        };
        return Noted(context, secret, node);
    }

    /// <summary>The same secret; where it is a file's, its place is kept for who wants to look whether the file is there.</summary>
    /// <param name="at">Null: named by the environment.</param>
    public static SecretConfig? Noted(ReadContext context, SecretConfig? secret, ConfigNode? at)
    {
        if (secret is { Source: SecretSource.File }) context.SecretFiles.Add(new SecretPlace(secret, at?.Line ?? 0, at?.Pointer ?? ""));
        return secret;
    }

    private static SecretConfig? ReadText(ReadContext context, ConfigNode node)
    {
        if (VariableName(node.Written) is { } name) return FromVariable(context, node, name);
        if (node.IsUnset) return null;
        var text = (context.KeepsVariables ? node.Written : node.Text).Trim();
        if (text.Length == 0)
        {
            context.Problems.Warn(node, "an empty secret counts as not written", "Remove the key, or write \"${VARIABLE}\".");
            return null;
        }
        return IsSendable(context, node, "the secret", text) ? new SecretConfig { Source = SecretSource.Literal, Value = text } : null;
    }

    /// <summary>False, with an error, for what no header can carry: a call without its key would be worse than none.</summary>
    /// <param name="name">What the value is called in the error.</param>
    public static bool IsSendable(ReadContext context, ConfigNode? at, string name, string value)
    {
        if (SecretCharacters.Problem(value.AsSpan().Trim()) is not { } problem) return true;
        context.Problems.Error(at, $"{name} holds {problem.What}", problem.Instead);
        return false;
    }

    /// <summary>Upstream's shorthand <c>$VAR</c> is a variable only in capitals: a secret may begin with a dollar sign.</summary>
    private static string? VariableName(string text)
    {
        var name = Variables.WholeName(text.Trim());
        return name is null || text.Contains('{', StringComparison.Ordinal) || name.All(static c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c == '_') ? name : null;
    }

    private static SecretConfig? FromVariable(ReadContext context, ConfigNode at, string name)
    {
        if (!context.KeepsVariables && context.Lookup(name) is { } known && !IsSendable(context, at, $"the variable {Shown.Text(name)}", known)) return null;
        if (context.KeepsVariables || context.Process(name) is not null) return new SecretConfig { Source = SecretSource.Env, Value = name };
        if (context.FileVariable(name) is { } value) return new SecretConfig { Source = SecretSource.Literal, Value = value, FromVariable = name };
        // A string with ${…} was already reported when variables were put in.
        if (!at.IsUnset) context.Problems.Warn(at, $"the environment has no {Shown.Text(name)}, so this counts as not written", $"Set {Shown.Text(name)}.");
        return null;
    }

    private static SecretConfig? ReadReference(ReadContext context, ConfigNode node)
    {
        var source = context.Text(node["source"]);
        var id = context.Text(node["id"]);
        switch (source)
        {
            case "env" when id is not null && Variables.WholeName("$" + id) is not null:
                return FromVariable(context, node, id);
            case "env":
                context.Problems.Error(node, "a SecretRef with source env has no variable's name in id", "Write { \"source\": \"env\", \"id\": \"OPENAI_API_KEY\" }.");
                return null;
            case "file":
                return ReadFile(context, node, id);
            case "exec" or "store":
                context.Problems.Error(node, $"a SecretRef with source {source} is not supported", "Use source env or file.");
                return null;
            case null:
                context.Problems.Error(node, "a SecretRef has no source", "Write { \"source\": \"env\", \"id\": \"OPENAI_API_KEY\" }.");
                return null;
            default:
                context.Problems.Error(node, $"\"{Shown.Text(source)}\" is not a source of secrets", "Use source env or file.");
                return null;
        }
    }

    private static SecretConfig? ReadFile(ReadContext context, ConfigNode node, string? id)
    {
        if (context.Text(node["path"]) is { } direct)
        {
            return new SecretConfig { Source = SecretSource.File, Value = direct, Pointer = id is null or "value" ? null : id };
        }
        var files = context.Root.At("secrets", "providers");
        var alias = context.Text(node["provider"]) ?? "default";
        var file = ReadContext.Members(files).FirstOrDefault(m => m.Name == alias)?.Value;
        var path = file is { IsObject: true } ? context.Text(file["path"]) : null;
        if (path is null)
        {
            var nearest = Nearest.One(alias, ReadContext.Members(files).Select(static m => m.Name));
            context.Problems.Error(node, $"secrets.providers has no file named \"{Shown.Text(alias)}\"", nearest is null ? $"Add secrets.providers.{Shown.Text(alias)} with source \"file\" and path, or write path here." : $"Did you mean \"{nearest}\"?");
            return null;
        }
        if (id is null or "value" || context.Text(file!["mode"]) == "singleValue") return new SecretConfig { Source = SecretSource.File, Value = path };
        if (id.StartsWith('/')) return new SecretConfig { Source = SecretSource.File, Value = path, Pointer = id };
        context.Problems.Error(node, "the id of a SecretRef into a file is not a JSON pointer", "Begin it with \"/\", such as \"/openai/apiKey\"; for a file that holds only the secret write \"value\".");
        return null;
    }
}
