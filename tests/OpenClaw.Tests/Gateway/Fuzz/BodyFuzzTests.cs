using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Anthropic;
using OpenClaw.Gateway.Dialects.OpenAiChat;
using OpenClaw.Gateway.Inbound;

namespace OpenClaw.Tests.Gateway.Fuzz;

/// <summary>Whole bodies that are wrong in every way: answers of providers, requests of callers.</summary>
public class BodyFuzzTests
{
    private static readonly int s_answers = Dose.Of(15_000);
    private static readonly int s_requests = Dose.Of(20_000);
    private static readonly int s_bodies = Dose.Of(30_000);

    [Theory]
    [InlineData(nameof(DialectKind.OpenAiChat), 11)]
    [InlineData(nameof(DialectKind.Anthropic), 12)]
    [InlineData(nameof(DialectKind.Gemini), 13)]
    [InlineData(nameof(DialectKind.Ollama), 14)]
    public void Answers_are_read_or_refused_and_written_as_JSON(string name, int seed)
    {
        var dialect = DialectTable.Of(Enum.Parse<DialectKind>(name));
        var mutator = new Mutator(Dose.Seed(seed), Samples.Answers(dialect.Kind));
        var harmless = new Harmless(name, mostAtOnce: 1024 * 1024);
        var output = new ArrayBufferWriter<byte>(64 * 1024);
        var read = 0;
        void Step(ReadOnlyMemory<byte> body)
        {
            var answer = new ChatAnswer { Id = "dec_1", Model = "m" };
            if (!dialect.ReadResponse(body, answer)) return;
            read++;
            var to = DialectTable.Of((DialectKind)(harmless.Steps % 4));
            output.ResetWrittenCount();
            to.WriteResponse(answer, output);
            Harmless.IsJson(output.WrittenSpan, body.Span, $"{name} to {to.Kind}");
        }
        var step = (Action<ReadOnlyMemory<byte>>)Step;
        while (harmless.Steps < s_answers) harmless.Do(mutator.Next(), step);
        Assert.InRange(read, s_answers / 10, s_answers);
        Assert.InRange(harmless.Average, 0, 64 * 1024);
    }

    [Theory]
    [InlineData(nameof(DialectKind.OpenAiChat), 21)]
    [InlineData(nameof(DialectKind.Anthropic), 22)]
    public void Requests_are_understood_or_refused_and_written_as_JSON(string name, int seed)
    {
        var dialect = DialectTable.Of(Enum.Parse<DialectKind>(name));
        var mutator = new Mutator(Dose.Seed(seed), Samples.Requests(dialect.Kind));
        var harmless = new Harmless(name, mostAtOnce: 2 * 1024 * 1024);
        var output = new ArrayBufferWriter<byte>(64 * 1024);
        var (read, refused) = (0, 0);
        void Step(ReadOnlyMemory<byte> body)
        {
            var (request, error) = dialect.ReadRequest(body);
            if (request is null)
            {
                Assert.False(string.IsNullOrEmpty(error?.Message));
                refused++;
                return;
            }
            read++;
            var to = DialectTable.Of((DialectKind)(harmless.Steps % 4));
            output.ResetWrittenCount();
            to.WriteRequest(request, new RequestTarget("m", "p", (TargetQuirks)mutator.Random.Next(64)), output, []);
            Harmless.IsJson(output.WrittenSpan, body.Span, $"{name} to {to.Kind}");
        }
        var step = (Action<ReadOnlyMemory<byte>>)Step;
        while (harmless.Steps < s_requests) harmless.Do(mutator.Next(), step);
        Assert.InRange(read, s_requests / 10, s_requests);
        Assert.InRange(refused, s_requests / 10, s_requests);
        Assert.InRange(harmless.Average, 0, 64 * 1024);
    }

    [Theory]
    [InlineData(nameof(DialectKind.OpenAiChat), 31)]
    [InlineData(nameof(DialectKind.Anthropic), 32)]
    public void What_the_envelope_lets_in_can_be_patched(string name, int seed)
    {
        var kind = Enum.Parse<DialectKind>(name);
        var mutator = new Mutator(Dose.Seed(seed), Samples.Requests(kind));
        var harmless = new Harmless(name, mostAtOnce: 1024 * 1024);
        var output = new ArrayBufferWriter<byte>(64 * 1024);
        var http = new DefaultHttpContext();
        var (let, patched) = (0, 0);
        void Step(ReadOnlyMemory<byte> body)
        {
            http.Request.Body = new MemoryStream(body.ToArray());
            http.Request.ContentLength = body.Length;
            var asked = RequestEnvelope.ReadAsync(http.Request, 1024 * 1024, default);
            Assert.True(asked.IsCompleted);
            var (envelope, error) = asked.Result;
            if (envelope is null)
            {
                Assert.False(string.IsNullOrEmpty(error?.Message));
                return;
            }
            let++;
            using (envelope)
            {
                output.ResetWrittenCount();
                if (!Patch(kind, envelope.Body, output, mutator.Random.Next(4))) return;
                patched++;
                Harmless.IsJson(output.WrittenSpan, body.Span, name);
                Assert.Equal("new", ModelOf(output.WrittenMemory));
            }
        }
        var step = (Action<ReadOnlyMemory<byte>>)Step;
        while (harmless.Steps < s_bodies) harmless.Do(mutator.Next(), step);
        Assert.InRange(let, s_bodies / 10, s_bodies);
        Assert.InRange(patched, let * 9 / 10, let);
        Assert.InRange(harmless.Average, 0, 32 * 1024);
    }

    private static bool Patch(DialectKind kind, ReadOnlyMemory<byte> body, IBufferWriter<byte> output, int way) => kind == DialectKind.Anthropic
        ? AnthropicPatch.TryWrite(body.Span, new AnthropicChanges { Model = "new", AnswerSoFar = way == 1 ? "so far" : null, Reasoning = way == 2 ? ReasoningRemoval.All : ReasoningRemoval.Marked }, output)
        : OpenAiChatPatch.TryPatch(body, new PatchOptions("new") { EnsureUsage = way != 0, Prefill = way == 1 ? "so far" : null, RemoveReasoning = way == 2, ExtraBodyJson = way == 3 ? """{"extra":1}""" : null }, output);

    // The last one counts where a name is written twice.
    private static string? ModelOf(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 256 });
        return document.RootElement.GetProperty("model").GetString();
    }
}
