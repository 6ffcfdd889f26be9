using System.Data.Common;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>One of several statements that are sent together.</summary>
internal readonly record struct Statement(string Sql, IReadOnlyList<(string Name, object Value)> Values)
{
    /// <summary>
    /// All of them, in order: in one round trip where the database can. The rows that a transaction has written are locked until it
    /// ends, and other gateways wait for them.
    /// </summary>
    /// <param name="isLong">As <see cref="Commands.Long"/>.</param>
    public static async Task RunAsync(DbConnection connection, DbTransaction transaction, IReadOnlyList<Statement> statements, CancellationToken cancel, bool isLong = false)
    {
        if (statements.Count > 1 && connection.CanCreateBatch)
        {
            await using var batch = connection.CreateBatch();
            batch.Transaction = transaction;
            if (isLong) batch.Timeout = PostgresAddress.LongSeconds;
            foreach (var statement in statements) batch.BatchCommands.Add(statement.In(batch));
            await batch.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
            return;
        }
        foreach (var (sql, values) in statements)
        {
            await using var command = connection.Command(sql, transaction);
            if (isLong) command.Long();
            foreach (var (name, value) in values) command.With(name, value);
            await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
    }

    private DbBatchCommand In(DbBatch batch)
    {
        var command = batch.CreateBatchCommand();
        // The texts are all ours; values go by parameter.
#pragma warning disable CA2100
        command.CommandText = Sql;
#pragma warning restore CA2100
        foreach (var (name, value) in Values)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value is string text ? Commands.Clean(text) : value;
            command.Parameters.Add(parameter);
        }
        return command;
    }
}
