using System.Text;
using OpenClaw.Gateway.Providers.Scripted;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Faults;

/// <summary>A provider's stream as bytes: made by the scripted provider, or recorded from a real one.</summary>
/// <param name="Step">Cut at every so many bytes.</param>
internal sealed record RecordedStream(string Name, Wire Wire, byte[] Bytes, int Step)
{
    // About so many cuts a recording: enough to meet every kind of place in it.
    private const int CutsPerRecording = 30;

    // What is in a stream that is more than text.
    private static readonly string[] s_moreThanText = ["\"tool_calls\"", "tool_use\"", "functionCall", "\"reasoning_content\"", "\"thinking\"", "\"thought\""];

    public string ContentType => Wire == Wire.Ollama ? "application/x-ndjson" : "text/event-stream";

    /// <summary>Where a client would meet it: in its own protocol where there is one.</summary>
    public ClientProtocol Protocol => Wire is Wire.Anthropic or Wire.Ollama ? ClientProtocol.Messages : ClientProtocol.Chat;

    /// <summary>It was said by a real provider.</summary>
    public bool IsRecorded { get; init; }

    /// <summary>It says nothing but text: whoever has the beginning can be given the rest.</summary>
    public bool IsText { get; } = SaysOnlyText(Encoding.UTF8.GetString(Bytes));

    public IEnumerable<int> Cuts
    {
        get { for (var at = 0; at < Bytes.Length; at += Step) yield return at; }
    }

    public static IReadOnlyList<RecordedStream> All { get; } = [.. Small(), .. Recorded()];

    private static IEnumerable<RecordedStream> Small()
    {
        (Wire, ScriptedWire)[] wires = [(Wire.OpenAi, ScriptedWire.OpenAi), (Wire.Anthropic, ScriptedWire.Anthropic), (Wire.Gemini, ScriptedWire.Gemini), (Wire.Ollama, ScriptedWire.Ollama)];
        var turn = new ScriptedTurn("small", "small", 1_700_000_000, 4, IncludeUsage: true);
        foreach (var (wire, script) in wires)
        {
            yield return new($"{wire} text", wire, Join(script.Stream(turn with { Text = "Zwölf Boxkämpfer jagen." })), Step: 1);
            yield return new($"{wire} tool", wire, Join(script.Stream(turn with { Tools = ScriptedAnswer.OneTool })), Step: 5);
        }
    }

    private static IEnumerable<RecordedStream> Recorded()
    {
        foreach (var file in SharedFiles.Files("fixtures/wire", "*.chunks.txt"))
        {
            var lines = File.ReadAllLines(Path.Combine(SharedFiles.Root, "fixtures/wire", file)).Where(l => l.Length > 0).ToList();
            if (lines.Count == 0 || lines.Sum(l => l.Length) > 60_000) continue;
            // Azure's first chunk says what its filters found, and nothing of what it is.
            if (lines.Exists(static l => l.Contains("\"chat.completion.chunk\"", StringComparison.Ordinal))) yield return Of(file, Wire.OpenAi, string.Concat(lines.Append("[DONE]").Select(l => $"data: {l}\n\n")));
            else if (lines[0].Contains("\"message_start\"", StringComparison.Ordinal))
            {
                foreach (var (number, answer) in Answers(lines).Index()) yield return Of($"{file} {number}", Wire.Anthropic, string.Concat(answer.Select(l => $"event: {TypeOf(l)}\ndata: {l}\n\n")));
            }
            else if (lines[0].Contains("\"candidates\"", StringComparison.Ordinal)) yield return Of(file, Wire.Gemini, string.Concat(lines.Select(l => $"data: {l}\r\n\r\n")));
        }
        foreach (var file in SharedFiles.Files("fixtures/wire/llama-server", "*stream*.body"))
        {
            var text = File.ReadAllText(Path.Combine(SharedFiles.Root, "fixtures/wire/llama-server", file));
            // The recordings of killed servers are parts themselves.
            if (!text.Contains("[DONE]", StringComparison.Ordinal) && !text.Contains("message_stop", StringComparison.Ordinal)) continue;
            if (text.Contains("\"chat.completion.chunk\"", StringComparison.Ordinal)) yield return Of("llama-server/" + file, Wire.OpenAi, text);
            else if (text.Contains("event: message_start", StringComparison.Ordinal)) yield return Of("llama-server/" + file, Wire.Anthropic, text);
        }
    }

    private static bool SaysOnlyText(string stream) => !s_moreThanText.Any(mark => stream.Contains(mark, StringComparison.Ordinal));

    // One file may hold several answers after one another; what has no end, or never says why it ends, is none.
    private static IEnumerable<List<string>> Answers(IEnumerable<string> lines)
    {
        var answer = new List<string>();
        foreach (var line in lines)
        {
            answer.Add(line);
            if (!line.StartsWith("{\"type\":\"message_stop\"", StringComparison.Ordinal)) continue;
            if (answer.Exists(static l => l.StartsWith("{\"type\":\"message_delta\"", StringComparison.Ordinal))) yield return answer;
            answer = [];
        }
    }

    private static RecordedStream Of(string name, Wire wire, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return new(name, wire, bytes, Math.Max(1, bytes.Length / CutsPerRecording)) { IsRecorded = true };
    }

    private static string TypeOf(string json)
    {
        using var document = System.Text.Json.JsonDocument.Parse(json);
        return document.RootElement.GetProperty("type").GetString()!;
    }

    private static byte[] Join(IEnumerable<ScriptedFrame> frames) => [.. frames.SelectMany(f => f.Bytes)];
}
