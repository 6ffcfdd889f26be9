using OpenClaw.Operator.Packaging;

namespace OpenClaw.Tests.Operator;

public class PackageFilesTests
{
    private static readonly string s_folder = Path.Combine(SharedFiles.Repository, "deploy");

    [Fact]
    public void The_folder_deploy_is_what_the_command_writes_and_nothing_else()
    {
        if (Environment.GetEnvironmentVariable("OPENCLAW_GOLDEN") == "write") Write();
        Assert.All(PackageFiles.All, static file => Assert.Equal(file.Text, File.ReadAllText(Path.Combine(s_folder, file.Path)).ReplaceLineEndings("\n")));
        var there = Directory.EnumerateFiles(s_folder, "*", SearchOption.AllDirectories).Select(static f => Path.GetRelativePath(s_folder, f).Replace('\\', '/'));
        Assert.Equal(PackageFiles.All.Select(static f => f.Path).Order(StringComparer.Ordinal), there.Order(StringComparer.Ordinal));
    }

    private static void Write()
    {
        foreach (var file in PackageFiles.All)
        {
            var path = Path.Combine(s_folder, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, file.Text);
        }
    }
}
