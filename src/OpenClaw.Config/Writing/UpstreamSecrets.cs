using System.Text.Json;
using OpenClaw.Config.Reading;

namespace OpenClaw.Config.Writing;

/// <summary>Writes secrets as upstream reads them: <c>"${VAR}"</c>, or a SecretRef through a named file.</summary>
internal sealed class UpstreamSecrets(ReadContext context)
{
    private readonly Dictionary<(string Path, bool IsJson), string> _files = [];

    public void Write(Utf8JsonWriter json, string key, SecretConfig secret)
    {
        json.WritePropertyName(key);
        if (secret.Source != SecretSource.File)
        {
            if (secret.Source == SecretSource.Env && secret.Value.Any(char.IsAsciiLetterLower))
            {
                context.Problems.Add(ProblemSeverity.Error, 0, "", $"upstream OpenClaw reads only variables in capitals, not {secret.Value}", "Rename the variable.");
            }
            SecretText.WriteReference(json, secret);
            return;
        }
        json.WriteStartObject();
        json.WriteString("source", "file");
        json.WriteString("provider", Name(secret));
        json.WriteString("id", secret.Pointer ?? "value");
        json.WriteEndObject();
    }

    /// <summary><c>secrets.providers</c> with every file that was used; the names of the original are kept.</summary>
    public void WriteFiles(Utf8JsonWriter json)
    {
        if (_files.Count == 0) return;
        json.WriteStartObject("secrets");
        json.WriteStartObject("providers");
        foreach (var ((path, isJson), name) in _files)
        {
            json.WriteStartObject(name);
            json.WriteString("source", "file");
            json.WriteString("path", path);
            json.WriteString("mode", isJson ? "json" : "singleValue");
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private string Name(SecretConfig secret)
    {
        var file = (secret.Value, secret.Pointer is not null);
        if (_files.TryGetValue(file, out var known)) return known;
        var written = ReadContext.Members(context.Root.At("secrets", "providers")).FirstOrDefault(m => m.Value["path"]?.Text == secret.Value)?.Name;
        var name = written ?? Path.GetFileNameWithoutExtension(secret.Value);
        name = string.Concat(name.Select(static c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-')).Trim('-');
        if (name.Length == 0) name = "file";
        var unique = name;
        for (var number = 2; _files.ContainsValue(unique); number++) unique = name + "-" + number;
        return _files[file] = unique;
    }
}
