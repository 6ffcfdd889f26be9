using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OpenClaw.Gateway.Providers.Scripted;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.ModelServer;

/// <summary>A model takes both cores, and a caller who leaves is to be noticed at once: nothing else is tried beside it.</summary>
[CollectionDefinition("model server", DisableParallelization = true)]
public sealed class ModelServerCollection;

/// <summary>A model server that is well, and the ways in which it says no.</summary>
[Collection("model server")]
public sealed class ModelServerTests(ModelServerTests.Running running) : IClassFixture<ModelServerTests.Running>
{
    private const string Weather = """{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}""";

    private const string Person = """{"type":"object","properties":{"name":{"type":"string","maxLength":20},"age":{"type":"integer"},"city":{"type":"string","maxLength":20}},"required":["name","age","city"]}""";

    private static readonly (string Model, string Target)[] s_ways = [("openclaw", LlamaStage.Local), ("messages/" + LlamaServer.Model, "messages/" + LlamaServer.Model)];

    private readonly LlamaStage _stage = running.Stage;

    [Fact]
    public async Task Answers_both_protocols_over_both_of_its_own()
    {
        _stage.CloudServer.Reset();
        foreach (var (protocol, stream, model, target) in Cells())
        {
            var reply = await AskAsync(new ChatAsk(model, protocol, stream, "What is the capital of France?"));
            AssertWhole(reply, target);
            Assert.Equal("The capital of France is Paris.", reply.Text);
            Assert.Equal((20, 9), (PromptTokens(reply), reply.OutputTokens));
        }
        Assert.Empty(_stage.CloudChats);
    }

    [Fact]
    public async Task Calls_tools()
    {
        foreach (var (protocol, stream, model, target) in Cells())
        {
            var chat = protocol == ClientProtocol.Chat;
            var reply = await AskAsync(new ChatAsk(model, protocol, stream, "What is the weather in Paris?")
            {
                Extra = new JsonObject
                {
                    ["tools"] = chat
                        ? new JsonArray(new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = "get_weather", ["description"] = "Get the weather in a city", ["parameters"] = JsonNode.Parse(Weather) } })
                        : new JsonArray(new JsonObject { ["name"] = "get_weather", ["description"] = "Get the weather in a city", ["input_schema"] = JsonNode.Parse(Weather) }),
                    ["tool_choice"] = chat ? "required" : new JsonObject { ["type"] = "any" },
                },
            });
            AssertWhole(reply, target);
            var tool = Assert.Single(reply.Tools);
            Assert.Equal(("get_weather", "Paris"), (tool.Name, JsonNode.Parse(tool.Arguments.ToString())!["city"]!.GetValue<string>()));
            Assert.Equal(chat ? "tool_calls" : "tool_use", reply.Finish);
        }
    }

    [Fact]
    public async Task Keeps_to_a_json_schema()
    {
        foreach (var protocol in Enum.GetValues<ClientProtocol>())
        {
            var reply = await AskAsync(new ChatAsk("openclaw", protocol, true, "Bob is 42 years old and lives in Paris. Answer in JSON.")
            {
                Extra = protocol == ClientProtocol.Chat
                    ? new JsonObject { ["response_format"] = new JsonObject { ["type"] = "json_schema", ["json_schema"] = new JsonObject { ["name"] = "person", ["strict"] = true, ["schema"] = JsonNode.Parse(Person) } } }
                    : new JsonObject { ["output_config"] = new JsonObject { ["format"] = new JsonObject { ["type"] = "json_schema", ["schema"] = JsonNode.Parse(Person) } } },
            });
            AssertWhole(reply, LlamaStage.Local);
            Assert.Equal(42, JsonNode.Parse(reply.Text)!["age"]!.GetValue<int>());
        }
    }

    [Fact]
    public async Task A_prompt_too_long_for_it_goes_to_a_larger_model_and_to_no_other()
    {
        var prompt = string.Concat(Enumerable.Repeat("the quick brown fox jumps over the lazy dog. ", 300));
        foreach (var stream in (bool[])[false, true])
        {
            _stage.CloudServer.Reset();
            var reply = await AskAsync(new ChatAsk("grows", ClientProtocol.Chat, stream, prompt));
            AssertWhole(reply, "large/ok");
            Assert.Equal(ScriptedAnswer.Text, reply.Text);
            // The model of the same size was not asked.
            Assert.Single(_stage.CloudChats);
            Assert.Equal("2", reply.Header("x-openclaw-attempts"));
        }
        var refused = await AskAsync(new ChatAsk("stays-small", ClientProtocol.Messages, true, prompt));
        Assert.Equal((400, "invalid_request_error"), (refused.Status, refused.ErrorType));
        Assert.Contains("exceeds the available context size (1024 tokens)", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_waits_for_the_only_slot_is_not_given_up()
    {
        await using var server = await LlamaServer.StartAsync(slots: 1);
        await using var stage = await LlamaStage.StartAsync(server.Port);
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var first = stage.Client.AskAsync(Story("openclaw", stream: true), leave.Token);
        Assert.True(await Eventually.IsTrueAsync(server.IsBusyAsync), "the first request was not begun");
        var second = stage.Client.AskAsync(Greedy(new ChatAsk("openclaw", ClientProtocol.Chat, true, "What is the capital of France?")), TestContext.Current.CancellationToken);
        Assert.True(await Eventually.IsTrueAsync(server.HasQueueAsync), "the second request does not wait");
        Assert.False(second.IsCompleted);
        // Who leaves frees the slot: the gateway closes the provider's connection.
        await leave.CancelAsync();
        await first;
        var reply = await second;
        AssertWhole(reply, LlamaStage.Local);
        Assert.Equal("1", reply.Header("x-openclaw-attempts"));
        Assert.Empty(stage.CloudChats);
    }

    [Fact]
    public async Task A_server_that_is_loading_its_model_is_asked_again()
    {
        // What llama-server answers on every path until its model is there.
        var loading = """{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"""u8.ToArray();
        _stage.CloudServer.On("loading", x => x.Call.Attempt == 1 ? x.WholeAsync(503, "application/json; charset=utf-8", loading) : ScriptedPlay.PlayAsync(x, ScriptedFault.Parse("ok"), default));
        var reply = await AskAsync(new ChatAsk("loading", ClientProtocol.Chat, true));
        AssertWhole(reply, "scripted-local/loading");
        Assert.Equal(ScriptedAnswer.Text, reply.Text);
    }

    [Fact]
    public async Task Plain_text_at_the_end_of_a_stream_is_not_taken_for_its_end()
    {
        // A router whose child was killed ends the body properly, with a line of text: only the missing finish tells.
        var body = await File.ReadAllBytesAsync(SharedFiles.Require("fixtures/wire/llama-server/router-child-kill9-mid-stream.body"), TestContext.Current.CancellationToken);
        _stage.CloudServer.Replay("router", "text/event-stream", body);
        foreach (var protocol in Enum.GetValues<ClientProtocol>())
        {
            var reply = await AskAsync(new ChatAsk("router", protocol, true));
            AssertWhole(reply, "scripted-local/router");
            Assert.EndsWith(ScriptedAnswer.Text, reply.Text, StringComparison.Ordinal);
            Assert.True(reply.Text.Length > ScriptedAnswer.Text.Length, "nothing of the first answer is there");
            Assert.DoesNotContain("proxy error", string.Concat(reply.Frames), StringComparison.Ordinal);
        }
    }

    /// <summary>A long answer: about a thousand tokens a second, thousands of tokens.</summary>
    internal static ChatAsk Story(string model, bool stream) => Greedy(new ChatAsk(model, ClientProtocol.Chat, stream, "Tell me a very long story."), tokens: 3500);

    internal static ChatAsk Greedy(ChatAsk ask, int? tokens = null)
    {
        var extra = ask.Extra?.DeepClone().AsObject() ?? [];
        extra["temperature"] = 0;
        if (tokens is { } max) (extra["max_tokens"], extra["ignore_eos"]) = (max, true);
        return ask with { Extra = extra };
    }

    internal static void AssertWhole(ChatReply reply, string answered)
    {
        Assert.True(reply.LooksWhole && reply.Violations.Count == 0, reply.ToString());
        Assert.Equal(answered, reply.Header("x-openclaw-model"));
    }

    // The server keeps prompts: in Anthropic's words what it kept is counted beside input_tokens, in OpenAI's inside of prompt_tokens.
    private static int PromptTokens(ChatReply reply)
    {
        int Most(string name) => reply.Frames.SelectMany(f => Regex.Matches(f, $"\"{name}\": ?(\\d+)")).Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).DefaultIfEmpty(0).Max();
        return Math.Max(Most("prompt_tokens"), Most("input_tokens") + Most("cache_read_input_tokens"));
    }

    private static IEnumerable<(ClientProtocol Protocol, bool Stream, string Model, string Target)> Cells() =>
        from protocol in Enum.GetValues<ClientProtocol>()
        from stream in (bool[])[false, true]
        from way in s_ways
        select (protocol, stream, way.Model, way.Target);

    private Task<ChatReply> AskAsync(ChatAsk ask) => _stage.Client.AskAsync(Greedy(ask), TestContext.Current.CancellationToken);

    /// <summary>One server and one gateway for all tests of the class.</summary>
    public sealed class Running : IAsyncLifetime
    {
        private string? _missing;
        private LlamaServer? _server;
        private LlamaStage? _stage;

        internal LlamaStage Stage
        {
            get
            {
                if (_missing is not null) Assert.Skip(_missing);
                return _stage!;
            }
        }

        public async ValueTask InitializeAsync()
        {
            _missing = await LlamaBundle.MissingAsync();
            if (_missing is not null) return;
            _server = await LlamaServer.StartAsync();
            _stage = await LlamaStage.StartAsync(_server.Port);
        }

        public async ValueTask DisposeAsync()
        {
            if (_stage is not null) await _stage.DisposeAsync();
            if (_server is not null) await _server.DisposeAsync();
        }
    }
}
