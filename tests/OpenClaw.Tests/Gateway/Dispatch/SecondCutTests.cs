using System.Text;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>A hop that goes on with a cut answer, says something new and fails in the same breath: the next one goes on behind that.</summary>
public sealed class SecondCutTests
{
    private const string Half = "The road was long and the night was cold";
    private const string More = " when the lobster";
    private const string Rest = " came home.";

    [Theory]
    [InlineData(false, "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\",\"code\":503}}\n\n")]
    [InlineData(true, "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\",\"code\":503}}\n\n")]
    [InlineData(false, "data: {\"choices\": nonsense\n\n")]
    [InlineData(false, "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\ndata: {\"error\":{\"message\":\"overloaded\"}}\n\n")]
    public async Task A_word_and_a_failure_in_one_read_are_a_word_that_the_caller_has(bool messages, string failure)
    {
        var answer = await AskAsync(messages, async x =>
        {
            await x.HeadAsync(200, x.Wire.StreamType, null);
            await x.Connection.ChunkAsync(Encoding.UTF8.GetBytes(Delta(Half + More) + failure));
            await x.Connection.EndChunksAsync();
        });
        Assert.Equal(Half + More + Rest, answer.Text);
    }

    [Theory]
    [InlineData("{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"" + Half + More + "\"},\"finish_reason\":\"stop\"}],\"error\":{\"message\":\"overloaded\"}}")]
    [InlineData("{\"error\":{\"message\":\"overloaded\"},\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"" + Half + More + "\"},\"finish_reason\":\"stop\"}]}")]
    [InlineData("{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"" + Half + More + "\"},\"finish_reason\":\"stop\"}")]
    public async Task Of_a_whole_answer_that_is_none_the_caller_gets_nothing(string body)
    {
        var answer = await AskAsync(false, x => x.WholeAsync(200, "application/json", Encoding.UTF8.GetBytes(body)));
        Assert.Equal(Half + More + Rest, answer.Text);
    }

    // The first of the fallbacks is the default model, which is asked last.
    private static async Task<StageAnswer> AskAsync(bool messages, Func<ScriptedExchange, Task> second)
    {
        await using var stage = await ScriptedStage.StartAsync(["p/third", "p/second"]);
        stage.Server.On("first", static x => ScriptedStage.SayAsync(x, Half, cut: true));
        stage.Server.On("second", second);
        stage.Server.On("third", static x => ScriptedStage.SayAsync(x, Half + More + Rest));
        var answer = await stage.AskAsync("p/first", messages);
        Assert.True(answer.HasEnd, answer.Body);
        Assert.False(answer.HasErrorEvent, answer.Body);
        Assert.Equal(["first", "second", "third"], stage.Asked.Select(static c => c.Model));
        return answer;
    }

    private static string Delta(string text) => $"data: {{\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n";
}
