using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Frames;

namespace OpenClaw.Tests.Golden;

/// <summary>
/// Every request in <c>tests/golden/requests</c> written for every dialect, and every stream in <c>tests/golden/streams</c>
/// written for both protocols that callers speak, compared with what was approved.
/// </summary>
public sealed class TranslationGoldens
{
    private static readonly Dictionary<string, DialectKind> s_dialects = new()
    {
        ["openai"] = DialectKind.OpenAiChat, ["anthropic"] = DialectKind.Anthropic, ["gemini"] = DialectKind.Gemini, ["ollama"] = DialectKind.Ollama,
    };

    public static TheoryData<string, string> Requests => Cases("requests", "*.json", s_dialects.Keys);

    public static TheoryData<string, string> Streams => Cases("streams", "*.stream", ["openai", "anthropic"]);

    [Theory]
    [MemberData(nameof(Requests))]
    public void A_request_is_written_as_approved(string path, string target)
    {
        var source = path.Split('/')[1];
        var (request, error) = DialectTable.Of(s_dialects[source]).ReadRequest(File.ReadAllBytes(Path.Combine(GoldenFile.Folder, path)));
        Assert.Null(error);
        var body = new ArrayBufferWriter<byte>();
        var unsupported = new List<string>(request!.Unmapped);
        DialectTable.Of(s_dialects[target]).WriteRequest(request, new RequestTarget("target-model", target, TargetQuirks.None, 4096, 32768), body, unsupported);
        var text = Pretty(body.WrittenSpan);
        if (unsupported.Count > 0) text += "\n\nnot carried: " + string.Join(", ", unsupported.Distinct());
        GoldenFile.Check(Path.Combine(GoldenFile.Folder, $"{path[..^5]}.to-{target}.golden"), text);
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void A_stream_is_written_as_approved_however_it_is_split(string path, string target)
    {
        var source = DialectTable.Of(s_dialects[path.Split('/')[1]]);
        var bytes = File.ReadAllBytes(Path.Combine(GoldenFile.Folder, path));
        var whole = Translate(source, s_dialects[target], bytes, bytes.Length);
        for (var split = 1; split < bytes.Length; split++) Assert.Equal(whole, Translate(source, s_dialects[target], bytes, split));
        GoldenFile.Check(Path.Combine(GoldenFile.Folder, $"{path[..^7]}.to-{target}.golden"), whole);
    }

    private static string Translate(IDialect source, DialectKind target, byte[] bytes, int split)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = DialectTable.Of(target).OpenWriter(output, StreamPosition.Beginning("answer-1", "served-model", 1_700_000_000, includeUsage: true));
        var reader = source.OpenReader();
        var splitter = new FrameSplitter(source.Framing);
        var buffer = new List<byte>();
        buffer.AddRange(bytes[..split]);
        Drain(splitter, reader, writer, buffer, atEnd: false);
        buffer.AddRange(bytes[split..]);
        Drain(splitter, reader, writer, buffer, atEnd: true);
        reader.BodyEnded(writer);
        writer.End();
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static void Drain(FrameSplitter splitter, DialectStreamReader reader, DialectStreamWriter writer, List<byte> buffer, bool atEnd)
    {
        while (splitter.TryRead(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(buffer), atEnd, out var frame))
        {
            if (!frame.Data.IsEmpty) Assert.NotEqual(FrameOutcome.Malformed, reader.Read(frame.Event, frame.Data, writer));
            buffer.RemoveRange(0, frame.Length);
        }
    }

    private static string Pretty(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        using var document = JsonDocument.ParseValue(ref reader);
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })) document.WriteTo(writer);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static TheoryData<string, string> Cases(string folder, string pattern, IEnumerable<string> targets)
    {
        var data = new TheoryData<string, string>();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(GoldenFile.Folder, folder), pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            foreach (var target in targets) data.Add(Path.GetRelativePath(GoldenFile.Folder, file).Replace('\\', '/'), target);
        }
        return data;
    }
}
