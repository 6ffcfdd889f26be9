using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.Gemini;

/// <summary>
/// The arguments of one streamed call, put together from pieces that each name their place by a JSON path (RFC 9535:
/// <c>$.recipe.steps[2]</c>). Told only when the call is whole, so half a call is never seen. Source: the type PartialArg
/// of Google's Gen AI SDKs (Vertex AI sends it; the Gemini API does not yet).
/// </summary>
internal sealed class GeminiPartialArguments
{
    // Paths come from outside: no index may make the array grow by more than this at once.
    private const int MaxGap = 1024;
    private const int MaxDepth = 64;

    private readonly JsonObject _root = [];
    private readonly StringBuilder _text = new();
    private string? _textPath;
    private bool _textOpen;

    /// <summary>False when a piece's path cannot be followed; the call is then broken.</summary>
    public bool Apply(ReadOnlySpan<byte> partialArg)
    {
        ReadOnlySpan<byte> path = default, text = default, other = default;
        var willContinue = false;
        if (!JsonSlice.IsObject(partialArg)) return false;
        var field = JsonSlice.Properties(partialArg);
        while (field.Next())
        {
            if (field.Is("jsonPath"u8)) path = field.Value;
            else if (field.Is("stringValue"u8)) text = field.Value;
            else if (field.Is("willContinue"u8)) willContinue = JsonSlice.IsTrue(field.Value);
            else if (field.Is("nullValue"u8)) other = "null"u8;
            else if (field.Is("numberValue"u8) || field.Is("boolValue"u8)) other = field.Value;
        }
        return JsonSlice.String(path) is { } at && (JsonSlice.IsString(text) ? AddText(at, JsonSlice.String(text)!, willContinue) : SetOther(at, other));
    }

    /// <summary>The whole arguments as JSON text, or null when the last piece could not be placed.</summary>
    public ArrayBufferWriter<byte>? Complete()
    {
        if (!FlushText()) return null;
        var buffer = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        _root.WriteTo(writer);
        writer.Flush();
        return buffer;
    }

    private bool AddText(string path, string text, bool willContinue)
    {
        if (!_textOpen || path != _textPath)
        {
            if (!FlushText()) return false;
            _textPath = path;
        }
        _text.Append(text);
        _textOpen = willContinue;
        return true;
    }

    private bool SetOther(string path, ReadOnlySpan<byte> value) =>
        FlushText() && (value.IsEmpty || (!JsonSlice.IsObject(value) && !JsonSlice.IsArray(value) && Set(path, JsonNode.Parse(value))));

    private bool FlushText()
    {
        if (_textPath is null) return true;
        var set = Set(_textPath, JsonValue.Create(_text.ToString()));
        _textPath = null;
        _textOpen = false;
        _text.Clear();
        return set;
    }

    private bool Set(string path, JsonNode? value)
    {
        if (!TryParsePath(path, out var steps)) return false;
        JsonNode at = _root;
        for (var i = 0; i < steps.Count - 1; i++)
        {
            var next = Get(at, steps[i]);
            if (next is null)
            {
                next = steps[i + 1].Name is null ? new JsonArray() : new JsonObject();
                if (!Put(at, steps[i], next)) return false;
            }
            at = next;
        }
        return Put(at, steps[^1], value);
    }

    private static JsonNode? Get(JsonNode at, Step step) => at switch
    {
        JsonObject o when step.Name is not null => o[step.Name],
        JsonArray a when step.Name is null && step.Index < a.Count => a[step.Index],
        _ => null,
    };

    private static bool Put(JsonNode at, Step step, JsonNode? value)
    {
        switch (at)
        {
            case JsonObject o when step.Name is not null:
                o[step.Name] = value;
                return true;
            case JsonArray a when step.Name is null && step.Index - a.Count < MaxGap:
                while (a.Count <= step.Index) a.Add(null);
                a[step.Index] = value;
                return true;
            default:
                return false;
        }
    }

    private readonly record struct Step(string? Name, int Index);

    private static bool TryParsePath(string path, out List<Step> steps)
    {
        steps = [];
        if (path.Length < 2 || path[0] != '$') return false;
        var i = 1;
        while (i < path.Length && steps.Count < MaxDepth)
        {
            if (path[i] == '.')
            {
                var end = path.AsSpan(i + 1).IndexOfAny('.', '[');
                end = end < 0 ? path.Length : i + 1 + end;
                if (end == i + 1) return false;
                steps.Add(new Step(path[(i + 1)..end], 0));
                i = end;
            }
            else if (path[i] == '[' && TryParseBracket(path, ref i, out var step)) steps.Add(step);
            else return false;
        }
        return i == path.Length && steps.Count > 0 && steps[0].Name is not null;
    }

    private static bool TryParseBracket(string path, ref int i, out Step step)
    {
        step = default;
        if (i + 1 >= path.Length) return false;
        var quote = path[i + 1];
        if (quote is '\'' or '"')
        {
            var end = path.IndexOf(quote, i + 2);
            if (end < 0 || end + 1 >= path.Length || path[end + 1] != ']') return false;
            step = new Step(path[(i + 2)..end], 0);
            i = end + 2;
            return true;
        }
        var close = path.IndexOf(']', i);
        if (close < 0 || !int.TryParse(path.AsSpan(i + 1, close - i - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index)) return false;
        step = new Step(null, index);
        i = close + 1;
        return true;
    }
}
