using System.CommandLine;
using OpenClaw.Commands;

namespace OpenClaw.Tests.Docs;

/// <summary>Every command of the binary with its own options.</summary>
internal static class CommandTable
{
    public static string Build()
    {
        // A command is filled only when it is asked for: ask for each.
        var names = CommandLine.Parse([]).RootCommandResult.Command.Subcommands.Select(static c => c.Name);
        var rows = names.SelectMany(static name => Rows("openclaw", CommandLine.Parse([name]).RootCommandResult.Command.Subcommands.Single(c => c.Name == name)));
        return CodeTables.Write(["command", "does", "options"], rows);
    }

    private static IEnumerable<string[]> Rows(string path, Command command)
    {
        var here = $"{path} {command.Name}";
        var arguments = string.Concat(command.Arguments.Select(static a => a.Arity.MinimumNumberOfValues == 0 ? $" [{a.Name}]" : $" {a.Name.ToUpperInvariant()}"));
        var options = command.Options.Where(static o => o.Name is not "--help" and not "--version").Select(static o => CodeTables.Code(o.HelpName is null ? o.Name : $"{o.Name} {o.HelpName}"));
        yield return [CodeTables.Code(here + arguments), command.Description ?? "", string.Join(", ", options)];
        foreach (var below in command.Subcommands)
        {
            foreach (var row in Rows(here, below)) yield return row;
        }
    }
}
