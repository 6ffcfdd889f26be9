using System.CommandLine;
using OpenClaw.Operator.Packaging;

namespace OpenClaw.Commands;

/// <summary><c>openclaw operator manifests</c>: prints what to apply, or writes the whole of <c>deploy/</c>.</summary>
internal static class OperatorManifests
{
    public static Command Build()
    {
        var folder = new Option<string?>("--out") { Description = "Write the files into a folder instead", HelpName = "DIR" };
        var command = new Command("manifests", "The resource definitions to apply to a cluster") { folder };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(folder) is not { } path)
            {
                Terminal.Write(PackageFiles.Manifests());
                return;
            }
            foreach (var file in PackageFiles.All)
            {
                var full = Path.Combine(path, file.Path);
                Directory.CreateDirectory(Path.GetDirectoryName(full)!);
                File.WriteAllText(full, file.Text);
            }
            Terminal.Line($"{PackageFiles.All.Length} files written into {path}");
        });
        return command;
    }
}
