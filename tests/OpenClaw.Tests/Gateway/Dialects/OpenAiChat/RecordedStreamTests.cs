using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects;

namespace OpenClaw.Tests.Gateway.Dialects.OpenAiChat;

/// <summary>Streams and answers recorded from providers, read against a second, simple reading of the same JSON.</summary>
public class RecordedStreamTests
{
    private const string Folder = "fixtures/wire";

    private static readonly string[] s_providers = ["openai", "openai-compatible", "deepseek", "xai", "groq", "mistral", "llama-server"];

    public static TheoryData<string> Streams() => Data(s_providers.SelectMany(p => Files(p, "*.chunks.txt").Concat(Files(p, "*.body"))), IsStream);

    public static TheoryData<string> Answers() => Data(s_providers.SelectMany(p => Files(p, "*.json").Concat(Files(p, "*.body"))), IsAnswer);

    [Theory]
    [MemberData(nameof(Streams))]
    public void Reads_the_same_at_every_split(string file)
    {
        var bytes = Wired(SharedFiles.Require(Path.Combine(Folder, file)));
        var whole = Wire.ReadStream(bytes, bytes.Length);
        Assert.Equal(whole, Wire.ReadStream(bytes, 1));
        // Every split of short streams; of long ones twenty, at a step that meets every place within a line.
        var step = bytes.Length < 3_000 ? 1 : bytes.Length / 20 | 1;
        for (var split = 1; split < bytes.Length; split += step) Assert.Equal(whole, Wire.ReadStream(bytes, split, bytes.Length));
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void Says_what_the_chunks_say(string file)
    {
        var bytes = Wired(SharedFiles.Require(Path.Combine(Folder, file)));
        var (log, _) = Wire.Read([.. Payloads(bytes)]);
        var expected = new PlainReading();
        foreach (var payload in Payloads(bytes)) expected.Add(payload);
        Assert.Equal(expected.Text.ToString(), log.Of("text"));
        Assert.Equal(expected.Reasoning.ToString(), log.Of("reasoning"));
        Assert.Equal(expected.Arguments.ToString(), log.Of("args0"));
        Assert.Equal(expected.PromptTokens, log.LastUsage.TotalInput);
        Assert.DoesNotContain("fail(", log.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("start(", log.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public void Says_what_the_answer_says(string file)
    {
        var body = File.ReadAllBytes(SharedFiles.Require(Path.Combine(Folder, file)));
        var answer = new ChatAnswer();
        Assert.True(Wire.Dialect.ReadResponse(body, answer));
        var expected = new PlainReading();
        expected.Add(Encoding.UTF8.GetString(body));
        Assert.Equal(expected.Text.ToString(), string.Concat(answer.Parts.OfType<TextPart>().Select(p => p.Text)));
        Assert.Equal(expected.Reasoning.ToString(), string.Concat(answer.Parts.OfType<ReasoningPart>().Select(p => p.Text)));
        Assert.Equal(expected.Arguments.ToString(), answer.Parts.OfType<ToolCallPart>().FirstOrDefault()?.ArgumentsJson ?? "");
        Assert.Equal(expected.PromptTokens, answer.UsageTotal.TotalInput);
        Assert.NotEqual(FinishReason.None, answer.Reason);
    }

    [Fact]
    public void The_routers_plain_text_ending_is_malformed()
    {
        var bytes = File.ReadAllBytes(SharedFiles.Require($"{Folder}/llama-server/router-child-kill9-mid-stream.body"));
        var log = Wire.ReadStream(bytes, 100);
        Assert.EndsWith("unmapped(outcome:Malformed)", log, StringComparison.Ordinal);
        Assert.DoesNotContain("finish", log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sigterm-mid-stream.body")]
    [InlineData("kill9-mid-stream.body")]
    public void A_cut_stream_never_finishes(string file)
    {
        var log = Wire.ReadStream(File.ReadAllBytes(SharedFiles.Require($"{Folder}/llama-server/{file}")), 100);
        Assert.Contains("text(", log, StringComparison.Ordinal);
        Assert.DoesNotContain("finish", log, StringComparison.Ordinal);
    }

    [Fact]
    public void Xais_hidden_reasoning_is_counted()
    {
        var (log, _) = Wire.Read([.. Payloads(Wired(SharedFiles.Require($"{Folder}/xai/xai-text.chunks.txt")))]);
        Assert.Equal((291, 290, 0.000146625m), (log.LastUsage.Output, log.LastUsage.Reasoning, log.LastUsage.ReportedCost!.Value));
    }

    private static IEnumerable<string> Files(string provider, string pattern) => SharedFiles.Files($"{Folder}/{provider}", pattern).Select(f => $"{provider}/{f}");

    // One row that skips when there is no data: a theory without rows counts as a failure.
    private static TheoryData<string> Data(IEnumerable<string> files, Func<string, bool> matches)
    {
        string[] found = [.. files.Where(f => matches(File.ReadAllText(Path.Combine(SharedFiles.Root, Folder, f))))];
        return [.. found.Length > 0 ? found : ["no-recordings"]];
    }

    private static bool IsStream(string text) =>
        text.Contains("\"chat.completion.chunk\"", StringComparison.Ordinal) && !text.Contains("\"error\":{", StringComparison.Ordinal) && !text.EndsWith("connection", StringComparison.Ordinal);

    private static bool IsAnswer(string text) => text.StartsWith('{') && text.Contains("\"choices\"", StringComparison.Ordinal) && text.Contains("\"chat.completion\"", StringComparison.Ordinal);

    /// <summary>A recording of one event a line as the stream it was.</summary>
    private static byte[] Wired(string path)
    {
        if (!path.EndsWith(".chunks.txt", StringComparison.Ordinal)) return File.ReadAllBytes(path);
        var lines = File.ReadAllLines(path).Where(l => l.Length > 0).Select(l => $"data: {l}\n\n");
        return Encoding.UTF8.GetBytes(string.Concat(lines) + "data: [DONE]\n\n");
    }

    private static IEnumerable<string> Payloads(byte[] bytes) => Encoding.UTF8.GetString(bytes).Split("\n\n")
        .Where(f => f.StartsWith("data: {", StringComparison.Ordinal)).Select(f => f["data: ".Length..]);

    private sealed class PlainReading
    {
        public StringBuilder Text { get; } = new();

        public StringBuilder Reasoning { get; } = new();

        public StringBuilder Arguments { get; } = new();

        public long PromptTokens { get; private set; }

        public void Add(string json)
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object) PromptTokens = usage.GetProperty("prompt_tokens").GetInt64();
            foreach (var choice in root.GetProperty("choices").EnumerateArray().Where(c => c.GetProperty("index").GetInt32() == 0)) Add(choice);
        }

        private void Add(JsonElement choice)
        {
            var delta = choice.TryGetProperty("delta", out var d) ? d : choice.GetProperty("message");
            if (delta.TryGetProperty("content", out var content)) AddContent(content);
            foreach (var name in (string[])["reasoning_content", "reasoning"])
            {
                if (delta.TryGetProperty(name, out var r) && r.ValueKind == JsonValueKind.String) Reasoning.Append(r.GetString());
            }
            if (!delta.TryGetProperty("tool_calls", out var calls) || calls.ValueKind != JsonValueKind.Array) return;
            foreach (var call in calls.EnumerateArray().Where(c => !c.TryGetProperty("index", out var i) || i.GetInt32() == 0).Take(1))
            {
                Arguments.Append(call.GetProperty("function").GetProperty("arguments").GetString());
            }
        }

        private void AddContent(JsonElement content)
        {
            if (content.ValueKind == JsonValueKind.String) Text.Append(content.GetString());
            if (content.ValueKind != JsonValueKind.Array) return;
            foreach (var part in content.EnumerateArray())
            {
                if (part.TryGetProperty("text", out var text)) Text.Append(text.GetString());
                else foreach (var thought in part.GetProperty("thinking").EnumerateArray()) Reasoning.Append(thought.GetProperty("text").GetString());
            }
        }
    }
}
