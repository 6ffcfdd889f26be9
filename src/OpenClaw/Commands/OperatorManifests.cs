using System.Collections.Immutable;
using System.CommandLine;
using OpenClaw.Operator.Packaging;
using OpenClaw.Operator.Running;

namespace OpenClaw.Commands;

/// <summary><c>openclaw operator manifests</c>: prints what to apply, or writes the whole of <c>deploy/</c>.</summary>
internal static class OperatorManifests
{
    public static Command Build()
    {
        var folder = new Option<string?>("--out") { Description = "Write kustomize folders and a Helm chart here instead", HelpName = "DIR" };
        var crds = new Option<bool>("--crds") { Description = "The resource definitions alone" };
        var watch = new Option<string?>(OperatorSettings.WatchNamespaces) { Description = "Only these namespaces: the rights are then given there and nowhere else", HelpName = "A,B" };
        var command = new Command("manifests", "Resource definitions, rights and Deployment, to apply to a cluster") { folder, crds, watch };
        command.SetAction(parsed => Run(parsed.GetValue(folder), parsed.GetValue(crds), parsed.GetValue(watch)));
        return command;
    }

    private static int Run(string? folder, bool crds, string? watch)
    {
        ImmutableArray<string> namespaces = [];
        if (watch is not null)
        {
            if (OperatorSettings.Namespaces(watch) is not { } named)
            {
                Terminal.Error($"{OperatorSettings.WatchNamespaces} is \"{watch}\"", "write " + OperatorSettings.NamespacesHint);
                return ExitCode.Usage;
            }
            namespaces = named;
        }
        if (folder is not null) WriteInto(folder, namespaces);
        else Terminal.Write(crds ? PackageFiles.Definitions() : PackageFiles.Manifests(VersionCommand.Version, namespaces));
        return ExitCode.Ok;
    }

    private static void WriteInto(string folder, ImmutableArray<string> namespaces)
    {
        var files = PackageFiles.All(VersionCommand.Version, namespaces);
        foreach (var file in files)
        {
            var full = Path.Combine(folder, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, file.Text);
        }
        Terminal.Line($"{files.Length} files written into {folder}");
    }
}
