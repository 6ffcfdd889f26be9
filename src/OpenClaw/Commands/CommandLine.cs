using System.CommandLine;
using System.CommandLine.Parsing;
using OpenClaw.Commands.Models;
using OpenClaw.Config.Text;

namespace OpenClaw.Commands;

/// <summary>The commands by name. Startup is measured: only the one that was asked for is built beyond its name.</summary>
internal static class CommandLine
{
    private static readonly (string Name, string Description, Action<Command> Fill)[] s_commands =
    [
        ("gateway", "Serve", GatewayCommand.Fill),
        ("demo", "Four faults, each healed, without keys or network; then stays up to be tried", DemoCommand.Fill),
        ("chat", "Talk to a running gateway; slash commands work", ChatCommand.Fill),
        ("sessions", "The sessions that the gateway knows: what is set in them and what they cost", SessionsCommand.Fill),
        ("models", "The models that can be asked for; the default, its fallbacks and aliases", ModelsCommand.Fill),
        ("status", "What the running gateway sees: providers, keys, targets, the last decisions", StatusCommand.Fill),
        ("usage", "What was used and what it cost, by model, provider, session, client or day", UsageCommand.Fill),
        ("clients", "Tokens for others: made, rotated and revoked while the gateway runs", ClientsCommand.Fill),
        ("config", "Check, print and convert openclaw.json", ConfigCommand.Fill),
        ("doctor", "What would fail, before it does", DoctorCommand.Fill),
        ("operator", "Kubernetes: the loop, the resource definitions, and what an instance becomes", OperatorCommand.Fill),
        ("version", "Version, commit, runtime", VersionCommand.Fill),
    ];

    // A model may be called @something; no argument is a file of arguments.
    private static readonly ParserConfiguration s_parser = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    // Signals belong to the commands that stay up; everything else just ends.
    private static readonly InvocationConfiguration s_invocation = new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };

    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Parse(args);
        if (parsed.Errors.Count > 0 && args.Length > 0) return Refuse(parsed);
        try
        {
            return await parsed.InvokeAsync(s_invocation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Terminal.Fail(AsksForJson(parsed), e.Message, "");
        }
    }

    public static ParseResult Parse(string[] args)
    {
        var root = new RootCommand("OpenClaw for .NET: any model provider behind one address, in order, and no answer lost.");
        foreach (var (name, description, fill) in s_commands)
        {
            var command = new Command(name, description);
            if (args.Length > 0 && args[0] == name) fill(command);
            root.Add(command);
        }
        // Without a command there is nothing to do but to say which there are.
        return root.Parse(args.Length == 0 ? ["--help"] : args, s_parser);
    }

    /// <summary>What is wrong with the arguments, and what was probably meant.</summary>
    public static (string Message, string Hint) Explain(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var message = parsed.Errors[0].Message;
        // The library ends with a .NET type's name, which says nothing to a person.
        var type = message.IndexOf(" as expected type", StringComparison.Ordinal);
        if (type > 0) message = message[..type];
        message = (char.ToLowerInvariant(message[0]) + message[1..]).TrimEnd('.');
        var help = $"{Path(parsed.CommandResult)} --help";
        if (parsed.UnmatchedTokens is not [var word, ..]) return (message, help);
        var known = word.StartsWith('-')
            ? command.Options.Select(static o => o.Name)
            : command.Subcommands.Select(static c => c.Name);
        return Nearest.One(word, known) is { } near
            ? ($"\"{word}\" is not known here", $"did you mean \"{near}\"? {help}")
            : ($"\"{word}\" is not known here", help);
    }

    private static int Refuse(ParseResult parsed)
    {
        var (message, hint) = Explain(parsed);
        return Terminal.Fail(AsksForJson(parsed), message, hint, ExitCode.Usage);
    }

    private static bool AsksForJson(ParseResult parsed) => parsed.Tokens.Any(static t => t.Value == "--json");

    private static string Path(CommandResult result) =>
        result.Parent is CommandResult parent ? Path(parent) + " " + result.Command.Name : "openclaw";
}
