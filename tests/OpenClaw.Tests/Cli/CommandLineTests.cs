using OpenClaw.Commands;

namespace OpenClaw.Tests.Cli;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("modles", "\"modles\" is not known here", "did you mean \"models\"? openclaw --help")]
    [InlineData("models lst", "\"lst\" is not known here", "did you mean \"list\"? openclaw models --help")]
    [InlineData("models list --jsn", "\"--jsn\" is not known here", "did you mean \"--json\"? openclaw models list --help")]
    [InlineData("zzz", "\"zzz\" is not known here", "openclaw --help")]
    [InlineData("models set", "required argument missing for command: 'set'", "openclaw models set --help")]
    [InlineData("config convert", "option '--to' is required", "openclaw config convert --help")]
    [InlineData("gateway --port abc", "cannot parse argument 'abc' for option '--port'", "openclaw gateway --help")]
    public void Says_what_is_wrong_with_the_arguments_and_what_was_meant(string line, string message, string hint)
    {
        var parsed = CommandLine.Parse(line.Split(' '));
        Assert.Equal((message, hint), CommandLine.Explain(parsed));
    }

    [Theory]
    [InlineData("gateway --config f --bind lan --port 0 --quiet")]
    [InlineData("demo --port 0 --once")]
    [InlineData("models --json --plain --check --probe --probe-provider a --probe-timeout 1 --probe-max-tokens 1")]
    [InlineData("models list --all --local --provider a --json --plain --url http://h --token t --config f")]
    [InlineData("models status --check")]
    [InlineData("models set a/b --json")]
    [InlineData("models fallbacks")]
    [InlineData("models fallbacks list --json")]
    [InlineData("models fallbacks add a/b")]
    [InlineData("models fallbacks remove a/b")]
    [InlineData("models fallbacks clear")]
    [InlineData("models aliases add name a/b c/d")]
    [InlineData("models aliases remove name")]
    [InlineData("models scan --json --set-default --yes --timeout 1")]
    [InlineData("status --json --decisions 3")]
    [InlineData("config validate file --json")]
    [InlineData("config validate -")]
    [InlineData("config print --json")]
    [InlineData("config schema")]
    [InlineData("config convert --to native file --out f --force")]
    [InlineData("doctor --json --config f --offline")]
    [InlineData("version")]
    public void Understands_every_documented_line(string line) => Assert.Empty(CommandLine.Parse(line.Split(' ')).Errors);

    [Fact]
    public void A_model_whose_name_begins_with_an_at_sign_is_no_file_of_arguments()
    {
        var parsed = CommandLine.Parse(["models", "set", "@cf/meta/llama"]);
        Assert.Empty(parsed.Errors);
        Assert.Equal("@cf/meta/llama", parsed.GetValue<string>("ref"));
    }

    [Fact]
    public void Builds_only_the_command_that_was_asked_for()
    {
        var root = CommandLine.Parse(["version"]).RootCommandResult.Command;
        Assert.Contains(root.Subcommands, static c => c.Name == "models");
        Assert.All(root.Subcommands, static c => Assert.Equal(c.Name == "version", c.Options.Concat<object>(c.Subcommands).Any()));
    }
}
