using System.Text.Json.Nodes;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Clients;

/// <summary>
/// What a program that uses an official client must see of the gateway, whoever answers behind it. One class a client; each
/// test once for every provider protocol.
/// </summary>
public abstract class ClientContract<TClient>(ClientStage<TClient> stage)
    where TClient : OfficialClient, new()
{
#pragma warning disable CA1000 // xunit wants a test's data static and in the test's own class.
    public static TheoryData<Wire> Wires => [.. Enum.GetValues<Wire>()];
#pragma warning restore CA1000

    /// <summary>The client's class for a failed request with this status.</summary>
    protected abstract string ErrorOf(int status);

    /// <summary>The client's classes for a stream that ends with an error, or that never came to its first frame.</summary>
    protected abstract string[] StreamErrors { get; }

    /// <summary>The client keeps to <c>x-should-retry: false</c>.</summary>
    protected virtual bool ObeysShouldRetry => true;

    /// <summary>The client tells its user what Retry-After said.</summary>
    protected virtual bool ShowsRetryAfter => true;

    /// <summary>How often a client that was told to wait asks again before it gives up.</summary>
    protected virtual int Retries => 2;

    [Theory, MemberData(nameof(Wires))]
    public void Answers_with_the_text_the_usage_and_the_model(Wire wire) => AssertWhole(stage.Reply("chat", wire), Model("chat", wire, "ok"));

    [Theory, MemberData(nameof(Wires))]
    public void Streams_the_text_in_pieces_and_the_usage(Wire wire)
    {
        var reply = stage.Reply("stream", wire);
        AssertWhole(reply, Model("stream", wire, "ok"));
        Assert.True(reply.Pieces > 1, $"the whole text came in {reply.Pieces} piece");
    }

    [Theory, MemberData(nameof(Wires))]
    public void Streams_through_the_clients_own_helper(Wire wire) => AssertWhole(stage.Reply("stream-helper", wire), Model("stream-helper", wire, "ok"));

    [Theory, MemberData(nameof(Wires))]
    public void Calls_one_tool(Wire wire)
    {
        AssertTools(stage.Reply("tool", wire), ScriptedAnswer.OneTool);
        AssertTools(stage.Reply("tool-stream", wire), ScriptedAnswer.OneTool);
    }

    [Theory, MemberData(nameof(Wires))]
    public void Calls_two_tools_at_once(Wire wire)
    {
        AssertTools(stage.Reply("tools", wire), ScriptedAnswer.TwoTools);
        AssertTools(stage.Reply("tools-stream", wire), ScriptedAnswer.TwoTools);
        AssertTools(stage.Reply("tools-stream-helper", wire), ScriptedAnswer.TwoTools);
    }

    [Theory, MemberData(nameof(Wires))]
    public void Calls_a_tool_without_arguments(Wire wire)
    {
        ScriptedToolCall[] ping = [new("", "ping", "{}")];
        AssertTools(stage.Reply("tool-empty", wire), ping);
        var streamed = stage.Reply("tool-empty-stream", wire);
        // Between two that speak OpenAI's protocol the provider's bytes pass as they are: no piece of arguments is no arguments.
        if (wire == Wire.OpenAi) streamed.Tools = [.. streamed.Tools.Select(t => t.Arguments.Length > 0 ? t : t with { Arguments = "{}" })];
        AssertTools(streamed, ping);
    }

    [Theory, MemberData(nameof(Wires))]
    public void Sends_the_results_of_its_tools_back_under_their_ids(Wire wire)
    {
        foreach (var ask in (string[])["tool-loop", "tool-loop-stream"])
        {
            var reply = stage.Reply(ask, wire);
            AssertWhole(reply, Model(ask, wire, "loop"), prompt: false);
            Assert.Equal(2, stage.Server.CountOf(Model(ask, wire, "loop")));
        }
    }

    [Theory, MemberData(nameof(Wires))]
    public void Gets_json_of_the_schema_it_asked_for(Wire wire)
    {
        var reply = stage.Reply("schema", wire);
        AssertNoError(reply);
        Assert.Equal(ClientScripts.City, reply.Text);
    }

    [Theory, MemberData(nameof(Wires))]
    public void Raises_its_bad_request_when_the_prompt_is_too_long(Wire wire)
    {
        foreach (var ask in (string[])["context", "context-stream"])
        {
            var error = Raised(stage.Reply(ask, wire), 400);
            Assert.Contains(Model(ask, wire, "context-too-long"), error.Message, StringComparison.Ordinal);
            Assert.Equal(1, stage.Requests(ClientAsks.Name(ask, wire)));
        }
    }

    [Theory, MemberData(nameof(Wires))]
    public void Raises_its_rate_limit_after_the_waits_it_was_told(Wire wire)
    {
        var error = Raised(stage.Reply("rate-limited", wire), 429);
        if (ShowsRetryAfter) Assert.Equal("1", error.RetryAfter);
        Assert.Equal(1 + Retries, stage.Requests(ClientAsks.Name("rate-limited", wire)));
    }

    [Theory, MemberData(nameof(Wires))]
    public void Waits_as_long_as_it_is_told_and_gets_its_answer(Wire wire)
    {
        AssertWhole(stage.Reply("rate-limited-once", wire), Model("rate-limited-once", wire, "rate-limited-once-1s"));
        Assert.Equal(2, stage.Requests(ClientAsks.Name("rate-limited-once", wire)));
    }

    [Theory, MemberData(nameof(Wires))]
    public void Raises_its_server_error_when_every_target_failed_and_asks_no_second_time(Wire wire)
    {
        var error = Raised(stage.Reply("all-failed", wire), 502);
        Assert.Contains(Model("all-failed", wire, "error-500"), error.Message, StringComparison.Ordinal);
        var requests = stage.Requests(ClientAsks.Name("all-failed", wire));
        Assert.InRange(requests, 1, ObeysShouldRetry ? 1 : 1 + Retries);
    }

    [Theory, MemberData(nameof(Wires))]
    public async Task Leaves_in_mid_answer_and_the_provider_is_let_go(Wire wire)
    {
        var reply = stage.Reply("leave", wire);
        Assert.True(reply.Left, reply.ToString());
        Assert.StartsWith(reply.Text, ScriptedAnswer.Text, StringComparison.Ordinal);
        var call = Assert.Single(stage.Server.CallsOf(Model("leave", wire, "stall-after-20-60s")));
        Assert.True(await Eventually.IsTrueAsync(() => call.PeerClosedAt is not null), "the provider's connection is still open");
    }

    [Theory, MemberData(nameof(Wires))]
    public void Sees_a_cut_stream_as_one_whole_answer(Wire wire)
    {
        foreach (var ask in (string[])["healed", "healed-helper"])
        {
            AssertWhole(stage.Reply(ask, wire), null);
            Assert.Equal(1, stage.Requests(ClientAsks.Name(ask, wire)));
        }
    }

    [Theory, MemberData(nameof(Wires))]
    public void Sees_a_cut_tool_call_as_one_whole_call(Wire wire) => AssertTools(stage.Reply("healed-tool", wire), ScriptedAnswer.OneTool);

    [Theory, MemberData(nameof(Wires))]
    public void Raises_when_an_answer_is_interrupted_for_good(Wire wire)
    {
        foreach (var ask in (string[])["interrupted", "interrupted-helper"])
        {
            var reply = stage.Reply(ask, wire);
            AssertInterrupted(reply);
            Assert.StartsWith(reply.Text, ScriptedAnswer.Text, StringComparison.Ordinal);
            Assert.Equal(1, stage.Requests(ClientAsks.Name(ask, wire)));
        }
    }

    [Theory, MemberData(nameof(Wires))]
    public void Raises_when_a_tool_call_is_interrupted_for_good(Wire wire)
    {
        var reply = stage.Reply("interrupted-tool", wire);
        AssertInterrupted(reply);
        Assert.Empty(reply.Tools);
    }

    [Fact]
    public void Raises_its_authentication_error_for_a_wrong_token() => Raised(stage.Reply("wrong-token"), 401);

    [Fact]
    public void Raises_its_not_found_and_names_the_nearest_model()
    {
        foreach (var ask in (string[])["unknown-model", "unknown-model-stream", "model-unknown"])
        {
            Assert.Contains("healed-openai", Raised(stage.Reply(ask), 404).Message, StringComparison.Ordinal);
        }
        // Two of them are chats; listing a model is no decision.
        Assert.Equal(2, stage.Requests("unknown-model"));
    }

    [Fact]
    public void Lists_models_and_finds_one()
    {
        Assert.Contains("healed-gemini", stage.Reply("models").Models);
        Assert.Equal(["healed-openai"], stage.Reply("model").Models);
    }

    [Fact]
    public void Meets_no_bug_in_the_gateway()
    {
        stage.Reply("chat", Wire.OpenAi);
        Assert.DoesNotContain("bug in request", stage.GatewayLog, StringComparison.Ordinal);
    }

    private static string Model(string ask, Wire wire, string fault) => ClientAsks.Name(ask, wire) + "/" + fault;

    private static void AssertWhole(ClientReply reply, string? model, bool prompt = true)
    {
        AssertNoError(reply);
        Assert.Equal(ScriptedAnswer.Text, reply.Text);
        Assert.Contains(reply.Finish, (string[])["stop", "Stop", "end_turn"]);
        Assert.Empty(reply.Tools);
        if (model is not null) Assert.Equal(model, reply.Model);
        if (model is not null) Assert.Equal(60, reply.Output);
        if (model is not null && prompt) Assert.Equal(4, reply.Input);
    }

    private static void AssertTools(ClientReply reply, IReadOnlyList<ScriptedToolCall> calls)
    {
        AssertNoError(reply);
        Assert.Contains(reply.Finish, (string[])["tool_calls", "ToolCalls", "tool_use"]);
        Assert.Equal(calls.Select(c => c.Name), reply.Tools.Select(t => t.Name));
        Assert.All(calls.Zip(reply.Tools), p => Assert.True(
            JsonNode.DeepEquals(JsonNode.Parse(p.First.Arguments), JsonNode.Parse(p.Second.Arguments)), $"arguments {p.Second.Arguments}"));
        Assert.Equal(reply.Tools.Count, reply.Tools.Select(t => t.Id).Distinct().Count());
        Assert.All(reply.Tools, t => Assert.NotEmpty(t.Id));
    }

    private void AssertInterrupted(ClientReply reply)
    {
        Assert.True(reply.Error is not null, "a part of an answer was sold as the whole: " + reply);
        Assert.Contains(reply.Error!.Type, StreamErrors);
        Assert.Null(reply.Finish);
    }

    private static void AssertNoError(ClientReply reply) => Assert.True(reply.Error is null, reply.ToString());

    private ClientError Raised(ClientReply reply, int status)
    {
        Assert.True(reply.Error is not null, $"{status} was sold as a success: {reply}");
        Assert.Equal((status, ErrorOf(status)), (reply.Error!.Status ?? 0, reply.Error.Type));
        return reply.Error;
    }
}
