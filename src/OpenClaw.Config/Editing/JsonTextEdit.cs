using System.Text;
using OpenClaw.Config.Text;

namespace OpenClaw.Config.Editing;

/// <summary>
/// A file under edit: bytes and the tree over them. Every change is a splice of the bytes, so comments, order and spacing of
/// everything else stay; after each one the tree is parsed anew.
/// </summary>
internal sealed class JsonTextEdit
{
    private byte[] _bytes;

    private JsonTextEdit(byte[] bytes, ConfigNode root) => (_bytes, Root) = (bytes, root);

    public ConfigNode Root { get; private set; }

    public byte[] Bytes => _bytes;

    /// <summary>Null when the text cannot be parsed; the problems say why. An empty file begins as an empty object.</summary>
    public static JsonTextEdit? Open(ReadOnlySpan<byte> text, ProblemList problems)
    {
        var root = JsonTextParser.Parse(text, problems, mayBeEmpty: true);
        if (root is null || problems.HasErrors) return null;
        if (root.End > root.Start) return new JsonTextEdit(text.ToArray(), root);
        // A line end first: the last comment would take the object in.
        byte[] empty = text.IsEmpty || text[^1] == (byte)'\n' ? [.. text, .. "{\n}\n"u8] : [.. text, .. "\n{\n}\n"u8];
        return JsonTextParser.Parse(empty, problems) is { } fresh ? new JsonTextEdit(empty, fresh) : null;
    }

    public static ConfigMember? Member(ConfigNode? node, string name) =>
        node is { Kind: NodeKind.Object } ? node.Members.Find(m => m.Name == name && !m.IsDuplicate) : null;

    /// <summary>The value along a path of names, or null.</summary>
    public ConfigNode? At(params ReadOnlySpan<string> path)
    {
        var node = Root;
        foreach (var name in path)
        {
            if (Member(node, name) is not { } member) return null;
            node = member.Value;
        }
        return node;
    }

    /// <summary>Sets the value at a path, making the objects on the way; false when something else stands on the way.</summary>
    public bool Set(string json, params ReadOnlySpan<string> path)
    {
        var node = Root;
        for (var i = 0; i < path.Length; i++)
        {
            if (node.Kind != NodeKind.Object) return false;
            if (Member(node, path[i]) is not { } member)
            {
                for (var inner = path.Length - 1; inner > i; inner--) json = $"{{ {JsonString(path[inner])}: {json} }}";
                InsertMember(node, path[i], json);
                return true;
            }
            node = member.Value;
        }
        Replace(node, json);
        return true;
    }

    public void Replace(ConfigNode node, string json) => Splice([(node.Start, node.End, json)]);

    public void Append(ConfigNode array, string json)
    {
        if (array.Items is [.., var last]) AppendBehind(last.Start, last.End, json);
        else InsertIntoEmpty(array, json);
    }

    public void InsertMember(ConfigNode node, string name, string json)
    {
        var text = $"{JsonString(name)}: {json}";
        if (node.Members is [.., var last]) AppendBehind(last.NameStart, last.Value.End, text);
        else InsertIntoEmpty(node, text);
    }

    /// <summary>Before everything else in the root object: where a person looks first.</summary>
    public void InsertFirst(string name, string json)
    {
        if (Root.Members is not [var first, ..])
        {
            InsertMember(Root, name, json);
            return;
        }
        var indent = IndentOf(first.NameStart);
        Splice([(first.NameStart, first.NameStart, $"{JsonString(name)}: {json},{(indent is null ? " " : "\n" + indent)}")]);
    }

    public void Remove(ConfigMember member)
    {
        var siblings = member.Value.Parent!.Members;
        Remove(siblings.ConvertAll(static m => (m.NameStart, m.Value.End)), siblings.IndexOf(member));
    }

    public void Remove(ConfigNode item)
    {
        var siblings = item.Parent!.Items;
        Remove(siblings.ConvertAll(static i => (i.Start, i.End)), siblings.IndexOf(item));
    }

    public static string JsonString(string text) =>
        "\"" + System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text) + "\"";

    private void Remove(List<(int Start, int End)> spans, int index)
    {
        var (start, end) = spans[index];
        var splices = new List<(int, int, string)>();
        var comma = SkipSpace(end);
        var hasComma = comma < _bytes.Length && _bytes[comma] == ',';
        if (!hasComma && index > 0 && FindComma(spans[index - 1].End, start) is { } before) splices.Add((before, before + 1, ""));
        var behind = hasComma ? comma + 1 : end;
        if (IndentOf(start) is { } indent)
        {
            var lineEnd = LineEnd(behind);
            splices.Add(lineEnd is { } newline ? (start - Encoding.UTF8.GetByteCount(indent), newline + 1, "") : (start, SkipBlanks(behind), ""));
        }
        else
        {
            splices.Add((hasComma ? start : StartOfBlanks(start), hasComma ? SkipBlanks(behind) : behind, ""));
        }
        Splice(splices);
    }

    private void AppendBehind(int start, int end, string text)
    {
        if (IndentOf(start) is not { } indent)
        {
            Splice([(end, end, ", " + text)]);
            return;
        }
        var comma = SkipSpace(end);
        var hasComma = comma < _bytes.Length && _bytes[comma] == ',';
        var lineEnd = LineEnd(hasComma ? comma + 1 : end);
        if (lineEnd is null) Splice([(end, end, ",\n" + indent + text)]);
        else if (hasComma) Splice([(lineEnd.Value, lineEnd.Value, "\n" + indent + text + ",")]);
        else Splice([(end, end, ","), (lineEnd.Value, lineEnd.Value, "\n" + indent + text)]);
    }

    private void InsertIntoEmpty(ConfigNode node, string text)
    {
        var inside = _bytes.AsSpan(node.Start + 1, node.End - node.Start - 2);
        var isShort = node.Kind == NodeKind.Array || node != Root;
        if (isShort && inside.IndexOf((byte)'\n') < 0)
        {
            Splice([(node.Start + 1, node.Start + 1, node.Kind == NodeKind.Array ? text : $" {text} ")]);
            return;
        }
        var outer = LineIndent(node.Start);
        var end = inside.IndexOf((byte)'\n') < 0 ? "\n" + outer : "";
        Splice([(node.Start + 1, node.Start + 1, $"\n{outer}  {text}{end}")]);
    }

    /// <summary>Applies splices (in any order) and parses again; what is spliced in is always whole JSON, so parsing succeeds.</summary>
    private void Splice(List<(int Start, int End, string Text)> splices)
    {
        // From the back, so that offsets stay true; of two at one place the second stands behind the first.
        foreach (var (start, end, text) in splices.AsEnumerable().Reverse().OrderByDescending(static s => s.Start))
        {
            _bytes = [.. _bytes.AsSpan(0, start), .. Encoding.UTF8.GetBytes(text), .. _bytes.AsSpan(end)];
        }
        var problems = new ProblemList();
        Root = JsonTextParser.Parse(_bytes, problems) ?? throw new InvalidOperationException("an edit broke the file: " + problems.ToImmutable()[0]);
    }

    /// <summary>The white space before a value that is the first thing on its line, else null.</summary>
    private string? IndentOf(int at)
    {
        var start = StartOfBlanks(at);
        return start == 0 || _bytes[start - 1] == '\n' ? Encoding.UTF8.GetString(_bytes, start, at - start) : null;
    }

    private string LineIndent(int at)
    {
        var start = at;
        while (start > 0 && _bytes[start - 1] != '\n') start--;
        var end = start;
        while (end < at && _bytes[end] is (byte)' ' or (byte)'\t') end++;
        return Encoding.UTF8.GetString(_bytes, start, end - start);
    }

    private int StartOfBlanks(int at)
    {
        while (at > 0 && _bytes[at - 1] is (byte)' ' or (byte)'\t') at--;
        return at;
    }

    private int SkipBlanks(int at)
    {
        while (at < _bytes.Length && _bytes[at] is (byte)' ' or (byte)'\t') at++;
        return at;
    }

    /// <summary>The newline at the end of this line when only blanks and comments are before it, else null.</summary>
    private int? LineEnd(int at)
    {
        while (at < _bytes.Length)
        {
            if (_bytes[at] == '\n') return at;
            if (_bytes.AsSpan(at).StartsWith("//"u8))
            {
                var newline = _bytes.AsSpan(at).IndexOf((byte)'\n');
                return newline < 0 ? null : at + newline;
            }
            if (_bytes[at] is not ((byte)' ' or (byte)'\t' or (byte)'\r')) return null;
            at++;
        }
        return null;
    }

    private int? FindComma(int from, int to)
    {
        var at = SkipSpace(from);
        return at < to && _bytes[at] == ',' ? at : null;
    }

    /// <summary>Behind white space and comments.</summary>
    private int SkipSpace(int at)
    {
        while (at < _bytes.Length)
        {
            var rest = _bytes.AsSpan(at);
            if (rest[0] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n') at++;
            else if (rest.StartsWith("//"u8)) at += rest.IndexOf((byte)'\n') is var n and >= 0 ? n : rest.Length;
            else if (rest.StartsWith("/*"u8)) at += rest[2..].IndexOf("*/"u8) is var n and >= 0 ? n + 4 : rest.Length;
            else break;
        }
        return at;
    }
}
