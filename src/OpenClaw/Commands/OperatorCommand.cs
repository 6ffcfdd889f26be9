using System.CommandLine;

namespace OpenClaw.Commands;

/// <summary><c>openclaw operator</c>: what Kubernetes needs to know of OpenClaw.</summary>
internal static class OperatorCommand
{
    public static void Fill(Command command) => command.Add(OperatorManifests.Build());
}
