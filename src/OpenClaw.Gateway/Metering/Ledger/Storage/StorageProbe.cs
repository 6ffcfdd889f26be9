using System.Data.Common;
using System.Globalization;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>What a look at the database without a gateway tells.</summary>
/// <param name="Problem">Why it would not take entries, or null.</param>
/// <param name="Version">Of its tables; null = there are none yet.</param>
internal sealed record StorageFacts(string Place, string? Problem, int? Version);

/// <summary>Looks at the database that <c>storage.url</c> names, for <c>openclaw doctor</c>. Changes nothing in it.</summary>
internal static class StorageProbe
{
    /// <param name="connect">False: no other machine is asked.</param>
    public static async Task<StorageFacts> LookAsync(string url, string stateFolder, bool connect, CancellationToken cancel)
    {
        var (storage, problem) = StorageUrl.Open(url, stateFolder);
        if (storage is null) return new StorageFacts("", problem, null);
        await using (storage.ConfigureAwait(false))
        {
            if (WhyNotWritable(Path.Combine(stateFolder, "ledger")) is { } journal) return new StorageFacts(storage.Place, journal, null);
            if (storage.Kind == "sqlite" && !File.Exists(storage.Place)) return new StorageFacts(storage.Place, WhyNotWritable(Path.GetDirectoryName(storage.Place)!), null);
            if (storage.IsShared && !connect) return new StorageFacts(storage.Place, null, null);
            return await ReadAsync(storage, cancel).ConfigureAwait(false);
        }
    }

    private static async Task<StorageFacts> ReadAsync(IStorage storage, CancellationToken cancel)
    {
        try
        {
            await using var connection = await storage.OpenAsync(cancel).ConfigureAwait(false);
            var version = await VersionAsync(connection, cancel).ConfigureAwait(false);
            return new StorageFacts(storage.Place, version > Schema.Newest ? new NewerSchemaException(version.Value).Message : null, version);
        }
        catch (Exception e) when (e is DbException or IOException or TimeoutException or System.Net.Sockets.SocketException)
        {
            return new StorageFacts(storage.Place, e.Message, null);
        }
    }

    private static async Task<int?> VersionAsync(DbConnection connection, CancellationToken cancel)
    {
        try
        {
            await using var command = connection.Command("SELECT value FROM meta WHERE name = 'schema'");
            return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is string text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
        }
        catch (DbException e) when (e.SqlState == "42P01" || e.Message.Contains("no such table", StringComparison.Ordinal))
        {
            return null;
        }
    }

    // Writing is tried where the first folder that exists is: a check must not leave folders behind.
    private static string? WhyNotWritable(string folder)
    {
        var at = new DirectoryInfo(folder);
        while (!at.Exists && at.Parent is { } parent) at = parent;
        var probe = Path.Combine(at.FullName, ".openclaw-doctor-" + Path.GetRandomFileName());
        try
        {
            using var file = new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            file.WriteByte(0);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{at.FullName} cannot be written to: {e.Message}";
        }
    }
}
