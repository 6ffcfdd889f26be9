namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>Reads <c>storage.url</c>.</summary>
internal static class StorageUrl
{
    private const string Sqlite = "sqlite:";

    /// <summary>The database, not yet connected to, or why the text names none. The reason repeats nothing that may be secret.</summary>
    public static (IStorage? Storage, string? Problem) Open(string url, string? stateFolder)
    {
        if (url.Equals("none", StringComparison.OrdinalIgnoreCase)) return (new SqliteStorage(null) { KeepsEntries = false }, null);
        if (url.StartsWith(Sqlite, StringComparison.OrdinalIgnoreCase)) return (new SqliteStorage(FileOf(url[Sqlite.Length..], stateFolder)), null);
        var (address, problem) = PostgresAddress.Read(url);
        return address is null ? (null, "storage.url cannot be used: " + problem) : (new PostgresStorage(address), null);
    }

    /// <summary>The file; null = memory. A relative one lies in the state folder.</summary>
    private static string? FileOf(string path, string? stateFolder)
    {
        if (path.StartsWith("//", StringComparison.Ordinal)) path = path[2..];
        if (path is ":memory:" or "") return null;
        if (Path.IsPathRooted(path)) return path;
        return stateFolder is null ? null : Path.GetFullPath(Path.Combine(stateFolder, path));
    }
}
