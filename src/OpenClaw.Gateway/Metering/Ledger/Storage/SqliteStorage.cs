using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>
/// SQLite: a file in write-ahead mode, or the memory of this process. Written by one connection; reports read beside it.
/// Sources: sqlite.org/wal.html, sqlite.org/pragma.html (synchronous, auto_vacuum).
/// </summary>
internal sealed class SqliteStorage : IStorage
{
    // sqlite.org/c3ref/c_fcntl_begin_atomic_write.html: whether the open file was moved, removed or replaced since it was opened.
    private const int HasMoved = 20;

    private readonly string _connection;
    private readonly string? _file;
    private SqliteConnection? _keeper;

    /// <param name="file">The database file, or null for the memory.</param>
    public SqliteStorage(string? file)
    {
        _file = file;
        // Pooled connections would go on with a file that was removed. Opening one takes a fraction of a millisecond, and few are opened.
        var builder = new SqliteConnectionStringBuilder { DefaultTimeout = 5, Pooling = false };
        if (file is null)
        {
            (builder.DataSource, builder.Mode, builder.Cache) = ("ledger-" + Guid.NewGuid().ToString("N"), SqliteOpenMode.Memory, SqliteCacheMode.Shared);
        }
        else
        {
            // Only the writer makes the file, and with all its tables: one that a reader made would be taken for the writer's own.
            (builder.DataSource, builder.Mode) = (file, SqliteOpenMode.ReadWrite);
        }
        _connection = builder.ToString();
    }

    /// <summary>False: it holds the records of this process and no request.</summary>
    public bool KeepsEntries { get; init; } = true;

    public string Kind => !KeepsEntries ? "none" : _file is null ? "memory" : "sqlite";

    public bool IsShared => false;

    public IEntryInsert Inserter(DbConnection writer) => new SqliteEntryInsert((SqliteConnection)writer);

    public string Place => _file ?? (KeepsEntries ? "memory" : "none");

    public string Now => "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

    public string ForUpdate => "";

    public string IndexOf => "instr";

    public bool IsMissing => _file is not null && !File.Exists(_file);

    public bool IsGone(DbConnection writer)
    {
        if (_file is null) return false;
        var moved = 0;
        var known = sqlite3_file_control(((SqliteConnection)writer).Handle!.DangerousGetHandle(), 0, HasMoved, ref moved) == 0;
        // A link in its path that was removed is not seen by SQLite, which resolved it when it opened.
        return IsMissing || (known && moved != 0);
    }

    public void Forget()
    {
        // A moved file's log stays where it was, and would be read into whatever has taken its place.
        foreach (var end in (string[])["-wal", "-shm"]) File.Delete(_file + end);
    }

    public async Task<DbConnection> OpenWriterAsync(CancellationToken cancel)
    {
        if (_file is not null)
        {
            if (Path.GetDirectoryName(_file) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
            if (!File.Exists(_file)) CreateOwn(_file);
        }
        return await OpenAsync(cancel).ConfigureAwait(false);
    }

    public async Task<DbConnection> OpenAsync(CancellationToken cancel)
    {
        // Here and not in the constructor: loading the library takes longer than all the rest of a start.
        SQLitePCL.Batteries_V2.Init();
        // A database in memory ends with its last connection.
        if (_file is null && _keeper is null) (_keeper = new SqliteConnection(_connection)).Open();
        var connection = new SqliteConnection(_connection);
        try
        {
            await connection.OpenAsync(cancel).ConfigureAwait(false);
            await connection.RunAsync("PRAGMA synchronous = NORMAL", cancel).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    // Names of sessions and clients are nobody else's business. What SQLite puts beside the file gets the file's mode.
    private static void CreateOwn(string file)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var made = new FileStream(file, options);
    }

    public async Task PrepareAsync(DbConnection writer, CancellationToken cancel)
    {
        // auto_vacuum holds only when it is set before the first table.
        await writer.RunAsync("PRAGMA auto_vacuum = INCREMENTAL", cancel).ConfigureAwait(false);
        if (_file is not null) await writer.RunAsync("PRAGMA journal_mode = WAL", cancel).ConfigureAwait(false);
    }

    public Task LockSchemaAsync(DbConnection connection, DbTransaction transaction, CancellationToken cancel) => Task.CompletedTask;

    public Task<bool> TryLockRetentionAsync(DbConnection connection, DbTransaction transaction, CancellationToken cancel) => Task.FromResult(true);

    public string Localize(string sql) => sql
        .Replace("{identity}", "INTEGER PRIMARY KEY", StringComparison.Ordinal)
        .Replace("{real}", "REAL", StringComparison.Ordinal);

    // sqlite.org/rescode.html: 19 constraint, 18 too big, 20 mismatch, 25 range.
    public bool IsPassing(DbException failure) => failure is not SqliteException { SqliteErrorCode: 18 or 19 or 20 or 25 };

    public async Task CheckpointAsync(DbConnection writer, CancellationToken cancel)
    {
        if (_file is not null) await writer.RunAsync("PRAGMA wal_checkpoint(PASSIVE)", cancel).ConfigureAwait(false);
    }

    public async Task<long> SizeAsync(DbConnection writer, CancellationToken cancel) =>
        await writer.NumberAsync("SELECT (c.page_count - f.freelist_count) * s.page_size FROM pragma_page_count() c, pragma_freelist_count() f, pragma_page_size() s", cancel).ConfigureAwait(false);

    public async Task ShrinkAsync(DbConnection writer, CancellationToken cancel)
    {
        if (_file is null) return;
        // One page a step: the statement must be read to its end.
        await using (var vacuum = writer.Command("PRAGMA incremental_vacuum"))
        await using (var rows = await vacuum.ExecuteReaderAsync(cancel).ConfigureAwait(false))
        {
            while (await rows.ReadAsync(cancel).ConfigureAwait(false)) cancel.ThrowIfCancellationRequested();
        }
        await writer.RunAsync("PRAGMA wal_checkpoint(TRUNCATE)", cancel).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_keeper is not null) await _keeper.DisposeAsync().ConfigureAwait(false);
    }

    [System.Runtime.InteropServices.DllImport("e_sqlite3", ExactSpelling = true)]
    private static extern int sqlite3_file_control(nint database, nint name, int operation, ref int value);
}
