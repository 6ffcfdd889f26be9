namespace OpenClaw.Tests;

/// <summary>
/// The optional test data in a folder <c>shared</c> beside the repository (or <c>OPENCLAW_SHARED</c>): recorded provider
/// payloads, a small model server, a Kubernetes control plane. Tests that need a file that is not there are skipped and say so.
/// </summary>
internal static class SharedFiles
{
    public static string Repository { get; } = FindRepository();

    public static string Root { get; } =
        Environment.GetEnvironmentVariable("OPENCLAW_SHARED") ?? Path.GetFullPath(Path.Combine(Repository, "..", "shared"));

    /// <summary>The path of a file or folder below <see cref="Root"/>, or a skip.</summary>
    public static string Require(string relative)
    {
        var path = Path.Combine(Root, relative);
        if (!File.Exists(path) && !Directory.Exists(path)) Assert.Skip($"optional test data is not there: shared/{relative}");
        return path;
    }

    /// <summary>The files below a folder that match, relative to it; empty when the folder is not there.</summary>
    public static IEnumerable<string> Files(string folder, string pattern)
    {
        var path = Path.Combine(Root, folder);
        return Directory.Exists(path)
            ? Directory.EnumerateFiles(path, pattern, SearchOption.AllDirectories).Select(f => Path.GetRelativePath(path, f)).Order(StringComparer.Ordinal)
            : [];
    }

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OpenClaw.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("the tests run from inside the repository");
    }
}
