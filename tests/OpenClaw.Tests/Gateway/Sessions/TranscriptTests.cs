using OpenClaw.Gateway.Sessions;

namespace OpenClaw.Tests.Gateway.Sessions;

/// <summary>What is kept of a conversation.</summary>
public sealed class TranscriptTests
{
    [Fact]
    public void A_message_that_is_larger_than_all_that_is_kept_is_a_part_and_says_so()
    {
        var kept = Assert.Single(Transcript.Empty.With([new TranscriptTurn(false, new string('a', 5000), default)], 2000).Turns);
        Assert.True(kept.IsPartial);
        Assert.InRange(kept.Text.Length, 1000, 2000);
        Assert.False(Assert.Single(Transcript.Empty.With([new TranscriptTurn(false, new string('a', 500), default)], 2000).Turns).IsPartial);
    }
}
