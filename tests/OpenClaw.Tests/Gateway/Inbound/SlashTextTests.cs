using System.Text;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Sessions;

namespace OpenClaw.Tests.Gateway.Inbound;

/// <summary>A command as it stands in JSON, and what is none.</summary>
public sealed class SlashTextTests
{
    [Theory]
    [InlineData("/status", "status")]
    [InlineData("  \\/status", "status")]
    [InlineData("\\n/status", "status")]
    [InlineData("\\r\\n \\t/STATUS of it", "status")]
    [InlineData("\\u00a0/status", null)]
    [InlineData("\\\\n/status", null)]
    [InlineData("/usr/bin", null)]
    [InlineData("\\n", null)]
    [InlineData("\\", null)]
    [InlineData("say /status", null)]
    public void A_command_may_stand_behind_white_space(string json, string? word)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        Assert.Equal(word, SlashText.WordOf(bytes));
        Assert.Equal(word is not null, SlashText.IsCommand(bytes));
    }

    // A message that is taken for one that only shows something waits for nobody: it must not go to a model.
    [Theory]
    [InlineData("\n\t /status of it", true)]
    [InlineData("\u00a0/status", false)]
    [InlineData("\u2003/status", false)]
    public void What_only_shows_something_is_a_command(string text, bool isCommand)
    {
        Assert.Equal(isCommand, SlashCommands.OnlyShows(text));
        Assert.Equal(isCommand, SlashText.IsCommand(Encoding.UTF8.GetBytes(text.Replace("\n", "\\n", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal))));
    }
}
