using System.Buffers;
using System.Text;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.OpenAiChat;

namespace OpenClaw.Tests.Gateway.Dialects.OpenAiChat;

/// <summary>Frames, answers and requests with bytes changed at random (from a fixed seed) are refused or read, and never throw.</summary>
public class FuzzTests
{
    private static readonly string[] s_frames =
    [
        Wire.Chunk("""{"role":"assistant","content":"Hel\u006co \ud83d\ude00","refusal":null}""", "stop"),
        Wire.Chunk("""{"reasoning":"x","reasoning_details":[{"type":"reasoning.text","text":"x","signature":"s","id":"a","format":"google-gemini-v1"},{"type":"reasoning.encrypted","data":"d","id":"a","format":"google-gemini-v1"}]}"""),
        Wire.Chunk("""{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":[1,\"}\"]}"},"extra_content":{"google":{"thought_signature":"s","thought":true}}},{"id":"b","function":{"name":"g","arguments":{"y":1}}}]}""", "tool_calls"),
        Wire.Chunk("""{"content":[{"type":"thinking","thinking":[{"type":"text","text":"a"}]},{"type":"text","text":"b"}],"function_call":{"name":"f","arguments":"{}"},"audio":{"id":"x"}}""", "error"),
        """{"id":"c","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6,"prompt_tokens_details":{"cached_tokens":2},"completion_tokens_details":{"reasoning_tokens":9},"cost":1.5e-7,"is_byok":true,"cost_details":{"upstream_inference_cost":0.1}}}""",
        """{"error":{"message":"m","type":"t","code":429,"metadata":{"raw":"x"}},"choices":[{"index":0,"error":{"code":"500"},"finish_reason":"error","stop_reason":"x"}]}""",
    ];

    private const string Request = """
        {"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"t"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}},{"type":"file","file":{"file_data":"data:a/b;base64,AA"}}]},
        {"role":"assistant","content":null,"reasoning_details":[{"data":"d","id":"a","format":"google-gemini-v1"}],"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s"}}}]},{"role":"tool","tool_call_id":"a","content":"x"}],
        "stream":true,"stream_options":{"include_usage":false},"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],"tool_choice":{"type":"function","function":{"name":"f"}},"stop":["a"],"max_tokens":5,
        "response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{}}},"reasoning":{"effort":"low","max_tokens":5},"n":2,"provider":{"sort":"x"}}
        """;

    [Fact]
    public void Twenty_thousand_mutated_frames_never_throw()
    {
        var random = new Random(20260301);
        var output = new ArrayBufferWriter<byte>();
        var outcomes = new int[3];
        for (var i = 0; i < 20_000 / 20; i++)
        {
            output.ResetWrittenCount();
            var reader = Wire.Dialect.OpenReader();
            var writer = Wire.Dialect.OpenWriter(output, StreamPosition.Beginning("i", "m", 1, includeUsage: true));
            for (var frame = 0; frame < 20; frame++)
            {
                var bytes = Mutate(s_frames[random.Next(s_frames.Length)], random);
                outcomes[(int)reader.Read(default, bytes, writer)]++;
                Wire.Dialect.ReadResponse(bytes, new ChatAnswer());
            }
            writer.End();
            AssertFramesAreJson(output.WrittenSpan);
        }
        // The mutations must be mild enough to reach what is behind the JSON parser.
        Assert.True(outcomes[(int)FrameOutcome.Read] > 3_000 && outcomes[(int)FrameOutcome.Malformed] > 3_000, string.Join(',', outcomes));
    }

    [Fact]
    public void Mutated_requests_never_throw()
    {
        var random = new Random(20260302);
        var understood = 0;
        for (var i = 0; i < 5_000; i++)
        {
            var bytes = Mutate(Request, random);
            var (request, error) = Wire.Dialect.ReadRequest(bytes);
            Assert.True(request is null != error is null);
            var output = new ArrayBufferWriter<byte>();
            var options = new PatchOptions("new") { EnsureUsage = true, Prefill = "p", RemoveReasoning = true, Quirks = TargetQuirks.PrefixFlag, ProviderJson = """{"a":1}""" };
            // Bytes that are no UTF-8 stay the client's.
            if (OpenAiChatPatch.TryPatch(bytes, options, output)) AssertParses(output.WrittenSpan);
            if (request is null) continue;
            understood++;
            output.ResetWrittenCount();
            Wire.Dialect.WriteRequest(request, new RequestTarget("m", "openrouter", TargetQuirks.OpenRouter), output, []);
            AssertJson(output.WrittenSpan);
        }
        Assert.True(understood > 500, understood.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    private static void AssertFramesAreJson(ReadOnlySpan<byte> stream)
    {
        foreach (var frame in Encoding.UTF8.GetString(stream).Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.StartsWith("data: ", frame, StringComparison.Ordinal);
            if (frame != "data: [DONE]") AssertJson(Encoding.UTF8.GetBytes(frame["data: ".Length..]));
        }
    }

    private static void AssertJson(ReadOnlySpan<byte> json)
    {
        Assert.True(System.Text.Unicode.Utf8.IsValid(json));
        AssertParses(json);
    }

    private static void AssertParses(ReadOnlySpan<byte> json)
    {
        var reader = new System.Text.Json.Utf8JsonReader(json, new System.Text.Json.JsonReaderOptions { MaxDepth = 300 });
        while (reader.Read())
        {
        }
    }

    private static readonly string[] s_values = ["null", "0", "-1", "1e400", "\"\"", "\"x\"", "[]", "{}", "true", "[{}]", "[null]", "\"\\ud800\"", "{\"a\":[1]}", "99999999999999999999", "\"\\u0000\""];

    // Half of the time a value is exchanged for another, which stays JSON; else bytes are changed, cut or doubled.
    private static byte[] Mutate(string json, Random random)
    {
        var bytes = Encoding.UTF8.GetBytes(json).ToList();
        for (var times = random.Next(1, 3); times > 0; times--)
        {
            if (random.Next(2) == 0) ExchangeValue(bytes, random);
            else ChangeBytes(bytes, random);
        }
        return [.. bytes];
    }

    private static void ExchangeValue(List<byte> bytes, Random random)
    {
        var data = bytes.ToArray();
        var places = new List<(int Start, int Length)>();
        try
        {
            var reader = new System.Text.Json.Utf8JsonReader(data);
            while (reader.Read())
            {
                if (reader.TokenType is System.Text.Json.JsonTokenType.PropertyName or System.Text.Json.JsonTokenType.EndArray or System.Text.Json.JsonTokenType.EndObject) continue;
                var start = (int)reader.TokenStartIndex;
                var inner = reader;
                inner.Skip();
                places.Add((start, (int)inner.BytesConsumed - start));
            }
        }
        catch (System.Text.Json.JsonException)
        {
            return;
        }
        var (at, length) = places[random.Next(1, places.Count)];
        bytes.RemoveRange(at, length);
        bytes.InsertRange(at, Encoding.UTF8.GetBytes(s_values[random.Next(s_values.Length)]));
    }

    private static void ChangeBytes(List<byte> bytes, Random random)
    {
        if (bytes.Count == 0) return;
        var at = random.Next(bytes.Count);
        switch (random.Next(4))
        {
            case 0: bytes[at] = (byte)random.Next(256); break;
            case 1: bytes.RemoveAt(at); break;
            case 2: bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 20))); break;
            default: bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, random.Next(1, 20)))); break;
        }
    }
}
