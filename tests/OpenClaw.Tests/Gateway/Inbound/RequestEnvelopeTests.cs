using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OpenClaw.Gateway.Admission;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Inbound;

namespace OpenClaw.Tests.Gateway.Inbound;

public class RequestEnvelopeTests
{
    [Fact]
    public async Task Sees_what_routing_needs_in_one_pass()
    {
        using var envelope = await ReadAsync("""
            {"messages":[{"role":"user","content":[{"type":"text","text":"hi"},{"type":"image_url","image_url":{"url":"data:"}}]},
             {"role":"assistant","content":"half"}],"model":"openai/gpt-4o","stream":true,"stream_options":{"include_usage":true},
             "tools":[{"type":"function"}],"max_tokens":12,"n":2,"user":"u1","reasoning_effort":"low"}
            """);
        Assert.Equal("openai/gpt-4o", envelope.Model);
        Assert.True(envelope.Stream && envelope.IncludeUsage && envelope.HasTools && envelope.HasImages && envelope.WantsChoices);
        Assert.True(envelope.EndsWithAssistant && envelope.WantsReasoning);
        Assert.Equal(12, envelope.MaxTokens);
        Assert.Equal("u1", envelope.User);
    }

    [Theory]
    [InlineData("""{"thinking":{"type":"disabled"},"reasoning_effort":"none","reasoning":{"enabled":false}}""", false)]
    [InlineData("""{"thinking":{"type":"enabled","budget_tokens":1024}}""", true)]
    [InlineData("""{"reasoning":{"effort":"high"}}""", true)]
    [InlineData("""{"reasoning":null}""", false)]
    public async Task Knows_whether_reasoning_is_asked_for(string body, bool expected)
    {
        using var envelope = await ReadAsync(body);
        Assert.Equal(expected, envelope.WantsReasoning);
    }

    [Theory]
    [InlineData("""{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"image_url":"x","a":[{"type":"image"},{"type":"document"}]}}]}""", 0, 0)]
    [InlineData("""{"role":"assistant","content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":{"image_url":"x","type":"image"}}}]}""", 0, 0)]
    [InlineData("""{"role":"assistant","content":[{"type":"tool_use","input":{"type":"image"}},{"type":"image","source":{}}]}""", 1, 0)]
    [InlineData("""{"role":"user","content":[{"type":"tool_result","content":[{"type":"image","source":{"type":"url","url":"u"}},{"type":"document"}]}]}""", 1, 1)]
    [InlineData("""{"role":"user","content":[{"type":"document","source":{"type":"content","content":[{"type":"image"}]}},{"type":"image_url","image_url":{"url":"u"}}]}""", 2, 1)]
    public async Task Images_are_parts_of_messages_and_not_what_a_tool_was_given(string message, int images, int documents)
    {
        using var envelope = await ReadAsync($$"""{"messages":[{{message}},{"role":"user","content":"go on"}]}""");
        Assert.Equal((images, documents), (envelope.Images, envelope.Documents));
    }

    [Theory]
    [InlineData("""{"n":2}""", 2)]
    [InlineData("""{"n":5.0}""", 5)]
    [InlineData("""{"n":"5"}""", 5)]
    [InlineData("""{"n":1.5,"n":1}""", 2)]
    [InlineData("""{"n":"1e9"}""", 1024)]
    [InlineData("""{"n":"many"}""", 1)]
    [InlineData("""{"n":-3}""", 1)]
    public async Task Choices_are_counted_however_a_server_may_read_their_number(string body, int choices)
    {
        using var envelope = await ReadAsync(body);
        Assert.Equal(choices, envelope.Choices);
    }

    [Fact]
    public async Task A_prediction_and_other_models_are_seen_and_are_no_prompt()
    {
        var prediction = string.Concat(Enumerable.Repeat("so it goes on ", 100));
        using var envelope = await ReadAsync($$"""{"model":"m","prediction":{"type":"content","content":"{{prediction}}"},"models":["a","b"],"messages":[{"role":"user","content":"hi"}]}""");
        Assert.InRange(envelope.Predicted, 350, 1450);
        Assert.True(envelope.NamesModels);
        Assert.InRange(envelope.EstimatedTokens, 1, 20);
        using var plain = await ReadAsync("""{"model":"m","metadata":{"models":"x"},"messages":[{"role":"user","content":"hi","route":"x"}]}""");
        Assert.Equal((false, 0), (plain.NamesModels, plain.Predicted));
    }

    [Theory]
    [InlineData("""{"max_tokens":"100"}""", null)]
    [InlineData("""{"max_tokens":"100000","max_completion_tokens":1}""", null)]
    [InlineData("""{"max_tokens":100000,"max_completion_tokens":1}""", 100_000)]
    [InlineData("""{"max_completion_tokens":1,"max_tokens":100000}""", 100_000)]
    [InlineData("""{"max_tokens":5,"max_tokens":1}""", 5)]
    [InlineData("""{"max_tokens":2e3,"max_completion_tokens":1}""", 2000)]
    [InlineData("""{"max_tokens":9999999999}""", int.MaxValue)]
    [InlineData("""{"max_tokens":-2000000000}""", null)]
    [InlineData("""{"max_tokens":0}""", null)]
    [InlineData("""{"max_tokens":"7"}""", null)]
    public async Task Of_two_limits_the_larger_counts_and_one_that_is_not_positive_is_none(string body, int? expected)
    {
        using var envelope = await ReadAsync(body);
        Assert.Equal(expected, envelope.MaxTokens);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("true")]
    [InlineData("[\"a\"]")]
    [InlineData("""{"model":"a"}""")]
    public async Task A_model_that_is_no_text_is_refused_by_name(string model)
    {
        var (envelope, error) = await TryReadAsync($$"""{"model":{{model}},"messages":[]}""", 1000);
        Assert.Null(envelope);
        Assert.Equal((GatewayErrorKind.BadRequest, "model"), (error!.Kind, error.Param));
        Assert.StartsWith("model is not a string", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"model":null,"stream":true}""")]
    [InlineData("""{"model":"","stream":true}""")]
    [InlineData("""{"stream":true}""")]
    public async Task A_model_that_is_not_said_is_the_default(string body)
    {
        using var envelope = await ReadAsync(body);
        Assert.Equal(("", true), (envelope.Model, envelope.Stream));
    }

    [Fact]
    public async Task A_byte_order_mark_is_no_part_of_the_body()
    {
        using var envelope = await ReadAsync("\uFEFF{\"model\":\"a/b\"}");
        Assert.Equal("a/b", envelope.Model);
        Assert.Equal("{\"model\":\"a/b\"}", Encoding.UTF8.GetString(envelope.Body.Span));
        var (_, error) = await TryReadAsync("\uFEFF", 1000);
        Assert.Contains("empty", error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_inside_a_message_is_not_the_requests_model()
    {
        using var envelope = await ReadAsync("""{"messages":[{"role":"user","model":"no","content":{"model":"no"}}],"m\u006fdel":"yes"}""");
        Assert.Equal("yes", envelope.Model);
    }

    [Fact]
    public async Task Inline_media_is_not_counted_as_text()
    {
        using var small = await ReadAsync("""{"messages":[{"role":"user","content":"words and words"}]}""");
        using var media = await ReadAsync($$"""{"messages":[{"role":"user","content":"words and words","data":"{{new string('A', 100_000)}}"}]}""");
        Assert.InRange(media.EstimatedTokens, small.EstimatedTokens, small.EstimatedTokens + 5);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("{\"model\":", "not valid JSON")]
    [InlineData("{\"model\":\"a\" \"b\"}", "not valid JSON")]
    public async Task A_body_that_cannot_be_read_is_refused_in_words(string body, string says)
    {
        var (envelope, error) = await TryReadAsync(body, 1000);
        Assert.Null(envelope);
        Assert.Equal(GatewayErrorKind.BadRequest, error!.Kind);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_over_the_limit_is_refused_with_and_without_a_length(bool withLength)
    {
        var (envelope, error) = await TryReadAsync("{\"model\":\"" + new string('x', 5000) + "\"}", 1000, withLength);
        Assert.Null(envelope);
        Assert.Equal(GatewayErrorKind.RequestTooLarge, error!.Kind);
    }

    [Fact]
    public async Task Memory_is_taken_for_bytes_that_came_and_not_for_a_length_that_was_announced()
    {
        var asked = new LargestRead();
        var http = new DefaultHttpContext();
        http.Request.Body = asked;
        http.Request.ContentLength = 32 * 1024 * 1024;
        var (envelope, error) = await RequestEnvelope.ReadAsync(http.Request, 64 * 1024 * 1024, TestContext.Current.CancellationToken);
        Assert.Null(envelope);
        Assert.Contains("empty", error!.Message, StringComparison.Ordinal);
        Assert.InRange(asked.Largest, 1, 64 * 1024);
    }

    [Fact]
    public async Task A_long_body_is_read_whole()
    {
        var text = new string('x', 300_000);
        using var envelope = await ReadAsync($$"""{"model":"m","messages":[{"role":"user","content":"{{text}}"}]}""");
        Assert.Equal(300_055, envelope.Body.Length);
        Assert.Equal("m", envelope.Model);
    }

    /// <summary>An empty body that notes how much room it was offered.</summary>
    private sealed class LargestRead : MemoryStream
    {
        public int Largest { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Largest = Math.Max(Largest, buffer.Length);
            return ValueTask.FromResult(0);
        }
    }

    [Theory]
    [InlineData("Über allen Gipfeln ist Ruh, in allen Wipfeln spürest du kaum einen Hauch. ", 1)]
    [InlineData("Мороз и солнце; день чудесный! Ещё ты дремлешь, друг прелестный. ", 40)]
    [InlineData("白日依山盡，黃河入海流。", 100)]
    [InlineData("🦞 and 👩‍🚀 go \"out\"\n", 30)]
    public async Task A_text_is_as_long_and_as_much_the_same_however_its_letters_are_written(string line, int times)
    {
        var text = string.Concat(Enumerable.Repeat(line, times));
        var tool = """{"type":"function","function":{"name":"f","description":"%"}}""";
        var body = $$"""{"system":"%","tools":[{{tool}}],"messages":[{"role":"user","content":"%"},{"role":"assistant","content":"yes"},{"role":"user","content":[{"type":"text","text":"again: %"}]}]}""";
        var plain = body.Replace("%", System.Text.Json.JsonEncodedText.Encode(text, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString(), StringComparison.Ordinal);
        // As Python's json.dumps has it; .NET's own encoder escapes some of ASCII too.
        var escaped = string.Concat(plain.Select(static c => c < 0x80 ? c.ToString() : $"\\u{(int)c:x4}"));
        Assert.Equal(plain.Count(static c => c >= 0x80) * 5, escaped.Length - plain.Length);
        // .NET writes characters beyond the first plane as pairs even so.
        using var one = await ReadAsync(plain);
        using var other = await ReadAsync(escaped);
        Assert.Equal((one.EstimatedTokens, one.MostTokens()), (other.EstimatedTokens, other.MostTokens()));
        Assert.InRange(one.EstimatedTokens, 4 * Encoding.UTF8.GetByteCount(text) / 4, (4 * Encoding.UTF8.GetByteCount(text) / 4) + 40);
        var (sign, same) = (RequestSign.Read(one.Body.Span), RequestSign.Read(other.Body.Span));
        Assert.Equal((sign.Turn, sign.Conversation), (same.Turn, same.Conversation));
    }

    [Theory]
    [InlineData("""\ud83e""", 3)]
    [InlineData("""\udd9e\ud83e""", 6)]
    [InlineData("""\uD83E\uDD9E""", 4)]
    [InlineData("""\u0041\u00E9\u20ac\\u0041\"\/\n""", 15)]
    [InlineData("""a\""", 2)]
    [InlineData("""\u12""", 3)]
    public void An_escape_is_as_long_as_what_it_stands_for(string json, int length)
    {
        Assert.Equal(length, JsonEscapes.Length(Encoding.UTF8.GetBytes(json)));
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(json);
        Assert.Equal(length, JsonEscapes.Fill(ref rest, new byte[64], 0, 60));
    }

    [Fact]
    public async Task No_memory_is_taken_for_what_is_too_long()
    {
        var http = new DefaultHttpContext();
        http.Features.Set<IRequestBodyPipeFeature>(new OnePart(new byte[64 * 1024 * 1024]));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var (envelope, error) = await RequestEnvelope.ReadAsync(http.Request, 32 * 1024 * 1024, TestContext.Current.CancellationToken);
        Assert.Null(envelope);
        Assert.Equal(GatewayErrorKind.RequestTooLarge, error!.Kind);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 8 * 1024 * 1024);
    }

    // A body without a length that comes in one piece.
    private sealed class OnePart(byte[] body) : IRequestBodyPipeFeature
    {
        public PipeReader Reader { get; } = PipeReader.Create(new ReadOnlySequence<byte>(body));
    }

    private static async Task<RequestEnvelope> ReadAsync(string body)
    {
        var (envelope, error) = await TryReadAsync(body, 1 << 20);
        Assert.Null(error);
        return envelope!;
    }

    private static async Task<(RequestEnvelope?, GatewayError?)> TryReadAsync(string body, long max, bool withLength = true)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var http = new DefaultHttpContext();
        http.Request.Body = new MemoryStream(bytes);
        if (withLength) http.Request.ContentLength = bytes.Length;
        return await RequestEnvelope.ReadAsync(http.Request, max, TestContext.Current.CancellationToken);
    }
}
