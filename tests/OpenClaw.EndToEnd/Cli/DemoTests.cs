using System.Text.RegularExpressions;

namespace OpenClaw.EndToEnd.Cli;

public sealed class DemoTests
{
    [Fact]
    public async Task Once_shows_four_faults_each_healed_word_for_word()
    {
        using var folder = new CliFolder();
        // Neither a broken file nor a bad variable of the user's own takes part.
        folder.With("{ broken");
        var run = await folder.RunAsync(["demo", "--once"], null, ("OPENAI_BASE_URL", "not a url"), ("OPENCLAW_GATEWAY_TOKEN", "t"));
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal(5, Regex.Count(run.Output, "whole answer: yes, 60 of 60 words"));
        foreach (var fault in (string[])["1. connection refused", "2. 429, come back in 10 minutes", "3. cut after 40 of 60 words", "4. silent after 20 of 60 words"])
        {
            Assert.Contains(fault, run.Output, StringComparison.Ordinal);
        }
        Assert.Matches(@"\n   nobody/any +nobody listens there\n   scripted/ok +", run.Output);
        Assert.Matches(@"\n   scripted/cut-after-40 +broke off in mid-answer\n   scripted/ok +", run.Output);
        Assert.EndsWith("All four were healed; the caller saw one whole answer each time.\n\n", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Output);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said()
    {
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        using var folder = new CliFolder();
        var run = await folder.RunAsync($"demo --once --port {port}");
        Assert.Equal((78, ""), (run.Code, run.Output));
        Assert.Contains("hint: another process listens there", run.Error, StringComparison.Ordinal);
    }
}
