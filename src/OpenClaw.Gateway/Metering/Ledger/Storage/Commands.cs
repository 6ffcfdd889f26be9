using System.Data.Common;
using System.Globalization;
using Npgsql;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>Short forms of what ADO.NET says at length.</summary>
internal static class Commands
{
    public static DbCommand Command(this DbConnection connection, string sql, DbTransaction? transaction = null)
    {
        var command = connection.CreateCommand();
        // The texts are all ours; values go by parameter.
#pragma warning disable CA2100
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Transaction = transaction;
        return command;
    }

    public static DbCommand With(this DbCommand command, string name, object? value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value is string text ? Clean(text) : value ?? DBNull.Value;
        command.Parameters.Add(parameter);
        return command;
    }

    public static DbCommand With(this DbCommand command, in CounterKey key) =>
        command.With("budget", key.Budget).With("subject", key.Subject).With("window", key.Window);

    /// <summary>
    /// One that may take its time on a server that is well. Every other one is given up after <see cref="PostgresAddress.CommandSeconds"/>.
    /// (How long SQLite waits for another's lock is the connection's matter.)
    /// </summary>
    public static DbCommand Long(this DbCommand command)
    {
        if (command is NpgsqlCommand) command.CommandTimeout = PostgresAddress.LongSeconds;
        return command;
    }

    public static async Task<int> RunAsync(this DbConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = connection.Command(sql).Long();
        return await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    public static async Task<long> NumberAsync(this DbConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = connection.Command(sql).Long();
        return Convert.ToInt64(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false), CultureInfo.InvariantCulture);
    }

    public static string? TextOrNone(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static decimal UsdAt(this DbDataReader row, int column) => Money.Of(row.GetInt64(column), row.GetInt64(column + 1));

    /// <summary>PostgreSQL takes no NUL and no half surrogate pair in a text; both come only from callers with something in mind.</summary>
    public static string Clean(string text)
    {
        if (!text.Contains('\0', StringComparison.Ordinal) && !HasHalfPair(text)) return text;
        return System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text)).Replace('\0', '\uFFFD');
    }

    private static bool HasHalfPair(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')) return false;
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 >= text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return true;
            i++;
        }
        return false;
    }
}
