// hot path: twice a request
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>
/// A prepared statement whose values are bound by place, without ADO.NET: there each parameter is looked up by its name, and
/// that took longer than SQLite takes for the row. What a place holds stays for the next row (sqlite.org/c3ref/bind_blob.html),
/// so a value that is the same again is not bound again: of an entry's columns few differ from the entry before. One thread.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private const uint Persistent = 1;

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly Held[] _held;
    private byte[] _utf8 = new byte[256];
    private int _place;

    /// <param name="places">How many values it takes.</param>
    public SqliteStatement(SqliteConnection connection, string sql, int places)
    {
        _database = connection.Handle!;
        _held = new Held[places];
        Check(raw.sqlite3_prepare_v3(_database, sql, Persistent, out _statement));
    }

    /// <summary>The next place holds this text.</summary>
    public void Add(string? value)
    {
        if (value is null)
        {
            AddNull();
            return;
        }
        ref var held = ref _held[_place++];
        if (held.Kind == Kind.Text && string.Equals(held.Text, value)) return;
        (held.Kind, held.Text) = (Kind.Text, value);
        var clean = Commands.Clean(value);
        // An empty span binds NULL.
        if (clean.Length == 0)
        {
            Check(raw.sqlite3_bind_text(_statement, _place, ""));
            return;
        }
        var most = Encoding.UTF8.GetMaxByteCount(clean.Length);
        if (_utf8.Length < most) _utf8 = new byte[most];
        var length = Encoding.UTF8.GetBytes(clean, _utf8);
        Check(raw.sqlite3_bind_text(_statement, _place, _utf8.AsSpan(0, length)));
    }

    /// <summary>The next place holds this number.</summary>
    public void Add(long value)
    {
        ref var held = ref _held[_place++];
        if (held.Kind == Kind.Number && held.Bits == value) return;
        (held.Kind, held.Bits) = (Kind.Number, value);
        Check(raw.sqlite3_bind_int64(_statement, _place, value));
    }

    /// <summary>The next place holds this number, or nothing.</summary>
    public void Add(double? value)
    {
        if (value is not { } known)
        {
            AddNull();
            return;
        }
        ref var held = ref _held[_place++];
        var bits = BitConverter.DoubleToInt64Bits(known);
        if (held.Kind == Kind.Real && held.Bits == bits) return;
        (held.Kind, held.Bits) = (Kind.Real, bits);
        Check(raw.sqlite3_bind_double(_statement, _place, known));
    }

    /// <summary>The next place holds nothing.</summary>
    public void AddNull()
    {
        ref var held = ref _held[_place++];
        if (held.Kind == Kind.Null) return;
        (held.Kind, held.Text) = (Kind.Null, null);
        Check(raw.sqlite3_bind_null(_statement, _place));
    }

    /// <summary>Runs it with what was added; the next <see cref="Add(string)"/> is the first place again. False: somebody else has the database, the same may be run again.</summary>
    /// <exception cref="SqliteException">It cannot be done.</exception>
    public bool TryRun()
    {
        var code = raw.sqlite3_step(_statement);
        if (code == raw.SQLITE_DONE)
        {
            raw.sqlite3_reset(_statement);
            _place = 0;
            return true;
        }
        var isBusy = (code & 0xFF) is raw.SQLITE_BUSY or raw.SQLITE_LOCKED;
        try
        {
            if (!isBusy) Check(code);
        }
        finally
        {
            raw.sqlite3_reset(_statement);
        }
        return false;
    }

    public void Dispose() => _statement?.Dispose();

    private void Check(int code) => SqliteException.ThrowExceptionForRC(code, _database);

    private enum Kind : byte
    {
        // What nothing was bound to is NULL.
        Null,
        Text,
        Number,
        Real,
    }

    private struct Held
    {
        public Kind Kind;
        public string? Text;
        public long Bits;
    }
}
