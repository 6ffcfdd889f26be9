using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Tests.Gateway.Control;

/// <summary>What a report may be grouped by: one of the names, and nothing that looks like one.</summary>
public sealed class UsageWordsTests
{
    [Theory]
    [InlineData("model,day")]
    [InlineData("Model, Day")]
    [InlineData("3")]
    [InlineData("+1")]
    [InlineData("-1")]
    [InlineData("model ")]
    [InlineData(" model")]
    [InlineData("models")]
    [InlineData("0x1")]
    public void Anything_but_a_name_is_refused_and_the_names_are_told(string by)
    {
        var (query, problem, param) = Ask("by", by);
        Assert.Null(query);
        Assert.Equal(("by is one of model, provider, session, client, day, tag", "by"), (problem, param));
    }

    [Theory]
    [InlineData("model", "Model")]
    [InlineData("PROVIDER", "Provider")]
    [InlineData("Session", "Session")]
    [InlineData("client", "Client")]
    [InlineData("day", "Day")]
    [InlineData("tag", "Tag")]
    public void Each_name_is_taken_in_any_case(string by, string expected) => Assert.Equal(Enum.Parse<UsageGrouping>(expected), Ask("by", by).Query!.By);

    [Theory]
    [InlineData("by", "model", "day")]
    [InlineData("since", "7d", "1d")]
    [InlineData("client", "a", "b")]
    public void What_is_given_twice_is_refused_and_not_left_out(string word, params string[] values) =>
        Assert.Equal((null, $"{word} is given more than once", word), Ask(word, values));

    private static (UsageQuery? Query, string Problem, string Param) Ask(string word, params string[] values) =>
        UsageQuestion.Read(new QueryCollection(new Dictionary<string, StringValues> { [word] = values }), new DateTimeOffset(2026, 11, 22, 15, 30, 0, TimeSpan.Zero));
}
