namespace OpenClaw.Tests;

/// <summary>
/// An approved output beside its input. <c>./x golden</c> (OPENCLAW_GOLDEN=write) writes them anew; the change is then read
/// like any other.
/// </summary>
internal static class GoldenFile
{
    public static string Folder { get; } = Path.Combine(SharedFiles.Repository, "tests", "golden");

    private static readonly bool s_write = Environment.GetEnvironmentVariable("OPENCLAW_GOLDEN") == "write";

    public static void Check(string path, string actual)
    {
        actual = actual.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
        if (s_write) File.WriteAllText(path, actual);
        Assert.True(File.Exists(path), $"there is no {Path.GetRelativePath(SharedFiles.Repository, path)}; ./x golden writes it");
        Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), actual);
    }
}
