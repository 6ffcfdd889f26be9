using System.Data.Common;
using System.Globalization;
using System.Text;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>
/// An INSERT of many rows on one connection, <paramref name="chunk"/> at a time while there are so many. Commands are made once
/// and reused.
/// </summary>
internal sealed class RowInsert(DbConnection connection, string table, string[] columns, string suffix, int chunk) : IAsyncDisposable
{
    private DbCommand? _one;
    private DbCommand? _many;

    /// <summary>Inserts the rows; <paramref name="returned"/> is told each row that the suffix's RETURNING gives.</summary>
    public async Task RunAsync(DbTransaction transaction, List<object?[]> rows, Action<DbDataReader>? returned, CancellationToken cancel)
    {
        for (var at = 0; at < rows.Count;)
        {
            var count = rows.Count - at >= chunk ? chunk : 1;
            var command = count == 1 ? _one ??= Create(1) : _many ??= Create(chunk);
            command.Transaction = transaction;
            for (var row = 0; row < count; row++)
            {
                var values = rows[at + row];
                for (var column = 0; column < columns.Length; column++)
                {
                    command.Parameters[(row * columns.Length) + column].Value = values[column] is string text ? Commands.Clean(text) : values[column] ?? DBNull.Value;
                }
            }
            await using (var reader = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancel).ConfigureAwait(false)) returned?.Invoke(reader);
            }
            at += count;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_one is not null) await _one.DisposeAsync().ConfigureAwait(false);
        if (_many is not null) await _many.DisposeAsync().ConfigureAwait(false);
    }

    private DbCommand Create(int rows)
    {
        var sql = new StringBuilder().Append(CultureInfo.InvariantCulture, $"INSERT INTO {table} ({string.Join(", ", columns)}) VALUES ");
        var command = connection.Command("");
        for (var row = 0; row < rows; row++)
        {
            sql.Append(row == 0 ? "(" : ", (");
            for (var column = 0; column < columns.Length; column++)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"p{(row * columns.Length) + column}");
                sql.Append(column == 0 ? "@" : ", @").Append(name);
                command.With(name, null);
            }
            sql.Append(')');
        }
#pragma warning disable CA2100 // Table and columns are ours.
        command.CommandText = sql.Append(' ').Append(suffix).ToString();
#pragma warning restore CA2100
        return command;
    }
}
