using System.Buffers;
using System.Text;
using System.Text.Json;

namespace OpenClaw.Gateway.Dialects.Json;

/// <summary>
/// Adds the configured vendor fields (<c>params.extra_body</c>) to a request that is written already. What the request says
/// wins; an object that stands on both sides is merged member by member, one level deep, and every other byte stays.
/// </summary>
internal static class ExtraMembers
{
    /// <param name="body">A JSON object.</param>
    /// <param name="extras">Raw JSON of an object.</param>
    public static void Merge(ReadOnlySpan<byte> body, string extras, IBufferWriter<byte> output)
    {
        using var document = JsonDocument.Parse(extras, JsonRead.Document);
        using var edits = BodyEdits.Rent();
        Add(body, 0, document.RootElement, isTop: true, edits);
        edits.Apply(body, output);
    }

    private static void Add(ReadOnlySpan<byte> json, int offset, JsonElement extras, bool isTop, BodyEdits edits)
    {
        // How the answer is read depends on it: the caller alone says whether it streams.
        HashSet<string> said = isTop ? ["stream"] : [];
        var scratch = new JsonScratch();
        var reader = new Utf8JsonReader(json, JsonRead.Options);
        reader.Read();
        var end = 1;
        var isEmpty = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            isEmpty = false;
            var name = Encoding.UTF8.GetString(scratch.Text(ref reader));
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            var value = JsonRead.Raw(ref reader, json);
            end = start + value.Length;
            if (!said.Add(name) || !extras.TryGetProperty(name, out var extra)) continue;
            if (IsOwn(name)) edits.Replace(offset + start, value.Length, Encoding.UTF8.GetBytes(extra.GetRawText()));
            else if (isTop && value[0] == (byte)'{' && IsOpen(extra) && !SaysType(value)) Add(value, offset + start, extra, isTop: false, edits);
        }
        var mark = edits.Mark;
        foreach (var member in extras.EnumerateObject())
        {
            if (!said.Add(member.Name)) continue;
            if (!isEmpty || edits.Mark > mark) edits.WriteRaw(",");
            edits.WriteQuoted(member.Name);
            edits.WriteRaw(":");
            edits.WriteRaw(member.Value.GetRawText());
        }
        if (edits.Mark > mark) edits.Add(offset + end, 0, mark);
    }

    // What the gateway writes for Ollama of its own accord: no client can say it, so the configuration may.
    private static bool IsOwn(string name) => name is "num_ctx" or "truncate" or "shift";

    // Objects that name their type are one thing: half of each would be neither.
    private static bool IsOpen(JsonElement extra) => extra.ValueKind == JsonValueKind.Object && !extra.TryGetProperty("type"u8, out _);

    private static bool SaysType(ReadOnlySpan<byte> json)
    {
        var member = JsonSlice.Properties(json);
        while (member.Next())
        {
            if (member.Is("type"u8)) return true;
        }
        return false;
    }
}
