using System.Data.Common;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>What one kind of database does differently; everything else is the same SQL for both.</summary>
internal interface IStorage : IAsyncDisposable
{
    /// <summary>sqlite, memory, postgres, or none: requests are not entered.</summary>
    string Kind { get; }

    /// <summary>True when other gateways may write to the same database.</summary>
    bool IsShared { get; }

    /// <summary>What inserts entries over this connection of the writer, which has the newest tables.</summary>
    IEntryInsert Inserter(DbConnection writer);

    /// <summary>Where it is, for people; without a password.</summary>
    string Place { get; }

    /// <summary>An open connection, ready for use. Makes nothing: where there is no database it fails.</summary>
    Task<DbConnection> OpenAsync(CancellationToken cancel);

    /// <summary>The writer's: makes the database where there is none.</summary>
    Task<DbConnection> OpenWriterAsync(CancellationToken cancel);

    /// <summary>Before the first statement on a database that may be new; once a connection of the writer.</summary>
    Task PrepareAsync(DbConnection writer, CancellationToken cancel);

    /// <summary>Takes the lock under which the schema is changed, inside a transaction.</summary>
    Task LockSchemaAsync(DbConnection connection, DbTransaction transaction, CancellationToken cancel);

    /// <summary>True: this gateway may clean up, until the transaction ends; false: another one is at it.</summary>
    Task<bool> TryLockRetentionAsync(DbConnection connection, DbTransaction transaction, CancellationToken cancel);

    /// <summary>What differs in the schema's text.</summary>
    string Localize(string sql);

    /// <summary>Milliseconds since 1970 by the database's clock.</summary>
    string Now { get; }

    /// <summary>At the end of a SELECT whose rows are changed later in the transaction.</summary>
    string ForUpdate { get; }

    /// <summary>The name of the function that finds a text in another, from 1 on.</summary>
    string IndexOf { get; }

    /// <summary>False: this very statement can never succeed. True: the database is away, full or locked, and the same may succeed later.</summary>
    bool IsPassing(DbException failure);

    /// <summary>True when this connection writes to something that is no longer where it was.</summary>
    bool IsGone(DbConnection writer);

    /// <summary>The database of the writer's last connection is gone: leaves nothing of it beside what has taken its place.</summary>
    void Forget();

    /// <summary>There is nothing in its place: what a writer makes anew when it is woken.</summary>
    bool IsMissing { get; }

    /// <summary>Makes what was committed survive a loss of power, before the journal forgets it.</summary>
    Task CheckpointAsync(DbConnection writer, CancellationToken cancel);

    /// <summary>Bytes of request rows and what belongs to them, without free space; an estimate where the database does not say.</summary>
    Task<long> SizeAsync(DbConnection writer, CancellationToken cancel);

    /// <summary>Gives freed space back to the system, as far as that is cheap.</summary>
    Task ShrinkAsync(DbConnection writer, CancellationToken cancel);
}
