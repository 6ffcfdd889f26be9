using System.CommandLine;
using OpenClaw.Operator.Packaging;

namespace OpenClaw.Commands;

/// <summary><c>openclaw operator manifests</c>: prints what to apply, or writes the whole of <c>deploy/</c>.</summary>
internal static class OperatorManifests
{
    public static Command Build()
    {
        var folder = new Option<string?>("--out") { Description = "Write kustomize folders and a Helm chart here instead", HelpName = "DIR" };
        var crds = new Option<bool>("--crds") { Description = "The resource definitions alone" };
        var command = new Command("manifests", "Resource definitions, rights and Deployment, to apply to a cluster") { folder, crds };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(folder) is not { } path) Terminal.Write(parsed.GetValue(crds) ? PackageFiles.Definitions() : PackageFiles.Manifests(VersionCommand.Version));
            else WriteInto(path);
        });
        return command;
    }

    private static void WriteInto(string folder)
    {
        var files = PackageFiles.All(VersionCommand.Version);
        foreach (var file in files)
        {
            var full = Path.Combine(folder, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, file.Text);
        }
        Terminal.Line($"{files.Length} files written into {folder}");
    }
}
