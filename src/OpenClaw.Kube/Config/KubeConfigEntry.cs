using System.Text.Json;
using System.Text.Json.Nodes;

namespace OpenClaw.Kube.Config;

/// <summary>One named cluster, user or context of a kubeconfig, with the file it stands in: relative paths start there.</summary>
internal sealed class KubeConfigEntry(JsonObject json, string file, string what)
{
    public string File => file;

    /// <summary>For messages: <c>user "x" in /home/me/.kube/config</c>.</summary>
    public string What => $"{what} in {file}";

    public KubeConfigEntry Named(string name) => new(json, file, name);

    public bool Has(string name) => json[name] is not null;

    /// <exception cref="KubeConfigException">It is there and not a text.</exception>
    public string? Text(string name) => json[name] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.String => NullIfEmpty(value.GetValue<string>()),
        JsonValue => throw Wrong($"{name} is not a text; write it in quotes"),
        _ => throw Wrong($"{name} is not a text"),
    };

    public bool Flag(string name) => json[name] switch
    {
        null => false,
        JsonValue value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False => value.GetValue<bool>(),
        _ => throw Wrong($"{name} must be true or false"),
    };

    public KubeConfigEntry? Section(string name) => json[name] switch
    {
        null => null,
        JsonObject section => new KubeConfigEntry(section, file, $"{name} of {what}"),
        _ => throw Wrong($"{name} must be a section with keys"),
    };

    public IEnumerable<KubeConfigEntry> Sections(string name)
    {
        if (json[name] is null) yield break;
        if (json[name] is not JsonArray array) throw Wrong($"{name} must be a list");
        foreach (var item in array) yield return item is JsonObject section ? new KubeConfigEntry(section, file, $"{name} of {what}") : throw Wrong($"{name} must be a list of sections");
    }

    public IEnumerable<string> Texts(string name)
    {
        if (json[name] is null) yield break;
        if (json[name] is not JsonArray array) throw Wrong($"{name} must be a list");
        foreach (var item in array)
        {
            yield return item is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : throw Wrong($"{name} must be a list of texts; write each in quotes");
        }
    }

    /// <summary>A path, relative to the file it is written in.</summary>
    public string? PathOf(string name) => Text(name) is { } path ? Path.GetFullPath(path, Path.GetDirectoryName(file) ?? "/") : null;

    /// <summary>Bytes given in place as base64, or a file of them to be read each time; null when there is neither. Data beats the file, as in client-go.</summary>
    public Func<byte[]>? Bytes(string fileKey, string dataKey)
    {
        if (Text(dataKey) is { } data)
        {
            try
            {
                var bytes = Convert.FromBase64String(data);
                return () => bytes;
            }
            catch (FormatException)
            {
                throw Wrong($"{dataKey} is not base64");
            }
        }
        if (PathOf(fileKey) is not { } path) return null;
        return () =>
        {
            try
            {
                return System.IO.File.ReadAllBytes(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw Wrong($"{fileKey} {path} cannot be read");
            }
        };
    }

    public KubeConfigException Wrong(string why) => new($"{What}: {why}");

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
