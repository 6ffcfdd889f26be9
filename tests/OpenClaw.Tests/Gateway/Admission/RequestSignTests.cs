using System.Text;
using OpenClaw.Gateway.Admission;

namespace OpenClaw.Tests.Gateway.Admission;

public sealed class RequestSignTests
{
    [Theory]
    [InlineData("Current time: Wednesday, April 15th, 2026 - 10:03 AM (Asia/Shanghai) / 2026-04-15 02:03 UTC", "Current time: Thursday, April 16th, 2026 - 11:33 PM (Asia/Shanghai) / 2026-04-16 15:33 UTC")]
    [InlineData("Check  the inbox!", "check the inbox")]
    [InlineData("at 2026-01-31T10:03:22.123Z run 1776272598213", "at 2026-02-01T11:04:00.001Z run 1776272599999")]
    [InlineData("tick +08:00", "tick +01:00")]
    [InlineData("run of 20260415T100300Z", "run of 20260416T110301Z")]
    [InlineData("read HEARTBEAT.md, run 4815162342-a7", "read HEARTBEAT.md, run 4815162399-b9")]
    public void Dates_and_times_do_not_count(string one, string other) => Assert.Equal(Of(one), Of(other));

    [Theory]
    [InlineData("Summarise document 17", "Summarise document 18")]
    [InlineData("translate: yes", "translate: no")]
    [InlineData("Is the order 4815162342 paid?", "Is the order 4815162343 paid?")]
    [InlineData("Is INV-2024-001 paid?", "Was INV-2024-001 paid?")]
    [InlineData("fetch /tickets/18231", "fetch /tickets/18232")]
    [InlineData("look at 0193a8f2bc41", "look at 0193a8f2bc42")]
    [InlineData("你好", "再见")]
    [InlineData("ab c", "a bc")]
    [InlineData("", "a")]
    public void Everything_else_does(string one, string other) => Assert.NotEqual(Of(one), Of(other));

    [Theory]
    [InlineData("""{"type":"image_url","image_url":{"url":"https://x/1.png"} }""", """{"type":"image_url","image_url":{"url":"https://x/2.png"} }""")]
    [InlineData("""{"type":"document","source":{"type":"text","data":"one"} }""", """{"type":"document","source":{"type":"text","data":"two"} }""")]
    [InlineData("""{"type":"input_audio","input_audio":{"data":"QUFB"} }""", """{"type":"input_audio","input_audio":{"data":"QkJC"} }""")]
    public void Another_picture_document_or_sound_is_another_question(string one, string other)
    {
        static ulong Turn(string part) => RequestSign.Read(Encoding.UTF8.GetBytes($$"""{"messages":[{"role":"user","content":[{"type":"text","text":"what is this?"},{{part}}]}]}""")).Turn;
        Assert.NotEqual(Turn(one), Turn(other));
        Assert.Equal(Turn(one), Turn(one[..^1] + ""","cache_control":{"type":"ephemeral"} }"""));
    }

    [Fact]
    public void A_document_behind_a_long_instruction_counts_and_the_time_behind_it_does_not()
    {
        static ulong Turn(string text) => RequestSign.Read(Encoding.UTF8.GetBytes($$"""{"messages":[{"role":"user","content":"{{text}}"}]}""")).Turn;
        var instruction = string.Concat(Enumerable.Repeat("sort the mail into folders, ", 700));
        var mail = string.Concat(Enumerable.Repeat("dear all, ", 200));
        Assert.NotEqual(Turn(instruction + "dear Ann, " + mail), Turn(instruction + "dear Bob, " + mail));
        Assert.Equal(Turn(instruction + mail + " at 2026-04-15 10:03"), Turn(instruction + mail + " at 2026-04-16 11:33"));
    }

    [Fact]
    public void What_a_client_changes_between_two_tries_does_not_change_the_request()
    {
        var one = new Conversation { Beside = "\"stream\":true,\"user\":\"u1\"," }.User("hello").Sign();
        var other = new Conversation { Beside = "\"metadata\":{\"try\":2}," }.User("hello").Sign();
        Assert.Equal(one.Body, other.Body);
        Assert.NotEqual(one.Body, new Conversation { Beside = "\"seed\":2," }.User("hello").Sign().Body);
        Assert.NotEqual(one.Body, new Conversation().User("hello!").Sign().Body);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_conversation_keeps_its_sign_while_it_grows(bool anthropic)
    {
        var talk = new Conversation(anthropic).User("plan the garden");
        var first = talk.Sign();
        var later = talk.Assistant("gladly").User("and the roof").Tool("look", "{}", "rain").Sign();
        Assert.Equal(first.Conversation, later.Conversation);
        Assert.NotEqual(first.Turn, later.Turn);
        Assert.True(first.OpensTurn);
        Assert.False(later.OpensTurn);
        Assert.NotEqual(first.Conversation, new Conversation(anthropic).User("plan the house").Sign().Conversation);
        Assert.StartsWith("~", RunawayGuard.KeyOf(null, first), StringComparison.Ordinal);
        Assert.Equal("mine", RunawayGuard.KeyOf("mine", first));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_round_of_calls_is_counted_with_its_length(bool anthropic)
    {
        var talk = new Conversation(anthropic).User("go").Tool("other", "{}", "x");
        for (var i = 0; i < 7; i++) talk.Tool("look", """{"at":1}""", "nothing").Tool("wait", "{}", "ok");
        var sign = talk.Sign();
        Assert.Equal((7, 2, "wait"), (sign.LoopRounds, sign.LoopPeriod, sign.LoopTool));
        Assert.Equal(1, talk.Tool("look", """{"at":2}""", "nothing").Sign().LoopRounds);
        Assert.Equal(1, talk.User("stop it").Sign().LoopRounds);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Another_result_or_other_arguments_are_no_loop(bool anthropic)
    {
        var (results, arguments) = (new Conversation(anthropic).User("go"), new Conversation(anthropic).User("go"));
        for (var i = 0; i < 20; i++)
        {
            results.Tool("look", "{}", $"{i} percent");
            arguments.Tool("look", $$"""{"page":{{i}}}""", "nothing");
        }
        Assert.Equal((1, 1), (results.Sign().LoopRounds, arguments.Sign().LoopRounds));
    }

    [Fact]
    public void A_loop_longer_than_the_memory_is_seen_as_long_as_the_memory()
    {
        var talk = new Conversation().User("go");
        for (var i = 0; i < 200; i++) talk.Tool("look", "{}", "nothing");
        Assert.Equal(64, talk.Sign().LoopRounds);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"messages":null}""")]
    [InlineData("""{"messages":[null,1,"x",[],{}]}""")]
    [InlineData("""{"messages":[{"content":"role last","role":"user"},{"role":7,"content":8}]}""")]
    [InlineData("""{"messages":[{"role":"assistant","tool_calls":[null,{"function":null},{"function":{"name":1,"arguments":{"a":[1]}}}]},{"role":"tool","content":[{"type":"text","text":"x"}]}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":[null,"x",{"type":"tool_result"},{"type":"text","text":null}]}],"system":[{"text":"s"}]}""")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"\\ud800\":1}]}")]
    public void Any_body_has_a_sign(string body)
    {
        var sign = RequestSign.Read(Encoding.UTF8.GetBytes(body));
        Assert.Equal(sign, RequestSign.Read(Encoding.UTF8.GetBytes(body)));
        Assert.True(sign.LoopRounds >= 1);
    }

    [Fact]
    public void A_sign_is_what_reading_the_rules_word_by_word_gives()
    {
        string[] words = ["a", "I", "the", "Mon", "SEP", "sept", "Tues", "march", "March2", "am", "PM", "Utc", "lobster", "Wednesday", "september", "septembers", "sunday", "February", "novembers", "heartbeat", "20260415", "20260415T100300Z", "19991231235959", "1776272598213", "1776272598", "4815162342", "10", "2026", "12345678", "1234567", "abcdefgh", "abcdefghi", "ABCDEFGHIJ1", "é", "größer", "你好", "x9", "z", "T10", "@[`{", "_", "/", ":", "-", "+", ".", " ", "  ", "\n"];
        var random = new Random(7);
        for (var i = 0; i < 3000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(0, 12)).Select(_ => words[random.Next(words.Length)] + (random.Next(3) == 0 ? "" : words[^random.Next(1, 9)])));
            Assert.True(PlainTextSign.Of(Encoding.UTF8.GetBytes(text)) == Of(text), text);
        }
    }

    private static ulong Of(string text) => TextSign.Of(Encoding.UTF8.GetBytes(text));
}
