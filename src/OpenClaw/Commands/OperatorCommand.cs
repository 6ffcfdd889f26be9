using System.CommandLine;

namespace OpenClaw.Commands;

/// <summary><c>openclaw operator</c>: what Kubernetes needs to know of OpenClaw, and what it makes of an instance.</summary>
internal static class OperatorCommand
{
    public static void Fill(Command command)
    {
        command.Add(OperatorRun.Build());
        command.Add(OperatorRender.Build());
        command.Add(OperatorManifests.Build());
        command.Add(OperatorMerge.Build());
    }
}
