using System.Globalization;
using System.Text.Json.Nodes;
using OpenClaw.EndToEnd.Running;

namespace OpenClaw.EndToEnd.ModelServer;

/// <summary>
/// Callers who leave in mid-answer are billed what was really used. The truth is the model server's own count
/// (<c>/metrics</c>): tokens of prompts, cached or not, and every token that it generated, also those that nobody read any more.
/// </summary>
[Collection("model server")]
public sealed class CutBillingTests(ITestOutputHelper output)
{
    private const int Callers = 30;
    private const int Longest = 500;
    private const double Tolerance = 0.01;

    private static readonly string[] s_subjects =
    [
        "a ship in a storm", "two sisters and their mother", "a letter that came too late", "the garden behind the house", "a long winter",
        "Mr. Darcy and a horse", "a ball at Netherfield, the music, the dancing and what was said of it in the village the next day", "rain",
    ];

    [Fact]
    public Task A_stream_that_passes_as_it_is() => CheckAsync(ClientProtocol.Chat, LlamaStage.Local, seed: 1);

    [Fact]
    public Task A_stream_that_is_translated() => CheckAsync(ClientProtocol.Messages, LlamaStage.Local, seed: 2);

    [Fact]
    public Task A_stream_of_Messages_that_passes_as_it_is() => CheckAsync(ClientProtocol.Messages, "messages/" + LlamaServer.Model, seed: 3);

    /// <summary>The model has never reported what it used: no answer ends before its caller leaves.</summary>
    [Fact]
    public Task A_model_of_which_nothing_was_ever_learned() => CheckAsync(ClientProtocol.Chat, LlamaStage.Local, seed: 4, isCold: true);

    private async Task CheckAsync(ClientProtocol protocol, string model, int seed, bool isCold = false)
    {
        await using var server = await LlamaServer.StartAsync(slots: 1);
        await using var stage = await LlamaStage.StartAsync(server.Port);
        var random = new Random(seed);
        var truth = await server.GeneratedAsync();
        var left = 0;
        for (var i = 0; i < Callers; i++)
        {
            var subject = s_subjects[random.Next(s_subjects.Length)];
            var ask = new ChatAsk(model, protocol, true, $"Tell me a very long story about {subject}.")
            {
                Extra = new JsonObject { ["max_tokens"] = Longest, ["temperature"] = 0.8, ["seed"] = random.Next(), ["ignore_eos"] = isCold },
            };
            if (await LeaveAsync(stage, ask, after: random.Next(1, isCold ? Longest - 20 : Longest))) left++;
            var now = await server.GeneratedAsync();
            output.WriteLine($"{i}, {subject}: {now.Prompt - truth.Prompt} + {now.Output - truth.Output} tokens; {(await stage.LastDecisionAsync(i + 1))["usage"]!.ToJsonString()}");
            truth = now;
        }
        Assert.True(left >= (isCold ? Callers : Callers / 3), $"only {left} of {Callers} callers left, the others had their answer before");
        var usage = await stage.UsageAsync(Callers);
        long Billed(params string[] kinds) => kinds.Sum(k => usage[k]!.GetValue<long>());
        var (prompt, generated) = (Billed("input", "cacheRead", "cacheWrite", "cacheWrite1h"), Billed("output"));
        AssertNear("generated tokens", generated, truth.Output, Tolerance);
        AssertNear("all tokens", prompt + generated, truth.Prompt + truth.Output, Tolerance);
        // What a model makes of a prompt of fifty bytes can only be guessed at until it has said it of a few: prompts of one length
        // differ by a tenth, and a template is a third of them. Whoever leaves first, that is at most a tenth in all.
        AssertNear("prompt tokens", prompt, truth.Prompt, 0.1);
    }

    /// <summary>True: left before the end.</summary>
    private static async Task<bool> LeaveAsync(LlamaStage stage, ChatAsk ask, int after)
    {
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var reply = await stage.Client.AskAsync(ask with { OnEvent = reply => { if (reply.Frames.Count >= after) leave.Cancel(); } }, leave.Token);
        Assert.True(reply.Status == 200 && reply.Frames.Count > 0, reply.ToString());
        return !reply.LooksWhole;
    }

    private void AssertNear(string what, long billed, long truth, double tolerance)
    {
        var off = (billed - truth) / (double)truth;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: billed {billed}, the model server counts {truth}, off by {off:P2}"));
        Assert.True(Math.Abs(off) <= tolerance, $"{what}: billed {billed}, the model server counts {truth}");
    }
}
