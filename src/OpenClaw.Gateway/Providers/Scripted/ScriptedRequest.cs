using System.Text;
using System.Text.Json;

namespace OpenClaw.Gateway.Providers.Scripted;

/// <summary>A request as read from the socket, and what of it a script must know.</summary>
internal sealed class ScriptedRequest
{
    public required string Method { get; init; }

    public required string Target { get; init; }

    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    public required byte[] Body { get; init; }

    public string Path => Target.Split('?', 2)[0];

    public bool KeepAlive => !Headers.GetValueOrDefault("connection", "").Contains("close", StringComparison.OrdinalIgnoreCase);

    public string Model { get; private set; } = "";

    public bool Stream { get; private set; }

    /// <summary>OpenAI's <c>stream_options.include_usage</c>.</summary>
    public bool IncludeUsage { get; private set; }

    /// <summary>The text of a last message that is the assistant's, or null.</summary>
    public string? Prefill { get; private set; }

    public int PromptWords { get; private set; }

    /// <summary>Fills the derived facts; false when the body is not a JSON object.</summary>
    public bool Understand(ScriptedWire wire)
    {
        if (wire is GeminiWire)
        {
            var (model, verb) = SplitGemini(Path);
            Model = model;
            Stream = verb == "streamGenerateContent";
        }
        try
        {
            using var document = JsonDocument.Parse(Body);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return false;
            PromptWords = CountWords(root, false);
            if (wire is not GeminiWire)
            {
                Model = Text(root, "model");
                Stream = root.TryGetProperty("stream", out var s) ? s.ValueKind == JsonValueKind.True : wire is OllamaWire;
            }
            IncludeUsage = root.TryGetProperty("stream_options", out var o) && o.ValueKind == JsonValueKind.Object
                && o.TryGetProperty("include_usage", out var u) && u.ValueKind == JsonValueKind.True;
            Prefill = ReadPrefill(root, wire is GeminiWire ? "contents" : "messages");
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary><c>/v1beta/models/NAME:VERB</c>.</summary>
    public static (string Model, string Verb) SplitGemini(string path)
    {
        var start = path.IndexOf("/models/", StringComparison.Ordinal);
        var colon = path.LastIndexOf(':');
        return start < 0 || colon < start
            ? ("", "")
            : (Uri.UnescapeDataString(path[(start + 8)..colon]), path[(colon + 1)..]);
    }

    private static string? ReadPrefill(JsonElement root, string list)
    {
        if (!root.TryGetProperty(list, out var turns) || turns.ValueKind != JsonValueKind.Array || turns.GetArrayLength() == 0) return null;
        var last = turns[turns.GetArrayLength() - 1];
        if (last.ValueKind != JsonValueKind.Object || Text(last, "role") is not ("assistant" or "model")) return null;
        var text = new StringBuilder();
        AppendTexts(last, text);
        return text.ToString();
    }

    private static void AppendTexts(JsonElement message, StringBuilder text)
    {
        foreach (var name in (string[])["content", "parts"])
        {
            if (!message.TryGetProperty(name, out var content)) continue;
            if (content.ValueKind == JsonValueKind.String) text.Append(content.GetString());
            if (content.ValueKind != JsonValueKind.Array) continue;
            foreach (var part in content.EnumerateArray())
            {
                if (part.ValueKind == JsonValueKind.Object) text.Append(Text(part, "text"));
            }
        }
    }

    private static int CountWords(JsonElement element, bool counts) => element.ValueKind switch
    {
        JsonValueKind.String => counts ? ScriptedAnswer.CountWords(element.GetString()!) : 0,
        JsonValueKind.Array => element.EnumerateArray().Sum(e => CountWords(e, counts)),
        JsonValueKind.Object => element.EnumerateObject().Sum(p => CountWords(p.Value, p.Name is "content" or "text" or "system")),
        _ => 0,
    };

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
