using System.Text.Json;
using OpenClaw.Config;
using OpenClaw.Demo;

namespace OpenClaw.Tests.Cli;

public sealed class DemoTests
{
    private static readonly JsonElement s_cut = JsonDocument.Parse(
        """{ "attempts": [ { "target": "scripted/cut-after-40", "kind": "first", "failure": "cut", "served": true }, { "target": "scripted/ok", "kind": "restart", "served": true } ] }""").RootElement;

    [Fact]
    public void Its_configuration_is_valid_and_has_a_chain_for_every_fault()
    {
        var result = ConfigReader.Read(DemoConfig.Write(new Uri("http://127.0.0.1:9/v1")), ConfigEnvironment.Empty);
        Assert.Empty(result.Problems);
        Assert.Equal(4, DemoFault.All.Length);
        Assert.All(DemoFault.All, f => Assert.Equal([f.Primary, DemoFault.Healthy], result.Config!.Models.Aliases[f.Alias].Select(r => r.ToString())));
    }

    [Fact]
    public void A_row_says_who_tried_and_that_nothing_is_missing()
    {
        var rows = new DemoText(colors: false).Rows(3, "cut after 40 of 60 words", new DemoReply("one two three", 11, 1030, "dec", null), s_cut, "one two three");
        Assert.Equal(
            """
            3. cut after 40 of 60 words       whole answer: yes, 3 of 3 words                    11 ms      1.03 s
               scripted/cut-after-40          broke off in mid-answer
               scripted/ok                    asked again, skipped what was said, finished


            """,
            rows);
    }

    [Theory]
    [InlineData("one two", null, "whole answer: NO, 2 of 3 words")]
    [InlineData("one two two", null, "whole answer: NO, 3 of 3 words")]
    [InlineData("one two three", "no end of the stream", "whole answer: NO, 3 of 3 words, no end of the stream")]
    public void What_is_lost_doubled_or_not_ended_is_no_whole_answer(string text, string? problem, string verdict)
    {
        var reply = new DemoReply(text, 1, 1, null, problem);
        Assert.False(DemoText.IsWhole(reply, "one two three"));
        Assert.Equal(verdict, DemoText.Verdict(reply, "one two three"));
    }

    [Fact]
    public void Colours_are_only_there_when_asked_for()
    {
        var reply = new DemoReply("one", 1, 1, null, null);
        Assert.Contains("\u001b[32m", new DemoText(colors: true).Rows(1, "t", reply, s_cut, "one"), StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', new DemoText(colors: false).Rows(1, "t", reply, s_cut, "one"));
    }
}
